"""Drawing on a yuv420p picture by runs of bytes, quick enough to be done for every picture."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from av import VideoFrame
from av.video.reformatter import ColorRange, Colorspace


class Colour(NamedTuple):
    """Luma 16 to 235, and two chromas 16 to 240 around 128."""

    y: int
    u: int = 128
    v: int = 128


def rgb(red: float, green: float, blue: float) -> Colour:
    """A colour of three parts from 0 to 1, by ITU-R BT.709 in its limited range."""
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return Colour(
        round(16 + 219 * luma),
        round(128 + 224 * (blue - luma) / 1.8556),
        round(128 + 224 * (red - luma) / 1.5748),
    )


Run: TypeAlias = tuple[int, int, bytes]
"""How far right, how far down, and the samples from there."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """A shape drawn beforehand: its runs in each of the three planes, from its top left corner."""

    runs: tuple[list[Run], list[Run], list[Run]]


class Canvas:
    """The planes of one picture. Chroma has half the lines and columns: coordinates are even."""

    def __init__(self, frame: VideoFrame) -> None:
        frame.colorspace = Colorspace.ITU709
        frame.color_range = ColorRange.MPEG
        self.frame = frame
        self.planes = [memoryview(plane) for plane in frame.planes]
        self.strides = [plane.line_size for plane in frame.planes]

    def rectangle(self, x: int, y: int, width: int, height: int, colour: Colour) -> None:
        for index, (plane, stride) in enumerate(zip(self.planes, self.strides, strict=True)):
            half = min(index, 1)
            line = bytes([colour[index]]) * (width >> half)
            start = (y >> half) * stride + (x >> half)
            for at in range(start, start + (height >> half) * stride, stride):
                plane[at : at + len(line)] = line

    def luma(self, x: int, y: int, rows: list[bytes]) -> None:
        """Puts ``rows`` of luma one below the other."""
        plane, stride = self.planes[0], self.strides[0]
        at = y * stride + x
        for row in rows:
            plane[at : at + len(row)] = row
            at += stride

    def sprite(self, x: int, y: int, sprite: Sprite) -> None:
        for index, (plane, stride) in enumerate(zip(self.planes, self.strides, strict=True)):
            half = min(index, 1)
            origin = (y >> half) * stride + (x >> half)
            for right, down, samples in sprite.runs[index]:
                at = origin + down * stride + right
                plane[at : at + len(samples)] = samples
