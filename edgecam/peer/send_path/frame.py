"""An access unit laid out as datagrams, once for all viewers whose headers are equally long."""

import struct
from functools import lru_cache
from itertools import accumulate
from socket import IPPROTO_UDP
from typing import Any

from edgecam.media import Packet
from edgecam.peer.send_path.internals import ffi
from edgecam.peer.send_path.payloads import CUTS

UDP_SEGMENT = 103
"""udp(7), since Linux 4.18: the size of the datagrams the kernel is to cut a buffer into."""

MOST_SEGMENTS = 24
"""Datagrams the kernel is handed in one call. It would take 64, but then the burst of a keyframe
overruns the buffers of sockets that are left at the size most systems give them."""

_RECENT = 16
"""Frames kept laid out: viewers are sent one at nearly the same time."""

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


class Frame:
    """``payloads`` of one packet of the fan-out, with ``header`` bytes before each, ``tag`` after.

    ``clear`` gives every viewer in turn the same memory, with the payloads unencrypted. ``slots``
    has an entry for each datagram: where it begins in ``memory``, 0x80 if it is the last (RTP's
    marker), and pointers to it and to its length without the tag, for libsrtp to change.
    """

    __slots__ = (
        *("_lengths", "_sizes", "_template", "bursts", "memory", "octets", "payloads"),
        *("size", "slots"),
    )

    def __init__(self, payloads: tuple[bytes, ...], header: int, tag: int) -> None:
        count = len(payloads)
        lengths = [header + len(payload) for payload in payloads]
        template = bytes(header) + bytes(tag + header).join(payloads) + bytes(tag)
        self.payloads = payloads
        self.octets = sum(lengths) - count * header
        self.size = self.octets + count * (header + tag)
        self.memory = bytearray(template)
        self._template = template
        self._lengths = struct.pack(f"={count}i", *lengths)
        self._sizes: Any = ffi.new("int[]", count)
        base, sizes = ffi.from_buffer(self.memory), self._sizes
        starts = list(accumulate([length + tag for length in lengths], initial=0))
        self.slots = [(starts[at], 0, base + starts[at], sizes + at) for at in range(count - 1)]
        if count:
            last = starts[count - 1]
            self.slots.append((last, 0x80, base + last, sizes + count - 1))
        self.bursts = _bursts(memoryview(self.memory), starts) if count else []

    def clear(self) -> None:
        """Take back what the viewer before has made of ``memory``."""
        self.memory[:] = self._template
        ffi.memmove(self._sizes, self._lengths, len(self._lengths))


@lru_cache(_RECENT)
def lay_out(packet: Packet, codec: str, header: int, tag: int) -> Frame:
    """``packet``, cut for ``codec``; one frame for all who ask for the same at about the time."""
    return Frame(CUTS[codec](packet.data), header, tag)


@lru_cache
def segments_of(size: int) -> Ancillary:
    """What has the kernel cut a buffer into datagrams of ``size``."""
    return [(IPPROTO_UDP, UDP_SEGMENT, struct.pack("=H", size))]


def _bursts(memory: memoryview, starts: list[int]) -> list[Burst]:
    """Runs of datagrams of one size, each up to and with the first that is smaller."""
    bursts: list[Burst] = []
    begin, size = 0, starts[1]
    for at in range(2, len(starts)):
        start, end = starts[at - 1], starts[at]
        # The run goes on with this one, unless the one before was smaller or this is larger.
        whole = (start - begin) % size == 0
        if whole and end - start <= size and start - begin < MOST_SEGMENTS * size:
            continue
        bursts.append(Burst(memory[begin:start], size))
        begin, size = start, end - start
    bursts.append(Burst(memory[begin:], size))
    return bursts
