"""From the moment a picture is drawn in the node to its being presented in the browser."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.clocks import Offset, offset
from tests.bench.figures import Spread, slope, slope_error
from tests.bench.opener import Evaluates

SCRIPT = (Path(__file__).parent / "stamps.js").read_text()

WARM_UP_MS = 2_000
_NUMBERS = 2**24


class UnreadableError(Exception):
    """No stamp could be read: there is nothing to say about the latency."""


@dataclass(frozen=True, slots=True)
class Frames:
    """What became of the pictures whose numbers span the time measured.

    ``skipped``: never presented, wherever they were lost; a camera that is late skips numbers too.
    ``unreadable``: presented, with a damaged stamp. ``uncalled``: presented without a callback.
    ``late``: more than one picture's time after the median. ``dropped``: by the browser's decoder
    or renderer, as its statistics say.
    """

    expected: int
    presented: int
    skipped: int
    unreadable: int
    uncalled: int
    late: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds, the clocks' offset taken out.

    ``presented`` ends at ``presentationTime``, when the picture was handed to the compositor;
    ``displayed`` at ``expectedDisplayTime``; ``called`` when the page's callback for it ran.
    ``to_browser`` ends at ``receiveTime``, the arrival of the picture's last packet, and
    ``in_browser`` is the rest until ``presentationTime``. ``slope`` is that of the straight line
    through the medians of the seconds, in ms a minute; ``slope_error`` is twice its standard error.
    """

    presented: Spread
    displayed: Spread
    called: Spread
    to_browser: Spread
    in_browser: Spread
    slope: float
    slope_error: float | None
    frames: Frames
    decoder_ms: dict[str, float]
    seconds: float
    clock_offset: Offset
    clock_offset_after: Offset
    picture: str


async def measure(page: Evaluates, seconds: float, rate: int) -> Latency:
    """Watch ``page``, which shows the virtual camera, for ``seconds``."""
    await page.evaluate(SCRIPT, WARM_UP_MS)
    before = await offset(page)
    found = await page.evaluate(SCRIPT, seconds * 1_000)
    after = await offset(page)
    samples: list[dict[str, Any]] = found["samples"]
    read = [sample for sample in samples if sample["frame"] is not None]
    if len(read) < 2:
        raise UnreadableError(
            f"of {len(samples)} pictures presented, {len(read)} had a stamp to read"
        )
    offset_ms = (before.ms + after.ms) / 2
    presented = Spread.of([sample["latency"] - offset_ms for sample in read])
    late = sum(sample["latency"] - offset_ms > presented.p50 + 1_000 / rate for sample in read)
    trend, error = _trend(read)
    in_browser = [s["presented"] - s["received"] for s in read if s["received"] is not None]
    return Latency(
        presented=presented,
        displayed=_until("expected", read, offset_ms),
        called=_until("called", read, offset_ms),
        to_browser=_until("received", read, offset_ms),
        in_browser=Spread.of(in_browser),
        slope=trend,
        slope_error=error,
        frames=_frames(samples, read, found, late),
        decoder_ms=_decoder(found["before"], found["after"]),
        seconds=round((samples[-1]["presented"] - samples[0]["presented"]) / 1_000, 2),
        clock_offset=before,
        clock_offset_after=after,
        picture=f"{found['width']}x{found['height']}",
    )


def _until(event: str, read: list[dict[str, Any]], offset_ms: float) -> Spread:
    """From a picture's being drawn until ``event``, where the browser told when that was."""
    return Spread.of(
        [
            sample["latency"] - offset_ms + sample[event] - sample["presented"]
            for sample in read
            if sample[event] is not None
        ]
    )


def _trend(read: list[dict[str, Any]]) -> tuple[float, float | None]:
    """The slope and its error, which is None where there is too little to tell."""
    seconds: dict[int, list[float]] = {}
    for sample in read:
        seconds.setdefault(int(sample["presented"] // 1_000), []).append(sample["latency"])
    minutes = [second / 60 for second in seconds]
    medians = [median(found) for found in seconds.values()]
    error = 2 * slope_error(minutes, medians)
    return round(slope(minutes, medians), 3), round(error, 3) if isfinite(error) else None


def _frames(
    samples: list[dict[str, Any]], read: list[dict[str, Any]], found: dict[str, Any], late: int
) -> Frames:
    expected = (read[-1]["frame"] - read[0]["frame"]) % _NUMBERS + 1
    presented = samples[-1]["count"] - samples[0]["count"] + 1
    seen = len({sample["frame"] for sample in read})
    unreadable = len(samples) - len(read)
    uncalled = presented - len(samples)
    return Frames(
        expected=expected,
        presented=presented,
        skipped=max(0, expected - seen - unreadable - uncalled),
        unreadable=unreadable,
        uncalled=uncalled,
        late=late,
        dropped=found["after"].get("framesDropped", 0) - found["before"].get("framesDropped", 0),
    )


def _decoder(before: dict[str, Any], after: dict[str, Any]) -> dict[str, float]:
    """Means a picture, of what the browser's statistics (W3C webrtc-stats) add up."""

    def mean(total: str, count: str) -> float:
        pictures: int = after.get(count, 0) - before.get(count, 0)
        seconds: float = after.get(total, 0) - before.get(total, 0)
        return round(1_000 * seconds / pictures, 3) if pictures else 0.0

    return {
        "assembly": mean("totalAssemblyTime", "framesAssembledFromMultiplePackets"),
        "jitter_buffer": mean("jitterBufferDelay", "jitterBufferEmittedCount"),
        "decode": mean("totalDecodeTime", "framesDecoded"),
        "processing": mean("totalProcessingDelay", "framesDecoded"),
    }
