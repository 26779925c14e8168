"""From what FFmpeg reads of a camera to pictures and access units."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import av
from av import VideoFrame
from av.container import InputContainer
from av.error import InvalidDataError
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange

from edgecam.capture.access_units import AccessUnits
from edgecam.capture.rhythm import Rhythm
from edgecam.capture.source import Seen
from edgecam.media import NS, Picture, capture_clock

Data: TypeAlias = "av.Packet[Any]"

LATE_NS = 5 * NS
"""A driver's timestamp that is older, or ahead, is of another clock: the time of arrival counts."""


def stream(container: InputContainer, rhythm: Rhythm) -> Iterator[Seen]:
    """What the camera sees, until it ends. FFmpegError or OSError when it fails.

    H.264 comes as it is, so that nothing can be left out of it; of anything else only what
    ``rhythm`` takes is decoded. A picture that came damaged over the cable is left out.
    """
    video = container.streams.video[0]
    units = AccessUnits() if video.codec_context.name == "h264" else None
    for data in container.demux(video):
        if not data.size:
            continue
        taken = taken_ns(data)
        if units is not None:
            rhythm.due(taken)
            if packet := units.packet(bytes(data), taken):
                yield packet
        elif rhythm.due(taken) and (frame := decoded(video.codec_context, data)):
            yield Picture(frame, taken)


def taken_ns(data: Data) -> int:
    """When ``data`` was captured, on the capture clock."""
    now = capture_clock()
    if data.pts is None or data.time_base is None:
        return now
    stamped = int(data.pts * data.time_base * NS)
    return stamped if now - LATE_NS < stamped <= now else now


def decoded(codec: VideoCodecContext, data: Data) -> VideoFrame | None:
    """As encoders take it, in yuv420p; None where there is no picture in ``data``."""
    if not data.size:
        return None
    try:
        frames = codec.decode(data)
    except InvalidDataError:
        return None
    if not frames:
        return None
    frame = frames[-1]
    if frame.format.name == "yuv420p":
        return frame
    # JPEG's range is the full one, which VP8 can't say and few programs heed.
    return frame.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG)
