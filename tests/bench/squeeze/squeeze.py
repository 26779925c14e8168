"""A viewer whose link is squeezed, and let go again: to half of what the stream takes, or to less
than its bitrate may fall to.

Two Chromiums and a node whose camera sees noise, in network namespaces, so root only.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.bench import plan
from tests.bench.figures import Spread, quantile
from tests.network import going
from tests.network.going import CAMERA, Lan, do, switched
from tests.network.lab import Process, missing, running

BITRATE = 6_000_000


@dataclass(frozen=True, slots=True)
class Narrow:
    """A link of ``capacity``, as tc(8) says it, behind a queue of so many bytes."""

    capacity: str
    queue: int


HALF = Narrow("3mbit", 75_000)
"""A fifth of a second, as small routers have it."""

TOO_LITTLE = Narrow("400kbit", 20_000)
"""Below encode.video_bitrate_least, with twice the time in its queue."""

BEFORE, AFTER = 20.0, 25.0
SETTLE = 5.0
"""Seconds at the beginning that are not counted: a browser needs them to get into its stride."""

FIRST = 10
"""Seconds of the squeeze that are not counted."""

FREEZE_MS = 500
ALIKE = 3.0
"""Seconds for which pictures have to be as before to count as recovered."""

NODE = "tests.bench.squeeze.node"


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from being drawn until presented: before the squeeze, in it and after it."""

    before: Spread
    squeezed: Spread
    after: Spread


@dataclass(frozen=True, slots=True)
class Squeezed:
    """One squeeze. ``recovered``: seconds from its end until pictures are as they were before, as
    many and as young give or take one picture's time; ``bitrate_back``: until 0.9 of it is back.

    ``freezes`` above FREEZE_MS in ``seconds``. ``received``: bits a second in that time.
    """

    slow: Latency
    good: Latency
    seconds: float
    freezes: int
    first_freeze_ms: float
    recovered: float | None
    bitrate_back: float | None
    received: float


class Seen:
    """What a browser has presented: when, in Unix time, how old (ms), and bytes received."""

    def __init__(self, watcher: Process) -> None:
        self.pictures: list[tuple[float, float | None]] = []
        self.received: list[tuple[float, int]] = []
        for line in watcher.log:
            if line.startswith("{"):
                self._add(json.loads(line))

    def _add(self, said: dict[str, Any]) -> None:
        offset = said["offset"]
        for at, age, _ in said["pictures"]:
            self.pictures.append(((at - offset) / 1_000, None if age is None else age - offset))
        self.received.append(((said["at"] - offset) / 1_000, said["received"]))

    def ages(self, begin: float, end: float) -> list[float]:
        """Of the pictures presented from ``begin`` to ``end``, where they could be read."""
        return [age for at, age in self.pictures if age is not None and begin <= at < end]

    def gaps(self, begin: float, end: float) -> list[float]:
        """Milliseconds between pictures, of gaps that ended from ``begin`` to ``end``."""
        times = [at for at, _ in self.pictures]
        return [1_000 * (b - a) for a, b in pairwise(times) if begin <= b < end]

    def rates(self, begin: float, end: float) -> list[tuple[float, float]]:
        """Bits a second, and when, between looks at what was received."""
        looks = [look for look in self.received if begin <= look[0] < end]
        return [(b[0], 8 * (b[1] - a[1]) / (b[0] - a[0])) for a, b in pairwise(looks)]


async def measure(folder: Path, times: int, seconds: float, link: Narrow) -> list[Squeezed]:
    """``times`` squeezes to ``link`` of ``seconds`` each, everything anew for each."""
    if lacking := await asyncio.to_thread(missing):
        raise OSError(lacking)
    return [await _squeeze(folder / f"{number}", seconds, link) for number in range(times)]


async def _squeeze(folder: Path, seconds: float, link: Narrow) -> Squeezed:
    await asyncio.to_thread(folder.mkdir)
    lan = await asyncio.to_thread((hosts := switched()).__enter__)
    try:
        async with _watched(lan, folder) as (slow, good):
            began = time.time() + SETTLE
            await asyncio.sleep(SETTLE + BEFORE)
            squeezed = time.time()
            await do(lambda: lan.viewer.squeeze(link.capacity, link.queue))
            await asyncio.sleep(seconds)
            released = time.time()
            await do(lan.viewer.release)
            await asyncio.sleep(AFTER)
            return evaluated(Seen(slow), Seen(good), (began, squeezed, released, time.time()))
    finally:
        await asyncio.to_thread(hosts.__exit__, None, None, None)


def evaluated(slow: Seen, good: Seen, times: tuple[float, float, float, float]) -> Squeezed:
    """The figures; ``times``: of the beginning, the squeeze, its end, and the end."""
    began, squeezed, released, ended = times
    settled = squeezed + FIRST
    before = Spread.of(slow.ages(began, squeezed))
    rate = _median(slow.rates(began, squeezed))
    back = (at for at, bits in slow.rates(released, ended) if bits > 0.9 * rate)

    def latency(seen: Seen) -> Latency:
        spans = ((began, squeezed), (settled, released), (released + SETTLE, ended))
        return Latency(*(Spread.of(seen.ages(*span)) for span in spans))

    return Squeezed(
        slow=latency(slow),
        good=latency(good),
        seconds=round(released - settled, 1),
        freezes=sum(gap > FREEZE_MS for gap in slow.gaps(settled, released)),
        first_freeze_ms=round(max(slow.gaps(squeezed, settled), default=0.0), 1),
        recovered=_recovered(slow, before, released, ended),
        bitrate_back=next((round(at - released, 1) for at in back), None),
        received=round(_median(slow.rates(settled, released))),
    )


def _recovered(seen: Seen, before: Spread, released: float, ended: float) -> float | None:
    """Seconds until pictures are as before, for ALIKE seconds."""
    tenths = range(int(10 * (ended - released - ALIKE)))
    for begin in (released + tenth / 10 for tenth in tenths):
        ages = sorted(seen.ages(begin, begin + ALIKE))
        enough = len(ages) > 0.9 * ALIKE * plan.RATE
        if enough and quantile(ages, 0.95) < before.p95 + 1_000 / plan.RATE:
            return round(begin - released, 1)
    return None


def _median(rates: Sequence[tuple[float, float]]) -> float:
    return quantile(sorted(bits for _, bits in rates), 0.5)


@asynccontextmanager
async def _watched(lan: Lan, folder: Path) -> AsyncIterator[tuple[Process, Process]]:
    """A node, and a browser at either link."""
    state = folder / "camera"
    environ = {
        "EDGECAM_PATHS_STATE": str(state),
        "EDGECAM_CAMERA_WIDTH": f"{plan.WIDTH}",
        "EDGECAM_CAMERA_HEIGHT": f"{plan.HEIGHT}",
        "EDGECAM_CAMERA_RATE": f"{plan.RATE}",
        "EDGECAM_ENCODE_VIDEO_BITRATE": f"{BITRATE}",
    }
    async with AsyncExitStack() as stack:

        async def node(command: str) -> Process:
            there = (sys.executable, "-u", "-m", NODE, command)
            return await stack.enter_async_context(
                running(lan.camera.space, *there, environ=environ)
            )

        first = await going.link(await node("run"), CAMERA)
        second = (await (await node("link")).said(f"//{CAMERA}:")).strip()
        watchers = []
        for name, cable, link in (("slow", lan.viewer, first), ("good", lan.page, second)):
            command = (sys.executable, "-m", "tests.bench.squeeze.watch", link)
            ca = state / "tls" / "ca.crt"
            watcher = await stack.enter_async_context(
                running(cable.space, *command, str(ca), str(folder / name))
            )
            await watcher.said('"pictures"')
            watchers.append(watcher)
        yield watchers[0], watchers[1]
