"""What viewers cost the device: CPU and memory of the node at growing numbers of them."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench import process
from tests.bench.figures import Spread, slope
from tests.bench.light import Counts, LightViewers, light_viewers
from tests.bench.plan import RATE, Plan
from tests.bench.process import Cpu
from tests.bench.producer import producer
from tests.node import Node

TOLERANCE = 0.05
"""How far from the camera's rate a viewer's may be before a row says nothing about it."""

WARM_UP = 3.0


@dataclass(frozen=True, slots=True)
class Window:
    """One measurement: milliseconds of CPU a second, and every viewer's frames a second."""

    cpu: float
    loop: float
    frame_rates: list[float]
    audio_rates: list[float]
    lost: int
    longest_gap_ms: int
    bits_a_second: float


@dataclass(frozen=True, slots=True)
class Row:
    """At ``viewers``: CPU in milliseconds a second, of the whole node and parts of it.

    ``per_viewer`` shares out all of it. ``delivery`` shares out the event loop's thread alone: the
    camera and the encoder run in others. ``beyond_shared`` shares out what is more than the work
    that all viewers share costs alone in a process. Memory in KiB; ``*_per_viewer`` is the growth
    since the first row over the viewers that came since, None in it.
    """

    viewers: int
    cpu: Spread
    loop: Spread
    per_viewer: float
    delivery: float
    beyond_shared: float
    rss: int
    pss: int
    rss_per_viewer: float | None
    pss_per_viewer: float | None
    frame_rate: Spread
    audio_rate: Spread
    lost: int
    longest_gap_ms: int
    bits_a_second: float
    valid: bool
    windows: list[Window]


@dataclass(frozen=True, slots=True)
class Load:
    """``idle``: CPU milliseconds a second of the node while nobody watches; ``shared``: those of
    capture and encode alone in a process.

    ``marginal``: what one more viewer costs, as the slope of the least squares line through the
    valid windows' CPU over their viewers; ``marginal_loop`` the same for the event loop's thread.
    """

    idle: Spread
    shared: Spread
    rows: list[Row]
    marginal: float | None
    marginal_loop: float | None


async def measure(node: Node, plan: Plan) -> Load:
    """Have viewers join ``node``, which nobody watches, and watch it."""
    shared = await _shared(plan)
    pid = node.process.pid
    idle = Spread.of([(await _cpu(pid, plan.window))[0] for _ in range(plan.windows)])
    rows: list[Row] = []
    async with light_viewers(node) as viewers:
        await viewers.grow(1)
        await asyncio.sleep(WARM_UP)
        for count in plan.viewers:
            await viewers.grow(count)
            await asyncio.sleep(min(WARM_UP, plan.window))
            windows = [await _window(node, viewers, plan.window) for _ in range(plan.windows)]
            rows.append(_row(node, count, windows, shared, rows))
    points = [(row.viewers, window) for row in rows if row.valid for window in row.windows]
    places = [float(viewers) for viewers, _ in points]
    enough = len(set(places)) > 1
    return Load(
        idle,
        shared,
        rows,
        round(slope(places, [window.cpu for _, window in points]), 3) if enough else None,
        round(slope(places, [window.loop for _, window in points]), 3) if enough else None,
    )


async def _shared(plan: Plan) -> Spread:
    async with producer() as pid:
        await asyncio.sleep(min(WARM_UP, plan.window))
        return Spread.of([(await _cpu(pid, plan.window))[0] for _ in range(plan.windows)])


async def _cpu(pid: int, seconds: float) -> tuple[float, float, float]:
    """Over a window: milliseconds a second of a process and its first thread; its true length."""
    before, began = process.cpu(pid), time.monotonic()
    await asyncio.sleep(seconds)
    used: Cpu = process.cpu(pid) - before
    lasted = time.monotonic() - began
    return 1_000 * used.all / lasted, 1_000 * used.loop / lasted, lasted


async def _window(node: Node, viewers: LightViewers, seconds: float) -> Window:
    before, began = await viewers.count(), time.monotonic()
    every, loop, _ = await _cpu(node.process.pid, seconds)
    after, lasted = await viewers.count(), time.monotonic() - began
    pairs: Sequence[tuple[Counts, Counts]] = list(zip(before, after, strict=True))
    return Window(
        cpu=round(every, 2),
        loop=round(loop, 2),
        frame_rates=[round((b.frames - a.frames) / lasted, 2) for a, b in pairs],
        audio_rates=[round((b.audio - a.audio) / lasted, 2) for a, b in pairs],
        lost=sum(b.lost - a.lost for a, b in pairs),
        longest_gap_ms=max(one.longestGapMs for one in after),
        bits_a_second=round(8 * sum(b.bytes - a.bytes for a, b in pairs) / len(pairs) / lasted),
    )


def _row(node: Node, count: int, windows: list[Window], shared: Spread, before: list[Row]) -> Row:
    cpu = Spread.of([window.cpu for window in windows])
    loop = Spread.of([window.loop for window in windows])
    rates = [rate for window in windows for rate in window.frame_rates]
    held = process.memory(node.process.pid)
    first = before[0] if before else None
    more = count - first.viewers if first else 0
    return Row(
        viewers=count,
        cpu=cpu,
        loop=loop,
        per_viewer=round(cpu.p50 / count, 2),
        delivery=round(loop.p50 / count, 2),
        beyond_shared=round((cpu.p50 - shared.p50) / count, 2),
        rss=held.rss,
        pss=held.pss,
        rss_per_viewer=round((held.rss - first.rss) / more) if first and more else None,
        pss_per_viewer=round((held.pss - first.pss) / more) if first and more else None,
        frame_rate=Spread.of(rates),
        audio_rate=Spread.of([rate for window in windows for rate in window.audio_rates]),
        lost=sum(window.lost for window in windows),
        longest_gap_ms=max(window.longest_gap_ms for window in windows),
        bits_a_second=windows[-1].bits_a_second,
        valid=all(abs(rate / RATE - 1) <= TOLERANCE for rate in rates),
        windows=windows,
    )
