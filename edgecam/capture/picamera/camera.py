"""The camera driver ``picamera``: what libcamera knows as a camera, by way of picamera2."""

import logging
from collections.abc import Generator
from contextlib import closing, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from edgecam.capture.adjustments import Adjustments
from edgecam.capture.opening import Opening
from edgecam.capture.picamera import settings as given
from edgecam.capture.picamera.adjusting import Adjusting
from edgecam.capture.picamera.library import load
from edgecam.capture.picamera.run import Run
from edgecam.capture.picamera.settings import Settings
from edgecam.capture.pump import Pump
from edgecam.capture.source import Seen, Take
from edgecam.capture.v4l2.control import EncoderControls
from edgecam.capture.v4l2.device import Device
from edgecam.errors import Hangs, SourceError
from edgecam.media import VideoFormat

logger = logging.getLogger(__name__)

HANGS = "the camera's driver hangs: restart the device, and check the camera's ribbon"

STUCK = 2.0
"""Seconds in which the camera has to be let go before it is opened again."""

ENCODER = Path("/dev/video11")
"""Where picamera2 looks for the encoder of a Raspberry Pi up to the 4th."""

SOFTWARE = 1280 * 720 * 30
"""Pixels a second that a processor is trusted to encode without being measured: as many as the
default size and rate have, so that nobody has to choose for a Raspberry Pi 5.
"""


class PicameraCamera:
    """The camera whose model, path or number ``device`` is; "" is the first there is.

    With an encoder on the device it delivers access units, unless ``format`` is "raw", else
    pictures. Small ones are made by the ISP, where libcamera has a second stream. For the others
    see ``config.Camera``. SourceError without picamera2.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the options it has
        self,
        video: VideoFormat,
        device: str = "",
        format: str = "auto",  # noqa: A002
        sensor_mode: str = "",
        rotation: str = "0",
        flip: str = "none",
        hdr: str = "off",
        tuning: str = "",
    ) -> None:
        self._settings = Settings(video, sensor_mode, rotation, flip, hdr, tuning)
        self._device = device
        self._format = format
        self._controls = EncoderControls()
        self._adjusting = Adjusting(video.rate)
        self._most_bitrate = 0
        self._bitrate = 0
        self._own_h264 = format != "raw"
        self._pump: Pump | None = None
        self._opening = Opening(HANGS, self._opened, Pump.close)
        self._told = False
        self._shrinks = False
        self._small_wanted = False
        self._take: Take | None = None

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
        self._controls.request_keyframe()

    def set_bitrate(self, bitrate: int) -> None:
        self._bitrate = bitrate
        self._most_bitrate = max(self._most_bitrate, bitrate)
        self._controls.set_bitrate(bitrate)

    @property
    def shrinks(self) -> bool:
        return self._shrinks

    def shrink(self, take: Take | None) -> None:
        self._small_wanted, self._take = True, take

    def give_up_encoding(self) -> bool:
        if self._format == "auto":
            self._own_h264 = False
        return not self._own_h264

    def _opened(self) -> Pump:
        """In a thread of its own."""
        sensor = self._settings.sensor
        library = load()
        number = given.chosen(library.Picamera2.global_camera_info(), self._device)
        info = library.Picamera2.global_camera_info()[number]
        called = f"the camera {given.name(info)}"
        self._set_hdr(number, info)
        camera = _opened(library, number, self._settings.tuning, called)
        run = Run(camera, called, self._settings, lambda: self._take)
        try:
            self._shrinks = run.configure(library, sensor, small=self._small_wanted)
            self._adjusting.begin(camera, str(info.get("Id") or called))
            if self._encodes():
                run.encode(self._controls, self._most_bitrate, self._bitrate)
            else:
                run.deliver_pictures()
            camera.start()
        except SourceError:
            run.release()
            raise
        except Exception as error:
            run.release()
            raise SourceError(f"{called} could not be started ({error}): see the log") from error
        seen = self._adjusting.applied(run.seen())
        return Pump(called, seen, run.release, self._controls.request_keyframe, run.end)

    def _encodes(self) -> bool:
        """Whether the device does, and may."""
        if not self._own_h264:
            return False
        if has_encoder():
            return True
        if self._format == "h264":
            raise SourceError(
                "this device has no encoder for camera.format = 'h264', as a Raspberry Pi 5 has"
                " none: choose 'auto' or 'raw'"
            )
        if not self._told:
            self._told = True
            self._say_that_there_is_none()
        return False

    def _say_that_there_is_none(self) -> None:
        video = self._settings.video
        logger.info("this device has no H.264 encoder: its processor does that work, by libx264")
        if video.width * video.height * video.rate > SOFTWARE:
            logger.warning(
                "%s may be more than the processor can encode: choose 1280x720 at 30 as"
                " camera.width, camera.height and camera.rate if the picture falters",
                video,
            )

    def _set_hdr(self, number: int, info: dict[str, Any]) -> None:
        """Of the sensor, which has to be told before it is opened."""
        if info.get("Model") != "imx708":
            if self._settings.hdr == "sensor":
                raise SourceError(
                    f"the camera {given.name(info)} has no HDR in its sensor, only Camera Module 3"
                    " has: choose camera.hdr = 'off'"
                )
            return
        try:
            imx708 = import_module("picamera2.devices.imx708").IMX708
            with imx708(info.get("Num", number)) as device:
                device.set_sensor_hdr_mode(self._settings.hdr == "sensor")
        except (OSError, RuntimeError) as error:
            level = logging.WARNING if self._settings.hdr == "sensor" else logging.DEBUG
            logger.log(level, "the sensor's HDR can't be set (%s)", error)


def has_encoder(path: Path = ENCODER) -> bool:
    """Whether this device encodes H.264 by itself. picamera2 takes that for granted except on a
    Raspberry Pi 5, where its encoder of the same name is another.
    """
    with suppress(OSError), closing(Device.open(path)) as device:
        return device.encodes_h264
    return False


def _opened(library: Any, number: int, tuning: str, called: str) -> Any:
    if tuning and not Path(tuning).is_file():
        raise SourceError(
            f"camera.tuning: there is no file {tuning}: leave it empty, or correct it"
        )
    try:
        return library.Picamera2(number, tuning=tuning or None)
    except (RuntimeError, OSError) as error:
        reasons = " ".join(str(each) for each in _causes(error))
        if "busy" in reasons.lower():
            raise SourceError(
                f"{called} is in use by another program, which has to let it go: fuser -v"
                " /dev/media* tells which"
            ) from error
        raise SourceError(
            f"{called} could not be opened ({reasons}): check its ribbon, and restart the device"
        ) from error


def _causes(error: BaseException | None) -> Generator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
