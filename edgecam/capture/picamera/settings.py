"""The options of the driver ``picamera``, and what a camera makes of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgecam.capture.picamera.pictures import FORMATS
from edgecam.errors import SourceError
from edgecam.media import VideoFormat

_SENSOR_MODE = re.compile(r"([0-9]{2,5})x([0-9]{2,5})(?::([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Settings:
    """As ``config.Camera`` has them."""

    video: VideoFormat
    sensor_mode: str = ""
    rotation: str = "0"
    flip: str = "none"
    hdr: str = "off"
    tuning: str = ""

    @property
    def mirrored(self) -> tuple[bool, bool]:
        """Left to right, and upside down: half a turn is both."""
        turned = self.rotation == "180"
        return (
            turned != (self.flip in ("horizontal", "both")),
            turned != (self.flip in ("vertical", "both")),
        )

    @property
    def sensor(self) -> dict[str, Any]:
        """The mode of the sensor, for picamera2; empty: it chooses. SourceError for nonsense."""
        if not self.sensor_mode:
            return {}
        found = _SENSOR_MODE.fullmatch(self.sensor_mode)
        if found is None:
            raise SourceError(
                f"camera.sensor_mode: {self.sensor_mode!r} is not of the form WIDTHxHEIGHT or"
                " WIDTHxHEIGHT:BITS: choose one of rpicam-hello --list-cameras"
            )
        size = {"output_size": (int(found[1]), int(found[2]))}
        return size | ({"bit_depth": int(found[3])} if found[3] else {})


def chosen(cameras: Sequence[dict[str, Any]], device: str) -> int:
    """The index of the camera that ``device`` names or numbers; "" is the first. SourceError if
    there is none.
    """
    if not cameras:
        raise SourceError(
            "no camera is connected: check that its ribbon sits straight and firm at both ends,"
            " with the power off, and that /boot/firmware/config.txt says camera_auto_detect=1"
        )
    if not device:
        return 0
    for index, camera in enumerate(cameras):
        if device in (str(index), camera["Id"], camera.get("Model")):
            return index
    listed = ", ".join(f"{index} ({name(camera)})" for index, camera in enumerate(cameras))
    raise SourceError(f"there is no camera {device!r}: choose one of {listed} as camera.device")


def name(camera: dict[str, Any]) -> str:
    """What to call it."""
    return str(camera.get("Model") or camera["Id"])


def delivers_small(configured: dict[str, Any], settings: Settings) -> bool:
    """Whether the camera makes half the size besides, in a format that is taken."""
    half, small = settings.video.half, configured["lores"]
    return small["size"] == (half.width, half.height) and small["format"] in FORMATS


def check_delivered(configured: dict[str, Any], settings: Settings, called: str) -> None:
    """SourceError if the camera has made something else of what it was asked for."""
    video, main = settings.video, configured["main"]
    if main["size"] != (video.width, video.height):
        width, height = main["size"]
        raise SourceError(
            f"{called} has no {video.width}x{video.height}: choose {width}x{height}, or another"
            " size, as camera.width and camera.height"
        )
    transform = configured["transform"]
    if (bool(transform.hflip), bool(transform.vflip)) != settings.mirrored:
        raise SourceError(
            f"{called} can't turn its picture so: choose another camera.rotation and camera.flip"
        )
    wanted = settings.sensor
    has = configured.get("sensor") or {}
    if any(has.get(key) != value for key, value in wanted.items()):
        size = "x".join(map(str, has.get("output_size", ()))) or "none"
        raise SourceError(
            f"{called} has no sensor mode {settings.sensor_mode}, the nearest is {size}: choose one"
            " of rpicam-hello --list-cameras as camera.sensor_mode, or leave it empty"
        )
