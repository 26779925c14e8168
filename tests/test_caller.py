"""The device as the caller: a real server, real peers, and viewers that come, go and misbehave."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edgecam import lifecycle
from edgecam.capture import source
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.fanout.fanout import Fanout
from edgecam.lifecycle import cancelled
from edgecam.media import VideoFormat
from edgecam.peer.peer import Peer, Streams
from edgecam.signaling.caller import Caller
from edgecam.signaling.exchange import ANSWER_DEADLINE
from edgecam.signaling.socket import Server, keep_connected
from tests.door import TOKEN, Door, open_door
from tests.viewer import Viewer

SIZE = VideoFormat(320, 180, 30)
BITRATE = 300_000


@dataclass
class Device:
    """A camera that calls, and the door it calls at."""

    door: Door
    caller: Caller
    video: Fanout
    run: asyncio.Task[None]
    viewers: list[Viewer]

    async def viewer(self) -> Viewer:
        """A viewer that has not connected yet."""
        viewer = Viewer(await self.door.browser(), self.door.url)
        self.viewers.append(viewer)
        return viewer


def camera() -> Fanout:
    """A small virtual camera."""
    picture = source.camera("virtual", SIZE)
    return Fanout("camera", EncodedVideo(picture, lambda: X264(SIZE, BITRATE, 300)), 15)


@asynccontextmanager
async def device(
    folder: Path, server: Server | None = None, most: int = 4, standing: int = 2
) -> AsyncIterator[Device]:
    """A device with ``most`` places that keeps ``standing`` offers; everything stops at the end."""
    video = camera()
    streams = Streams(video, None, profile_level_id(SIZE, BITRATE))
    caller = Caller(lambda: Peer.offering(streams), most, standing, ())
    async with open_door(folder) as door:
        fanout = asyncio.create_task(video.run())
        run = asyncio.create_task(caller.run())
        at = server or Server(TOKEN, unix_path=door.local)
        socket = asyncio.create_task(keep_connected(at, caller))
        it = Device(door, caller, video, run, [])
        try:
            await caller.ready.wait()
            yield it
        finally:
            for task in (run, socket, fanout):
                await cancelled(task)
            for viewer in it.viewers:
                await viewer.close()


async def test_offers_stand_before_anybody_asks_and_are_refilled(tmp_path: Path) -> None:
    """Two stand; a viewer takes one; two stand again, the call makes three."""
    async with device(tmp_path) as it:
        viewer = await it.viewer()
        await viewer.watch()
        second = await it.viewer()
        await second.connect()
        await second.offer()

        while len(it.door.signaling.calls) < 4:
            await viewer.screen.picture()

        assert it.caller.viewers == 2
        assert len(it.caller.calls) == 4


async def test_there_are_no_more_viewers_than_places(tmp_path: Path) -> None:
    """The second is told that it is full, and gets the place of the first."""
    async with device(tmp_path, most=1, standing=1) as it:
        first = await it.viewer()
        await first.watch()
        second = await it.viewer()
        await second.connect()
        told = await second.socket.hear_until("waiting")
        while told["reason"] != "full":
            told = await second.socket.hear_until("waiting")
        assert told["message"] == "all 1 places are taken"

        await first.close()
        await second.offer()
        await second.answer()
        await second.screen.picture()


async def test_new_addresses_renew_what_stands_and_leave_calls_alone(tmp_path: Path) -> None:
    """Offers made before are withdrawn; the call that is under way goes on."""
    async with device(tmp_path) as it:
        viewer = await it.viewer()
        await viewer.watch()
        standing = {call.name for call in it.caller.calls if not call.taken.is_set()}

        it.caller.offer_anew()
        while standing & {call.name for call in it.caller.calls}:
            await viewer.screen.picture()

        second = await it.viewer()
        await second.watch()
        assert second.call not in standing
        await viewer.screen.picture()
        assert it.caller.viewers == 2


async def test_an_offer_made_while_everything_changes_is_withdrawn(tmp_path: Path) -> None:
    """Addresses that change, or a server that goes, while a peer is made: it is not offered."""
    async with device(tmp_path, standing=1) as it:
        begun, go_on = asyncio.Event(), asyncio.Event()
        offering = it.caller._make_peer

        async def slowly() -> Peer:
            begun.set()
            await go_on.wait()
            return await offering()

        it.caller._make_peer = slowly
        (before,) = it.caller.calls
        it.caller.offer_anew()
        await begun.wait()
        begun.clear()
        it.caller.offer_anew()
        go_on.set()
        await begun.wait()

        viewer = await it.viewer()
        await viewer.watch()
        assert viewer.call != before.name


async def test_a_viewer_that_asks_without_end_harms_only_itself(tmp_path: Path) -> None:
    """It is told that this is too many; who watches goes on watching."""
    async with device(tmp_path) as it:
        good = await it.viewer()
        await good.watch()
        greedy = await it.viewer()
        await greedy.connect()
        for _ in range(40):
            await greedy.socket.say("call", {})

        assert (await greedy.socket.hear_until("error"))["code"] == "too-many"
        await good.screen.picture()
        other = await it.viewer()
        await other.watch()


async def test_a_viewer_that_is_renamed_is_watching_under_its_new_name(tmp_path: Path) -> None:
    """Its call goes on; the others read the new name."""
    async with device(tmp_path) as it:
        first = await it.viewer()
        await first.watch()
        second = await it.viewer()
        await second.watch()
        await first.socket.say("name", {"name": "Ana"})
        names: list[str] = []
        while "Ana" not in names:
            status = await second.socket.hear_until("status")
            names = [each["name"] for each in status["watching"]]
        assert len(names) == 2
        await first.screen.picture()


async def test_news_without_end_is_told_now_and_then() -> None:
    """Who tells the server too much is cut off, and its viewers can make news all day."""
    statuses = []
    last = asyncio.Event()

    async def emit(event: str, payload: dict[str, Any]) -> None:
        statuses.append(payload["message"])
        if statuses[-1] == "failed 99":
            last.set()

    caller = Caller(_no_peer, 8, 2, ())
    running = asyncio.create_task(caller.run())
    caller.connected(emit)
    for number in range(100):
        caller.source_failed("camera", f"failed {number}")
        # The caller has all the time it wants.
        for _ in range(20):
            await asyncio.sleep(0)
    await last.wait()
    await cancelled(running)
    assert len(statuses) < 50


async def _no_peer() -> Peer:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_failed_source_is_told_to_every_viewer(tmp_path: Path) -> None:
    """In words, to those who watch; the calls stay; when it is back that is told too."""
    async with device(tmp_path) as it:
        viewers = [await it.viewer(), await it.viewer()]
        for viewer in viewers:
            await viewer.watch()

        it.caller.source_failed("camera", "the camera was unplugged")
        for viewer in viewers:
            told = await viewer.socket.hear_until("status")
            while told["state"] != "failed":
                told = await viewer.socket.hear_until("status")
            assert told["message"] == "the camera was unplugged"

        it.caller.source_failed("camera", "")
        for viewer in viewers:
            assert (await viewer.socket.hear_until("status"))["state"] == "ready"
            await viewer.screen.picture()


async def test_a_viewer_that_never_answers_loses_its_place(tmp_path: Path) -> None:
    """After the deadline its offer is gone and the next viewer gets another."""
    async with device(tmp_path, most=1, standing=1) as it:
        silent = await it.viewer()
        await silent.connect()
        await silent.offer()

        it.door.clock.now += ANSWER_DEADLINE
        hangup = await silent.socket.hear_until("hangup")

        assert hangup == {"call": silent.call, "reason": "timeout"}
        other = await it.viewer()
        await other.watch()


@pytest.mark.parametrize("sdp", ["garbage", "v=0\r\n", "m=video 9 x\r\n" * 100])
async def test_an_answer_of_garbage_ends_that_call_only(tmp_path: Path, sdp: str) -> None:
    """The one is hung up, the others go on, the place is free again."""
    async with device(tmp_path) as it:
        good = await it.viewer()
        await good.watch()
        bad = await it.viewer()
        await bad.connect()
        await bad.offer()
        await bad.socket.say("answer", {"call": bad.call, "sdp": sdp})

        assert await bad.socket.hear_until("hangup") == {"call": bad.call, "reason": "bad-answer"}
        await bad.socket.say("call", {})
        await bad.offer()
        await bad.answer()
        await bad.screen.picture()
        await good.screen.picture()


async def test_a_second_answer_changes_nothing(tmp_path: Path) -> None:
    """It is refused with a code, and the call goes on."""
    async with device(tmp_path) as it:
        viewer = await it.viewer()
        await viewer.watch()
        await viewer.socket.say("answer", {"call": viewer.call, "sdp": "v=0"})

        refused = await viewer.socket.hear_until("error")

        assert refused["code"] == "wrong-state"
        await viewer.screen.picture()


async def test_stopping_tells_the_viewers(tmp_path: Path) -> None:
    """Each is hung up with the reason ``shutdown``, and the camera closes."""
    async with device(tmp_path) as it:
        viewer = await it.viewer()
        await viewer.watch()

        await cancelled(it.run)

        hangup = await viewer.socket.hear_until("hangup")
        assert hangup == {"call": viewer.call, "reason": "shutdown"}
        assert it.video.subscribers == 0
        assert it.caller.calls == []


async def test_a_viewer_that_leaves_closes_the_camera(tmp_path: Path) -> None:
    """Nobody watches, nothing is captured: the subscription is gone with the socket."""
    async with device(tmp_path) as it:
        viewer = await it.viewer()
        await viewer.watch()
        assert it.video.state == "live"
        (call,) = (call for call in it.caller.calls if call.taken.is_set())

        await viewer.socket.close()

        assert call.task is not None
        await asyncio.wait([call.task])
        assert it.video.subscribers == 0


async def test_a_caller_elsewhere_calls_over_tls(tmp_path: Path) -> None:
    """With its token, and the server's CA verified."""
    async with open_door(tmp_path / "there") as there:
        url = there.url.rstrip("/")
        server = Server(TOKEN, url=url, ca_file=tmp_path / "there" / "tls" / "ca.crt")
        async with device(tmp_path / "here", server) as it:
            viewer = Viewer(await there.browser(), there.url)
            it.viewers.append(viewer)
            await viewer.watch()


async def test_a_wrong_token_is_refused_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller says why it can't call, once, and goes on trying without end."""
    monkeypatch.setattr(lifecycle, "FIRST_PAUSE", 0.001)
    caller = Caller(lambda: Peer.offering(Streams(camera(), None, "42e01f")), 1, 1, ())
    async with open_door(tmp_path) as door:
        with caplog.at_level(logging.DEBUG, "edgecam.lifecycle"):
            socket = asyncio.create_task(
                keep_connected(Server("wrong", unix_path=door.local), caller)
            )
            refusals = 0
            while refusals < 3:
                await asyncio.sleep(0.01)
                refusals = caplog.text.count("trying again")
        await cancelled(socket)
    said = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert sum("session or a caller token" in message for message in said) == 1
    assert caller.calls == []
