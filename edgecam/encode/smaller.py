"""H.264 of half the width and height, for viewers whose link can't carry all of it."""

from collections.abc import Callable

from av.video.reformatter import VideoReformatter

from edgecam.encode.encoded import VideoEncoder
from edgecam.encode.failure import check_format, explained
from edgecam.media import Packet, Picture, VideoFormat


def half(video: VideoFormat) -> VideoFormat:
    """Half the width and height, each even as yuv420p has it."""
    return VideoFormat(max(2, video.width // 2 & ~1), max(2, video.height // 2 & ~1), video.rate)


class Smaller:
    """Scales pictures of ``video`` to ``half`` of it and has those encoded by what ``make`` makes.

    Its level is never above that of ``video`` at a bitrate as high. The pictures it is given are
    only read, so that another encoder may have them at the same time.
    """

    def __init__(self, video: VideoFormat, make: Callable[[VideoFormat], VideoEncoder]) -> None:
        self._video = video
        self._half = half(video)
        self._encoder = make(self._half)
        self._reformatter = VideoReformatter()

    def set_bitrate(self, bitrate: int) -> None:
        """As the encoder's."""
        self._encoder.set_bitrate(bitrate)

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
        """The access unit of ``picture``, captured when it was. As the encoder's."""
        check_format(picture.frame, self._video)
        with explained("H.264"):
            frame = self._reformatter.reformat(picture.frame, self._half.width, self._half.height)
        return self._encoder.encode(Picture(frame, picture.capture_ns), keyframe)

    def close(self) -> None:
        """As the encoder's."""
        self._encoder.close()
