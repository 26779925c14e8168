"""VP8 (RFC 6386) by libvpx, for browsers that have no H.264."""

import os
from fractions import Fraction

from av import CodecContext, VideoFrame
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, VideoReformatter

from edgecam.encode.failure import check_format, explained
from edgecam.errors import SourceError
from edgecam.media import Packet, Picture, VideoFormat

LEAST_BITRATE = 30_000
"""Bits a second; below this no picture is worth sending."""

_BUFFER = Fraction(1, 4)
"""Seconds of the bitrate that libvpx may be ahead of or behind it, and that a keyframe may weigh.

As for H.264, and for the same reason: what follows a keyframe shall not wait behind it.
"""

_TOLERATED = Fraction(1, 5)
"""FFmpeg does not pass on a bitrate that changes, so one that changes by more takes a new encoder,
and with it a keyframe."""

_MOST_THREADS = 4

_SPEED = -12
"""Of -16 (fast) to 16. Negative is fixed; what is positive varies with how busy the machine is."""


class Vp8:
    """Encodes pictures one by one: each comes out, as one frame, of the call it went into.

    ``bitrate``, in bits a second, is the most ever wanted of it; ``keyframe_interval`` the seconds
    between keyframes nobody asked for; ``divisor`` makes the picture smaller. Uses no more than
    half of the processor's cores. The pictures it is given are only read, so that another encoder
    may have them at the same time. Every method but ``set_bitrate`` is for one thread.
    """

    called = "VP8 in software (libvpx)"

    def __init__(
        self, video: VideoFormat, bitrate: int, keyframe_interval: float, divisor: int = 1
    ) -> None:
        self._video = video
        self._width, self._height = video.width // divisor & ~1, video.height // divisor & ~1
        self._most = bitrate
        self._wanted = bitrate
        self._interval = max(1, round(keyframe_interval * video.rate))
        self._reformatter = VideoReformatter()
        self._context: VideoCodecContext | None = None
        self._bitrate = 0
        self._closed = False
        self._count = 0

    def set_bitrate(self, bitrate: int) -> None:
        """From the next picture on, in bits a second; held to what the encoder was made for.

        Any thread may call it. A change by more than a fifth makes that picture a keyframe.
        """
        self._wanted = max(LEAST_BITRATE, min(bitrate, self._most))

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
        """The frame of ``picture``: a key frame if ``keyframe``, or at need.

        SourceError if the picture is not of the format promised, or libvpx fails.
        """
        if self._closed:
            raise SourceError("the VP8 encoder is closed: make another")
        check_format(picture.frame, self._video)
        with explained("VP8"):
            context = self._running()
            frame = self._own(picture.frame)
            frame.pts = self._count
            frame.time_base = context.time_base
            frame.pict_type = PictureType.I if keyframe else PictureType.NONE
            self._count += 1
            return [
                Packet("video", bytes(packet), picture.capture_ns, packet.is_keyframe)
                for packet in context.encode(frame)
            ]

    def close(self) -> None:
        """Frees libvpx's memory. May be called twice."""
        self._closed = True
        self._context = None

    def _running(self) -> VideoCodecContext:
        """The encoder that does the bitrate now wanted, a new one where the present can't."""
        wanted = self._wanted
        if self._context is None or abs(self._bitrate - wanted) > self._bitrate * _TOLERATED:
            self._context = self._open(wanted)
            self._bitrate = wanted
        return self._context

    def _open(self, bitrate: int) -> VideoCodecContext:
        context = CodecContext.create("libvpx", "w")
        context.width, context.height, context.pix_fmt = self._width, self._height, "yuv420p"
        context.time_base = Fraction(1, self._video.rate)
        context.framerate = Fraction(self._video.rate)
        context.gop_size = self._interval
        context.bit_rate = bitrate
        cores = len(os.sched_getaffinity(0))
        context.thread_count = max(1, min(cores // 2, _MOST_THREADS))
        context.options = {
            "deadline": "realtime",
            "cpu-used": str(_SPEED),
            "lag-in-frames": "0",
            "error-resilient": "default",
            # What hardly changes between two pictures, such as a sensor's noise, is not encoded.
            "static-thresh": "1",
            # Both equal to the bitrate: only so is it constant.
            "minrate": str(bitrate),
            "maxrate": str(bitrate),
            "bufsize": str(int(bitrate * _BUFFER)),
            # Per cent of what one picture has at this bitrate.
            "max-intra-rate": str(int(100 * self._video.rate * _BUFFER)),
        }
        context.open()
        return context

    def _own(self, frame: VideoFrame) -> VideoFrame:
        """A frame to write to, with the picture as VP8 knows no other: of limited range."""
        if frame.color_range == ColorRange.JPEG or frame.width != self._width:
            return self._reformatter.reformat(
                frame, self._width, self._height, dst_color_range=ColorRange.MPEG
            )
        made = VideoFrame(frame.width, frame.height, "yuv420p")
        for source, target in zip(frame.planes, made.planes, strict=True):
            theirs, ours = memoryview(source), memoryview(target)
            if source.line_size == target.line_size:
                ours[:] = theirs
                continue
            for row in range(target.height):
                begin, end = row * target.line_size, row * source.line_size
                ours[begin : begin + target.width] = theirs[end : end + target.width]
        return made
