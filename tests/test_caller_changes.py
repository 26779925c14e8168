"""The device's side when addresses change, connections die and viewers vanish."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from edgecam import lifecycle
from edgecam.encode.h264 import profile_level_id
from edgecam.lifecycle import Backoff, cancelled
from edgecam.peer.addresses import host_addresses
from edgecam.peer.peer import Peer, Streams
from edgecam.peer.servers import CREDENTIAL_LIFETIME
from edgecam.signaling.caller import Caller
from edgecam.signaling.lending import Lending
from edgecam.signaling.messages import Message
from edgecam.signaling.moves import Moves
from edgecam.signaling.socket import Emit, Server, keep_connected
from tests.door import TOKEN, Clock, open_door
from tests.sockets import PATIENCE
from tests.test_caller import BITRATE, SIZE, camera, device


async def test_an_offer_taken_in_the_moment_of_a_change_is_withdrawn(tmp_path: Path) -> None:
    """A viewer that was handed an address which is gone is told, and gets another offer."""
    async with device(tmp_path) as it:
        viewer = await it.viewer()
        await viewer.connect()
        await viewer.offer()
        stale = viewer.call
        await next(call for call in it.caller.calls if call.name == stale).taken.wait()

        it.caller.addresses_changed([])

        hangup = await viewer.socket.hear_until("hangup")
        assert hangup == {"call": stale, "reason": "stale"}
        await viewer.socket.say("call", {})
        await viewer.offer()
        assert viewer.call != stale
        await viewer.answer()
        await viewer.screen.picture()


async def test_a_call_from_an_address_that_is_gone_is_over(tmp_path: Path) -> None:
    """The viewer is told at once; a call from an address that stays goes on beside new ones."""
    async with device(tmp_path) as it:
        viewer = await it.viewer()
        await viewer.watch()

        it.caller.addresses_changed([*host_addresses(), "192.0.2.1"])
        await viewer.screen.picture()
        assert it.caller.viewers == 1

        it.caller.addresses_changed(["192.0.2.1"])
        hangup = await viewer.socket.hear_until("hangup")
        assert hangup == {"call": viewer.call, "reason": "stale"}


async def test_viewers_that_say_no_goodbye_leave_nothing(tmp_path: Path) -> None:
    """Every place is free again, and nothing is captured any more."""
    async with device(tmp_path, most=4, standing=1) as it:
        viewers = [await it.viewer() for _ in range(4)]
        for viewer in viewers:
            await viewer.watch()
        calls = [call.task for call in it.caller.calls if call.task is not None]
        assert it.caller.viewers == len(calls) == 4

        for viewer in viewers:
            viewer.screen.vanish()
        # Consent would take twice as long.
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait(calls)

        assert it.caller.viewers == 0
        assert it.video.subscribers == 0


async def test_a_viewer_does_not_fill_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A few lines about what it says wrong; the rest are counted."""
    caplog.set_level(logging.INFO, "edgecam")
    async with device(tmp_path) as it:
        viewer = await it.viewer()
        await viewer.watch()
        for _ in range(60):
            wrong = {"candidate": "x", "sdpMid": "0"}
            await viewer.socket.say("candidate", {"call": viewer.call, "candidate": wrong})
        await viewer.socket.say("floor", {"call": viewer.call, "want": True})
        await viewer.socket.hear_until("floor")

    lines = [each.message for each in caplog.records if viewer.call in each.message]
    assert any("viewer connected" in line for line in lines)
    assert 10 < len(lines) < 40


async def test_a_caller_whose_address_is_gone_calls_again(tmp_path: Path) -> None:
    """It does not wait for a dead connection; one from an address that stays it keeps."""
    async with open_door(tmp_path) as door:
        url, ca_file = door.url.rstrip("/"), tmp_path / "tls" / "ca.crt"
        moves = Moves()
        listener = Listening()
        socket = asyncio.create_task(
            keep_connected(Server(TOKEN, url=url, ca_file=ca_file), listener, moves)
        )
        assert await listener.told.get() == "connected"

        moves.tell(["192.0.2.1"])
        assert listener.told.empty(), "loopback is no address of the host, and stays"

        moves.tell(["127.0.0.1", "::1", "192.0.2.1"])
        assert listener.told.empty()
        moves.tell(["192.0.2.1"])
        assert await listener.told.get() == "disconnected"
        assert await listener.told.get() == "connected"

        await cancelled(socket)


async def test_a_new_connection_begins_with_what_the_one_before_has_lost(tmp_path: Path) -> None:
    """A server that does not know it yet would go on handing out offers that nobody keeps."""
    said: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

    async def emit(event: str, payload: dict[str, Any]) -> None:
        said.put_nowait((event, payload))

    async def next_of(*events: str) -> tuple[str, str]:
        while (message := await said.get())[0] not in events:
            pass
        return message[0], message[1]["call"]

    streams = Streams(camera(), None, profile_level_id(SIZE, BITRATE))
    caller = Caller(lambda: Peer.offering(streams), 4, 2, ())
    run = asyncio.create_task(caller.run())
    caller.connected(emit)
    lost = {(await next_of("offer"))[1] for _ in range(2)}

    calls = [call.task for call in caller.calls if call.task is not None]
    caller.disconnected()
    await asyncio.wait(calls)
    caller.connected(emit)

    assert {await next_of("hangup", "offer") for _ in lost} == {("hangup", call) for call in lost}
    assert (await next_of("hangup", "offer"))[0] == "offer"
    await cancelled(run)


async def test_what_could_not_be_said_is_said_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that breaks while the lost calls are told loses none of them."""
    monkeypatch.setattr(lifecycle, "FIRST_PAUSE", 0.001)
    broke = asyncio.Event()

    async def broken(event: str, payload: dict[str, Any]) -> None:
        broke.set()
        raise OSError("the connection broke")

    async with talking() as (caller, said):
        lost = {(await said.next_of("offer"))["call"] for _ in range(2)}
        calls = [call.task for call in caller.calls if call.task is not None]
        caller.disconnected()
        await asyncio.wait(calls)
        caller.connected(broken)
        async with asyncio.timeout(PATIENCE):
            await broke.wait()
        caller.disconnected()

        caller.connected(said.emit)
        assert {(await said.next_of("hangup"))["call"] for _ in lost} == lost


async def test_news_does_not_wait_for_an_offer() -> None:
    """While a peer takes its time, or none can be made, the server is told all the same."""
    begun = asyncio.Event()

    async def never() -> Peer:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with talking(never) as (caller, said):
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
        assert (await said.next_of("status"))["state"] == "ready"
        caller.source_failed("camera", "the camera was unplugged")
        assert (await said.next_of("status"))["message"] == "the camera was unplugged"


async def test_an_offer_is_tried_again_as_soon_as_something_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would be an hour until the next attempt."""
    monkeypatch.setattr(Backoff, "failed", lambda *_: 3_600.0)
    tried = asyncio.Semaphore(0)
    streams = Streams(camera(), None, profile_level_id(SIZE, BITRATE))
    refusals = ["no relay", "no network", ""]

    async def refused() -> Peer:
        reason = refusals.pop(0)
        tried.release()
        if reason:
            raise OSError(reason)
        return await Peer.offering(streams)

    async with talking(refused, standing=1) as (caller, said):
        async with asyncio.timeout(PATIENCE):
            await tried.acquire()
            while (await said.next_of("status"))["message"] != "no relay":
                pass
            caller.offer_anew()
            await tried.acquire()
            while (await said.next_of("status"))["message"] != "no network":
                pass
            caller.disconnected()
            caller.connected(said.emit)
            await said.next_of("offer")
            while (await said.next_of("status"))["state"] != "ready":
                pass


async def test_an_offer_does_not_outlive_its_credentials() -> None:
    """They are made anew at half their life, whether or not this device can reach TURN itself."""
    clock = Clock()
    made = itertools.count()

    def servers() -> tuple[dict[str, Any], ...]:
        return ({"urls": ["turn:192.0.2.1"], "username": f"{next(made)}", "credential": "x"},)

    streams = Streams(camera(), None, profile_level_id(SIZE, BITRATE))
    caller = Caller(lambda: Peer.offering(streams), 4, 1, Lending(servers, clock, 0.001))
    async with running(caller) as said:
        first = await said.next_of("offer")
        clock.now += CREDENTIAL_LIFETIME / 2

        assert await said.next_of("hangup") == {"call": first["call"], "reason": "stale"}
        (renewed,) = (await said.next_of("offer"))["iceServers"]
        assert renewed["username"] == "1"


def test_only_credentials_of_its_own_make_an_offer_old() -> None:
    """Not those of the configuration, nor a STUN server; a clock that was set does."""
    clock = Clock()
    stun, turn = {"urls": ["stun:192.0.2.1"]}, {"urls": ["turn:192.0.2.1"], "credential": "x"}
    for lending in (Lending((stun, turn), clock), Lending(lambda: (stun,), clock)):
        assert lending.lend()[1] is None
        assert not lending.outlived(None)
    lending = Lending(lambda: (stun, turn), clock)
    servers, lent = lending.lend()
    assert servers == (stun, turn)
    for passed, old in ((0.0, False), (0.5, True), (-0.5, True), (0.49, False), (-0.49, False)):
        assert lent is not None
        clock.now = lent + passed * CREDENTIAL_LIFETIME
        assert lending.outlived(lent) == old


@asynccontextmanager
async def talking(
    make_peer: Callable[[], Awaitable[Peer]] | None = None, standing: int = 2
) -> AsyncIterator[tuple[Caller, "Said"]]:
    """A caller, and what it says to its server, which is the test."""
    streams = Streams(camera(), None, profile_level_id(SIZE, BITRATE))
    caller = Caller(make_peer or (lambda: Peer.offering(streams)), 4, standing, ())
    async with running(caller) as said:
        yield caller, said


@asynccontextmanager
async def running(caller: Caller) -> AsyncIterator["Said"]:
    """The caller runs, and is connected to what hears it."""
    said = Said()
    run = asyncio.create_task(caller.run())
    caller.connected(said.emit)
    try:
        yield said
    finally:
        await cancelled(run)


class Said:
    """Keeps what a caller says."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

    async def emit(self, event: str, payload: dict[str, Any]) -> None:
        self._messages.put_nowait((event, payload))

    async def next_of(self, wanted: str) -> dict[str, Any]:
        """The payload of the next such message; others are passed over."""
        async with asyncio.timeout(PATIENCE):
            while (message := await self._messages.get())[0] != wanted:
                pass
        return message[1]


class Listening:
    """Notes what the caller's socket does."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()

    def connected(self, emit: Emit) -> None:
        self.told.put_nowait("connected")

    def disconnected(self) -> None:
        self.told.put_nowait("disconnected")

    def said(self, message: Message) -> None:
        """Nothing is expected."""
