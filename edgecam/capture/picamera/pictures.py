"""From the memory of a camera's picture to a picture of our own."""

from typing import Any

from av import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from edgecam.errors import SourceError

FORMATS = {"YUV420": "yuv420p", "NV12": "nv12"}
"""FFmpeg's name of each pixel format that is taken. Pis have the first, cheaper one; other cameras
of libcamera may have but the second.
"""

_CHROMA = {"yuv420p": (2, 2), "nv12": (1,)}
"""For each plane after luma, by how much its lines are shorter than those of luma."""


def copied(memory: Any, stream: dict[str, Any], main: tuple[int, int]) -> VideoFrame:
    """The picture in ``memory``, whose ``stream`` picamera2 describes, copied. Its colours are
    those of the size of the ``main`` stream: libcamera has one colour space for all.
    """
    name = FORMATS.get(stream["format"])
    if name is None:
        raise SourceError(
            f"the camera delivers {stream['format']} only, which edgecam can't take: choose another"
        )
    (width, height), stride = stream["size"], stream["stride"]
    frame = VideoFrame(width, height, name)
    hd = main[0] >= 1280 and main[1] >= 720
    frame.colorspace = Colorspace.ITU709 if hd else Colorspace.SMPTE170M
    frame.color_range = ColorRange.MPEG
    source, begin = memoryview(memory).cast("B"), 0
    layout = [(stride, height), *((stride // part, height // 2) for part in _CHROMA[name])]
    for plane, (length, lines) in zip(frame.planes, layout, strict=True):
        _copy(source[begin : begin + length * lines], length, memoryview(plane), plane.line_size)
        begin += length * lines
    return frame


def as_encoders_take_it(frame: VideoFrame) -> VideoFrame:
    """In yuv420p."""
    return frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p")


def _copy(source: memoryview, length: int, target: memoryview, line_size: int) -> None:
    if length == line_size:
        target[: len(source)] = source
        return
    taken = min(length, line_size)
    for line in range(len(source) // length):
        begin = line * line_size
        target[begin : begin + taken] = source[line * length : line * length + taken]
