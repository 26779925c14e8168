"""The payloads of an access unit, and where each viewer's datagrams are made of them in turn."""

import struct
from array import array
from collections.abc import Sequence
from functools import lru_cache
from socket import IPPROTO_UDP
from typing import Any, NamedTuple, overload

from edgecam.media import NS, Kind, Packet
from edgecam.peer.send_path.internals import ffi
from edgecam.peer.send_path.payloads import CUTS, MOST, Piece
from edgecam.peer.tracks import CLOCK_RATE

UDP_SEGMENT = 103
"""udp(7), since Linux 4.18: the size of the datagrams the kernel is to cut a buffer into."""

MOST_SEGMENTS = 24
"""Datagrams the kernel is handed in one call. It would take 64, but then the burst of a keyframe
overruns the buffers of sockets that are left at the size most systems give them."""

MOST_AT_ONCE = 48
"""Datagrams of a frame that are sent at once; no picture but a keyframe has more. More than these
overrun the queue of a Wi-Fi interface or a small router."""

Ancillary = list[tuple[int, int, bytes]]

Place = tuple[int, Any, Any]
"""Where it begins, and pointers for libsrtp to it and to its length."""


class Desk:
    """Memory for one viewer's datagrams, in places of equal size, one behind the other."""

    def __init__(self, places: int, size: int) -> None:
        self.memory = bytearray(places * size)
        self.view = memoryview(self.memory)
        self.lengths: Any = ffi.new("int[]", places)
        base = ffi.from_buffer(self.memory)
        self.places: list[Place] = [
            (size * at, base + size * at, self.lengths + at) for at in range(places)
        ]


class Burst:
    """Datagrams one behind the other in memory, of one size but for the last, which may be less.

    ``together`` is all of them as one buffer for ``sendmsg``, which takes ``ancillary`` with it.
    """

    __slots__ = ("_size", "alone", "ancillary", "together")

    def __init__(self, together: memoryview, size: int) -> None:
        self.together = (together,)
        self.ancillary = segments_of(size)
        self.alone = len(together) <= size
        self._size = size

    def kept(self) -> "Burst":
        """As it is now, in memory of its own."""
        (together,) = self.together
        return Burst(memoryview(bytes(together)), self._size)

    @property
    def datagrams(self) -> list[bytes]:
        """Copies of the datagrams as they are now."""
        (together,) = self.together
        size = self._size
        return [bytes(together[at : at + size]) for at in range(0, len(together), size)]


class Step(NamedTuple):
    """What of a frame is sent at once, and the places it is made in."""

    bursts: list[Burst]
    places: list[Place]


class Payloads(Sequence[bytes]):
    """Of a frame, each made when it is asked for. ``together``: all of them in places of one size,
    each after room for a header and before room for a tag.
    """

    __slots__ = ("_before", "place", "sizes", "together")

    def __init__(self, pieces: Sequence[Piece], header: int, tag: int) -> None:
        self.sizes = sizes = [len(own) + len(cut) for own, cut in pieces]
        self._before = header
        self.place = place = header + max(MOST, *sizes, 0) + tag
        room = place - header - tag
        between = bytes(tag + header)
        parts = [between[tag:]]
        for (own, cut), size in zip(pieces, sizes, strict=True):
            parts += (own, cut, between) if size == room else (own, cut, bytes(place - size))
        self.together = b"".join(parts)

    def __len__(self) -> int:
        return len(self.sizes)

    @overload
    def __getitem__(self, number: int) -> bytes: ...

    @overload
    def __getitem__(self, number: slice) -> list[bytes]: ...

    def __getitem__(self, number: int | slice) -> bytes | list[bytes]:
        if isinstance(number, slice):
            return [self[at] for at in range(*number.indices(len(self)))]
        size = self.sizes[number]
        begin = self.place * (number % len(self)) + self._before
        return self.together[begin : begin + size]


class Frame:
    """A packet of the fan-out for all whose headers are of ``header`` bytes and tags of ``tag``.

    ``ticks`` is when it was captured, by the RTP clock of its kind, which is not cut to 32 bits.
    ``payloads`` are the RTP payloads, ``octets`` and ``size`` their bytes without and with headers
    and tags. Each viewer's datagrams are made in the same places of the ``desk``, once the payloads
    were put there, and ``steps`` is how they are sent from there: a frame of more datagrams than
    MOST_AT_ONCE in several.
    """

    __slots__ = ("_lengths", "desk", "octets", "payloads", "size", "steps", "ticks")

    def __init__(self, pieces: Sequence[Piece], header: int, tag: int, ticks: int) -> None:
        self.ticks = ticks
        self.payloads = payloads = Payloads(pieces, header, tag)
        sizes, place = payloads.sizes, payloads.place
        count = len(sizes)
        self.octets = octets = sum(sizes)
        self.size = octets + count * (header + tag)
        self.desk = desk = desk_of(max(64, 1 << count.bit_length()), place)
        room = place - header - tag
        self.steps = _steps(desk, _bursts(desk.view, sizes, room, header + tag), count)
        self._lengths = array("i", [header + size for size in sizes])

    def put_on_desk(self) -> None:
        """Put the payloads in their places, and the lengths of datagrams without their tags."""
        desk, together, lengths = self.desk, self.payloads.together, self._lengths
        desk.view[: len(together)] = together
        ffi.memmove(desk.lengths, lengths, len(lengths) * lengths.itemsize)


class Layout:
    """How the packets of a ``codec`` are laid out for all whose headers and tags are as long.

    The frame laid out last is kept: viewers are sent a packet one after the other, and one who lags
    makes its own.
    """

    def __init__(self, kind: Kind, codec: str, header: int, tag: int) -> None:
        self._cut = CUTS[codec]
        self._rate = CLOCK_RATE[kind]
        self._header = header
        self._tag = tag
        self._packet: Packet | None = None
        self._frame: Frame | None = None

    def lay_out(self, packet: Packet) -> Frame:
        """``packet``, cut; the same frame for all who ask for it one after the other."""
        frame = self._frame
        if frame is None or packet is not self._packet:
            ticks = packet.capture_ns * self._rate // NS
            frame = Frame(self._cut(packet.data), self._header, self._tag, ticks)
            self._packet, self._frame = packet, frame
        return frame


@lru_cache
def layout_of(kind: Kind, codec: str, header: int, tag: int) -> Layout:
    """The one for all who agree on these: the name in SDP, in lower case, and bytes."""
    return Layout(kind, codec, header, tag)


@lru_cache
def desk_of(places: int, size: int) -> Desk:
    """The one with so many places of this size."""
    return Desk(places, size)


@lru_cache
def segments_of(size: int) -> Ancillary:
    """What has the kernel cut a buffer into datagrams of ``size``."""
    return [(IPPROTO_UDP, UDP_SEGMENT, struct.pack("=H", size))]


def _steps(desk: Desk, bursts: list[tuple[int, Burst]], count: int) -> list[Step]:
    """All ``bursts``, each with the number of its first datagram, in one or, if many, in several
    steps of up to MOST_SEGMENTS datagrams.
    """
    if 0 < count <= MOST_AT_ONCE:
        return [Step([burst for _, burst in bursts], desk.places[:count])]
    steps: list[Step] = []
    begin = 0
    ends = [*(first for first, _ in bursts[1:]), count]
    for (first, burst), end in zip(bursts, ends, strict=False):
        if not steps or end - begin > MOST_SEGMENTS:
            steps.append(Step([], []))
            begin = first
        steps[-1].bursts.append(burst)
        steps[-1].places.extend(desk.places[first:end])
    return steps


def _bursts(view: memoryview, sizes: list[int], room: int, more: int) -> list[tuple[int, Burst]]:
    """Runs of payloads that fill their places, each up to and with the first that does not; and the
    number of its first.
    """
    bursts: list[tuple[int, Burst]] = []
    first, place = 0, room + more
    for at, size in enumerate(sizes):
        if size == room and at + 1 < len(sizes) and at + 1 - first < MOST_SEGMENTS:
            continue
        begin, end = place * first, place * at + size + more
        bursts.append((first, Burst(view[begin:end], min(place, end - begin))))
        first = at + 1
    return bursts
