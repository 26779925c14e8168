"""``python -m tests.bench.fanout``: measure, print tables and, on the last line, JSON.

Rounds of all servers at all numbers of viewers, so that whatever else the machine does meets all
of them. Exit code 0 whatever the figures, 1 if something could not be measured.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import machine
from tests.bench.fanout import report, stream
from tests.bench.fanout.servers import NO_AES, SERVERS, Lines, Running, ServerError, lines
from tests.bench.light import FOLDER
from tests.bench.process import memory

RECORDED = Path(__file__).parent / "recorded.h264"
COUNTS = (1, 4, 8, 16, 64)
FAILURES = (ServerError, OSError, TimeoutError, KeyError)


@dataclass(frozen=True, slots=True)
class Sample:
    """One window: CPU milliseconds a viewer-second, the server's memory in KiB, and what came."""

    server: str
    viewers: int
    cpu: float
    rss: int
    least_rate: float
    lost: int
    longest_gap_ms: int


def main() -> int:
    """Measure; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fanout", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--window", type=float, default=6.0, metavar="SECONDS")
    parser.add_argument("--viewers", type=int, nargs="+", default=COUNTS, metavar="N")
    parser.add_argument("--only", nargs="+", choices=SERVERS, metavar="SERVER")
    parser.add_argument("--no-aes", action="store_true", help="as on a Pi 4, by capability masks")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there too")
    arguments = parser.parse_args()
    results = asyncio.run(_measure(arguments))
    print("\n".join(report.tables(results)), flush=True)
    print(f"\n{json.dumps(results)}")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")
    return 1 if results["missing"] else 0


async def _measure(arguments: argparse.Namespace) -> dict[str, Any]:
    stream.record(RECORDED)
    names = arguments.only or list(SERVERS)
    results: dict[str, Any] = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        **machine.commit(),
        "machine": machine.described(),
        "aes": not arguments.no_aes,
        "stream": {"bits": 8 * RECORDED.stat().st_size / stream.SECONDS, **asdict(stream.VIDEO)},
        "samples": [],
        "missing": {},
    }
    environ = NO_AES if arguments.no_aes else {}
    print("\n".join(report.heading(results)), flush=True)
    for number in range(arguments.rounds):
        for count in arguments.viewers:
            for name in names:
                if name in results["missing"]:
                    continue
                try:
                    sample = await _sample(name, environ, count, arguments.window)
                except FAILURES as error:
                    results["missing"][name] = f"{type(error).__name__}: {error}"
                    continue
                results["samples"].append(asdict(sample))
                print(f"{number + 1}/{arguments.rounds} {report.line(asdict(sample))}", flush=True)
    return results


async def _sample(name: str, environ: dict[str, str], count: int, window: float) -> Sample:
    async with SERVERS[name](RECORDED, environ) as server, _viewers() as viewers:
        await _join(server, viewers, count)
        await viewers.ask({"frames": stream.VIDEO.rate})
        # Joins have their cost; it is not this one's.
        await asyncio.sleep(1.0)
        before = (await viewers.ask({"count": True}))["viewers"]
        spent, began = await _spent(server), time.monotonic()
        await asyncio.sleep(window)
        spent, lasted = await _spent(server) - spent, time.monotonic() - began
        after = (await viewers.ask({"count": True}))["viewers"]
        held = memory(server.pid)
    pairs = list(zip(before, after, strict=True))
    return Sample(
        server=name,
        viewers=count,
        cpu=round(1_000 * spent / lasted / count, 3),
        rss=held.rss,
        least_rate=round(min(b["frames"] - a["frames"] for a, b in pairs) / lasted, 2),
        lost=sum(b["lost"] - a["lost"] for a, b in pairs),
        longest_gap_ms=max(b["longestGapMs"] for _, b in pairs),
    )


async def _join(server: Running, viewers: Lines, count: int) -> None:
    async def answer(offer: str) -> str:
        sdp: str = (await viewers.ask({"offer": _by_ipv4(offer)}))["answer"]
        return _by_ipv4(sdp)

    for _ in range(count):
        await server.join(answer)


def _by_ipv4(sdp: str) -> str:
    """Without candidates that would have some go by IPv6, which costs more, and not others: Janus,
    as it comes, has IPv4 alone.
    """
    kept = [
        line
        for line in sdp.splitlines()
        if not line.startswith("a=candidate:") or ":" not in line.split()[4]
    ]
    return "".join(f"{line}\r\n" for line in kept)


@asynccontextmanager
async def _viewers() -> AsyncIterator[Lines]:
    if not (FOLDER / "node_modules" / "node-datachannel").is_dir():
        raise ServerError("the light viewers are not installed: run tests/bench/viewers/setup")
    async with lines("node", "direct.js", folder=FOLDER) as viewers:
        yield viewers


async def _spent(server: Running) -> float:
    """Seconds of processor time for sending."""
    played = await server.played()
    return _cpu(server.pid) - played


def _cpu(pid: int) -> float:
    """Seconds of processor time of a process with all its threads, to the nanosecond.

    The clock's number is the process's by the kernel's rule (clock_getcpuclockid(3)).
    """
    return time.clock_gettime((~pid << 3) | 2)


if __name__ == "__main__":
    sys.exit(main())
