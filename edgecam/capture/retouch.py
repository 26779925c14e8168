"""What a camera that draws makes of its pictures when it is adjusted, as a sensor would."""

from collections.abc import Mapping
from functools import lru_cache

from av import VideoFrame
from av.video.reformatter import Interpolation

from edgecam.capture.adjustable import Control, Value, number

BLACK, WHITE = 16, 235
"""Luma's limited range, ITU-R BT.709."""


def controls(rate: int) -> tuple[Control, ...]:
    """Of a camera of so many pictures a second."""
    least = min(5, rate)
    return (
        _number("brightness", 0, -100, 100, 1, "%"),
        _number("contrast", 100, 0, 200, 1, "%"),
        _number("zoom", 1, 1, 4, 0.1, "x"),
        _number("pan", 0, -100, 100, 1, "%"),
        _number("tilt", 0, -100, 100, 1, "%"),
        _number("frame-rate", rate, least, rate, 1, "fps"),
    )


def retouched(frame: VideoFrame, values: Mapping[str, Value]) -> VideoFrame:
    """``frame``, which is yuv420p and may be drawn on, as the controls of those values have it."""
    zoom, pan, tilt = (number(values, name) for name in ("zoom", "pan", "tilt"))
    if zoom > 1:
        frame = _zoomed(frame, zoom, pan / 100, tilt / 100)
    brightness, contrast = number(values, "brightness"), number(values, "contrast")
    if (brightness, contrast) != (0, 100):
        plane = memoryview(frame.planes[0])
        plane[:] = bytes(plane).translate(_luma(brightness / 100, contrast / 100))
    return frame


@lru_cache(maxsize=1)
def _luma(brightness: float, contrast: float) -> bytes:
    """What becomes of each value: contrast around the middle, then brightness."""
    middle, span = (BLACK + WHITE) / 2, WHITE - BLACK
    made = (middle + (value - middle) * contrast + brightness * span for value in range(256))
    return bytes(min(max(round(value), BLACK), WHITE) for value in made)


def _zoomed(frame: VideoFrame, zoom: float, pan: float, tilt: float) -> VideoFrame:
    """The part of it that is left, as big as it was; -1 and 1 are its left and right ends."""
    width, height = int(frame.width / zoom) & ~1, int(frame.height / zoom) & ~1
    left = int((frame.width - width) * (1 + pan) / 2) & ~1
    top = int((frame.height - height) * (1 + tilt) / 2) & ~1
    part = VideoFrame(width, height, "yuv420p")
    part.colorspace, part.color_range = frame.colorspace, frame.color_range
    for index, (to, seen) in enumerate(zip(part.planes, frame.planes, strict=True)):
        half = min(index, 1)
        run, lines = width >> half, height >> half
        drawn, source = memoryview(to), memoryview(seen)
        for line in range(lines):
            at = (line + (top >> half)) * seen.line_size + (left >> half)
            drawn[line * to.line_size : line * to.line_size + run] = source[at : at + run]
    return part.reformat(frame.width, frame.height, interpolation=Interpolation.BILINEAR)


def _number(  # noqa: PLR0913, PLR0917 - a row of a table
    name: str, default: float, least: float, most: float, step: float, unit: str
) -> Control:
    return Control(name, "number", default, default, least, most, step, unit)
