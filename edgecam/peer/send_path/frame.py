"""An access unit laid out as datagrams, once for all viewers whose headers are equally long."""

import struct
from functools import lru_cache
from itertools import accumulate
from socket import IPPROTO_UDP

from edgecam.media import Packet
from edgecam.peer.send_path.internals import ffi
from edgecam.peer.send_path.payloads import CUTS

UDP_SEGMENT = 103
"""udp(7), since Linux 4.18: the size of the datagrams the kernel is to cut a buffer into."""

MOST_SEGMENTS = 24
"""Datagrams the kernel is handed in one call. It would take 64, but then the burst of a keyframe
overruns the buffers of sockets that are left at the size most systems give them."""

Ancillary = list[tuple[int, int, bytes]]


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

    @property
    def datagrams(self) -> list[bytes]:
        """Copies of the datagrams as they are now."""
        (together,) = self.together
        size = self._size
        return [bytes(together[at : at + size]) for at in range(0, len(together), size)]


class Desk:
    """Memory where one viewer's datagrams at a time are made, and pointers for libsrtp into it."""

    def __init__(self, size: int, count: int) -> None:
        self.memory = bytearray(size)
        self.view = memoryview(self.memory)
        self.base = ffi.from_buffer(self.memory)
        self.lengths = ffi.new("int[]", count)
        self.pointers = [self.lengths + number for number in range(count)]


class Frame:
    """``payloads`` of one packet of the fan-out, with ``header`` bytes before each, ``tag`` after.

    ``clear`` gives every viewer in turn the ``memory``, with the payloads unencrypted: it is the
    same for all frames. ``slots`` has an entry for each datagram: where it begins, 0x80 if it is
    the last (RTP's marker), and pointers to it and to its length without the tag, for libsrtp to
    change.
    """

    __slots__ = ("_desk", "_lengths", "_template", "bursts", "octets", "payloads", "size", "slots")

    _shared = Desk(1 << 16, 64)

    def __init__(self, payloads: tuple[bytes, ...], header: int, tag: int) -> None:
        count = len(payloads)
        lengths = [header + len(payload) for payload in payloads]
        starts = list(accumulate([length + tag for length in lengths], initial=0))
        self.payloads = payloads
        self.size = starts[-1]
        self.octets = self.size - count * (header + tag)
        whole = bytes(header) + bytes(tag + header).join(payloads) + bytes(tag)
        self._template = whole if count else b""
        self._lengths = struct.pack(f"={count}i", *lengths)
        self._desk = desk = self._with_room(self.size, count)
        base, pointers = desk.base, desk.pointers
        self.slots = [(starts[at], 0, base + starts[at], pointers[at]) for at in range(count)]
        if count:
            start, _, *rest = self.slots[-1]
            self.slots[-1] = (start, 0x80, *rest)
        self.bursts = _bursts(desk.view, starts) if count else []

    @property
    def memory(self) -> bytearray:
        """Where ``slots`` and ``bursts`` point to."""
        return self._desk.memory

    def clear(self) -> None:
        """Take back what the viewer before has made of the memory."""
        desk = self._desk
        desk.view[: self.size] = self._template
        ffi.memmove(desk.lengths, self._lengths, len(self._lengths))

    @classmethod
    def _with_room(cls, size: int, count: int) -> Desk:
        """The desk of all, or from now on a larger one."""
        desk = Frame._shared
        if size > len(desk.memory) or count > len(desk.pointers):
            desk = Desk(max(2 * size, len(desk.memory)), max(2 * count, len(desk.pointers)))
            Frame._shared = desk
        return desk


_newest: dict[tuple[str, int, int], tuple[Packet, Frame]] = {}


def lay_out(packet: Packet, codec: str, header: int, tag: int) -> Frame:
    """``packet``, cut for ``codec``; the same frame for all who ask for it one after the other."""
    key = (codec, header, tag)
    newest = _newest.get(key)
    if newest is not None and newest[0] is packet:
        return newest[1]
    frame = Frame(CUTS[codec](packet.data), header, tag)
    _newest[key] = (packet, frame)
    return frame


@lru_cache
def segments_of(size: int) -> Ancillary:
    """What has the kernel cut a buffer into datagrams of ``size``."""
    return [(IPPROTO_UDP, UDP_SEGMENT, struct.pack("=H", size))]


def _bursts(view: memoryview, starts: list[int]) -> list[Burst]:
    """Runs of datagrams of one size, each up to and with the first that is smaller."""
    bursts: list[Burst] = []
    begin, size = 0, starts[1]
    for at in range(2, len(starts)):
        start, end = starts[at - 1], starts[at]
        # The run goes on with this one, unless the one before was smaller or this is larger.
        whole = (start - begin) % size == 0
        if whole and end - start <= size and start - begin < MOST_SEGMENTS * size:
            continue
        bursts.append(Burst(view[begin:start], size))
        begin, size = start, end - start
    bursts.append(Burst(view[begin : starts[-1]], size))
    return bursts
