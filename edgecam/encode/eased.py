"""Encoding less while the machine can't do more: fewer pictures, then smaller ones."""

from collections.abc import Callable
from dataclasses import dataclass

from av.video.reformatter import VideoReformatter

from edgecam.encode.cost import Cost
from edgecam.encode.encoded import VideoEncoder
from edgecam.encode.failure import check_format, explained
from edgecam.media import Packet, Picture, VideoFormat

FEW = 10
"""Pictures a second of which none is left out: with fewer it would be no video."""


@dataclass(slots=True)
class Ease:
    """What all encoders of a camera look at with every picture. Any thread may set it.

    ``thinned``: every second picture is left out; ``halved``: width and height are.
    """

    thinned: bool = False
    halved: bool = False


class Eased:
    """A VideoEncoder of pictures of the size ``video``, by what ``make`` makes for a size: another
    one, and so a keyframe, when the size changes. Threads as for that. ``cost`` is what it takes.
    """

    def __init__(
        self,
        video: VideoFormat,
        make: Callable[[VideoFormat], VideoEncoder],
        ease: Ease,
        cost: Cost,
    ) -> None:
        self._cost = cost
        self._video = video
        self._half = video.half
        self._make = make
        self._ease = ease
        self._size = video
        self._encoder = make(video)
        self._bitrate: int | None = None
        self._reformatter = VideoReformatter()
        self._left_out = False
        self._owed = False

    def set_bitrate(self, bitrate: int) -> None:
        self._bitrate = bitrate
        self._encoder.set_bitrate(bitrate)

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
        """No packet for one that is left out; a keyframe asked for with it is the next one."""
        self._owed |= keyframe
        thinned = self._ease.thinned and self._video.rate >= FEW
        self._left_out = thinned and not self._left_out
        if self._left_out:
            return []
        check_format(picture.frame, self._video)
        size = self._half if self._ease.halved else self._video
        if size != self._size:
            self._become(size)
        owed, self._owed = self._owed, False
        with self._cost.measured(0.5 if thinned else 1.0, halved=size is self._half):
            return self._encoder.encode(self._sized(picture), owed)

    def close(self) -> None:
        self._encoder.close()

    def _become(self, size: VideoFormat) -> None:
        self._encoder.close()
        self._encoder = self._make(size)
        self._size = size
        if self._bitrate is not None:
            self._encoder.set_bitrate(self._bitrate)

    def _sized(self, picture: Picture) -> Picture:
        frame, size = picture.frame, self._size
        if (frame.width, frame.height) == (size.width, size.height):
            return picture
        with explained("smaller picture's"):
            made = self._reformatter.reformat(frame, size.width, size.height)
        made.color_range, made.colorspace = frame.color_range, frame.colorspace
        made.color_primaries, made.color_trc = frame.color_primaries, frame.color_trc
        return Picture(made, picture.capture_ns)
