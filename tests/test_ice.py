"""STUN and TURN: credentials, what the configuration takes, and offers that wait for no server."""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aioice import stun
from aiortc import RTCIceServer

from edgecam import loading
from edgecam.encode.h264 import profile_level_id
from edgecam.errors import ConfigError
from edgecam.lifecycle import Backoff, cancelled
from edgecam.peer import addresses
from edgecam.peer.ice import LONGEST_PAUSE, Ice
from edgecam.peer.peer import Peer, Streams
from edgecam.peer.servers import CREDENTIAL_LIFETIME, Servers
from tests.sockets import PATIENCE
from tests.talker import until
from tests.test_caller import BITRATE, SIZE, camera, device

TURN = 'turn_servers = ["turn:x"]\n'


class StunServer(asyncio.DatagramProtocol):
    """Answers binding requests; while ``held`` is a list, only when they are let go."""

    transport: asyncio.DatagramTransport

    def __init__(self) -> None:
        self.held: list[tuple[bytes, Any]] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        request = stun.parse_message(data)
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = addr[:2]
        if self.held is None:
            self.transport.sendto(bytes(response), addr)
        else:
            self.held.append((bytes(response), addr))

    def let_go(self) -> None:
        """Answer what was held, and from now on at once."""
        for response, addr in self.held or ():
            self.transport.sendto(response, addr)
        self.held = None


@asynccontextmanager
async def stun_server() -> AsyncIterator[tuple[StunServer, str]]:
    """A STUN server on this host, and its URL."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(StunServer, local_addr=("0.0.0.0", 0))
    ipv4 = [a for a in addresses.host_addresses() if ipaddress.ip_address(a).version == 4]
    try:
        yield server, f"stun:{ipv4[0]}:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()


@asynccontextmanager
async def watching(ice: Ice, replaced: "asyncio.Queue[tuple[Peer, Peer]]") -> AsyncIterator[None]:
    """``ice`` looks after its servers; who is to be replaced is taken down."""

    async def replace(old: Peer, new: Peer) -> bool:
        replaced.put_nowait((old, new))
        return True

    task = asyncio.create_task(ice.watch(lambda: None, replace))
    try:
        yield
    finally:
        await cancelled(task)


def ice_with(servers: Servers) -> Ice:
    """Peers of a small camera nobody watches, with ``servers``."""
    streams = Streams(camera(), None, profile_level_id(SIZE, BITRATE))
    return Ice(servers, lambda asked: Peer.offering(streams, asked))


def kinds(peer: Peer) -> set[str]:
    """The types of its candidates."""
    return {each.candidate.split(" typ ")[1].split()[0] for each in peer.candidates}


def test_the_shared_secret_makes_credentials_for_a_day() -> None:
    """They are what coturn's use-auth-secret asks for, and are made anew each time."""
    before = int(time.time())
    username, credential = Servers(turn=("turn:x",), secret="of both").login()

    expiry, name = username.split(":")
    assert name == "edgecam"
    assert before + CREDENTIAL_LIFETIME <= int(expiry) <= time.time() + CREDENTIAL_LIFETIME
    mac = hmac.new(b"of both", username.encode(), hashlib.sha1)
    assert base64.b64decode(credential) == mac.digest()


def test_the_page_is_handed_every_server() -> None:
    """STUN without, TURN with credentials; none where there are none; no secret is printed."""
    servers = Servers(("stun:a", "stun:b"), ("turn:c", "turns:d"), "me", "my word")

    assert servers.for_page() == (
        {"urls": ["stun:a", "stun:b"]},
        {"urls": ["turn:c", "turns:d"], "username": "me", "credential": "my word"},
    )
    assert Servers().for_page() == ()
    assert "my word" not in repr(servers)


@pytest.mark.parametrize(
    ("ice", "said"),
    [
        ('turn_servers = ["stun:x"]', "'stun:x' is not of the form turn:HOST:PORT?transport="),
        ('turn_servers = ["turn:x?transport=sctp"]', "is not of the form turn:HOST:PORT"),
        ('turn_servers = ["turn:x:70000"]', "is not of the form turn:HOST:PORT"),
        ('turn_servers = ["turn:[fd00::1]"]', "give a server with an IPv6 address by its name"),
        ('turn_servers = ["turns:x?transport=udp"]', "TLS goes with transport=tcp only"),
        ('stun_servers = ["stun:x?transport=udp"]', "is not of the form stun:HOST:PORT"),
        (TURN, "need turn_username and turn_credential, or turn_secret_file"),
        (TURN + 'turn_username = "u"', "each needs the other"),
        (
            TURN + 'turn_username = "u"\nturn_credential = "c"\nturn_secret_file = "f"',
            "ice.turn_secret_file: goes without turn_username and turn_credential",
        ),
        ('turn_secret_file = "f"', "there is none for the credentials"),
        ('policy = "relay"', "ice.policy: relay needs ice.turn_servers"),
        (TURN + f'turn_username = "u"\nturn_credential = "{"c" * 257}"', "may be 256 characters"),
    ],
)
def test_what_does_not_go_together_is_said(tmp_path: Path, ice: str, said: str) -> None:
    """One mistake, one sentence that says what to do."""
    file = tmp_path / "edgecam.toml"
    file.write_text(f"[ice]\n{ice}\n")
    with pytest.raises(ConfigError) as caught:
        loading.load(file, {})
    assert sum(said in problem for problem in caught.value.problems) == 1


async def test_the_first_server_that_answers_is_asked() -> None:
    """One that has no address is passed over."""
    async with stun_server() as (_, url):
        ice = ice_with(Servers(stun=("stun:nowhere.invalid", url)))
        async with watching(ice, asyncio.Queue()):
            await ice._looked["STUN"].wait()
            peer = await ice.peer()
            assert kinds(peer) == {"host", "srflx"}
            await peer.close()


async def test_a_slow_server_delays_no_offer() -> None:
    """The offer goes without; the one with its candidates takes its place when it answers."""
    replaced: asyncio.Queue[tuple[Peer, Peer]] = asyncio.Queue()
    async with stun_server() as (server, url):
        ice = ice_with(Servers(stun=(url,)))
        async with watching(ice, replaced):
            await ice._looked["STUN"].wait()
            server.held = []

            plain = await ice.peer()
            assert kinds(plain) == {"host"}
            assert server.held

            server.let_go()
            old, new = await replaced.get()
            assert old is plain
            assert kinds(new) == {"host", "srflx"}
            await plain.close()
            await new.close()


async def test_a_server_that_gives_nothing_is_looked_at_again() -> None:
    """An offer that misses its candidate raises a doubt; the next is made without."""
    async with stun_server() as (server, url):
        ice = ice_with(Servers(stun=(url,)))
        async with watching(ice, asyncio.Queue()):
            await ice._looked["STUN"].wait()
            server.held = []
            plain = await ice.peer()
            (late,) = ice._late
            ice._looked["STUN"].clear()
            await asyncio.wait([late])
            await ice._looked["STUN"].wait()
            without = await ice.peer()
            assert kinds(without) == {"host"}
            assert not ice._late
            await plain.close()
            await without.close()


async def test_a_late_offer_that_breaks_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """As the defect it is; the offer without servers stands, and the next is made as before."""
    streams = Streams(camera(), None, profile_level_id(SIZE, BITRATE))
    broken = asyncio.Event()

    async def make(asked: tuple[RTCIceServer, ...]) -> Peer:
        if asked:
            await broken.wait()
            raise LookupError("a mistake of ours")
        return await Peer.offering(streams)

    async with stun_server() as (_, url):
        ice = Ice(Servers(stun=(url,)), make)
        async with watching(ice, asyncio.Queue()):
            plain = await ice.peer()
            (late,) = ice._late
            broken.set()
            await asyncio.wait([late])
            await plain.close()
    (said,) = [record for record in caplog.records if record.name == "edgecam.peer.ice"]
    assert said.exc_info is not None
    assert said.exc_info[0] is LookupError


async def test_a_late_offer_that_can_not_be_used_is_closed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever keeps it from taking the other's place; that is said."""
    tried: list[Peer] = []

    async def replace(old: Peer, new: Peer) -> bool:
        tried.append(new)
        raise LookupError("a mistake of ours")

    async with stun_server() as (server, url):
        ice = ice_with(Servers(stun=(url,)))
        task = asyncio.create_task(ice.watch(lambda: None, replace))
        await ice._looked["STUN"].wait()
        server.held = []
        plain = await ice.peer()
        server.let_go()
        await asyncio.wait(ice._late)
        await plain.close()
        await cancelled(task)
    (new,) = tried
    assert new.ended.is_set()
    assert "an offer that was late could not be used" in caplog.text


async def test_a_network_that_changes_ends_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it would have been."""
    monkeypatch.setattr("edgecam.lifecycle.FIRST_PAUSE", 3_600)
    monkeypatch.setattr("edgecam.peer.ice.LONGEST_PAUSE", 3_600)
    monkeypatch.setattr("edgecam.peer.reach.LOOK", 0.1)
    async with stun_server() as (server, url):
        server.held = []
        ice = ice_with(Servers(stun=(url,)))
        async with watching(ice, asyncio.Queue()):
            await ice._looked["STUN"].wait()
            ice._looked["STUN"].clear()
            server.held = None
            monkeypatch.setattr("edgecam.peer.reach.LOOK", PATIENCE)
            ice.look_again()
            ice.look_again()
            async with asyncio.timeout(PATIENCE):
                await ice._looked["STUN"].wait()
            assert ice._answers == {"STUN": url}
            ice.look_again()


async def test_who_does_not_answer_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it has been looked for, and until it answers."""
    monkeypatch.setattr("edgecam.peer.reach.LOOK", 0.1)
    async with stun_server() as (server, url):
        server.held = []
        ice = ice_with(Servers(stun=(url,)))
        assert ice.silent == ()
        async with watching(ice, asyncio.Queue()):
            await until(lambda: ice.silent == ("STUN",))
            server.held = None
            monkeypatch.setattr("edgecam.peer.reach.LOOK", PATIENCE)
            await until(lambda: ice.silent == ())


async def test_a_network_that_changes_has_the_server_asked_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Instead of waiting for the answer to what went into the network before."""
    monkeypatch.setattr("edgecam.peer.reach.LOOK", 3_600)
    async with stun_server() as (server, url):
        held: list[tuple[bytes, Any]] = []
        server.held = held
        ice = ice_with(Servers(stun=(url,)))
        async with watching(ice, asyncio.Queue()):
            await until(lambda: bool(held))
            ice.look_again()
            await until(lambda: len({addr for _, addr in held}) > 1)


@pytest.mark.parametrize("kind", ["stun", "turn"])
async def test_a_server_is_looked_for_often(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """However long it has not answered: a network that is back is worth little without it."""
    pauses: asyncio.Queue[float] = asyncio.Queue()

    class Noted(Backoff):
        def failed(self, error: Exception) -> float:
            pauses.put_nowait(super().failed(error))
            return 3_600

    monkeypatch.setattr("edgecam.lifecycle.FIRST_PAUSE", 3_600)
    monkeypatch.setattr("edgecam.peer.ice.Backoff", Noted)
    monkeypatch.setattr("edgecam.peer.reach.LOOK", 0.1)
    url = (f"{kind}:nowhere.invalid",)
    servers = Servers(stun=url) if kind == "stun" else Servers(turn=url)
    async with watching(ice_with(servers), asyncio.Queue()):
        assert await pauses.get() <= LONGEST_PAUSE


async def test_a_standing_offer_is_replaced(tmp_path: Path) -> None:
    """The next viewer gets the new one; an offer that a viewer has taken stays."""
    async with device(tmp_path, most=1, standing=1) as it:
        (call,) = it.caller.calls
        streams = Streams(it.video, None, profile_level_id(SIZE, BITRATE))
        new = await Peer.offering(streams)
        assert await it.caller.replace(call.peer, new)

        viewer = await it.viewer()
        await viewer.watch()
        while len(it.caller.calls) > 1:
            await viewer.screen.picture()

        (taken,) = it.caller.calls
        assert taken.peer is new
        another = await Peer.offering(streams)
        assert not await it.caller.replace(new, another)
        await another.close()
        await viewer.screen.picture()
