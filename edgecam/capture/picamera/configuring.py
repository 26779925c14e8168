"""What a camera of picamera2's is asked for, and whether it does that."""

import logging
from importlib import import_module
from typing import Any

from edgecam.capture.picamera.settings import Settings, check_delivered, delivers_small
from edgecam.errors import SourceError

logger = logging.getLogger(__name__)


class Configuring:
    """Of the ``camera`` that is ``called`` so, as ``settings`` and ``sensor`` have it."""

    def __init__(
        self, camera: Any, called: str, settings: Settings, sensor: dict[str, Any]
    ) -> None:
        self._camera = camera
        self._called = called
        self._settings = settings
        self._sensor = sensor
        self._period = round(1_000_000 / settings.video.rate)

    def with_small(self) -> bool:
        """Whether the camera makes each picture in half the size as well, now that it was asked."""
        half = self._settings.video.half
        lores = {"size": (half.width, half.height), "format": "YUV420"}
        reason: object = "it has one stream only"
        if self._has_two_streams():
            reason = "it has them in another size or format"
            try:
                self._camera.configure(self._asked(lores=lores))
                if delivers_small(self._camera.camera_configuration(), self._settings):
                    return True
            except (RuntimeError, OSError, ValueError) as error:
                # Unless it is about the small ones, it is told where they are left out.
                reason = error
        logger.info("%s makes no pictures of half the size besides: %s", self._called, reason)
        return False

    def without_small(self) -> None:
        """The whole size alone. SourceError if the camera can't do that."""
        try:
            self._camera.configure(self._asked())
        except RuntimeError as error:
            raise SourceError(
                f"{self._called} can't deliver {self._settings.video} ({error}): choose another"
                " size"
            ) from error

    def check(self) -> None:
        """SourceError if it was configured to something else than it was asked for; a warning if it
        is too slow.
        """
        check_delivered(self._camera.camera_configuration(), self._settings, self._called)
        least = self._camera.camera_controls.get("FrameDurationLimits", (0,))[0]
        if least > self._period * 1.05:
            logger.warning(
                "%s has at most %.3g pictures a second at this size: choose a smaller size, or"
                " another camera.sensor_mode, for %d",
                *(self._called, 1_000_000 / least, self._settings.video.rate),
            )

    def _has_two_streams(self) -> bool:
        """picamera2 takes for granted that there are as many as it asks for, and uses memory of
        nobody's where there are fewer.
        """
        role = import_module("libcamera").StreamRole.Viewfinder
        configuration = self._camera.camera.generate_configuration([role, role])
        if configuration is None or configuration.size < 2:
            return False
        configuration.validate()
        return bool(configuration.size == 2)

    def _asked(self, **more: dict[str, Any]) -> dict[str, Any]:
        """A new configuration, as picamera2 writes into it."""
        video = self._settings.video
        hflip, vflip = self._settings.mirrored
        configuration: dict[str, Any] = self._camera.create_video_configuration(
            main={"size": (video.width, video.height), "format": "YUV420"},
            transform=import_module("libcamera").Transform(hflip=hflip, vflip=vflip),
            sensor=self._sensor,
            display=None,
            **more,
        )
        configuration["controls"] |= self._steady()
        return configuration

    def _steady(self) -> dict[str, Any]:
        """The controls for one picture each period, as far as the camera has them."""
        has = self._camera.camera_controls
        controls: dict[str, Any] = {}
        if "FrameDurationLimits" in has:
            controls["FrameDurationLimits"] = (self._period, self._period)
        if self._settings.hdr == "single":
            if "HdrMode" not in has:
                raise SourceError(
                    f"{self._called} has no camera.hdr = 'single' on this device, as only a"
                    " Raspberry Pi 5 has: choose 'off'"
                )
            controls["HdrMode"] = import_module("libcamera").controls.HdrModeEnum.SingleExposure
        return controls
