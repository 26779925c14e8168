"""TCP connections are limited and don't wait for ever, over real sockets and in pretended time."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from edgecam.web.connections import PATIENCE, Connections, Held, network_of
from edgecam.web.server import CONNECTIONS, SWEEP, listen
from tests.door import Clock, Door, open_door
from tests.sockets import PATIENCE as LONG


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


@contextmanager
def pair() -> Iterator[tuple[Held, socket.socket]]:
    """A connection and its far end."""
    near, far = socket.socketpair()
    with Held(near, lambda: None) as held, far:
        yield held, far


def ended(far: socket.socket) -> bool:
    """Whether the other end was hung up."""
    far.setblocking(False)
    try:
        return far.recv(1) == b""
    except BlockingIOError:
        return False


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_addresses_are_counted_as_their_owners_have_them(one: str, other: str, same: bool) -> None:
    """One machine has a whole /64 of IPv6 addresses, and one of IPv4."""
    assert (network_of((one, 1)) == network_of((other, 2))) is same


def test_one_address_can_not_take_them_all() -> None:
    """What it gives back it may have again."""
    connections = Connections(Clock(), most=9, most_each=2)
    with pair() as (held, _):
        taken = [connections.take(held, ("192.0.2.1", port)) for port in range(3)]
        assert taken == [True, True, False]
        assert connections.take(held, ("192.0.2.2", 1))
        connections.give_back(("192.0.2.1", 0))
        assert connections.take(held, ("192.0.2.1", 9))
    assert connections.refused == 1


def test_who_asks_for_nothing_makes_room() -> None:
    """The one that has waited for longest; never one that is in use."""
    connections = Connections(Clock(), most=2)
    with pair() as (one, one_far), pair() as (two, two_far), pair() as (three, three_far):
        busy, idle, new = (("192.0.2.1", port) for port in range(3))
        assert connections.take(one, busy)
        assert connections.take(two, idle)
        with connections.answering(busy):
            assert connections.take(three, new)
            assert (ended(one_far), ended(two_far), ended(three_far)) == (False, True, False)
            with connections.answering(new):
                assert not connections.take(two, ("192.0.2.1", 4))


def test_a_connection_has_to_ask_for_something() -> None:
    """Within its time, from its beginning or from the last answer on; not while it is answered."""
    clock = Clock()
    connections = Connections(clock)
    with pair() as (held, far):
        peer = ("192.0.2.1", 1)
        assert connections.take(held, peer)
        clock.now += PATIENCE - 1
        connections.sweep()
        with connections.answering(peer):
            clock.now += 10 * PATIENCE
            connections.sweep()
        clock.now += PATIENCE - 1
        connections.sweep()
        assert not ended(far)
        clock.now += 1
        connections.sweep()
        assert ended(far)


async def test_a_flood_is_refused_before_tls_and_others_get_in(door: Door) -> None:
    """Of connections that say nothing; when they go there is room again."""
    connections = door.web.app[CONNECTIONS]
    held: list[asyncio.StreamWriter] = []
    try:
        while not connections.refused:
            _, writer = await asyncio.open_connection("127.0.0.1", door.port)
            held.append(writer)
            await asyncio.sleep(0)
    finally:
        for writer in held:
            writer.close()
    # From an address of its own.
    here = aiohttp.TCPConnector(ssl=door.tls, local_addr=("127.0.0.2", 0))
    async with (
        aiohttp.ClientSession(connector=here) as http,
        http.get(f"https://localhost:{door.port}/health") as answer,
    ):
        assert answer.status == 200


async def test_slow_clients_are_cut(door: Door) -> None:
    """One that never ends its headers."""
    clock = Clock()
    connections = door.web.app[CONNECTIONS]
    connections._now = clock

    reader, writer = await asyncio.open_connection("localhost", door.port, ssl=door.tls)
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    await writer.drain()
    clock.now += PATIENCE
    async with asyncio.timeout(LONG + SWEEP):
        assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize(
    "much",
    [
        b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 10_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X-Many: x\r\n" * 10_000 + b"\r\n",
    ],
    ids=["path", "header", "headers"],
)
async def test_headers_have_an_end(door: Door, much: bytes) -> None:
    """More than any browser sends is refused, and the connection is closed."""
    reader, writer = await asyncio.open_connection("localhost", door.port, ssl=door.tls)
    writer.write(much)
    await writer.drain()
    async with asyncio.timeout(LONG):
        assert (await reader.read()).startswith(b"HTTP/1.0 400 ")
    writer.close()


async def test_a_body_that_never_ends_is_not_waited_for(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is 408, whatever was to be done with it."""
    monkeypatch.setattr("edgecam.web.server.PATIENCE", 0.05)
    reader, writer = await asyncio.open_connection("localhost", door.port, ssl=door.tls)
    here = f"localhost:{door.port}"
    lines = [
        "POST /sign-in HTTP/1.1",
        *(f"Host: {here}", f"Origin: https://{here}", "Connection: close", "Content-Length: 9"),
        "Content-Type: application/x-www-form-urlencoded",
    ]
    writer.write("\r\n".join([*lines, "", "name="]).encode())
    async with asyncio.timeout(LONG):
        assert b" 408 " in await reader.readline()
        # What it lingers for.
        writer.write(b"name")
        await reader.read()
    writer.close()


async def test_without_limits_a_server_is_a_server() -> None:
    """As the one at the Unix socket is."""
    site = await listen(web.Application(), "127.0.0.1", 0, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    assert site.port
    await site.close()
