"""Engine.IO sockets that say what is no message, or join nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from edgecam.signaling.gate import ENGINES_PER_ADDRESS, JOIN_DEADLINE
from edgecam.signaling.members import BURST
from edgecam.signaling.parser import MOST_MESSAGE
from tests.door import TOKEN, Door, Raw, open_door
from tests.test_signaling_hostile import DEEP, Poller, works, works_after_anything


def head(packet: str) -> str:
    """What a test is called."""
    return ascii(packet[:8])


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


@pytest.mark.parametrize("packet", ["3", "5", "6", "40/x,", "40/viewer,", "42/x,[1]", "41/x,"])
async def test_a_flood_of_what_is_no_message(
    door: Door, packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Every packet counts, whatever it is for."""
    raw = await door.raw()
    for _ in range(BURST - 1):
        await raw.say(packet)
    await works_after_anything(raw)
    await raw.say(packet)
    await raw.closed()
    assert door.signaling.calls.viewers == 0
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("packet", ["7", "9", "x", "", "²", "bx", "4" + DEEP], ids=head)
@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_what_is_no_packet(
    door: Door, transport: str, packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It closes the socket, by either transport, and leaves no trace but one line."""
    if transport == "websocket":
        raw = await door.raw()
        await raw.say(packet)
        await raw.closed()
    else:
        poller = Poller(await door.browser(), door.url)
        await poller.join()
        await poller.post("6", packet)
        while await poller.post("6") == 200:
            pass
    assert door.signaling.calls.viewers == 0
    lines = [each for each in caplog.records if "no packet" in each.getMessage()]
    assert len(lines) == 1
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("body", ["\x1e".join("6" * 17), "d=", "d=7", "\ud800", "6" * MOST_MESSAGE])
async def test_a_post_that_cannot_be_read(
    door: Door, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The same for what is more than packets in a row."""
    poller = Poller(await door.browser(), door.url)
    await poller.join()
    await poller.post_bytes(body.encode(errors="surrogatepass") + b"6")
    while await poller.post("6") == 200:
        pass
    assert door.signaling.calls.viewers == 0
    assert not [record for record in caplog.records if record.exc_info]


async def unjoined(door: Door, http: aiohttp.ClientSession) -> Raw:
    """A socket that has said nothing yet."""
    raw = Raw(await http.ws_connect(f"{door.url}socket.io/?EIO=4&transport=websocket"))
    await raw.next()
    return raw


async def test_who_joins_no_namespace_is_cut(door: Door) -> None:
    """Answering pings is not enough to stay; who has joined may."""
    http = await door.browser()
    raw, there = await unjoined(door, http), await door.raw_of(http)
    door.clock.now += JOIN_DEADLINE
    await raw.closed()
    await works(there)


async def test_who_joins_no_namespace_is_one_of_few(door: Door) -> None:
    """An address may not open sockets without end, and its leaving makes room."""
    # They answer none meanwhile.
    door.signaling._sio.eio.ping_timeout = 60
    http = await door.browser()
    raws = [await unjoined(door, http) for _ in range(ENGINES_PER_ADDRESS)]
    await (await unjoined(door, http)).closed()
    door.clock.now += JOIN_DEADLINE
    for raw in raws:
        await raw.closed()
    await works(await door.raw_of(http))


async def test_a_socket_joins_one_namespace(door: Door) -> None:
    """Two in one would be two shares."""
    raw = await door.raw()
    await raw.say('40/caller,{"token":"' + TOKEN + '"}')
    await raw.closed()
    assert door.signaling.calls.viewers == 0


@pytest.mark.parametrize(
    "query",
    [
        "EIO=4&transport=polling&sid=gone",
        "EIO=4&transport=websocket&sid=gone",
        "EIO=4&transport=pigeon",
        "EIO=2&transport=polling",
    ],
)
async def test_a_request_that_is_wrong_is_no_error_of_ours(
    door: Door, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as that of a viewer that polls once more while the node stops."""
    http = await door.browser()
    async with http.get(f"{door.url}socket.io/?{query}") as answer:
        assert answer.status == 400
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
