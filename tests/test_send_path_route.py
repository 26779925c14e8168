"""Frames in memory, and their way into the kernel over real sockets."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from edgecam.media import Packet
from edgecam.peer.send_path.frame import (
    MOST_AT_ONCE,
    MOST_SEGMENTS,
    UDP_SEGMENT,
    Burst,
    Frame,
    Place,
    layout_of,
)
from edgecam.peer.send_path.internals import Pair
from edgecam.peer.send_path.payloads import MOST
from edgecam.peer.send_path.route import Route
from edgecam.peer.send_path.spread import Spread
from tests.sockets import PATIENCE

SO_NO_CHECK = 11
"""socket(7): without checksums Linux refuses to cut datagrams, with EINVAL, on any interface."""


def frame(*sizes: int) -> Frame:
    """Payloads of these sizes, each byte of one its number; two bytes of header, one of tag."""
    made = Frame([(b"", bytes([at % 256]) * size) for at, size in enumerate(sizes)], 2, 1, 0)
    made.put_on_desk()
    return made


def bursts(made: Frame) -> list[Burst]:
    """All of them, whenever they are sent."""
    return [burst for step in made.steps for burst in step.bursts]


def places(made: Frame) -> list[Place]:
    """Where all of its datagrams are made."""
    return [place for step in made.steps for place in step.places]


def sizes(made: Frame) -> list[list[int]]:
    """The sizes of the datagrams in each burst."""
    return [[len(datagram) for datagram in burst.datagrams] for burst in bursts(made)]


def test_a_burst_is_of_full_datagrams_but_for_its_last() -> None:
    """As the kernel cuts it."""
    full = MOST + 3
    assert sizes(frame(5, MOST, MOST, 4, MOST, 8)) == [[8], [full, full, 7], [full, 11]]
    assert sizes(frame(MOST, MOST)) == [[full, full]]
    assert sizes(frame(7)) == [[10]]
    assert sizes(frame()) == []
    many = sizes(frame(*[MOST] * 60))
    assert [len(burst) for burst in many] == [MOST_SEGMENTS, MOST_SEGMENTS, 12]
    # Nothing of the kind is made, but would be sent.
    assert sizes(frame(MOST + 9, MOST + 9, 2)) == [[full + 9, full + 9, 5]]


def test_only_what_is_many_is_sent_in_steps() -> None:
    """Each of few enough datagrams, and together all of them in order."""

    def counts(made: Frame) -> list[int]:
        return [sum(len(burst.datagrams) for burst in step.bursts) for step in made.steps]

    few = frame(5, *[MOST] * (MOST_AT_ONCE - 2), 7)
    assert counts(few) == [MOST_AT_ONCE]
    for many in (
        frame(*[MOST] * 100),
        frame(*[MOST, 9] * 50),
        frame(*[MOST] * 40, 9, *[MOST] * 30),
    ):
        assert len(many.steps) > 1
        assert all(count <= MOST_SEGMENTS for count in counts(many))
        assert [len(step.places) for step in many.steps] == counts(many)
        assert sum(counts(many)) == len(many.payloads)
        starts = [start for start, _, _ in places(many)]
        assert starts == sorted(starts)


def test_every_viewer_finds_the_payloads_as_they_were() -> None:
    """Whatever the one before has made of them; lengths are without the tag."""
    made = frame(3, 1)
    place = 2 + MOST + 1
    assert [start for start, _, _ in places(made)] == [0, place]
    for _ in range(2):
        assert [length[0] for _, _, length in places(made)] == [5, 3]
        assert made.desk.memory[2:6] == b"\0\0\0\0"
        assert made.desk.memory[place + 2 : place + 4] == b"\1\0"
        for start, pointer, length in places(made):
            made.desk.memory[start : start + 6] = b"secret"
            assert pointer[0] == b"s"
            length[0] += 1
        made.put_on_desk()
    assert (made.octets, made.size) == (4, 10)


def test_viewers_with_headers_of_one_length_share_a_frame() -> None:
    """Others get one of their own."""
    packet = Packet("audio", b"opus", 7, keyframe=True)
    one, same = [layout_of("audio", "opus", 20, 16).lay_out(packet) for _ in range(2)]
    assert one is same
    assert one is not layout_of("audio", "opus", 20, 10).lay_out(packet)
    assert one is not layout_of("audio", "opus", 20, 16).lay_out(replace(packet))


class Full(socket.socket):
    """A socket whose buffer is full while ``full``, and that counts what it is asked."""

    full = False
    refuses = 0
    bursts = 0

    def sendmsg(self, *arguments: Any) -> int:
        if self.full:
            raise BlockingIOError(errno.EAGAIN, "full")
        self.bursts += 1
        if self.refuses:
            raise OSError(self.refuses, "refused")
        return super().sendmsg(*arguments)

    def sendto(self, *arguments: Any) -> int:
        if self.full:
            raise BlockingIOError(errno.EAGAIN, "full")
        return super().sendto(*arguments)


class Old(Full):
    """One of a kernel that has not heard of segmentation."""

    def getsockopt(self, level: int, option: int, *rest: Any) -> Any:
        if (level, option) == (socket.IPPROTO_UDP, UDP_SEGMENT):
            raise OSError(errno.ENOPROTOOPT, "unknown")
        return super().getsockopt(level, option, *rest)


class Received(asyncio.DatagramProtocol):
    """Datagrams as they come in."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.queue.put_nowait(data)

    async def get(self, count: int) -> list[bytes]:
        """The next so many."""
        async with asyncio.timeout(PATIENCE):
            return [await self.queue.get() for _ in range(count)]


class Line:
    """A route between two sockets of this host, and both its ends."""

    def __init__(self, near: Any, sock: Full, far: Received, to: Any) -> None:
        self.near, self.sock, self.far = near, sock, far
        self.remote_addr = to
        # Looks to Pair like what aioice has chosen.
        self.protocol = self
        self.transport = near
        self.route = Route(Pair(self))


async def line(kind: type[Full], host: str) -> AsyncIterator[Line]:
    """A line whose near end is a socket of ``kind``."""
    loop = asyncio.get_running_loop()
    far, received = await loop.create_datagram_endpoint(Received, local_addr=(host, 0))
    sock = kind(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind((host, 0))
    near, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, sock=sock)
    yield Line(near, sock, received, far.get_extra_info("sockname")[:2])
    near.close()
    far.close()


@pytest.fixture(params=["127.0.0.1", "::1"])
async def open_line(request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    """By IPv4 and IPv6."""
    async for made in line(Full, request.param):
        yield made


@pytest.fixture
async def ipv4_line() -> AsyncIterator[Line]:
    """By IPv4, whose receivers take what has no checksum."""
    async for made in line(Full, "127.0.0.1"):
        yield made


@pytest.fixture
async def old_line() -> AsyncIterator[Line]:
    """From an old kernel."""
    async for made in line(Old, "127.0.0.1"):
        yield made


def datagrams(made: Frame) -> list[bytes]:
    """Those that are to arrive."""
    return [datagram for burst in bursts(made) for datagram in burst.datagrams]


async def test_a_burst_is_one_call_and_arrives_cut(open_line: Line) -> None:
    """Datagrams as they were laid out, in order; a lone one needs no cutting."""
    made = frame(50, *[MOST] * 13, 700, *[MOST] * 3)
    open_line.route.send(bursts(made))
    assert await open_line.far.get(18) == datagrams(made)
    assert open_line.sock.bursts == 2


@pytest.mark.parametrize("refusal", ["EIO", "EINVAL", "EMSGSIZE", "EOPNOTSUPP", "ENOPROTOOPT"])
async def test_where_the_kernel_refuses_each_goes_alone(open_line: Line, refusal: str) -> None:
    """All of them arrive, and it is not asked again."""
    open_line.sock.refuses = getattr(errno, refusal)
    made = frame(*[MOST] * 5)
    for _ in range(3):
        open_line.route.send(bursts(made))
        assert await open_line.far.get(5) == datagrams(made)
    assert open_line.sock.bursts == 1


async def test_linux_does_refuse_and_loses_nothing(ipv4_line: Line) -> None:
    """No fake: a socket that makes no checksums, from its third burst on."""
    made = frame(*[MOST] * 10)
    for number in range(5):
        if number == 2:
            ipv4_line.sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        ipv4_line.route.send(bursts(made))
        assert await ipv4_line.far.get(10) == datagrams(made)
    assert ipv4_line.sock.bursts == 3


async def test_a_passing_error_is_no_refusal(open_line: Line) -> None:
    """As when the network is away for a moment: afterwards bursts go in one call again."""
    made = frame(*[MOST] * 5)
    open_line.sock.refuses = errno.ENETUNREACH
    open_line.route.send(bursts(made))
    open_line.sock.refuses = 0
    open_line.route.send(bursts(made))
    assert open_line.sock.bursts == 2


async def test_an_old_kernel_is_not_asked_to_cut(old_line: Line) -> None:
    """It would send a burst as one datagram."""
    made = frame(*[MOST] * 5)
    old_line.route.send(bursts(made))
    assert await old_line.far.get(5) == datagrams(made)
    assert old_line.sock.bursts == 0


async def test_a_full_socket_gets_all_of_a_frame_later_and_in_order(open_line: Line) -> None:
    """What the kernel does not take waits, and what comes next does not overtake it."""
    first, second = frame(50, *[MOST] * 4, 70, *[MOST] * 2), frame(*[MOST] * 3)
    open_line.sock.full = True
    open_line.route.send(bursts(first))
    expected = datagrams(first)
    # The memory is the next viewer's; what waits is not in it.
    first.desk.view[:] = bytes(len(first.desk.memory))
    assert open_line.near.get_write_buffer_size() == sum(map(len, expected))

    open_line.sock.full = False
    open_line.route.send(bursts(second))
    assert await open_line.far.get(11) == expected + datagrams(second)
    assert open_line.sock.bursts == 0

    open_line.route.send(bursts(second))
    assert await open_line.far.get(3) == datagrams(second)
    assert open_line.sock.bursts == 1


async def test_a_closed_socket_swallows(open_line: Line) -> None:
    """A viewer that has just gone is nobody's trouble, and its port may be another's by now."""
    open_line.near.close()
    for _ in range(3):
        await asyncio.sleep(0)
    open_line.route.send(bursts(frame(*[MOST] * 5)))
    assert open_line.far.queue.empty()


async def test_by_a_relay_each_goes_alone() -> None:
    """Its transport has no socket of its own, and sends when it likes."""

    class Relay:
        sent: list[bytes]
        remote_addr = ("192.0.2.1", 9)

        def __init__(self) -> None:
            self.sent = []
            self.protocol = self.transport = self

        def get_extra_info(self, name: str) -> None:
            assert name == "socket"

        def sendto(self, data: bytes, address: tuple[str, int]) -> None:
            assert address == self.remote_addr
            self.sent.append(data)

    relay = Relay()
    made = frame(*[MOST] * 3)
    expected = datagrams(made)
    Route(Pair(relay)).send(bursts(made))
    made.desk.view[:] = bytes(len(made.desk.memory))
    assert relay.sent == expected


async def test_a_large_frame_is_spread(open_line: Line) -> None:
    """Its beginning goes at once, the rest by itself a little later, from memory of its own."""
    spread = Spread(open_line.route)
    large = frame(*[MOST] * 100)
    expected = datagrams(large)
    spread.send(large)
    assert open_line.sock.bursts == 1
    large.desk.view[:] = bytes(len(large.desk.memory))
    assert await open_line.far.get(100) == expected
    assert open_line.sock.bursts == 5
    spread.close()


async def test_what_is_left_of_a_frame_does_not_hold_up_the_next(open_line: Line) -> None:
    """It goes at once, before that."""
    spread = Spread(open_line.route)
    large, small = frame(*[MOST] * 60), frame(*[MOST] * 3)
    expected = datagrams(large)
    spread.send(large)
    small.put_on_desk()
    expected += datagrams(small)
    spread.send(small)
    assert open_line.sock.bursts == 4
    assert await open_line.far.get(63) == expected
    spread.send(frame())
    spread.send(frame(5))
    assert await open_line.far.get(1) == datagrams(frame(5))


async def test_nothing_is_sent_after_the_end(open_line: Line) -> None:
    """What is left is either sent or forgotten then."""
    for end, arrive in ((Spread.flush, 60), (Spread.close, MOST_SEGMENTS)):
        spread = Spread(open_line.route)
        large = frame(*[MOST] * 60)
        expected = datagrams(large)
        spread.send(large)
        end(spread)
        assert await open_line.far.get(arrive) == expected[:arrive]
        assert spread._timer is None
        assert not spread._left
