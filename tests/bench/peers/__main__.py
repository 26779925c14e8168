"""``python -m tests.bench.peers``: measure, print tables and, on the last line, JSON.

Rounds of all servers at all sizes, one at a time, in one Chromium, so that whatever else the
machine does meets all of them. Exit code 0 whatever the figures, 1 if something could not be
measured.
"""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edgecam.media import VideoFormat
from tests.bench import joins, latency, machine, plan
from tests.bench.fanout.servers import ServerError
from tests.bench.latency import Latency
from tests.bench.light import ViewersError
from tests.bench.opener import BrowserError, Tab, opener
from tests.bench.peers import report
from tests.bench.peers.servers import SERVERS, Place, Server
from tests.node import running_node

SIZES = {"720p30": plan.PICTURE, "1080p30": plan.LARGE}
WARM_UP = 2
"""Joins that don't count: the browser gets to know the page, and keeps its scripts as compiled."""

FAILURES = (
    *(AssertionError, BrowserError, KeyError, OSError, ServerError, TimeoutError, ViewersError),
    latency.UnreadableError,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One server in one round: the marks of every join, and the latency after the last."""

    server: str
    size: str
    marks: list[dict[str, float]]
    latency: Latency


def main() -> int:
    """Measure; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--joins", type=int, default=10, help="of each server in each round")
    parser.add_argument("--latency", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--only", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument(
        "--tls", action="store_true", help="the others serve their pages by TLS too"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there too")
    arguments = parser.parse_args()
    results = asyncio.run(_measure(arguments))
    print("\n".join(report.tables(results)), flush=True)
    print(f"\n{json.dumps(results)}")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")
    return 1 if results["missing"] else 0


async def _measure(arguments: argparse.Namespace) -> dict[str, Any]:
    results: dict[str, Any] = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        **machine.commit(),
        "machine": machine.described(),
        "bitrates": {name: plan.BITRATES[size] for name, size in SIZES.items()},
        "tls": arguments.tls,
        "samples": [],
        "missing": {},
    }
    print("\n".join(report.heading(results)), flush=True)
    with TemporaryDirectory(prefix="edgecam-bench-") as made:
        folder = Path(made)
        async with running_node(folder, **plan.options(1)) as node:
            # Its authority is the one that the browser is told of, and stays.
            authority = node.ca
        place = Place(folder, tls=arguments.tls)
        async with opener(folder, authority, joins.PROBE) as tab:
            for number in range(arguments.rounds):
                for size in arguments.sizes:
                    for name in arguments.only:
                        if name in results["missing"]:
                            continue
                        try:
                            async with SERVERS[name](place, SIZES[size]) as server:
                                found = await _sample(tab, server, SIZES[size], arguments)
                        except FAILURES as error:
                            results["missing"][name] = f"{type(error).__name__}: {error}"
                            continue
                        sample = asdict(Sample(name, size, *found))
                        results["samples"].append(sample)
                        print(f"{number + 1}/{arguments.rounds} {report.line(sample)}", flush=True)
    return results


async def _sample(
    tab: Tab, server: Server, picture: VideoFormat, arguments: argparse.Namespace
) -> tuple[list[dict[str, float]], Latency]:
    if server.link:
        await tab.enter(server.link)
        await joins.watched(tab)
    marks = [
        await joins.opened(tab, server.away, server.page, server.left)
        for _ in range(WARM_UP + arguments.joins)
    ][WARM_UP:]
    seen = await latency.measure(tab, arguments.latency, picture.rate)
    await tab.open(server.away)
    return marks, seen


if __name__ == "__main__":
    sys.exit(main())
