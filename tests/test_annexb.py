"""Splitting access units."""

import pytest

from edgecam.annexb import find_sps, is_keyframe, nal_type, nal_units

SPS, PPS, SEI = b"\x67\x42\xc0\x1f", b"\x68\xce", b"\x06\x05"
IDR, SLICE = b"\x65\x88\x84", b"\x41\x9a"
SHORT, LONG = b"\0\0\1", b"\0\0\0\1"


@pytest.mark.parametrize(
    ("access_unit", "units"),
    [
        (LONG + SPS + LONG + PPS + SHORT + IDR, [SPS, PPS, IDR]),
        (SHORT + IDR + SHORT + IDR, [IDR, IDR]),
        (LONG + SLICE + b"\0\0\0" + LONG + SLICE, [SLICE, SLICE]),
        (b"\xff" + SHORT + SLICE + b"\0\0", [SLICE]),
        (SHORT + SHORT + SLICE + SHORT, [SLICE]),
        (SLICE, []),
        (b"", []),
        (b"\0\0\0\0", []),
    ],
)
def test_nal_units(access_unit: bytes, units: list[bytes]) -> None:
    """Start codes of either length separate NAL units, and zeros at their ends are dropped."""
    assert list(nal_units(access_unit)) == units


def test_nal_type() -> None:
    """The type is the low five bits of the header byte."""
    assert [nal_type(unit) for unit in (SPS, PPS, SEI, IDR, SLICE)] == [7, 8, 6, 5, 1]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([SPS, PPS, IDR], True),
        ([SPS, PPS, SEI, IDR, IDR], True),
        ([SPS, IDR], False),
        ([IDR, SPS, PPS], False),
        ([SPS, PPS, SLICE], False),
        ([SPS, PPS], False),
        ([SLICE], False),
        ([], False),
    ],
)
def test_a_keyframe_has_all_it_takes(units: list[bytes], expected: bool) -> None:
    """SPS and PPS, and then a slice of an IDR picture."""
    assert is_keyframe(b"".join(LONG + unit for unit in units)) is expected


def test_find_sps() -> None:
    """The SPS is found wherever it is, or None."""
    assert find_sps(LONG + SEI + LONG + SPS + LONG + PPS) == SPS
    assert find_sps(LONG + PPS) is None
