"""Pictures of a camera that encodes by itself, for those who need another codec than its own."""

from fractions import Fraction

import av
from av import CodecContext, VideoFrame
from av.codec.context import ThreadType
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange

from edgecam.capture.source import EncodingCamera, Seen, Source
from edgecam.media import NS, Packet, Picture


class Decoded:
    """The Source ``camera``, its access units decoded; pictures come as they are.

    What can't be decoded is left out up to the next keyframe, which is asked for.
    """

    def __init__(self, camera: Source[Seen]) -> None:
        self._camera = camera
        self._decoder: VideoCodecContext | None = None

    def open(self) -> None:
        self._decoder = None
        self._camera.open()

    def read(self) -> Picture:
        """The next picture, once its access unit has been read."""
        while True:
            seen = self._camera.read()
            picture = seen if isinstance(seen, Picture) else self._decode(seen)
            if picture is not None:
                return picture

    def close(self) -> None:
        self._camera.close()

    def _decode(self, unit: Packet) -> Picture | None:
        if unit.keyframe and self._decoder is None:
            self._decoder = _decoder()
        if self._decoder is None:
            return None
        packet = av.Packet(unit.data)
        packet.pts, packet.time_base = unit.capture_ns, Fraction(1, NS)
        try:
            frames = self._decoder.decode(packet)
        except FFmpegError:
            self._decoder = None
            if isinstance(self._camera, EncodingCamera):
                self._camera.request_keyframe()
            return None
        return _picture(frames[-1], unit.capture_ns) if frames else None


def _decoder() -> VideoCodecContext:
    decoder = CodecContext.create("h264", "r")
    # Frames side by side would come out several pictures late.
    decoder.thread_type, decoder.thread_count = ThreadType.SLICE, 1
    decoder.options = {"flags": "low_delay"}
    return decoder


def _picture(frame: VideoFrame, capture_ns: int) -> Picture:
    """As every encoder takes it: yuv420p of limited range."""
    if frame.format.name != "yuv420p":
        frame = frame.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG)
    return Picture(frame, capture_ns if frame.pts is None else frame.pts)
