"""The stream that everybody sends: ten seconds of 1080p30 at 4 Mb/s by libx264, over and over."""

import struct
import sys
from fractions import Fraction
from pathlib import Path

from av import VideoFrame
from av.filter import Graph

from edgecam.encode.h264 import X264
from edgecam.media import NS, Picture, VideoFormat

VIDEO = VideoFormat(1920, 1080, 30)
BITRATE = 4_000_000
SECONDS = 10
KEYFRAMES = 2
"""Seconds between keyframes: nobody can ask this stream for one."""


def record(file: Path) -> None:
    """Make it, unless it is there: access units, each after its length."""
    if file.exists():
        return
    encoder = X264(VIDEO, BITRATE, KEYFRAMES)
    every = KEYFRAMES * VIDEO.rate
    units: list[bytes] = []
    for number in range(SECONDS * VIDEO.rate):
        picture = Picture(_GRAPH.frame(), number * NS // VIDEO.rate)
        units += [p.data for p in encoder.encode(picture, keyframe=number % every == 0)]
    encoder.close()
    part = file.with_suffix(".part")
    part.write_bytes(b"".join(struct.pack("!I", len(unit)) + unit for unit in units))
    part.rename(file)


def load(file: Path) -> list[bytes]:
    """Its access units."""
    data, at, units = file.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from("!I", data, at)
        units.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return units


class _Noise:
    """A moving test picture with so much noise that every frame takes its share of bits."""

    def __init__(self) -> None:
        self._graph: Graph | None = None

    def frame(self) -> VideoFrame:
        """The next picture."""
        if self._graph is None:
            self._graph = graph = Graph()
            size = f"size={VIDEO.width}x{VIDEO.height}:rate={VIDEO.rate}"
            source = graph.add("testsrc2", size)
            noise = graph.add("noise", "alls=20:allf=t")
            shape = graph.add("format", "pix_fmts=yuv420p")
            sink = graph.add("buffersink")
            graph.link_nodes(source, noise, shape, sink).configure()
        frame = self._graph.pull()
        assert isinstance(frame, VideoFrame)
        frame.time_base = Fraction(1, VIDEO.rate)
        return frame


_GRAPH = _Noise()

if __name__ == "__main__":
    record(Path(sys.argv[1]))
