"""RTP payloads of access units and of Opus packets: who gets them does not matter."""

from collections.abc import Callable, Iterator

from edgecam.annexb import nal_units

MOST = 1_300
"""Bytes in a payload, as in aiortc: with all headers, RTX and a tag it fits an Ethernet frame, also
by IPv6 and through a TURN server."""

_FU_A, _STAP_A = 28, 24
_MOST_TOGETHER = 9
"""NAL units in a STAP-A, as in aiortc."""

Cut = Callable[[bytes], tuple[bytes, ...]]


def h264(access_unit: bytes) -> tuple[bytes, ...]:
    """Packetization mode 1 (RFC 6184, section 6.3) of an access unit in Annex B.

    What aiortc makes, but that the fragments of a NAL unit are full except for the last, where
    aiortc's differ by a byte: the kernel takes datagrams of one size together.
    """
    return tuple(_h264(nal_units(access_unit)))


def vp8(frame: bytes) -> tuple[bytes, ...]:
    """RFC 7741, section 4. Without picture IDs, which nobody needs who has no layers."""
    # The S bit is set at the start of the only partition there is.
    return tuple(
        (b"\0" if at else b"\x10") + frame[at : at + MOST - 1]
        for at in range(0, len(frame), MOST - 1)
    )


def opus(packet: bytes) -> tuple[bytes, ...]:
    """RFC 7587, section 4.2: as it is."""
    return (packet,)


CUTS: dict[str, Cut] = {"h264": h264, "vp8": vp8, "opus": opus}
"""By the codec's name in SDP, in lower case."""


def _h264(units: Iterator[bytes]) -> Iterator[bytes]:
    together: list[bytes] = []
    room = 0
    for unit in units:
        if together and (len(unit) > room or len(together) == _MOST_TOGETHER):
            yield _aggregate(together)
            together = []
        if len(unit) > MOST:
            yield from _fragments(unit)
            continue
        if not together:
            # The STAP-A's own header and the first unit's length.
            room = MOST - 3
        if len(unit) > room:
            yield unit
            continue
        together.append(unit)
        room -= 2 + len(unit)
    if together:
        yield _aggregate(together)


def _aggregate(units: list[bytes]) -> bytes:
    """A single NAL unit as it is; several as a STAP-A (RFC 6184, section 5.7.1)."""
    if len(units) == 1:
        return units[0]
    forbidden = max(unit[0] & 0x80 for unit in units)
    importance = max(unit[0] & 0x60 for unit in units)
    parts = [bytes([forbidden | importance | _STAP_A])]
    for unit in units:
        parts += (len(unit).to_bytes(2, "big"), unit)
    return b"".join(parts)


def _fragments(unit: bytes) -> list[bytes]:
    """FU-As (RFC 6184, section 5.8)."""
    indicator, kind = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F
    header = bytes((indicator, kind))
    first, *others = range(1, len(unit), MOST - 2)
    last = others.pop()
    return [
        bytes((indicator, 0x80 | kind)) + unit[first : first + MOST - 2],
        *[header + unit[at : at + MOST - 2] for at in others],
        bytes((indicator, 0x40 | kind)) + unit[last:],
    ]
