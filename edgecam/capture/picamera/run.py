"""A camera of picamera2's from being opened until it is let go."""

import logging
from collections.abc import Callable, Generator
from importlib import import_module
from queue import SimpleQueue
from typing import Any

from av import VideoFrame

from edgecam.capture.access_units import AccessUnits
from edgecam.capture.picamera.configuring import Configuring
from edgecam.capture.picamera.pictures import as_encoders_take_it, copied
from edgecam.capture.picamera.settings import Settings
from edgecam.capture.rhythm import Rhythm
from edgecam.capture.source import Seen, Take
from edgecam.capture.stamped import trusted
from edgecam.capture.v4l2.control import EncoderControls
from edgecam.errors import SourceError
from edgecam.h264_levels import lowest_level
from edgecam.media import Packet, Picture

logger = logging.getLogger(__name__)

MOST_WAITING = 4
"""Pictures on their way from the camera's thread; they don't wait long."""

_Item = Picture | Packet | Exception | None


class Run:
    """One opening of the camera: picamera2's threads put into a queue, the pump's takes out.

    Small pictures, where there are any, go to whoever ``take`` names with each.
    """

    def __init__(
        self, camera: Any, called: str, settings: Settings, take: Callable[[], Take | None]
    ) -> None:
        self._camera = camera
        self._take = take
        self._called = called
        self._settings = settings
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._units = AccessUnits()
        self._rhythm = Rhythm(called, settings.video.rate)
        self._encoder: Any = None

    def configure(self, library: Any, sensor: dict[str, Any], *, small: bool) -> bool:
        """SourceError if the camera can't do what was asked for. Whether there are ``small``
        pictures besides, if they are wanted.
        """
        configuring = Configuring(self._camera, self._called, self._settings, sensor)
        small = small and configuring.with_small()
        if not small:
            configuring.without_small()
        configuring.check()
        self._mapped = library.MappedArray
        self._stamp = import_module("libcamera").controls.SensorTimestamp
        return small

    def encode(self, controls: EncoderControls, most: int, bitrate: int) -> None:
        """By the device's encoder, from ``bitrate`` on and up to ``most``."""
        hardware = import_module("edgecam.capture.picamera.hardware")
        level = lowest_level(self._settings.video, most)
        output = hardware.Handed(self._take_unit)
        rate = self._settings.video.rate
        encoder = hardware.HardwareEncoder(level, rate, bitrate or None, controls, self._queue.put)
        output.encoder = self._encoder = encoder
        self._camera.start_encoder(encoder, output, name="main")
        self._camera.post_callback = self._take_small

    def deliver_pictures(self) -> None:
        """As they are."""
        self._camera.post_callback = self._take_picture

    def seen(self) -> Generator[Seen]:
        """In the pump's thread."""
        while (item := self._queue.get()) is not None:
            if isinstance(item, Exception):
                raise SourceError(f"{self._called} failed ({item}): see the log") from item
            if isinstance(item, Picture):
                yield Picture(as_encoders_take_it(item.frame), item.capture_ns)
            else:
                yield item

    def end(self) -> None:
        """Have ``seen`` end."""
        self._queue.put(None)

    def release(self) -> None:
        """Let the camera go, whatever state it is in."""
        camera = self._camera
        # In this order: its own thread, which would be waited for later on, may have died.
        if camera._preview is not None:  # noqa: SLF001 - picamera2 has no other way to ask
            self._try(camera.stop_preview)
            # What could not be stopped must not keep the camera from being closed.
            camera.detach_preview()
        self._try(camera.stop)
        if self._encoder is not None and self._encoder.running:
            # Not by way of the camera, which doesn't know of one that failed while it started.
            self._try(self._encoder.stop)
        self._try(camera.close)

    def _try(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception:
            logger.debug("%s: %s failed", self._called, step, exc_info=True)

    def _take_unit(self, data: bytes, stamped: int) -> None:
        """In the encoder's thread."""
        if packet := self._units.packet(data, trusted(stamped)):
            self._queue.put(packet)

    def _take_picture(self, request: Any) -> None:
        """In the camera's thread, which an exception would end without a word."""
        try:
            taken = trusted(int(request.request.metadata[self._stamp]))
            # Another thread takes them out; should it be late, the camera is not.
            if not self._rhythm.due(taken) or self._queue.qsize() >= MOST_WAITING:
                return
            self._queue.put(Picture(self._copied(request, "main"), taken))
        except Exception as error:  # noqa: BLE001 - it is told where the camera is read
            self._queue.put(error)
        else:
            self._take_small(request)

    def _take_small(self, request: Any) -> None:
        """Likewise."""
        if (take := self._take()) is None or request.config.get("lores") is None:
            return
        try:
            taken = trusted(int(request.request.metadata[self._stamp]))
            take(Picture(as_encoders_take_it(self._copied(request, "lores")), taken))
        except Exception as error:  # noqa: BLE001 - it is told where the camera is read
            self._queue.put(error)

    def _copied(self, request: Any, stream: str) -> VideoFrame:
        with self._mapped(request, stream, reshape=False) as mapped:
            config = request.config
            return copied(mapped.array, config[stream], config["main"]["size"])
