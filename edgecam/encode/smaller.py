"""H.264 of half the width and height, for viewers whose link can't carry all of it."""

from av.video.reformatter import VideoReformatter

from edgecam.encode.failure import check_format, explained
from edgecam.encode.h264 import X264
from edgecam.media import Packet, Picture, VideoFormat


def half(video: VideoFormat) -> VideoFormat:
    """Half the width and height, each even as yuv420p has it."""
    return VideoFormat(max(2, video.width // 2 & ~1), max(2, video.height // 2 & ~1), video.rate)


class Smaller:
    """Scales pictures of ``video`` to ``half`` of it and encodes those as X264 does.

    Its level is never above that of ``video`` at a bitrate as high. The pictures it is given are
    only read, so that another encoder may have them at the same time.
    """

    called = "small H.264 in software (libx264)"

    def __init__(self, video: VideoFormat, bitrate: int, keyframe_interval: float) -> None:
        self._video = video
        self._half = half(video)
        self._encoder = X264(self._half, bitrate, keyframe_interval)
        self._reformatter = VideoReformatter()

    def set_bitrate(self, bitrate: int) -> None:
        """As ``X264.set_bitrate``."""
        self._encoder.set_bitrate(bitrate)

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
        """The access unit of ``picture``, captured when it was. As ``X264.encode``."""
        check_format(picture.frame, self._video)
        with explained("H.264"):
            frame = self._reformatter.reformat(picture.frame, self._half.width, self._half.height)
        return self._encoder.encode(Picture(frame, picture.capture_ns), keyframe)

    def close(self) -> None:
        """As ``X264.close``."""
        self._encoder.close()
