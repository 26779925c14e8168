"""What every camera and microphone driver implements, and the table of their names."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, TypeAlias, TypeVar, cast, runtime_checkable

from edgecam.errors import SourceError
from edgecam.media import AudioFormat, Packet, Picture, Sound, VideoFormat

Seen: TypeAlias = Picture | Packet
"""What a camera delivers: pictures, or H.264 access units if it encodes by itself."""

Captured_co = TypeVar("Captured_co", Picture, Sound, Seen, covariant=True)


class Source(Protocol[Captured_co]):
    """A device read by one thread of its own, never by the event loop.

    ``open`` may take as long as the device does; ``read`` blocks until the next picture or sound
    and returns it; ``close`` may be called twice, and after a failed ``open``. All three raise
    SourceError, in words for the operator. What ``read`` returned stays as it is, also after the
    next ``read``: two encoders may be at it. ``capture_ns`` is the device's own, where it has one.
    """

    def open(self) -> None: ...

    def read(self) -> Captured_co: ...

    def close(self) -> None: ...


@runtime_checkable
class EncodingCamera(Protocol):
    """What a camera has besides if it may encode by itself.

    Whether it does, it says by what ``read`` returns, the same from one ``open`` to ``close``: of
    access units the first is a keyframe, and each keyframe has its SPS and PPS. All methods are for
    any thread, at any time, open or not, and never block. They mean nothing while the camera
    delivers pictures.
    """

    def request_keyframe(self) -> None:
        """Soon, if the camera can at all; else its own next one has to do. Two at once are one."""

    def set_bitrate(self, bitrate: int) -> None:
        """The most to use from now on, across ``open``, in bits a second; as near as it can."""

    def give_up_encoding(self) -> bool:
        """What it encodes is no good here: have it deliver pictures from the next ``open`` on, if
        it may. Whether it will.
        """


Take: TypeAlias = Callable[[Picture], object]


@runtime_checkable
class Shrinking(Protocol):
    """What a camera has besides if it may make a smaller picture of each beside what it delivers.

    ``shrinks``: whether it does when it is asked to, the same from one ``open`` to ``close``.
    """

    @property
    def shrinks(self) -> bool: ...

    def shrink(self, take: Take | None) -> None:
        """From now on call ``take`` with each picture in half its width and height, in a thread of
        the camera's, which it must not hold up; None: with none. Never to be asked for any is known
        by not being called before ``open``. For any thread; never blocks.
        """


CAMERAS = {
    "picamera": "edgecam.capture.picamera.camera:PicameraCamera",
    "v4l2": "edgecam.capture.v4l2.camera:V4l2Camera",
    "virtual": "edgecam.capture.virtual_camera:VirtualCamera",
}
"""Camera drivers by name: a class whose instances, made from a VideoFormat and, by name, its own
options, are Sources of Seen.
"""

MICROPHONES = {
    "alsa": "edgecam.capture.alsa:AlsaMicrophone",
    "virtual": "edgecam.capture.virtual_microphone:VirtualMicrophone",
}
"""Microphone drivers by name, likewise, made from an AudioFormat: Sources of Sound."""


def camera(driver: str, video: VideoFormat, **own: object) -> Source[Seen]:
    """The camera ``driver`` names, not yet open, with the options that are its ``own``.

    SourceError if its library is missing.
    """
    return cast("Source[Seen]", _load(CAMERAS, driver)(video, **own))


def microphone(driver: str, audio: AudioFormat, **own: object) -> Source[Sound]:
    """The microphone ``driver`` names, likewise."""
    return cast("Source[Sound]", _load(MICROPHONES, driver)(audio, **own))


def _load(table: dict[str, str], driver: str) -> Callable[..., object]:
    module, _, name = table[driver].partition(":")
    try:
        return cast("Callable[..., object]", getattr(import_module(module), name))
    except ImportError as error:
        raise SourceError(
            f"the driver {driver!r} needs a library this system lacks: {error}"
        ) from error
