"""RTP payloads of access units and of Opus packets: who gets them does not matter."""

from collections.abc import Callable

from edgecam.annexb import nal_spans

MOST = 1_300
"""Bytes in a payload, as in aiortc: with all headers, RTX and a tag it fits an Ethernet frame, also
by IPv6 and through a TURN server."""

_FU_A, _STAP_A = 28, 24
_MOST_TOGETHER = 9
"""NAL units in a STAP-A, as in aiortc."""

Piece = tuple[bytes, bytes]
"""A payload in two parts: what is its own, which may be nothing, and what was cut out."""

Cut = Callable[[bytes], list[Piece]]


def h264(access_unit: bytes) -> list[Piece]:
    """Packetization mode 1 (RFC 6184, section 6.3) of an access unit in Annex B.

    What aiortc makes, but that the fragments of a NAL unit are full except for the last, where
    aiortc's differ by a byte: the kernel takes datagrams of one size together.
    """
    pieces: list[Piece] = []
    together: list[bytes] = []
    room = 0
    for begin, end in nal_spans(access_unit):
        size = end - begin
        if together and (size > room or len(together) == _MOST_TOGETHER):
            pieces.append((b"", _aggregate(together)))
            together = []
        if size > MOST:
            _fragment(access_unit, begin, end, pieces)
            continue
        if not together:
            # The STAP-A's own header and the first unit's length.
            room = MOST - 3
        if size > room:
            pieces.append((b"", access_unit[begin:end]))
            continue
        together.append(access_unit[begin:end])
        room -= 2 + size
    if together:
        pieces.append((b"", _aggregate(together)))
    return pieces


def vp8(frame: bytes) -> list[Piece]:
    """RFC 7741, section 4. Without picture IDs, which nobody needs who has no layers."""
    # The S bit is set at the start of the only partition there is.
    return [
        (b"\0" if at else b"\x10", frame[at : at + MOST - 1])
        for at in range(0, len(frame), MOST - 1)
    ]


def opus(packet: bytes) -> list[Piece]:
    """RFC 7587, section 4.2: as it is."""
    return [(b"", packet)]


CUTS: dict[str, Cut] = {"h264": h264, "vp8": vp8, "opus": opus}
"""By the codec's name in SDP, in lower case."""


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


def _fragment(access_unit: bytes, begin: int, end: int, pieces: list[Piece]) -> None:
    """Add the FU-As (RFC 6184, section 5.8) of the NAL unit between those."""
    indicator, kind = access_unit[begin] & 0xE0 | _FU_A, access_unit[begin] & 0x1F
    header = bytes((indicator, 0x80 | kind))
    middle = bytes((indicator, kind))
    at = begin + 1
    while (following := at + MOST - 2) < end:
        pieces.append((header, access_unit[at:following]))
        header, at = middle, following
    pieces.append((bytes((indicator, 0x40 | kind)), access_unit[at:end]))
