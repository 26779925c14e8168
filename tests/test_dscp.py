"""What packets say of their priority, as it arrives."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest

from edgecam.peer import aiortc_internals, dscp
from edgecam.peer.dscp import AF41, EF
from edgecam.peer.peer import Peer
from edgecam.peer.send_path.internals import Pair
from edgecam.peer.send_path.payloads import MOST
from edgecam.peer.send_path.route import Route
from tests.sockets import PATIENCE
from tests.studio import running_studio
from tests.test_send_path_route import bursts, frame

RECEIVE = {
    socket.AF_INET: (socket.IPPROTO_IP, socket.IP_RECVTOS),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS),
}


@dataclass
class Line:
    """Two sockets of this host, the far one telling of priorities."""

    near: socket.socket
    far: socket.socket

    async def pair(self) -> Pair:
        """As of an ICE pair."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, sock=self.near)

        class Chosen:
            remote_addr = self.far.getsockname()[:2]
            protocol: Any

        chosen = Chosen()
        chosen.protocol = chosen
        cast("Any", chosen).transport = transport
        return Pair(chosen)

    def arrived(self) -> int:
        """The DSCP of the next datagram."""
        _, ancillary, _, _ = self.far.recvmsg(2_000, 100)
        [(_, _, value)] = ancillary
        return value[0] >> 2


@pytest.fixture(params=["127.0.0.1", "::1"])
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    """By IPv4 and IPv6."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_DGRAM) as near,
        socket.socket(family, socket.SOCK_DGRAM) as far,
    ):
        near.setblocking(False)
        for each in (near, far):
            each.bind((request.param, 0))
        far.setsockopt(*RECEIVE[family], 1)
        far.settimeout(PATIENCE)
        yield Line(near, far)


async def sent(line: Line, *sizes: int, mark: int | None = None) -> list[int]:
    """The DSCPs of a frame's datagrams, sent over ``line``."""
    pair = await line.pair()
    Route(pair, mark).send(bursts(frame(*sizes)))
    found = await asyncio.to_thread(lambda: [line.arrived() for _ in sizes])
    pair.transport.close()
    return found


async def test_pictures_are_marked(line: Line) -> None:
    """In bursts and alone."""
    dscp.mark([line.near], AF41)
    assert await sent(line, MOST, MOST, 7, 9) == [AF41] * 4


async def test_sound_is_marked_otherwise_on_the_same_socket(line: Line) -> None:
    """By each message."""
    dscp.mark([line.near], AF41)
    assert await sent(line, 80, mark=EF) == [EF]


async def test_nothing_is_marked_unasked(line: Line) -> None:
    """Sound neither."""
    assert await sent(line, MOST, MOST, 7) == [0] * 3
    assert not dscp.is_marked(line.near)


async def test_sound_is_not_marked_unasked(line: Line) -> None:
    """It goes by the sockets' mark."""
    assert await sent(line, 80, mark=EF) == [0]


def test_what_can_not_be_marked_is_left_as_it_is() -> None:
    """A socket that is closed, or of another family."""
    closed = socket.socket()
    closed.close()
    one, other = socket.socketpair()
    with one, other:
        dscp.mark([closed, one], AF41)
        assert not dscp.is_marked(closed)
        assert not dscp.is_marked(one)


@pytest.mark.parametrize("asked", [True, False])
async def test_every_socket_of_a_call_is_marked_if_asked(asked: bool) -> None:
    """Before anything has left by it."""
    async with running_studio() as studio:
        peer = await Peer.offering(studio.streams, dscp=asked)
        sockets = aiortc_internals.sockets(peer._pc)
        assert len(sockets) >= 1
        assert {dscp.is_marked(each) for each in sockets} == {asked}
        await peer.close()
