"""From what a sound card has to what was asked for: rate, channels and loudness."""

from fractions import Fraction
from itertools import pairwise
from typing import cast

from av import AudioFrame
from av.filter import Graph

from edgecam.media import NS, AudioFormat, Sound

_LAYOUTS = {1: "mono", 2: "stereo"}


def frame_of(samples: bytes, format_: AudioFormat) -> AudioFrame:
    """s16 samples, interleaved, as a frame of that format."""
    count = len(samples) // (2 * format_.channels)
    frame = AudioFrame("s16", _LAYOUTS[format_.channels], count)
    frame.sample_rate = format_.rate
    # Planes are padded, and take nothing that is not as long as they are.
    frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
    return frame


class Conversion:
    """Of one stream, by FFmpeg's filters. Sounds keep the time at which they were heard."""

    def __init__(self, card: AudioFormat, wanted: AudioFormat, gain: int) -> None:
        """``gain`` in decibels; what gets too loud is clipped."""
        self._graph: Graph | None = None
        if card == wanted and not gain:
            return
        self._graph = graph = Graph()
        parts = [
            graph.add(
                "abuffer",
                sample_rate=f"{card.rate}",
                sample_fmt="s16",
                channel_layout=_LAYOUTS[card.channels],
                time_base=f"1/{NS}",
            ),
            graph.add("volume", volume=f"{gain}dB", precision="fixed"),
            graph.add("aresample", sample_rate=f"{wanted.rate}"),
            graph.add(
                "aformat",
                sample_fmts="s16",
                sample_rates=f"{wanted.rate}",
                channel_layouts=_LAYOUTS[wanted.channels],
            ),
            graph.add("abuffersink"),
        ]
        for one, after in pairwise(parts):
            one.link_to(after)
        graph.configure()

    def __call__(self, heard: Sound) -> Sound | None:
        """What ``heard`` makes; None as long as that is nothing whole."""
        if self._graph is None:
            return heard
        heard.frame.pts, heard.frame.time_base = heard.capture_ns, Fraction(1, NS)
        self._graph.push(heard.frame)
        try:
            frame = cast("AudioFrame", self._graph.pull())
        except BlockingIOError:
            return None
        return Sound(frame, int((frame.pts or 0) * (frame.time_base or Fraction(1, NS)) * NS))
