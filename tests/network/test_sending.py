"""What the kernel of a real network does to the shared send path: refuse, and be full."""

import asyncio
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.bench.fanout.servers import Lines, lines, speaking
from tests.bench.light import FOLDER
from tests.network.lab import Namespace, namespaces

FRAME = 6_000
"""Bytes in a picture: at 30 a second 1.4 Mb/s, and no packet of a stream this thin is lost by a
viewer that the machine lets wait for a moment."""


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    """Access units nobody could decode, every thirtieth a keyframe; lengths before them."""

    def unit(kind: int, size: int) -> bytes:
        return b"\0\0\0\1" + bytes([0x60 | kind]) + b"\xff" * size

    keyframe = unit(7, 20) + unit(8, 5) + unit(5, FRAME)
    units = [keyframe, *[unit(1, FRAME)] * 29]
    file = tmp_path / "stream"
    file.write_bytes(b"".join(struct.pack("!I", len(one)) + one for one in units))
    return file


async def inside(stack: AsyncExitStack, space: Namespace, *command: str, at: Path | None) -> Lines:
    """``command`` in ``space``."""
    there = ("ip", "netns", "exec", space.name, *command)
    return await stack.enter_async_context(lines(*there, folder=at))


async def joined(stack: AsyncExitStack, device: Lines, space: Namespace) -> Lines:
    """A viewer in ``space``, with a call."""
    viewer = await inside(stack, space, "node", "direct.js", at=FOLDER)

    async def answer(offer: str) -> str:
        sdp: str = (await viewer.ask({"offer": offer}))["answer"]
        return sdp

    await speaking(device).join(answer)
    return viewer


async def counted(viewer: Lines) -> dict[str, int]:
    """What it has received."""
    counts: dict[str, int] = (await viewer.ask({"count": True}))["viewers"][0]
    return counts


def shape(space: Namespace, verb: str, rate: str) -> None:
    """Add or change a bottleneck, with a long queue, at the camera's first cable: tc-tbf(8)."""
    bucket = ("tbf", "rate", rate, "burst", "16k", "limit", "10000000")
    command = ("tc", "qdisc", verb, "dev", "eth0", "root", *bucket)
    subprocess.run(("ip", "netns", "exec", space.name, *command), check=True, capture_output=True)


async def device(stack: AsyncExitStack, camera: Namespace, stream: Path) -> Any:
    """The sending side, in ``camera``."""
    command = (sys.executable, "-m", "tests.bench.fanout.device", str(stream), "shared")
    return await inside(stack, camera, *command, at=None)


@pytest.fixture
def small(able: None) -> Iterator[list[Namespace]]:
    """A camera and a viewer, on a cable that takes small frames from the camera only."""
    with namespaces("camera", "viewer") as (camera, viewer):
        camera.plug(viewer, "10.77.1.1/24", "10.77.1.2/24")
        camera.ip("link", "set", "eth0", "mtu", "1000")
        yield [camera, viewer]


async def test_an_interface_too_small_for_bursts_is_sent_datagrams(
    small: list[Namespace], stream: Path
) -> None:
    """Linux refuses to cut a burst into datagrams above the MTU; alone, it fragments them."""
    camera, viewer = small
    async with AsyncExitStack() as stack:
        watcher = await joined(stack, await device(stack, camera, stream), viewer)
        await watcher.ask({"frames": 60})
        counts = await counted(watcher)
    assert counts["lost"] == 0
    assert counts["packets"] >= 60 * (FRAME // 1_300)


@pytest.fixture
def slow_and_good(able: None) -> Iterator[list[Namespace]]:
    """A camera, a viewer by a third of what the stream takes, and one by a good cable."""
    with namespaces("camera", "slow", "good") as (camera, slow, good):
        camera.plug(slow, "10.77.1.1/24", "10.77.1.2/24")
        camera.plug(good, "10.77.2.1/24", "10.77.2.2/24", "eth1")
        shape(camera, "add", "500kbit")
        yield [camera, slow, good]


async def test_a_slow_link_costs_its_viewer_pictures_and_nobody_else(
    slow_and_good: list[Namespace], stream: Path
) -> None:
    """The kernel takes no more: whole pictures are left out, up to a keyframe, and none in part.

    When the link is fast again, they all come again.
    """
    camera, *spaces = slow_and_good
    async with AsyncExitStack() as stack:
        sending = await device(stack, camera, stream)
        slow, good = [await joined(stack, sending, space) for space in spaces]
        await good.ask({"frames": 240})
        behind, ahead = await counted(slow), await counted(good)
        assert behind["frames"] < ahead["frames"] / 2
        assert behind["lost"] == 0

        await asyncio.to_thread(shape, camera, "change", "100mbit")
        await slow.ask({"frames": behind["frames"] + 120})
        assert (await counted(slow))["lost"] == 0
