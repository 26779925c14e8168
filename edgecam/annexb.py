"""Access units in the byte stream format of ITU-T H.264, Annex B."""

import re
from collections.abc import Iterator

SLICE, IDR, SEI, SPS, PPS, DELIMITER = 1, 5, 6, 7, 8, 9
"""nal_unit_type, ITU-T H.264 table 7-1."""

_START_CODE = re.compile(b"\x00\x00\x01")


def nal_units(access_unit: bytes) -> Iterator[bytes]:
    """The NAL units between start codes of three or four bytes, each from its header byte on.

    The zero bytes that may follow a NAL unit are no part of it, and neither is anything before
    the first start code.
    """
    for begin, end in nal_spans(access_unit):
        yield access_unit[begin:end]


def nal_spans(access_unit: bytes) -> Iterator[tuple[int, int]]:
    """Where ``nal_units`` begin and end."""
    begin = None
    for start_code in _START_CODE.finditer(access_unit):
        at, following = start_code.span()
        if begin is not None and (end := _without_zeros(access_unit, begin, at)) > begin:
            yield begin, end
        begin = following
    at = len(access_unit)
    if begin is not None and (end := _without_zeros(access_unit, begin, at)) > begin:
        yield begin, end


def _without_zeros(access_unit: bytes, begin: int, end: int) -> int:
    while end > begin and not access_unit[end - 1]:
        end -= 1
    return end


def nal_type(unit: bytes) -> int:
    """The nal_unit_type of a NAL unit."""
    return unit[0] & 0x1F


def is_keyframe(access_unit: bytes) -> bool:
    """Whether a decoder can start here: SPS and PPS, then a slice of an IDR picture."""
    seen: set[int] = set()
    for unit in nal_units(access_unit):
        kind = nal_type(unit)
        if kind in (SLICE, IDR):
            return kind == IDR and {SPS, PPS} <= seen
        seen.add(kind)
    return False


def find_sps(access_unit: bytes) -> bytes | None:
    """The first SPS of an access unit, from its header byte on."""
    return next((unit for unit in nal_units(access_unit) if nal_type(unit) == SPS), None)
