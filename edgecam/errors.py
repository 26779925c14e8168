"""Every error edgecam raises on purpose. Each child exists because somebody branches on it."""

from collections.abc import Sequence


class EdgecamError(Exception):
    """The root. Its text is one sentence for the operator, saying what to do."""


class ConfigError(EdgecamError):
    """The configuration can't be used; ``problems`` holds one sentence for each thing wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class StartError(EdgecamError):
    """The node can't start here: a port in use, a folder it can't write. Trying again is no use."""


class InUse(StartError):
    """Another edgecam has what this one needs for itself."""


class CommandError(EdgecamError):
    """What somebody asks of the node can't be done; the node goes on. ``code`` is for programs."""

    def __init__(self, message: str, code: str = "failed") -> None:
        super().__init__(message)
        self.code = code


class NotKept(CommandError):
    """A change could not be written, and has not been made."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "not-kept")


class NotAdjusted(CommandError):
    """A camera can't be adjusted so, and nothing was; ``faults`` has a sentence for each value."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults), "value")
        self.faults = tuple(faults)


class NotAdmitted(EdgecamError):
    """Somebody may not come in, or not yet; ``code`` is for programs, ``wait`` is in seconds."""

    def __init__(self, code: str, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.code = code
        self.wait = wait


class NoPlace(CommandError):
    """All places for viewers are taken, so that nobody more can find out whether a call works."""


class SourceError(EdgecamError):
    """A camera, a microphone or its encoder failed. It may come back: try again."""


class Hangs(SourceError):
    """A driver or an encoder does not return: trying again is no use as long as it does not."""


class SinkError(EdgecamError):
    """A loudspeaker or a screen failed. It may come back: try again."""


class BadMessage(EdgecamError):
    """A message from the other side of a call can't be believed; ``code`` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Unauthorized(EdgecamError):
    """The other side has not shown that it may do this."""
