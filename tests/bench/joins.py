"""From the start of the page's script to the first picture, in a browser that knows the page."""

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.bench.figures import Spread

PROBE = (Path(__file__).parent / "probe.js").read_text()

FIRST_FRAME_MS = 20_000
SETTLE = 0.5
"""Seconds between joins: the node closes the call before and makes the next offer stand."""

STEPS = (
    ("scriptStart", "page loaded, from navigation to the script's start"),
    ("socketConnected", "secure WebSocket and Socket.IO connected"),
    ("offer", "offer arrived"),
    ("answered", "offer set, answer made and sent"),
    ("iceConnected", "ICE connected"),
    ("connected", "DTLS connected"),
    ("firstReceived", "first keyframe received"),
    ("firstPresented", "first picture decoded and presented"),
    ("firstFrame", "the page knows"),
)
"""In their order, each lasting from the one before."""


@dataclass(frozen=True, slots=True)
class Joins:
    """Milliseconds. ``first_frame`` is from ``scriptStart`` to ``firstFrame``."""

    first_frame: Spread
    from_navigation: Spread
    steps: dict[str, Spread]
    marks: list[dict[str, float]]


async def watched(page: Page) -> None:
    """Wait until ``page`` shows a picture."""
    await page.wait_for_function(
        "() => window.edgecam?.marks.firstFrame", timeout=FIRST_FRAME_MS, polling=50
    )


async def measure(page: Page, count: int) -> Joins:
    """Reload ``page``, which has a session, until it has joined ``count`` times."""
    marks = [await _join(page) for _ in range(count)]
    steps = {}
    for (before, _), (name, _) in zip((("", ""), *STEPS), STEPS, strict=False):
        steps[name] = Spread.of([one[name] - one.get(before, 0) for one in marks])
    return Joins(
        Spread.of([one["firstFrame"] - one["scriptStart"] for one in marks]),
        Spread.of([one["firstFrame"] for one in marks]),
        steps,
        marks,
    )


async def _join(page: Page) -> dict[str, float]:
    await asyncio.sleep(SETTLE + random.uniform(0, 0.1))
    await page.reload(wait_until="commit")
    await watched(page)
    marks: dict[str, Any] = await page.evaluate("() => ({...edgecam.marks, ...bench})")
    return {name: round(float(marks[name]), 1) for name, _ in STEPS}
