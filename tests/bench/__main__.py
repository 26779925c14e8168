"""``python -m tests.bench``: measure, and print tables and, on the last line, JSON.

Exit code 0 whatever the figures, 1 if something could not be measured.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from playwright.async_api import Error as PlaywrightError

from edgecam import __version__
from tests.bench import (
    drivers,
    encoders,
    going,
    joins,
    latency,
    lips,
    load,
    machine,
    plan,
    report,
    start,
    storm,
)
from tests.bench.light import ViewersError, light_viewers
from tests.bench.opener import BrowserError, opener
from tests.bench.plan import Plan
from tests.bench.squeeze import squeeze
from tests.browser.chromium import chromium, open_page
from tests.node import running_node

Part = Callable[[Path, Plan, dict[str, Any]], Awaitable[None]]

# The browser's helper speaks pytest, whose outcomes are no Exceptions.
FAILURES = (
    *(AssertionError, BrowserError, KeyError, PlaywrightError, ViewersError, OSError, RuntimeError),
    *(TimeoutError, ValueError, latency.UnreadableError, lips.UnheardError, pytest.fail.Exception),
)


def main() -> int:
    """Measure everything; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, with rough figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there too")
    parser.add_argument("--only", choices=PARTS, action="append", help="may be said more than once")
    parser.add_argument("--lips-minutes", type=float, metavar="N", help="to see a drift")
    parser.add_argument("--latency-minutes", type=float, metavar="N", help="to see it grow")
    arguments = parser.parse_args()
    chosen = plan.QUICK if arguments.quick else plan.FULL
    if arguments.lips_minutes:
        chosen = replace(chosen, lips_seconds=60 * arguments.lips_minutes)
    if arguments.latency_minutes:
        chosen = replace(chosen, latency_seconds=60 * arguments.latency_minutes)
    results = asyncio.run(
        _measure(chosen, arguments.only or [name for name in PARTS if name not in ROOT_ONLY])
    )
    _say(iter(("", json.dumps(results))))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")
    return 1 if results["missing"] else 0


async def _measure(chosen: Plan, parts: list[str]) -> dict[str, Any]:
    most = max(chosen.viewers)
    results: dict[str, Any] = {
        "edgecam": __version__,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        **machine.commit(),
        "machine": machine.described(),
        "configuration": plan.described(most),
        "plan": asdict(chosen),
        "missing": {},
    }
    picture = f"{plan.WIDTH}x{plan.HEIGHT} at {plan.RATE}"
    _say(report.heading(results["machine"], results, picture))
    for name in parts:
        with TemporaryDirectory(prefix="edgecam-bench-") as folder:
            try:
                await PARTS[name](Path(folder), chosen, results)
            except FAILURES as error:
                results["missing"][name] = f"{type(error).__name__}: {error}"
                _say(iter((f"\n{name}: NOT MEASURED: {error}",)))
    return results


async def _watch(folder: Path, chosen: Plan, results: dict[str, Any]) -> None:
    """First frames and latency, in a browser."""
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(
            running_node(folder, **plan.options(max(chosen.viewers)))
        )
        tab = await stack.enter_async_context(opener(folder, node.ca, joins.PROBE))
        await tab.enter(node.link)
        await joins.watched(tab)
        alone = await joins.measure(tab, node, chosen.joins)
        results["first_frame"] = asdict(alone)
        _say(report.joins("nobody else watching", alone))
        seen = await latency.measure(tab, chosen.latency_seconds, plan.RATE)
        results["latency"] = asdict(seen)
        _say(report.latency(seen))
        viewers = await stack.enter_async_context(light_viewers(node))
        await viewers.grow(1)
        beside = await joins.measure(tab, node, chosen.joins, beside=1)
        results["first_frame_beside_another"] = asdict(beside)
        _say(report.joins("somebody else watching", beside))


async def _large(folder: Path, chosen: Plan, results: dict[str, Any]) -> None:
    """Latency of a picture more than twice as large."""
    async with (
        running_node(folder, **plan.options(1, plan.LARGE)) as node,
        opener(folder, node.ca, joins.PROBE) as tab,
    ):
        await tab.enter(node.link)
        await joins.watched(tab)
        seen = await latency.measure(tab, chosen.large_seconds, plan.RATE)
    results["latency_large"] = asdict(seen)
    _say(report.latency(seen))


async def _lips(folder: Path, chosen: Plan, results: dict[str, Any]) -> None:
    """The flash and the beep, in a browser with the sound on."""
    async with (
        running_node(folder, **plan.options(max(chosen.viewers))) as node,
        chromium(folder, node.ca) as context,
    ):
        page = await open_page(context, node.link)
        await page.wait_for_function("() => window.edgecam?.state().phase === 'live'")
        await page.click("#sound")
        found = await lips.measure(page, chosen.lips_seconds)
    results["lips"] = asdict(found)
    _say(report.lips(found))


async def _load(folder: Path, chosen: Plan, results: dict[str, Any]) -> None:
    """CPU and memory, by light viewers."""
    async with running_node(folder, **plan.options(max(chosen.viewers))) as node:
        found = await load.measure(node, chosen)
    results["load"] = asdict(found)
    _say(report.load(found))


async def _start(folder: Path, chosen: Plan, results: dict[str, Any]) -> None:
    """Imports, memory, and the time to the first possible call."""
    found = await start.measure(folder, chosen.starts)
    results["start"] = asdict(found)
    _say(report.start(found))


async def _storm(folder: Path, chosen: Plan, results: dict[str, Any]) -> None:
    """Many joins at once, by light viewers."""
    most = storm.WATCHING + storm.JOINING
    async with running_node(folder, **plan.options(most)) as node:
        found = await storm.measure(node)
    results["storm"] = asdict(found)
    _say(report.storm(found))


async def _going(folder: Path, chosen: Plan, results: dict[str, Any]) -> None:
    """Places and pictures, in networks of their own."""
    found = await going.measure(folder, chosen.goings)
    results["going"] = [asdict(each) for each in found]
    _say(report.going(found))


async def _encoders(folder: Path, chosen: Plan, results: dict[str, Any]) -> None:
    """H.264 and VP8, alone in this process."""
    found = await asyncio.to_thread(encoders.measure, chosen.encodes)
    results["encoders"] = asdict(found)
    _say(report.encoders(found))


async def _drivers(folder: Path, chosen: Plan, results: dict[str, Any]) -> None:
    """From capture to packet, and a node that nobody watches."""
    async with running_node(folder, **plan.options(1)) as node:
        found = await drivers.measure(
            node, chosen.starts, chosen.large_seconds, chosen.windows, chosen.window
        )
    results["drivers"] = asdict(found)
    _say(report.drivers(found))


async def _squeeze(folder: Path, chosen: Plan, results: dict[str, Any]) -> None:
    """A slow link beside a good one, in networks of their own."""
    await _squeezed("squeeze", squeeze.HALF, folder, chosen, results)


async def _narrow(folder: Path, chosen: Plan, results: dict[str, Any]) -> None:
    """The same with a link that only the small rendition fits."""
    await _squeezed("narrow", squeeze.TOO_LITTLE, folder, chosen, results)


async def _squeezed(
    name: str, link: squeeze.Narrow, folder: Path, chosen: Plan, results: dict[str, Any]
) -> None:
    found = await squeeze.measure(folder, chosen.squeezes, chosen.squeeze_seconds, link)
    results[name] = [asdict(each) for each in found]
    _say(report.squeezed(link.capacity, found))


PARTS: dict[str, Part] = {
    "watch": _watch,
    "large": _large,
    "lips": _lips,
    "load": _load,
    "storm": _storm,
    "start": _start,
    "encoders": _encoders,
    "drivers": _drivers,
    "going": _going,
    "squeeze": _squeeze,
    "narrow": _narrow,
}
ROOT_ONLY = {"going", "squeeze", "narrow"}
"""Measured only where asked for by name."""


def _say(lines: Iterator[str]) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
