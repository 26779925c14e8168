"""Coming and going, three hundred times: nothing of it stays with the node."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.node import running_node
from tests.sockets import PATIENCE
from tests.viewer import Viewer, browser

WARM_UP = 60
JOINS = 300
MOST_GROWTH_KIB = 24_576
"""What an allocator may keep, which differs by Python; 240 leaked viewers would be 240 MiB."""


@dataclass
class Held:
    """What a process holds."""

    descriptors: int
    threads: int
    memory: int

    @classmethod
    def by(cls, pid: int) -> "Held":
        """Read from /proc, memory in KiB."""
        process = Path(f"/proc/{pid}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        descriptors = len(list((process / "fd").iterdir()))
        return cls(descriptors, int(status["Threads"]), int(status["VmRSS"].split()[0]))


async def settled(pid: int, before: Held) -> Held:
    """What a process holds once those who are just leaving have let go, or at the end of patience.

    They may still hold sockets, and the threads of an encoder.
    """
    after = await asyncio.to_thread(Held.by, pid)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while after.descriptors > before.descriptors + 8 or after.threads > before.threads + 4:
                await asyncio.sleep(0.1)
                after = await asyncio.to_thread(Held.by, pid)
    return after


@pytest.mark.timeout(180)
async def test_three_hundred_joins_leave_nothing(tmp_path: Path) -> None:
    """Descriptors and threads are what they were, memory nearly.

    Half of them saw a picture; a third was killed and said no goodbye.
    """
    async with (
        running_node(tmp_path, camera__width=320, camera__height=180) as node,
        browser(node) as http,
    ):
        for number in range(JOINS):
            viewer = Viewer(http, node.url())
            await viewer.connect()
            await viewer.offer()
            await viewer.answer()
            await viewer.screen.connected.wait()
            if number % 2:
                await viewer.screen.picture()
            await (viewer.be_killed() if number % 3 == 0 else viewer.close())
            if number == WARM_UP:
                before = await asyncio.to_thread(Held.by, node.process.pid)
        # The next offer is made when the last viewer has gone.
        last = Viewer(http, node.url())
        await last.watch()
        await last.close()
        after = await settled(node.process.pid, before)

    assert after.descriptors <= before.descriptors + 8
    assert after.threads <= before.threads + 4
    assert after.memory <= before.memory + MOST_GROWTH_KIB
