"""Talking back through a real node: page, signaling and media, into files."""

import asyncio
import signal
from array import array
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.node import running_node
from tests.sockets import PATIENCE
from tests.talker import VOICE_HZ, Face, Talker, Voice, longest_tone, pitch
from tests.test_node import stopped
from tests.test_received import middle, pictures_of, samples_of
from tests.test_soak import MOST_GROWTH_KIB, Held, settled
from tests.viewer import browser

SMALL = {"camera__width": 320, "camera__height": 180}
WARM_UP, JOINS = 30, 120


async def talking(talker: Talker) -> None:
    """Be in a call, with everything switched on, and have the floor."""
    await talker.connect()
    await talker.offer()
    await talker.answer()
    async with asyncio.timeout(PATIENCE):
        await talker.screen.connected.wait()
    talker.screen.send(Voice())
    talker.screen.send(Face())
    assert (await talker.floor())["state"] == "granted"


def tone_in(file: Path) -> Sequence[int]:
    """What is in a WAV file that is still written."""
    data = file.read_bytes()[44:]
    return longest_tone(array("h", data[: len(data) // 2 * 2]))


async def size(file: Path) -> int:
    """How much there is in ``file``."""
    return await asyncio.to_thread(lambda: file.stat().st_size if file.exists() else 0)


async def grown(file: Path, least: int) -> None:
    """Wait until ``file`` is so large."""
    async with asyncio.timeout(PATIENCE):
        while await size(file) < least:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_viewer_is_heard_and_seen(tmp_path: Path) -> None:
    """The tone and the colour are in the files; stopping in the middle of it is clean."""
    voice, face = tmp_path / "voice.wav", tmp_path / "face.mkv"
    options = {
        "speaker__driver": "file",
        "speaker__device": str(voice),
        "screen__driver": "file",
        "screen__device": str(face),
    }
    async with running_node(tmp_path, **SMALL, **options) as node, browser(node) as http:
        talker = Talker(http, node.url())
        await talking(talker)
        await grown(face, 10_000)
        async with asyncio.timeout(PATIENCE):
            while len(await asyncio.to_thread(tone_in, voice)) < 9_600:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await stopped(node, signal.SIGTERM)
        await talker.close()
    tone = longest_tone(await asyncio.to_thread(samples_of, voice))
    assert pitch(tone) == pytest.approx(VOICE_HZ, rel=0.02)
    pictures = await asyncio.to_thread(pictures_of, face)
    assert middle(pictures[-1]) == pytest.approx((180, 90, 60), abs=8)


async def test_another_viewer_sees_who_talks(tmp_path: Path) -> None:
    """By its status, and is told that the floor is taken; then the first one vanishes."""
    async with (
        running_node(tmp_path, **SMALL, speaker__driver="null") as node,
        browser(node) as http,
    ):
        first, second = Talker(http, node.url()), Talker(http, node.url())
        await second.watch()
        await talking_by_voice(first)
        status = await second.socket.hear_until("status")
        while not status["floor"]:
            status = await second.socket.hear_until("status")
        assert status["talk"] == {"audio": True, "video": False}
        assert status["floor"][0] in [each["viewer"] for each in status["watching"]]
        assert (await second.floor())["state"] == "busy"

        await first.close()
        while status["floor"]:
            status = await second.socket.hear_until("status")
        assert (await second.floor())["state"] == "granted"
        await second.close()


async def talking_by_voice(talker: Talker) -> None:
    """Be in a call, and have the floor."""
    await talker.watch()
    talker.screen.send(Voice())
    assert (await talker.floor())["state"] == "granted"


@pytest.mark.timeout(180)
async def test_talkers_that_come_and_go_leave_nothing(tmp_path: Path) -> None:
    """Each sends from the start, every other one asks for the floor first, nobody says goodbye."""
    options = {"speaker__driver": "null", "screen__driver": "null"}
    async with running_node(tmp_path, **SMALL, **options) as node, browser(node) as http:
        for number in range(JOINS):
            talker = Talker(http, node.url())
            if number % 2:
                await talking(talker)
            else:
                await talker.watch()
                talker.screen.send(Voice())
            await talker.close()
            if number == WARM_UP:
                before = await asyncio.to_thread(Held.by, node.process.pid)
        last = Talker(http, node.url())
        await last.watch()
        await last.close()
        after = await settled(node.process.pid, before)

    assert after.descriptors <= before.descriptors + 8
    assert after.threads <= before.threads + 4
    assert after.memory <= before.memory + MOST_GROWTH_KIB
