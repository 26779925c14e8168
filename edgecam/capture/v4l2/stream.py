"""From what FFmpeg reads of a camera to pictures and access units."""

from collections.abc import Generator, Iterator
from typing import Any, TypeAlias

import av
from av import VideoFrame
from av.container import InputContainer
from av.error import InvalidDataError
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from edgecam.capture.access_units import AccessUnits
from edgecam.capture.rhythm import Rhythm
from edgecam.capture.source import Seen
from edgecam.capture.stamped import trusted
from edgecam.media import NS, Picture, capture_clock

Data: TypeAlias = "av.Packet[Any]"


def stream(container: InputContainer, rhythm: Rhythm) -> Generator[Seen]:
    """What the camera sees, until it ends. FFmpegError or OSError when it fails.

    H.264 comes as it is, so that nothing can be left out of it; of anything else only what
    ``rhythm`` takes is decoded. A picture that came damaged over the cable is left out. Has to be
    closed before ``container`` is.
    """
    video = container.streams.video[0]
    units = AccessUnits() if video.codec_context.name == "h264" else None
    for data, taken in _copied(container, video):
        due = rhythm.due(taken)
        if units is not None:
            if packet := units.packet(data, taken):
                yield packet
        elif due and (frame := decoded(video.codec_context, data)):
            yield Picture(frame, taken)


def _copied(container: InputContainer, video: VideoStream) -> Iterator[tuple[bytes, int]]:
    """Data and when it was captured. A packet of this input is memory of the kernel's, which must
    not be kept: the camera gets it back with the packet, and it is gone when the input is closed.
    """
    packets = container.demux(video)
    data = None
    try:
        for data in packets:
            if data.size:
                yield bytes(data), taken_ns(data)
    finally:
        # PyAV's generator, too, holds the last one until it is closed.
        data = None
        packets.close()  # type: ignore[attr-defined]


def taken_ns(data: Data) -> int:
    """When ``data`` was captured, on the capture clock."""
    if data.pts is None or data.time_base is None:
        return capture_clock()
    return trusted(int(data.pts * data.time_base * NS))


def decoded(codec: VideoCodecContext, data: bytes) -> VideoFrame | None:
    """As encoders take it, in yuv420p; None where there is no picture in ``data``."""
    if not data:
        return None
    try:
        frames = codec.decode(av.Packet(data))
    except InvalidDataError:
        return None
    if not frames:
        return None
    frame = frames[-1]
    if frame.format.name == "yuv420p":
        return frame
    # JPEG's range is the full one, which VP8 can't say and few programs heed.
    return frame.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG)
