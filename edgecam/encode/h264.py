"""H.264 by libx264, as every browser and hardware decoder takes it: constrained baseline."""

from fractions import Fraction

from av import CodecContext
from av.codec.context import ThreadType
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from edgecam.annexb import is_keyframe
from edgecam.encode.failure import check_format, explained
from edgecam.encode.promise import broken_by
from edgecam.errors import SourceError
from edgecam.h264_levels import lowest_level
from edgecam.media import Packet, Picture, VideoFormat

LEAST_BITRATE = 30_000
"""Bits a second; libx264 is told whole thousands, and below this no picture is worth sending."""

_BUFFER = Fraction(1, 4)
"""Seconds of the bitrate in the VBV (ITU-T H.264 C.1), which libx264 fits access units into.

An IDR weighs many times what other pictures do, and is sent on demand whenever a viewer joins. Held
to a quarter of a second's worth it delays what follows by no more than that on a link that just
fits; a larger buffer would make keyframes sharper and every join a stall for the others.
"""

_HEADROOM = Fraction(3, 2)
_SLACK = 3
"""An encoder runs at between 1 / _SLACK of and the full bitrate that it was opened with.

libx264 changes its bitrate as it goes, but never above the one it began with, and the VBV keeps its
size in bits. Outside of that range a new encoder is opened, which costs an IDR; _HEADROOM above the
bitrate asked for, so that a bitrate that climbs back in small steps does not cost one a step.
"""


def profile_level_id(video: VideoFormat, bitrate: int) -> str:
    """What to promise in SDP: constrained baseline at the lowest level that will do.

    "e0" is constraint sets 0, 1 and 2; browsers compare only what RFC 6184 table 5 compares.
    """
    return f"42e0{lowest_level(video, bitrate).idc:02x}"


class X264:
    """Encodes pictures one by one: each comes out, as one access unit, of the call it went into.

    ``bitrate``, in bits a second, is the most it will ever use; ``keyframe_interval`` the seconds
    between keyframes nobody asked for. The stream is what ``profile_level_id(video, bitrate)``
    promises: its SPS is checked. Every method but ``set_bitrate`` is for one thread.
    """

    called = "H.264 in software (libx264)"

    def __init__(self, video: VideoFormat, bitrate: int, keyframe_interval: float) -> None:
        self._video = video
        self._most = bitrate
        self._wanted = bitrate
        self._ceiling = bitrate
        self._interval = max(1, round(keyframe_interval * video.rate))
        self._level = lowest_level(video, bitrate)
        self._context: VideoCodecContext | None = None
        self._unchecked = True
        self._closed = False
        self._count = 0

    def set_bitrate(self, bitrate: int) -> None:
        """From the next picture on, in bits a second; held to what the encoder was made for.

        Any thread may call it. A change by more than a factor of about three makes that picture a
        keyframe.
        """
        self._wanted = max(LEAST_BITRATE, min(bitrate, self._most))

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
        """The access unit of ``picture``: an IDR with SPS and PPS if ``keyframe``, or at need.

        Writes the frame's pts and pict_type. SourceError if the picture is not of the format
        promised, or libx264 fails.
        """
        if self._closed:
            raise SourceError("the H.264 encoder is closed: make another")
        frame = picture.frame
        check_format(frame, self._video)
        with explained("H.264"):
            context = self._running(frame)
            frame.pts = self._count
            frame.time_base = context.time_base
            frame.pict_type = PictureType.I if keyframe else PictureType.NONE
            self._count += 1
            units = [(bytes(packet), packet.is_keyframe) for packet in context.encode(frame)]
        packets = [
            Packet("video", unit, picture.capture_ns, marked and is_keyframe(unit))
            for unit, marked in units
        ]
        if self._unchecked and packets:
            self._check_promise(packets[0])
        return packets

    def close(self) -> None:
        """Frees libx264's memory. May be called twice."""
        self._closed = True
        self._context = None

    def _running(self, frame: VideoFrame) -> VideoCodecContext:
        """The encoder that can do the bitrate now wanted, a new one where the present can't."""
        wanted = self._wanted
        if self._context is None or not self._ceiling <= wanted * _SLACK <= self._ceiling * _SLACK:
            self._ceiling = min(self._most, int(wanted * _HEADROOM))
            self._context = self._open(frame)
            self._unchecked = True
        self._context.bit_rate = wanted
        return self._context

    def _open(self, frame: VideoFrame) -> VideoCodecContext:
        context = CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuv420p"
        context.time_base = Fraction(1, self._video.rate)
        context.framerate = Fraction(self._video.rate)
        context.color_range, context.colorspace = frame.color_range, frame.colorspace
        context.color_primaries, context.color_trc = frame.color_primaries, frame.color_trc
        context.gop_size = self._interval
        context.max_b_frames = 0
        context.bit_rate = self._ceiling
        # Slices side by side: frames side by side would each wait for the one before them.
        context.thread_type, context.thread_count = ThreadType.SLICE, 0
        context.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "level": str(self._level),
            "forced-idr": "1",
            "sc_threshold": "0",
            # As high as the bitrate: only so does libx264 let maxrate follow a change of it.
            "maxrate": str(self._ceiling),
            "bufsize": str(int(self._ceiling * _BUFFER)),
        }
        context.open()
        return context

    def _check_promise(self, first: Packet) -> None:
        """SourceError unless the first access unit's SPS keeps what was promised."""
        promised = profile_level_id(self._video, self._most)
        if problem := broken_by(first, self._video, promised):
            raise SourceError(f"libx264: {problem}: report this, with the version of PyAV")
        self._unchecked = False
