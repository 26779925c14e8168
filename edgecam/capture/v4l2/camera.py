"""The camera driver ``v4l2``: a V4L2 device by way of FFmpeg's input of that name."""

import errno
import logging
from collections.abc import Generator
from contextlib import closing, suppress
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError

from edgecam.capture.adjustments import Adjustments
from edgecam.capture.opening import Opening
from edgecam.capture.pump import Pump
from edgecam.capture.rhythm import Rhythm
from edgecam.capture.source import Seen
from edgecam.capture.v4l2 import names
from edgecam.capture.v4l2.adjusting import Adjusting
from edgecam.capture.v4l2.control import EncoderControls
from edgecam.capture.v4l2.device import Device
from edgecam.capture.v4l2.modes import Choice, choose
from edgecam.capture.v4l2.stream import stream
from edgecam.errors import Hangs, SourceError
from edgecam.media import VideoFormat

logger = logging.getLogger(__name__)

HANGS = "the camera's driver in the kernel hangs: unplug the camera and plug it in again"

STUCK = 2.0
"""Seconds in which the device has to be let go before it is opened again."""


class V4l2Camera:
    """The camera at ``device``, a path below /dev; "" is the first there is.

    ``format``: see ``modes.FORMATS``. Of H.264 of the camera's own it delivers access units, else
    pictures. Of a rate that the camera lacks it takes the next higher, and leaves some out.
    """

    def __init__(self, video: VideoFormat, device: str = "", format: str = "auto") -> None:  # noqa: A002
        self._video = video
        self._device = device
        self._format = format
        self._encoder = EncoderControls()
        self._adjusting = Adjusting()
        self._pump: Pump | None = None
        self._opening = Opening(HANGS, self._opened, Pump.close)
        self._own_h264 = True

    def open(self) -> None:
        if self._pump is not None and not self._pump.gone(STUCK):
            raise Hangs(HANGS)
        self._pump = self._opening()

    def read(self) -> Seen:
        """The next picture, or access unit."""
        if self._pump is None:
            raise SourceError("the camera was never opened: open it first")
        return self._pump.read()

    def close(self) -> None:
        if self._pump is not None:
            self._pump.close()

    @property
    def adjustments(self) -> Adjustments:
        """Of the camera that was opened last: before that nobody knows what it has."""
        return self._adjusting.adjustments

    def request_keyframe(self) -> None:
        self._encoder.request_keyframe()

    def set_bitrate(self, bitrate: int) -> None:
        self._encoder.set_bitrate(bitrate)

    def give_up_encoding(self) -> bool:
        if self._format == "auto":
            self._own_h264 = False
        return not self._own_h264

    def _opened(self) -> Pump:
        """In a thread of its own."""
        path = self._path()
        called = f"the camera {path}"
        with _Explained(called):
            device = Device.open(path)
        try:
            choice = self._choice(device, called)
            with _Explained(called):
                self._encoder.begin(device if choice.fourcc == "H264" else None)
                self._adjusting.begin(device, str(names.lasting_name(path)))
                container = _opened(path, choice)
        except BaseException:
            self._adjusting.end()
            self._encoder.end()
            device.close()
            raise

        def release() -> None:
            self._adjusting.end()
            self._encoder.end()
            container.close()
            device.close()

        rhythm = Rhythm(called, self._video.rate)
        seen = self._seen(container, rhythm, called)
        return Pump(called, seen, release, self._encoder.request_keyframe)

    def _path(self) -> Path:
        if self._device:
            return Path(self._device)
        first = next(names.cameras(), None)
        if first is None:
            raise SourceError(
                "no camera is connected that this user may open: plug one in; edgecam devices"
                " lists what there is"
            )
        return first.path

    def _choice(self, device: Device, called: str) -> Choice:
        with _Explained(called):
            if not device.captures:
                raise SourceError(
                    f"{called} delivers no pictures: see edgecam devices for what to put into"
                    " camera.device"
                )
            modes = [it for it in device.modes() if self._own_h264 or it.fourcc != "H264"]
        choice = choose(modes, self._video, self._format, called)
        if choice.rate < self._video.rate * Fraction(95, 100):
            logger.warning(
                "%s has %dx%d at %.3g pictures a second at most: choose a smaller size for %d",
                *(called, choice.width, choice.height, choice.rate, self._video.rate),
            )
        return choice

    def _seen(self, container: InputContainer, rhythm: Rhythm, called: str) -> Generator[Seen]:
        """In the pump's thread."""
        with _Explained(called), closing(stream(container, rhythm)) as all_seen:
            for seen in all_seen:
                self._encoder.apply()
                self._adjusting.apply()
                yield seen


class _Explained:
    """Turns what the kernel and FFmpeg say about a device into words for the operator."""

    def __init__(self, called: str) -> None:
        self._called = called

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise SourceError(f"{self._called} {_reason(error)}") from error
        if isinstance(error, FFmpegError | ValueError):
            raise SourceError(f"{self._called} failed ({error}): see the log") from error


def _reason(error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENXIO:
            return "is not there: plug it in, or see edgecam devices for what to put into its place"
        case errno.ENODEV | errno.EIO:
            return "was unplugged, or its driver failed: plug it in again"
        case errno.EBUSY:
            return "is in use by another program, which has to let it go: fuser -v tells which"
        case errno.EACCES | errno.EPERM:
            return "may not be opened by this user: add it to the group video"
        case errno.ENOTTY | errno.EINVAL:
            return "is no camera: see edgecam devices for what to put into camera.device"
        case errno.ENOSPC:
            return (
                "gets no room on its USB bus: choose a smaller size, camera.format = 'mjpeg', or"
                " another port"
            )
    return f"failed ({error.strerror or error})"


def _opened(path: Path, choice: Choice) -> InputContainer:
    # Whatever the driver's own clock stamps is handed on: CLOCK_MONOTONIC, as V4L2 asks for.
    options = choice.options | {"timestamps": "default"}
    container = av.open(str(path), format="v4l2", options=options)
    with suppress(IndexError):
        context = container.streams.video[0].codec_context
        if (context.width, context.height) == (choice.width, choice.height):
            return container
    container.close()
    raise SourceError(
        f"the camera {path} does not deliver the {choice.width}x{choice.height} it lists: choose"
        " another size"
    )
