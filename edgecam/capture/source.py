"""What every camera and microphone driver implements, and the table of their names."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, TypeVar, cast

from edgecam.errors import SourceError
from edgecam.media import AudioFormat, Packet, Picture, Sound, VideoFormat

Captured_co = TypeVar("Captured_co", Picture, Sound, Picture | Packet, covariant=True)


class Source(Protocol[Captured_co]):
    """A device read by one thread of its own, never by the event loop.

    ``open`` may take as long as the device does; ``read`` blocks until the next picture or sound
    and returns it; ``close`` may be called twice, and after a failed ``open``. All three raise
    SourceError, in words for the operator. A camera that encodes by itself returns packets. What
    ``read`` returned stays as it is, also after the next ``read``: two encoders may be at it.
    """

    def open(self) -> None: ...

    def read(self) -> Captured_co: ...

    def close(self) -> None: ...


CAMERAS = {"virtual": "edgecam.capture.virtual_camera:VirtualCamera"}
"""Camera drivers by name: a class whose instances, made from a VideoFormat, are Sources."""

MICROPHONES = {"virtual": "edgecam.capture.virtual_microphone:VirtualMicrophone"}
"""Microphone drivers by name: a class whose instances, made from an AudioFormat, are Sources."""


def camera(driver: str, video: VideoFormat) -> Source[Picture]:
    """The camera ``driver`` names, not yet open. SourceError if its library is missing."""
    return cast("Source[Picture]", _load(CAMERAS, driver)(video))


def microphone(driver: str, audio: AudioFormat) -> Source[Sound]:
    """The microphone ``driver`` names, not yet open. SourceError if its library is missing."""
    return cast("Source[Sound]", _load(MICROPHONES, driver)(audio))


def _load(table: dict[str, str], driver: str) -> Callable[[object], object]:
    module, _, name = table[driver].partition(":")
    try:
        return cast("Callable[[object], object]", getattr(import_module(module), name))
    except ImportError as error:
        raise SourceError(
            f"the driver {driver!r} needs a library this system lacks: {error}"
        ) from error
