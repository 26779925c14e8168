"""H.264 of half the width and height, for viewers whose link can't carry all of it."""

from collections.abc import Callable

from av.video.reformatter import VideoReformatter

from edgecam.encode.encoded import VideoEncoder
from edgecam.encode.failure import check_format, explained
from edgecam.media import Packet, Picture, VideoFormat


class Smaller:
    """Scales pictures of ``video`` to half of it, if they are not so small already, and has those
    encoded by what ``make`` makes.

    Its level is never above that of ``video`` at a bitrate as high. The pictures it is given are
    only read, so that another encoder may have them at the same time.
    """

    def __init__(self, video: VideoFormat, make: Callable[[VideoFormat], VideoEncoder]) -> None:
        self._video = video
        self._half = video.half
        self._encoder = make(video.half)
        self._reformatter = VideoReformatter()

    def set_bitrate(self, bitrate: int) -> None:
        """As the encoder's."""
        self._encoder.set_bitrate(bitrate)

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
        """The access unit of ``picture``, captured when it was. As the encoder's."""
        if (picture.frame.width, picture.frame.height) == (self._half.width, self._half.height):
            return self._encoder.encode(picture, keyframe)
        check_format(picture.frame, self._video)
        with explained("H.264"):
            frame = self._reformatter.reformat(picture.frame, self._half.width, self._half.height)
        return self._encoder.encode(Picture(frame, picture.capture_ns), keyframe)

    def close(self) -> None:
        """As the encoder's."""
        self._encoder.close()
