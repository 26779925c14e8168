"""JPEG, for whatever can show nothing else: each picture stands alone."""

from fractions import Fraction

from av import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, VideoReformatter

from edgecam.encode.failure import check_format, explained
from edgecam.errors import SourceError
from edgecam.media import NS, Packet, Picture, VideoFormat

_QUANTIZER = 4
"""Of FFmpeg's 2 (best) to 31: some 100 kB for a picture of 1280x720."""

_EARLY = 0.5
"""Of the time between two pictures of the camera: so much early, one is taken for on time."""


class Jpeg:
    """Encodes ``rate`` pictures a second of those it is given, the first among them, and any that
    has to be a keyframe: somebody waits for it. Pictures are only read.
    """

    called = "JPEG in software"

    def __init__(self, video: VideoFormat, rate: int) -> None:
        self._video = video
        self._pause_ns = round(NS / rate - _EARLY * NS / video.rate)
        self._due_ns = 0
        self._reformatter = VideoReformatter()
        self._context: VideoCodecContext | None = None
        self._closed = False

    def set_bitrate(self, bitrate: int) -> None:
        """It has none: what a picture weighs is up to the picture."""

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
        """The JPEG of ``picture``; none if it is not due. SourceError if it can't be."""
        if self._closed:
            raise SourceError("the JPEG encoder is closed: make another")
        if picture.capture_ns < self._due_ns and not keyframe:
            return []
        check_format(picture.frame, self._video)
        self._due_ns = picture.capture_ns + self._pause_ns
        with explained("JPEG"):
            self._context = self._context or self._open()
            frame = self._reformatter.reformat(
                picture.frame, format="yuvj420p", dst_color_range=ColorRange.JPEG
            )
            # In time it stands alone, too: the encoder is not to compare it with the one before.
            frame.pts, frame.time_base = picture.capture_ns // 1_000, self._context.time_base
            data = b"".join(bytes(packet) for packet in self._context.encode(frame))
        return [Packet("video", data, picture.capture_ns, keyframe=True)]

    def close(self) -> None:
        """Let go of its memory. May be called twice."""
        self._closed = True
        self._context = None

    def _open(self) -> VideoCodecContext:
        context = CodecContext.create("mjpeg", "w")
        context.width, context.height = self._video.width, self._video.height
        context.pix_fmt = "yuvj420p"
        context.time_base = Fraction(1, 1_000_000)
        # Frames side by side would come out late.
        context.thread_count = 1
        context.options = {"qmin": str(_QUANTIZER), "qmax": str(_QUANTIZER)}
        context.open()
        return context
