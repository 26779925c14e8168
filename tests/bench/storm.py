"""Many viewers at once, while others watch."""

import asyncio
import time
from dataclasses import dataclass

from tests.bench.figures import Spread
from tests.bench.light import Counts, light_viewers
from tests.bench.plan import RATE
from tests.node import Node

WATCHING = 4
JOINING = 32
WITHIN = 1.0
CALM = 3.0
"""Seconds of watching before the storm, to compare with, and after it."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What those who were watching received: of the camera's frames, how many on average and who
    got the fewest; packets lost; the longest time between two frames, in ms.
    """

    seconds: float
    frames: float
    fewest: float
    lost: int
    longest_gap_ms: int


@dataclass(frozen=True, slots=True)
class Storm:
    """``first_frame``: ms from each newcomer's beginning to connect to its first frame."""

    joining: int
    within: float
    watching: int
    first_frame: Spread
    calm: Watched
    storm: Watched


async def measure(node: Node) -> Storm:
    """Have viewers watch ``node``, and many more join within a second."""
    async with light_viewers(node) as old, light_viewers(node) as new:
        await old.grow(WATCHING)
        await asyncio.sleep(CALM)
        began, before = time.monotonic(), await old.count()
        await asyncio.sleep(CALM)
        then, between = time.monotonic(), await old.count()
        joined = await new.storm(JOINING, WITHIN)
        await asyncio.sleep(CALM)
        end, after = time.monotonic(), await old.count()
    return Storm(
        JOINING,
        WITHIN,
        WATCHING,
        Spread.of([one.firstFrameMs for one in joined]),
        _watched(before, between, then - began),
        _watched(between, after, end - then),
    )


def _watched(before: list[Counts], after: list[Counts], seconds: float) -> Watched:
    parts = [(b.frames - a.frames) / seconds / RATE for a, b in zip(before, after, strict=True)]
    return Watched(
        seconds=round(seconds, 2),
        frames=round(sum(parts) / len(parts), 3),
        fewest=round(min(parts), 3),
        lost=sum(b.lost - a.lost for a, b in zip(before, after, strict=True)),
        longest_gap_ms=max(one.longestGapMs for one in after),
    )
