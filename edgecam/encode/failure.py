"""Turning what a codec library says into words for the operator."""

from collections.abc import Iterator
from contextlib import contextmanager

from av import FFmpegError, VideoFrame

from edgecam.errors import SourceError
from edgecam.media import VideoFormat


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


def check_format(frame: VideoFrame, video: VideoFormat) -> None:
    """SourceError unless ``frame`` has the size and the form that were asked for."""
    # PyAV would convert it in silence, at a cost in time that shows nowhere.
    if (frame.width, frame.height, frame.format.name) != (video.width, video.height, "yuv420p"):
        raise SourceError(
            f"the camera delivers {frame.width}x{frame.height} {frame.format.name} where"
            f" {video.width}x{video.height} yuv420p was asked for: configure a size it has"
        )
