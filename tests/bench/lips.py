"""How far apart the flash is seen and the beep is heard, in a browser with the sound on."""

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.async_api import Page

from edgecam.capture import flash
from edgecam.media import NS
from tests.bench.clocks import offset
from tests.bench.figures import Spread, slope

SCRIPT = (Path(__file__).parent / "lips.js").read_text()

WARM_UP_MS = 15_000
"""What the browser takes to bring the two together."""

_PERIOD_MS = flash.PERIOD_NS * 1_000 / NS
_NEAR_MS = 500


class UnheardError(Exception):
    """No beep was heard: there is nothing to say about lip sync."""


@dataclass(frozen=True, slots=True)
class Lips:
    """Milliseconds; positive: the sound is late.

    ``heard``: from the beep's leaving the page's audio output, by way of WebAudio, which adds a
    buffer of its own, to the picture of the same moment being presented. ``browser``: the same by
    the browser's own statistics (``estimatedPlayoutTimestamp``). ``picture`` and ``sound``: how old
    each is. ``drift``: of ``browser``, in ms a minute.
    """

    heard: Spread
    browser: Spread
    picture: Spread
    sound: Spread
    drift_ms_per_minute: float
    seconds: float


async def measure(page: Page, seconds: float) -> Lips:
    """Listen to ``page``, which shows the virtual camera, with its sound turned on."""
    await page.evaluate(SCRIPT, WARM_UP_MS)
    before = await offset(page)
    found: dict[str, Any] = await page.evaluate(SCRIPT, seconds * 1_000)
    after = await offset(page)
    clocks = (before.ms + after.ms) / 2
    # Beeps begin on whole seconds of the capture clock, which here is this machine's.
    apart = (time.time_ns() - time.monotonic_ns()) / 1_000_000
    pairs = []
    for beep in found["beeps"]:
        since = (found["origin"] + beep - clocks - apart) % _PERIOD_MS
        near = [p["latency"] for p in found["pictures"] if abs(p["presented"] - beep) < _NEAR_MS]
        if near:
            pairs.append((since, median(near) - clocks))
    if not pairs or not found["estimates"]:
        raise UnheardError("no beep was heard, or the browser said nothing about its clocks")
    # The browser's difference of capture times played at once: the sound's less the picture's.
    late = [-each["apart"] for each in found["estimates"]]
    return Lips(
        heard=Spread.of([sound - picture for sound, picture in pairs]),
        browser=Spread.of(late),
        picture=Spread.of([picture for _, picture in pairs]),
        sound=Spread.of([sound for sound, _ in pairs]),
        drift_ms_per_minute=round(slope([e["at"] / 60_000 for e in found["estimates"]], late), 3),
        seconds=seconds,
    )
