"""Turning what a codec library says into words for the operator."""

from collections.abc import Iterator
from contextlib import contextmanager

from av import FFmpegError

from edgecam.errors import SourceError


@contextmanager
def explained(encoder: str) -> Iterator[None]:
    """Raises SourceError for whatever PyAV raises inside: its own errors and ValueError."""
    try:
        yield
    except (FFmpegError, ValueError) as error:
        reason = error.strerror if isinstance(error, FFmpegError) else error
        raise SourceError(
            f"the {encoder} encoder failed ({reason}): check that the installed PyAV has it and"
            " that its settings in the configuration are possible"
        ) from error
