"""What a camera can deliver, and which of it to take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from edgecam.errors import SourceError
from edgecam.media import VideoFormat

NAMES = {
    "H264": "h264",
    "YU12": "yuv420p",
    "NV12": "nv12",
    "YUYV": "yuyv422",
    "UYVY": "uyvy422",
    "MJPG": "mjpeg",
    "JPEG": "mjpeg",
}
"""FFmpeg's name of each pixel format of V4L2 that edgecam takes, the cheapest for us first."""

FORMATS = {
    "auto": tuple(NAMES),
    "h264": ("H264",),
    "mjpeg": ("MJPG", "JPEG"),
    "raw": ("YU12", "NV12", "YUYV", "UYVY"),
}
"""What each choice of the option ``format`` allows."""

_SHOWN = 12
"""Sizes or formats named in a sentence."""


@dataclass(frozen=True, slots=True)
class Span:
    """Whole numbers from ``least`` to ``most`` in steps; one alone if both are the same."""

    least: int
    most: int
    step: int = 1

    def __contains__(self, value: int) -> bool:
        return self.least <= value <= self.most and (value - self.least) % max(self.step, 1) == 0

    def __str__(self) -> str:
        return f"{self.least}" if self.least == self.most else f"{self.least}-{self.most}"


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels; of most cameras one width and one height."""

    width: Span
    height: Span

    def has(self, width: int, height: int) -> bool:
        """Whether this is one of them."""
        return width in self.width and height in self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Rates:
    """Pictures a second: ``each`` of these, or with ``between`` anything from the first to the
    last; nothing where the camera doesn't say.
    """

    each: tuple[Fraction, ...] = ()
    between: bool = False

    def nearest(self, wanted: int) -> Fraction:
        """The lowest that is enough; the highest where none is; ``wanted`` where nobody knows."""
        if not self.each:
            return Fraction(wanted)
        if self.between:
            return min(max(self.each[0], Fraction(wanted)), self.each[-1])
        # 29.97 is 30 to everybody but NTSC.
        enough = [rate for rate in self.each if rate >= wanted * Fraction(999, 1000)]
        return min(enough) if enough else max(self.each)


@dataclass(frozen=True, slots=True)
class Mode:
    """One size in one pixel format, by its four characters."""

    fourcc: str
    size: Size
    rates: Rates


@dataclass(frozen=True, slots=True)
class Choice:
    """What to ask the camera for."""

    fourcc: str
    width: int
    height: int
    rate: Fraction

    @property
    def options(self) -> dict[str, str]:
        """For FFmpeg's v4l2 input."""
        return {
            "input_format": NAMES[self.fourcc],
            "video_size": f"{self.width}x{self.height}",
            "framerate": f"{self.rate}",
        }


def choose(modes: Sequence[Mode], video: VideoFormat, format_: str, camera: str) -> Choice:
    """The mode of that size and the nearest rate, of those the one that costs least.

    SourceError if there is none; ``camera`` is what to call it then.
    """
    usable = [mode for mode in modes if mode.fourcc in FORMATS[format_]]
    if not usable:
        has = _some(sorted({mode.fourcc for mode in modes})) or "nothing"
        lacking = "no format that edgecam takes" if format_ == "auto" else f"no {format_}"
        raise SourceError(f"{camera} has {lacking}, only {has}: choose another camera.format")
    fitting = [mode for mode in usable if mode.size.has(video.width, video.height)]
    if not fitting:
        sizes = _some(dict.fromkeys(str(mode.size) for mode in usable))
        raise SourceError(
            f"{camera} has no {video.width}x{video.height}: choose one of {sizes} as camera.width"
            " and camera.height"
        )

    def cost(mode: Mode) -> tuple[Fraction, int]:
        lacking = max(Fraction(0), video.rate - mode.rates.nearest(video.rate) - Fraction(1, 10))
        return lacking, list(NAMES).index(mode.fourcc)

    best = min(fitting, key=cost)
    return Choice(best.fourcc, video.width, video.height, best.rates.nearest(video.rate))


def _some(names: Iterable[str]) -> str:
    """The first of them, for a sentence."""
    first = [*islice(names, _SHOWN + 1)]
    return ", ".join([*first[:_SHOWN], *(["…"] if len(first) > _SHOWN else [])])
