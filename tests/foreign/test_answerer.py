"""An answerer that isn't ours: node-datachannel, told no more than docs/signaling.md."""

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.node import Node, running_node
from tests.sockets import PATIENCE
from tests.viewer import viewer_of

FOLDER = Path(__file__).parent
INSTALLED = (FOLDER.parent / "bench" / "viewers" / "node_modules" / "node-datachannel").is_dir()

SLICE, IDR, SEI, SPS, PPS, DELIMITER = 1, 5, 6, 7, 8, 9
"""Types of NAL units (H.264, table 7-1)."""

SAMPLES = 960
"""20 ms on Opus's RTP clock."""


@dataclass(frozen=True, slots=True)
class Report:
    """What ``answerer.mjs`` says in the end."""

    events: list[dict[str, Any]]
    offers: list[str]
    packets: dict[str, int]
    codecs: list[str]
    nals: list[int]
    sounds: list[dict[str, int]]

    def told(self, who: str) -> list[tuple[str, str | None]]:
        """What ``who`` said, in its order."""
        return [(told["event"], told["detail"]) for told in self.events if told["who"] == who]


async def watched_by_another(node: Node) -> Report:
    """One call from its offer to the offer of the next, by a viewer that isn't ours."""
    if not INSTALLED:
        pytest.fail("node-datachannel is missing: run tests/bench/viewers/setup")
    process = await asyncio.create_subprocess_exec(
        *("node", str(FOLDER / "answerer.mjs"), node.link),
        env=os.environ | {"NODE_EXTRA_CA_CERTS": str(node.ca)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, out.decode()
    return Report(**json.loads(out))


async def test_another_stack_receives_picture_and_sound(tmp_path: Path) -> None:
    """In the middle: H.264 begins with its parameters and a keyframe; Opus of 20 ms a packet."""
    async with (
        running_node(tmp_path, encode__keyframe_interval=300) as node,
        viewer_of(node) as before,
    ):
        await before.watch()
        report = await watched_by_another(node)

    assert {"H264", "opus"} <= set(report.codecs)
    assert report.packets["video"] >= 100
    assert report.packets["audio"] >= 50

    nals = report.nals
    assert nals.index(SPS) < nals.index(PPS) < nals.index(IDR) < nals.index(SLICE)
    assert set(nals) <= {SLICE, IDR, SEI, SPS, PPS, DELIMITER}

    assert {sound["ms"] for sound in report.sounds} == {20}
    first = report.sounds[0]["at"]
    times = [(sound["at"] - first) % 2**32 for sound in report.sounds]
    assert times == sorted(set(times))
    assert {time % SAMPLES for time in times} == {0}


async def test_another_stack_follows_the_protocol_of_the_page(tmp_path: Path) -> None:
    """One place: an offer at once, the camera full, a hangup that frees it, the next offer."""
    async with running_node(tmp_path, viewers__most=1, viewers__standing_offers=1) as node:
        report = await watched_by_another(node)
        assert await node.stop() == 0
        log = await asyncio.to_thread(lambda: node.log)

    heard, said = report.told("server"), report.told("viewer")
    assert heard[0] == ("offer", None)
    assert heard.index(("candidate", "one")) < heard.index(("candidate", "no more"))
    assert heard.index(("status", "ready 0/1")) < heard.index(("status", "full 1/1"))
    assert heard[-1] == ("offer", None)
    assert {event for event, _ in heard} <= {"offer", "candidate", "status", "waiting"}

    assert said[0] == ("answer", None)
    assert said.index(("candidate", "one")) < said.index(("candidate", "no more"))
    assert said[-3:] == [("hangup", "bye"), ("call", None), ("hangup", "bye")]

    first, second = report.offers
    assert first != second
    assert f"viewer left: call {first}, bye" in log
