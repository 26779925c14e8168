"""From the start of the page's script to the first picture, in a browser that knows the page.

The page is opened from another, light one of the same site, when the node has got over the call
before: a page that is loaded again would have browser and node end one call while they begin the
next. Nobody asks the page anything until it ought to have its picture.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.figures import Spread
from tests.bench.opener import Evaluates, Tab
from tests.node import Node

PROBE = (Path(__file__).parent / "probe.js").read_text()

FIRST_FRAME_MS = 20_000
PATIENCE = 30.0
POLL = 0.05
SETTLE = 0.3
"""Seconds the node has left when it has taken leave of a viewer: to close the camera, if it was the
last, and to make the next offer stand."""

UNDISTURBED = 0.4
"""Seconds from the page's being loaded until it is asked anything."""

_WATCHED = """async (most) => {
  for (const end = performance.now() + most; performance.now() < end; ) {
    if (window.edgecam?.marks.firstFrame) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error("there was no picture");
}"""

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


async def watched(page: Evaluates) -> None:
    """Wait until ``page`` shows a picture."""
    await page.evaluate(_WATCHED, FIRST_FRAME_MS)


async def measure(tab: Tab, node: Node, count: int, beside: int = 0) -> Joins:
    """Have ``tab``, which has a session, join ``count`` times, while ``beside`` others watch."""

    async def left() -> None:
        await ready(node, beside)

    marks = [await opened(tab, node.url("/health"), node.url(), left) for _ in range(count)]
    steps = {}
    for (before, _), (name, _) in zip((("", ""), *STEPS), STEPS, strict=False):
        steps[name] = Spread.of([one[name] - one.get(before, 0) for one in marks])
    return Joins(
        Spread.of([one["firstFrame"] - one["scriptStart"] for one in marks]),
        Spread.of([one["firstFrame"] for one in marks]),
        steps,
        marks,
    )


async def opened(
    tab: Tab, away: str, url: str, left: Callable[[], Awaitable[None]]
) -> dict[str, float]:
    """What the page at ``url`` and the probe noted; ``tab`` was ``away`` before, until ``left``."""
    await tab.open(away)
    await left()
    await asyncio.sleep(random.uniform(0, 0.1))
    await tab.open(url)
    await asyncio.sleep(UNDISTURBED)
    await watched(tab)
    marks: dict[str, Any] = await tab.evaluate("() => ({...edgecam.marks, ...bench})")
    return {name: round(float(at), 1) for name, at in marks.items()}


async def ready(node: Node, watching: int) -> None:
    """Wait until so many watch ``node``, and it is ready for one more."""
    # As edgecam.report tells it.
    line = f" {watching} of " if watching else " nobody watches"
    local = aiohttp.UnixConnector(str(node.local_socket))
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession(connector=local) as session:
        while True:
            async with session.get("http://edgecam/status") as response:
                if line in " " + (await response.json())["status"]:
                    break
            await asyncio.sleep(POLL)
    await asyncio.sleep(SETTLE)
