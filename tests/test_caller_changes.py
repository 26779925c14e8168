"""The device's side when addresses change, connections die and viewers vanish."""

import asyncio
from pathlib import Path
from typing import Any

from edgecam.encode.h264 import profile_level_id
from edgecam.lifecycle import cancelled
from edgecam.peer.addresses import host_addresses
from edgecam.peer.peer import Peer, Streams
from edgecam.signaling.caller import Caller
from edgecam.signaling.messages import Message
from edgecam.signaling.moves import Moves
from edgecam.signaling.socket import Emit, Server, keep_connected
from tests.door import TOKEN, open_door
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

        moves.tell(["127.0.0.1", "::1", "192.0.2.1"])
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
