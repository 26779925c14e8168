"""What every loudspeaker and screen driver implements, and the table of their names."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

from av import VideoFrame

from edgecam.errors import SinkError
from edgecam.media import AudioFormat


class AudioSink(Protocol):
    """A loudspeaker, used by one thread of its own, never by the event loop.

    ``open`` returns the format the device has. ``write`` takes s16 samples of that format,
    interleaved, and blocks while the device has no room for them, a quarter of a second at most; it
    returns how many nanoseconds it will take until the last of them has been heard. ``close`` may
    be called twice, and after a failed ``open``; what has not been heard is dropped. All raise
    SinkError, in words for the operator.
    """

    def open(self) -> AudioFormat: ...

    def write(self, samples: bytes) -> int: ...

    def close(self) -> None: ...


class VideoSink(Protocol):
    """A screen, used by one thread of its own, otherwise like ``AudioSink``.

    ``show`` takes pictures of any size, which may change. ``idle`` is called every tenth of a
    second while there is none.
    """

    def open(self) -> None: ...

    def show(self, picture: VideoFrame) -> None: ...

    def idle(self) -> None: ...

    def close(self) -> None: ...


SPEAKERS = {
    "alsa": "edgecam.playback.alsa:AlsaSpeaker",
    "file": "edgecam.playback.file:FileSpeaker",
    "null": "edgecam.playback.null:NullSpeaker",
}
"""Loudspeaker drivers by name: a class whose instances, made from a device, are AudioSinks."""

SCREENS = {
    "screen": "edgecam.playback.sdl:SdlScreen",
    "file": "edgecam.playback.file:FileScreen",
    "null": "edgecam.playback.null:NullScreen",
}
"""Screen drivers by name: a class whose instances, made from a device, are VideoSinks."""


def speaker(driver: str, device: str) -> AudioSink:
    """The loudspeaker ``driver`` names, not yet open. SinkError if its library is missing.

    ``device``: what the driver calls its devices by, "" for its default.
    """
    return cast("AudioSink", _load(SPEAKERS, driver)(device))


def screen(driver: str, device: str) -> VideoSink:
    """The screen ``driver`` names, otherwise like ``speaker``."""
    return cast("VideoSink", _load(SCREENS, driver)(device))


def _load(table: dict[str, str], driver: str) -> Callable[[str], object]:
    module, _, name = table[driver].partition(":")
    try:
        return cast("Callable[[str], object]", getattr(import_module(module), name))
    except ImportError as error:
        raise SinkError(f"the driver {driver!r} needs what this system lacks: {error}") from error
