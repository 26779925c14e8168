"""The log: to the journal with its fields where that is what listens, else to stderr."""

import logging
import os
import sys

from edgecam.logfields import AddFields

LOUD_LIBRARIES = ("aioice", "aiortc", "aiohttp", "engineio", "socketio", "libav")

PRIORITIES = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}
"""Levels as syslog(3) numbers them."""


def is_journal(descriptor: int) -> bool:
    """Whether what is written to ``descriptor`` goes to the journal (systemd.exec(5))."""
    try:
        stat = os.fstat(descriptor)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{stat.st_dev}:{stat.st_ino}"


def set_up() -> None:
    """Log to wherever this process' stderr goes."""
    handler = _journal() if is_journal(2) else _stderr()
    handler.addFilter(AddFields())
    logging.basicConfig(handlers=[handler])


def set_level(level: str) -> None:
    """Log what is of this ``level`` or above. May be changed at any time."""
    logging.getLogger().setLevel(level.upper())
    for name in LOUD_LIBRARIES:
        quiet = logging.NOTSET if level == "debug" else logging.WARNING
        logging.getLogger(name).setLevel(quiet)


def _journal() -> logging.Handler:
    try:
        from systemd.journal import JournalHandler  # noqa: PLC0415 - most systems lack it
    except ImportError:
        return _prefixed()
    handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="edgecam")
    # Who says it and how bad it is are fields.
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


def _prefixed() -> logging.Handler:
    """Lines as sd-daemon(3) wants them; the journal knows the time itself."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Prefixed("%(name)s: %(message)s"))
    return handler


def _stderr() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return handler


class _Prefixed(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        priority = f"<{PRIORITIES.get(record.levelname, 5)}>"
        return "\n".join(priority + line for line in super().format(record).splitlines())
