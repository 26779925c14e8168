"""The signaling server and those who break its rules: they are told or cut, others go on."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from socketio.exceptions import ConnectionError as SocketError

from edgecam.signaling.gate import ENGINES_PER_ADDRESS
from edgecam.signaling.members import ADDRESS_CALLS_BURST, BURST, CALLS_BURST, NAME_BURST
from edgecam.signaling.parser import MOST_MESSAGE
from edgecam.signaling.server import SOCKETS_PER_ADDRESS
from tests.door import BEARER, TOKEN, Door, Raw, open_door
from tests.sockets import PATIENCE

CALL = "call-one"
DEEP = "[" * 50_000


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


async def works(raw: Raw) -> None:
    """The socket has an ear for sensible messages still, and hears nothing else before."""
    await raw.say('42/viewer,["answer",{"call":"call-two","sdp":"x"}]')
    assert (await raw.hear("error"))["call"] == "call-two"


@pytest.mark.parametrize(
    ("packet", "code", "event"),
    [
        ('["answer"]', "bad-message", "answer"),
        ('["answer",{},{}]', "bad-message", "answer"),
        ('["answer",null]', "bad-message", "answer"),
        ('["answer",[]]', "bad-message", "answer"),
        ('["answer",{"call":{"call":{}},"sdp":[[[[{}]]]]}]', "bad-message", "answer"),
        ('["answer",{"call":"call-one","sdp":1e999}]', "bad-message", "answer"),
        ('["candidate",{"call":"call-one","candidate":{"a":{}}}]', "bad-message", "candidate"),
        ('["hangup",{"call":"call-one","reason":"\\ud800"}]', "bad-message", "hangup"),
        ('["offer",{"call":"call-one","sdp":"x"}]', "unknown-event", "offer"),
        ('["' + "x" * 1_000 + '",{}]', "unknown-event", "x" * 32),
        ('["new\\nline",{}]', "unknown-event", "new\nline"),
        ('["connect",{"aiohttp.request":{}}]', "unknown-event", ""),
        ('["disconnect","bye"]', "unknown-event", ""),
        ('["__disconnect_final"]', "unknown-event", ""),
        ('["*","x",{}]', "unknown-event", ""),
        ("[]", "unknown-event", ""),
        ("[1,{}]", "unknown-event", ""),
        ("[[],{}]", "unknown-event", ""),
        ("{}", "unknown-event", ""),
        ("", "unknown-event", ""),
        ("[", "unknown-event", ""),
        (DEEP, "unknown-event", ""),
        ("9" * 200, "unknown-event", ""),
        ('["answer",' + "9" * 5_000 + "]", "unknown-event", ""),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_malformed_messages(
    door: Door, packet: str, code: str, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is answered with its code, the connection goes on, and the log has no trace."""
    raw = await door.raw()
    await raw.say(f"42/viewer,{packet}")
    told = await raw.hear("error")
    assert (told["code"], told["event"]) == (code, event)
    await works(raw)
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("packet", ["451-/viewer,", "459999999999-/viewer,"])
async def test_binary_messages(door: Door, packet: str) -> None:
    """A message with attachments is refused at once, and the attachments go nowhere."""
    raw = await door.raw()
    await raw.say(packet + '["answer",{"_placeholder":true,"num":0}]')
    told = await raw.hear("error")
    assert (told["code"], told["event"]) == ("bad-message", "answer")
    for _ in range(3):
        await raw.say(b"\x00" * 1_000)
    await works(raw)


@pytest.mark.parametrize(
    "packet",
    [
        "4",
        "4null",
        "4{}",
        '4{"a":1}',
        "4x",
        '42["answer",{}]',
        '42/caller,["offer",{"call":"call-one","sdp":"x"}]',
        '42/nowhere,["x"]',
        "43/viewer,1[]",
        "43/viewer,null",
        '44/viewer,"ha"',
        "47/viewer,",
        "461-/viewer,1[]",
        "40/viewer,",
        "40/caller,[",
        "6",
    ],
)
async def test_packets_for_nobody(
    door: Door, packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Empty packets, other namespaces, acknowledgements: no trace, and nothing changes."""
    raw = await door.raw()
    await raw.say(packet)
    await works_after_anything(raw)
    assert len(door.signaling.calls) == 0
    assert door.signaling.calls.viewers == 1
    assert not [record for record in caplog.records if record.exc_info]


async def works_after_anything(raw: Raw) -> None:
    """The socket works, whatever it was told of what came before."""
    await raw.say('42/viewer,["answer",{"call":"call-two","sdp":"x"}]')
    while (await raw.hear("error")).get("call") != "call-two":
        pass


async def test_nobody_leaves_in_secret(door: Door) -> None:
    """Saying ``disconnect`` as if it were a message does not end the counting of a socket."""
    raw = await door.raw()
    await raw.say('42/viewer,["disconnect","bye"]')
    await raw.hear("error")
    assert door.signaling.calls.viewers == 1
    for _ in range(BURST):
        await raw.say('42/viewer,["x",{}]')
    await raw.closed()


async def test_who_leaves_the_namespace_is_cut(door: Door) -> None:
    """Joining again and again over one socket would be a way around the limits."""
    raw = await door.raw()
    await raw.say("41/viewer,")
    await raw.closed()
    assert door.signaling.calls.viewers == 0


async def test_an_oversized_message_cuts_the_socket(door: Door) -> None:
    """The caller of its call is told; a message just as long as allowed is only refused."""
    caller = await door.caller()
    await caller.say("offer", {"call": CALL, "sdp": "x"})
    raw = await door.raw()
    await raw.hear("offer")
    await caller.hear("taken")
    packet = '42/viewer,["answer",{"call":"call-one","sdp":"' + "x" * 200_000
    await raw.say(packet[: MOST_MESSAGE - 4] + '"}]')
    assert (await raw.hear("error"))["code"] == "bad-message"
    await raw.say(packet)
    await raw.closed()
    assert (await caller.hear("hangup"))["reason"] == "viewer-left"


async def test_a_flood_is_cut_and_others_go_on(door: Door) -> None:
    """A burst is allowed and not one message more; another viewer's call does not notice."""
    caller = await door.caller()
    await caller.say("offer", {"call": CALL, "sdp": "x"})
    viewer = await door.viewer()
    await viewer.hear("offer")
    await caller.hear("taken")
    raw = await door.raw()
    for _ in range(BURST):
        await raw.say('42/viewer,["x",{}]')
    for _ in range(BURST):
        await raw.hear("error")
    await raw.say('42/viewer,["x",{}]')
    await raw.closed()
    await viewer.say("answer", {"call": CALL, "sdp": "y"})
    assert (await caller.hear("answer"))["sdp"] == "y"


async def test_patience_refills_the_bucket(door: Door) -> None:
    """Who is slow may say any number of messages."""
    raw = await door.raw()
    for _ in range(2 * BURST):
        door.clock.now += 0.02
        await raw.say('42/viewer,["x",{}]')
        await raw.hear("error")


class Poller:
    """A viewer over long polling that posts, and reads only when told to."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def join(self) -> None:
        self._url += "socket.io/?EIO=4&transport=polling"
        async with self._http.get(self._url) as answer:
            opened: dict[str, Any] = json.loads((await answer.text())[1:])
        self._url += f"&sid={opened['sid']}"
        await self.post("40/viewer,")

    async def post(self, *packets: str) -> int:
        return await self.post_bytes("\x1e".join(packets).encode())

    async def post_bytes(self, body: bytes) -> int:
        async with self._http.post(self._url, data=body) as answer:
            return answer.status


async def test_coming_again_gives_no_more_calls(door: Door) -> None:
    """What an address may ask for outlives its sockets; others ask for their own."""
    http = await door.browser()
    for _ in range(ADDRESS_CALLS_BURST // CALLS_BURST):
        raw = await door.raw_of(http)
        await raw.hear("waiting")
        for _ in range(CALLS_BURST):
            await raw.say('42/viewer,["call",{}]')
            await raw.hear("waiting")
        await raw.socket.close()
    raw = await door.raw_of(http)
    await raw.say('42/viewer,["call",{}]')
    assert (await raw.hear("error"))["code"] == "too-many"
    door.clock.now += 1
    await raw.say('42/viewer,["call",{}]')
    await raw.hear("waiting")


async def test_who_is_renamed_without_end_is_told_so(door: Door) -> None:
    """Everybody is told each time."""
    viewer = await door.viewer()
    for number in range(NAME_BURST):
        await viewer.say("name", {"name": f"Ana {number}"})
    await viewer.say("name", {"name": "Ana"})
    refused = await viewer.hear_until("error")
    assert (refused["code"], refused["event"]) == ("too-many", "name")
    door.clock.now += 2
    await viewer.say("name", {"name": "Ana"})
    await viewer.say("name", {"name": "Ana"})
    assert (await viewer.hear_until("error"))["code"] == "too-many"


async def test_who_does_not_read_is_cut(door: Door) -> None:
    """Messages don't pile up for it, and cutting it holds nobody up."""
    poller = Poller(await door.browser(), door.url)
    await poller.join()
    while await poller.post(*['42/viewer,["call",{}]'] * 16) == 200:
        door.clock.now += 16
    await door.viewer()
    await asyncio.wait_for((await door.viewer()).hear("waiting"), PATIENCE)
    assert door.signaling.calls.viewers == 2


async def test_many_that_do_not_read_fill_no_log(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can be cut for it can come again."""
    monkeypatch.setattr("edgecam.signaling.outbox.MOST_UNSENT", 4)
    http = await door.browser()
    for _ in range(20):
        poller = Poller(http, door.url)
        await poller.join()
        while await poller.post(*['42/viewer,["x",{}]'] * 4) == 200:
            pass
    lines = [each for each in caplog.records if "does not read" in each.getMessage()]
    assert 0 < len(lines) <= 10


async def test_who_is_refused_and_does_not_read(door: Door) -> None:
    """Closing a socket that takes nothing any more holds nobody up."""
    poller = Poller(await door.browser(), door.url)
    await poller.join()
    for _ in range(SOCKETS_PER_ADDRESS):
        await Poller(await door.browser(), door.url).join()
    caller = await door.caller()
    await caller.say("nothing", {})
    await caller.hear("error")


async def test_too_many_sockets_of_one_address(door: Door) -> None:
    """Sixteen get in, as many more are told why not; when some leave, others can come."""
    http = await door.browser()
    sockets = [door.socket("/viewer", http) for _ in range(ENGINES_PER_ADDRESS)]
    outcomes = await asyncio.gather(
        *(socket.connect() for socket in sockets), return_exceptions=True
    )
    let_in = [socket for socket, out in zip(sockets, outcomes, strict=True) if out is None]
    refused = [socket for socket, out in zip(sockets, outcomes, strict=True) if out is not None]
    assert all(out is None or isinstance(out, SocketError) for out in outcomes)
    assert len(let_in) == SOCKETS_PER_ADDRESS
    for socket in refused:
        assert (await socket.hear("connect_error"))["data"] == {"code": "too-many"}

    await let_in[0].close()
    caller = await door.caller()
    while door.signaling.calls.viewers == SOCKETS_PER_ADDRESS:
        await caller.say("nothing", {})
        await caller.hear("error")
    again = door.socket("/viewer", http)
    await again.connect()
    await again.hear("waiting")


async def test_a_caller_that_stays_is_not_shut_out(door: Door) -> None:
    """Viewers of other ways in take no place from the device's own caller."""
    raws = [await door.raw() for _ in range(SOCKETS_PER_ADDRESS)]
    caller = await door.caller("unix")
    await caller.say("offer", {"call": CALL, "sdp": "x"})
    assert (await raws[0].hear("offer"))["call"] == CALL
    late = door.socket("/caller", await door.stranger())
    with pytest.raises(SocketError):
        await late.connect({"token": TOKEN}, BEARER)
    assert (await late.hear("connect_error"))["data"] == {"code": "too-many"}


async def test_who_comes_while_it_stops(door: Door) -> None:
    """A server that has stopped lets nobody in any more, and may be stopped again."""
    await door.signaling.stop()
    socket = door.socket("/viewer", await door.browser())
    with pytest.raises(SocketError):
        await socket.connect()
    assert (await socket.hear("connect_error"))["data"] == {"code": "shutdown"}
    await door.signaling.stop()


async def test_a_viewer_in_line_that_is_silent_gives_way(door: Door) -> None:
    """It would be handed an offer for nothing; who answers pings stays, and gets it."""
    # What a call under way has to answer pings.
    door.signaling._sio.eio.ping_timeout = 60
    silent = await door.raw()
    await silent.say('42/viewer,["call",{}]')
    there = await door.viewer()
    await there.hear("waiting")

    await silent.closed(pong=False)
    caller = await door.caller()
    await caller.say("offer", {"call": "call-one", "sdp": "an offer"})

    assert (await there.hear_until("offer"))["call"] == "call-one"
