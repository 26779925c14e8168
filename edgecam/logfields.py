"""What a line of the log is about: fields a task sets once, for every line it then leads to."""

import logging
from contextvars import ContextVar

_FIELDS: ContextVar[dict[str, str]] = ContextVar("edgecam log fields")


def about(**fields: str) -> None:
    """From here on, this task's lines and those of tasks it starts have these ``fields`` too.

    Names in capitals, as the journal wants them.
    """
    _FIELDS.set(_FIELDS.get({}) | fields)


class AddFields(logging.Filter):
    """Gives each record the fields of the task that logs it, as attributes."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.__dict__.update(_FIELDS.get({}))
        return True
