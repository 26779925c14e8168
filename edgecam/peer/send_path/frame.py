"""An access unit laid out as datagrams, once for all viewers whose headers are equally long."""

import struct
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, pairwise
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

    __slots__ = ("ancillary", "datagrams", "together")

    def __init__(self, datagrams: list[memoryview], together: memoryview) -> None:
        self.datagrams = datagrams
        self.together = [together]
        size = struct.pack("=H", len(datagrams[0]))
        self.ancillary: Ancillary = [(IPPROTO_UDP, UDP_SEGMENT, size)]


class Frame:
    """``payloads`` of one packet of the fan-out, with ``header`` bytes before each and ``tag``
    after.

    ``clear`` gives every viewer in turn the same memory, with the payloads unencrypted. ``slots``
    has an entry for each datagram: where it begins in ``memory``, 0x80 if it is the last (RTP's
    marker), and pointers to it and to its length without the tag, for libsrtp to change.
    """

    __slots__ = (
        *("_lengths", "_sizes", "_template", "bursts", "memory", "octets", "payloads"),
        *("size", "slots"),
    )

    def __init__(self, payloads: tuple[bytes, ...], header: int, tag: int) -> None:
        before, after = bytes(header), bytes(tag)
        self.payloads = payloads
        self.octets = sum(map(len, payloads))
        self._template = b"".join(part for body in payloads for part in (before, body, after))
        self.size = len(self._template)
        self.memory = bytearray(self.size)
        lengths = [header + len(body) for body in payloads]
        starts = list(accumulate((length + tag for length in lengths), initial=0))
        self._lengths = struct.pack(f"={len(lengths)}i", *lengths)
        self._sizes: Any = ffi.new("int[]", len(lengths))
        base = ffi.from_buffer(self.memory)
        self.slots = [
            (start, 0x80 if number + 1 == len(payloads) else 0, base + start, self._sizes + number)
            for number, start in enumerate(starts[:-1])
        ]
        self.bursts = list(_bursts(memoryview(self.memory), starts))

    def clear(self) -> None:
        """Take back what the viewer before has made of ``memory``."""
        self.memory[:] = self._template
        ffi.memmove(self._sizes, self._lengths, len(self._lengths))


@lru_cache(_RECENT)
def lay_out(packet: Packet, codec: str, header: int, tag: int) -> Frame:
    """``packet``, cut for ``codec``; one frame for all who ask for the same at about the time."""
    return Frame(CUTS[codec](packet.data), header, tag)


def _bursts(memory: memoryview, starts: list[int]) -> Iterator[Burst]:
    """Runs of datagrams of one size, each up to and with the first that is smaller."""
    sizes = [end - start for start, end in pairwise(starts)]
    first = 0
    for at, size in enumerate(sizes):
        last = at + 1 == len(sizes)
        more = not last and size == sizes[first] and sizes[at + 1] <= size
        if more and at + 1 - first < MOST_SEGMENTS:
            continue
        ends = starts[first : at + 2]
        datagrams = [memory[a:b] for a, b in pairwise(ends)]
        yield Burst(datagrams, memory[ends[0] : ends[-1]])
        first = at + 1
