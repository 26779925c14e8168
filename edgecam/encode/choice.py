"""Who encodes H.264: the device, where it has an encoder that works, else the processor."""

import logging
from collections.abc import Callable
from pathlib import Path

from edgecam.capture.v4l2 import names
from edgecam.encode.encoded import VideoEncoder
from edgecam.encode.h264 import X264
from edgecam.encode.m2m.encoder import M2mH264
from edgecam.encode.m2m.queues import Opened
from edgecam.errors import SourceError
from edgecam.media import Packet, Picture, VideoFormat

logger = logging.getLogger(__name__)


class Choice:
    """Makes encoders: ``wanted`` is "hardware", "software", or "auto" for the first if it works.

    Which it is, is found out when one is made, by who is to encode with it; ``called`` is the one
    that was made last, or that ``look`` found. One of the device's that gave nothing out is not
    tried again by "auto". All but ``called`` blocks.
    """

    def __init__(
        self,
        wanted: str,
        found: Callable[[], names.Found | None] = lambda: next(names.encoders(), None),
        opened: Callable[[Path], Opened] = Opened,
    ) -> None:
        self.called = X264.called
        self._wanted = wanted
        self._found = found
        self._opened = opened
        self._failed = False

    def look(self) -> names.Found | None:
        """The encoder that would be made now; None: libx264."""
        found = None if self._wanted == "software" or self._failed else self._found()
        self.called = X264.called if found is None else f"H.264 in hardware ({found.card})"
        return found

    def make(self, video: VideoFormat, bitrate: int, keyframe_interval: float) -> VideoEncoder:
        """One for such pictures. SourceError if "hardware" is wanted and there is none."""
        found = self.look()
        if found is not None:
            hardware = M2mH264(found.path, video, bitrate, keyframe_interval, self._opened)
            if self._wanted == "hardware":
                return hardware
            return _Tried(
                hardware, lambda why: self._software(why, video, bitrate, keyframe_interval)
            )
        if self._wanted == "hardware":
            raise SourceError(
                "this device has no encoder of H.264 that edgecam may open: see edgecam devices,"
                " or let encode.h264 be 'auto'"
            )
        return X264(video, bitrate, keyframe_interval)

    def _software(
        self, why: SourceError, video: VideoFormat, bitrate: int, keyframe_interval: float
    ) -> VideoEncoder:
        logger.warning("%s; the processor encodes from now on", why)
        self._failed = True
        self.called = X264.called
        return X264(video, bitrate, keyframe_interval)


class _Tried:
    """A VideoEncoder which is replaced should it fail before anything came out of it."""

    def __init__(
        self, encoder: VideoEncoder, instead: Callable[[SourceError], VideoEncoder]
    ) -> None:
        self._encoder = encoder
        self._instead: Callable[[SourceError], VideoEncoder] | None = instead
        self._bitrate: int | None = None

    def set_bitrate(self, bitrate: int) -> None:
        self._bitrate = bitrate
        self._encoder.set_bitrate(bitrate)

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
        instead, self._instead = self._instead, None
        try:
            return self._encoder.encode(picture, keyframe)
        except SourceError as error:
            if instead is None:
                raise
            self._encoder.close()
            self._encoder = instead(error)
        if self._bitrate is not None:
            self._encoder.set_bitrate(self._bitrate)
        return self._encoder.encode(picture, keyframe)

    def close(self) -> None:
        self._encoder.close()
