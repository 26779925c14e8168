"""One talker's pictures on their way to the screen: a bounded queue, then a decoder."""

import queue
from collections.abc import Callable
from typing import cast

from av import CodecContext, FFmpegError, Packet, VideoFrame
from av.video.codeccontext import VideoCodecContext

from edgecam.limits import TokenBucket
from edgecam.media import NS, capture_clock

DECODERS = {"VP8": "vp8", "H264": "h264"}
"""FFmpeg's names of what can be decoded, by their names in SDP."""

MOST_QUEUED = 8
MOST_A_SECOND = 60
MOST_BYTES = 1_000_000
MOST_PIXELS = 1920 * 1088
"""The largest picture that is shown, whichever way up."""

_MOST_DECODED = 4 * MOST_PIXELS
"""The largest that is decoded at all, to be told its size."""

ASK_EVERY_NS = NS // 2
"""A keyframe on its way is not asked for again."""


class Pictures:
    """Whole encoded pictures in, decoded ones out.

    ``push`` is for the event loop, ``next`` for one other thread. When pictures were lost, came too
    fast or can't be decoded, nothing is decoded before the next keyframe, which ``ask`` asks for;
    any thread may call it. ``too_large``: width and height of a picture that is refused, if one is.
    """

    def __init__(self, ask: Callable[[], None], clock: Callable[[], int] = capture_clock) -> None:
        self.dropped = 0
        self.too_large: tuple[int, int] | None = None
        self._ask = ask
        self._clock = clock
        self._asked_ns = clock() - ASK_EVERY_NS
        self._queue: queue.Queue[tuple[str, bytes]] = queue.Queue(MOST_QUEUED)
        self._bucket = TokenBucket(MOST_A_SECOND, MOST_A_SECOND, clock() / NS)
        self._waiting = True
        self._codec = ""
        self._context: VideoCodecContext | None = None

    def push(self, codec: str, data: bytes) -> None:
        """A whole encoded picture, H.264 as Annex B, has arrived."""
        allowed = self._bucket.take(self._clock() / NS) and len(data) <= MOST_BYTES
        if not allowed or (self._waiting and not is_keyframe(codec, data)):
            self._drop()
            return
        try:
            self._queue.put_nowait((codec, data))
            self._waiting = False
        except queue.Full:
            self._drop()

    def next(self, timeout: float) -> VideoFrame | None:
        """The newest picture there is, waiting ``timeout`` seconds at most for one."""
        try:
            codec, data = self._queue.get(timeout=timeout)
        except queue.Empty:
            return None
        newest = self._decode(codec, data)
        while not self._queue.empty():
            newest = self._decode(*self._queue.get_nowait()) or newest
        return newest

    def _drop(self) -> None:
        self.dropped += 1
        self._waiting = True
        # Whoever sends what is too large would only send another one.
        if self.too_large is None and self._clock() - self._asked_ns >= ASK_EVERY_NS:
            self._asked_ns = self._clock()
            self._ask()

    def _decode(self, codec: str, data: bytes) -> VideoFrame | None:
        try:
            frames = self._decoder(codec).decode(Packet(data))
        except FFmpegError:
            self._drop()
            return None
        if not frames:
            return None
        newest = frames[-1]
        if newest.width * newest.height > MOST_PIXELS:
            self.too_large = newest.width, newest.height
            self._drop()
            return None
        self.too_large = None
        return newest

    def _decoder(self, codec: str) -> VideoCodecContext:
        if self._context is None or codec != self._codec:
            context = cast("VideoCodecContext", CodecContext.create(DECODERS[codec], "r"))
            # More threads would keep pictures back.
            context.thread_count = 1
            context.options = {"max_pixels": str(_MOST_DECODED)}
            self._codec, self._context = codec, context
        return self._context


def is_keyframe(codec: str, data: bytes) -> bool:
    """Whether a decoder can start at this picture."""
    if codec == "VP8":
        # RFC 6386, section 9.1: the lowest bit of the first byte is 0.
        return len(data) > 3 and not data[0] & 1
    start = data.find(b"\0\0\1")
    while 0 <= start < len(data) - 3:
        # ITU-T H.264, table 7-1: 5 is a slice of an IDR picture.
        if data[start + 3] & 0x1F == 5:
            return True
        start = data.find(b"\0\0\1", start + 3)
    return False
