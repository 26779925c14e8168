"""``python -m tests.bench.flame FILE``: draw where a node's time goes while four viewers watch.

An SVG for a browser: the width of a bar is the part of the time spent there, in Python and in the
libraries below it; each thread stands for itself. Reading another process takes root.
"""

import argparse
import asyncio
import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import plan
from tests.bench.light import light_viewers
from tests.bench.load import WARM_UP
from tests.node import running_node

VIEWERS = 4
SECONDS = 20
SAMPLES = 100
"""A second."""


def main() -> int:
    """Draw it; py-spy's exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.flame", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE")
    file = parser.parse_args().file
    status = asyncio.run(_draw(file))
    if status == 0:
        _name(file)
    return status


async def _draw(file: Path) -> int:
    with TemporaryDirectory(prefix="edgecam-bench-") as folder:
        async with (
            running_node(Path(folder), **plan.options(VIEWERS)) as node,
            light_viewers(node) as viewers,
        ):
            await viewers.grow(VIEWERS)
            await asyncio.sleep(WARM_UP)
            return await _record(node.process.pid, file)


async def _record(pid: int, file: Path) -> int:
    """Have py-spy look at the process ``pid`` and write ``file``; its exit code."""
    spy = await asyncio.create_subprocess_exec(
        *(() if os.geteuid() == 0 else ("sudo", "--")),
        *(Path(sys.executable).with_name("py-spy"), "record", "--native", "--threads"),
        *("--duration", str(SECONDS), "--rate", str(SAMPLES), "--pid", str(pid)),
        *("--format", "flamegraph", "--output", str(file)),
    )
    return await spy.wait()


def _name(file: Path) -> None:
    """Its title would be py-spy's command line, with the paths of this machine."""
    title = f"edgecam, {VIEWERS} viewers, {plan.WIDTH}x{plan.HEIGHT} at {plan.RATE}"
    drawn = re.sub(r'(<text id="title"[^>]*>)[^<]*', rf"\g<1>{title}", file.read_text())
    file.write_text(drawn)


if __name__ == "__main__":
    sys.exit(main())
