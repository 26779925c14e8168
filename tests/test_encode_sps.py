"""Reading sequence parameter sets, and holding streams to their promises."""

import random
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import pytest
from av import CodecContext, VideoFrame

from edgecam.annexb import find_sps
from edgecam.encode.levels import broken_promise
from edgecam.encode.sps import Sps, parse
from edgecam.errors import SourceError
from edgecam.h264_levels import lowest_level
from edgecam.media import VideoFormat

BASELINE = Sps(0x42, 0xC0, 0x1F, 1280, 720, 1, 0)

EVERYTHING = {
    "profile": "high",
    "bf": "0",
    "b": "800k",
    "maxrate": "1M",
    "bufsize": "1M",
    "x264-params": "nal-hrd=vbr:cqm=jvt:sar=12/11:overscan=show:chromaloc=1:colorprim=bt709"
    ":log-level=none",
}
"""Every part of the VUI, and scaling matrices."""


def encoded_sps(width: int, height: int, pix_fmt: str = "yuv420p", **options: str) -> bytes:
    """The SPS that libx264 writes for these options."""
    context = CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = width, height, pix_fmt
    context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
    context.options = {"preset": "veryfast", "x264-params": "log-level=none", **options}
    packets = context.encode(VideoFrame(width, height, pix_fmt)) + context.encode(None)
    sps = find_sps(bytes(packets[0]))
    assert sps is not None
    return sps


@pytest.mark.parametrize(("width", "height"), [(320, 180), (362, 202), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize(
    ("options", "profile", "reorder"),
    [
        ({"profile": "baseline"}, 66, 0),
        ({"profile": "main", "bf": "2"}, 77, 2),
        ({"profile": "high", "bf": "0"}, 100, 0),
        (EVERYTHING, 100, 0),
    ],
)
def test_what_an_encoder_says_is_read(
    width: int, height: int, options: dict[str, str], profile: int, reorder: int
) -> None:
    """Profile, size with its cropping, and reordering are what libx264 was told."""
    sps = parse(encoded_sps(width, height, **options))
    assert (sps.profile_idc, sps.width, sps.height) == (profile, width, height)
    assert sps.max_num_reorder_frames == reorder
    assert sps.max_num_ref_frames >= 1


@pytest.mark.parametrize(("width", "height"), [(320, 180), (1920, 1080)])
def test_fields_are_counted(width: int, height: int) -> None:
    """In an interlaced stream, lines are counted and cropped in pairs."""
    sps = parse(encoded_sps(width, height, **{"x264-params": "interlaced=1:log-level=none"}))
    assert (sps.width, sps.height) == (width, height)


@pytest.mark.parametrize("pix_fmt", ["yuv422p", "yuv444p"])
def test_other_chroma_formats_are_read(pix_fmt: str) -> None:
    """Cropping is counted in the units of the chroma format."""
    sps = parse(encoded_sps(362, 202, pix_fmt))
    assert (sps.width, sps.height) == (362, 202)


def test_profile_level_id() -> None:
    """The three bytes after the header, in hexadecimal."""
    unit = encoded_sps(640, 360, profile="baseline", level="3.1")
    assert parse(unit).profile_level_id == unit[1:4].hex() == "42c01f"


def test_without_vui() -> None:
    """The shortest SPS, written by hand: reordering is unknown."""
    # 0x42 0xc0 0x1e, then ue 0, ue 0, ue 2, ue 1, u 0, ue 19, ue 14, u 1, u 1, u 0, u 0, stop.
    bits = "110110100000010100000111111001"
    body = int(bits.ljust(32, "0"), 2).to_bytes(4, "big")
    assert parse(b"\x67\x42\xc0\x1e" + body) == Sps(0x42, 0xC0, 0x1E, 320, 240, 1, None)


def test_broken_bytes_raise_only_value_error() -> None:
    """Whatever the bytes, the outcome is an SPS or a ValueError."""
    seeds = [
        encoded_sps(362, 202, profile="baseline"),
        encoded_sps(320, 180, **EVERYTHING),
        encoded_sps(362, 202, "yuv444p"),
    ]
    chance = random.Random(7)
    hostile = [bytes([0x67]) + chance.randbytes(chance.randrange(60)) for _ in range(2000)]
    hostile += [bytes([0x67, 100, 0, 31]) + chance.randbytes(60) for _ in range(1000)]
    for unit in seeds:
        hostile += [unit[:length] for length in range(len(unit))]
        for bit in range(8 * len(unit)):
            flipped = bytearray(unit)
            flipped[bit // 8] ^= 0x80 >> bit % 8
            hostile.append(bytes(flipped))
    for unit in hostile:
        with suppress(ValueError):
            assert parse(unit).width > 0


@pytest.mark.parametrize("unit", [b"", b"\x67", b"\x68\xce\x3c\x80", b"\x67\x42\xc0\x1f"])
def test_what_is_no_sps_is_refused(unit: bytes) -> None:
    """Nothing, another NAL unit and a bare header raise ValueError."""
    with pytest.raises(ValueError, match="parameter set"):
        parse(unit)


@pytest.mark.parametrize("promised", ["42e01f", "42c01f", "42401f", "4d801f", "58c01f", "42e028"])
def test_constrained_baseline_is_kept_under_all_its_names(promised: str) -> None:
    """RFC 6184 table 5 gives constrained baseline several names."""
    assert broken_promise(BASELINE, promised) is None


@pytest.mark.parametrize(
    ("sps", "promised", "problem"),
    [
        (replace(BASELINE, profile_idc=0x64, constraints=0), "42e01f", "not the constrained"),
        (replace(BASELINE, constraints=0x80), "42e01f", "not the constrained"),
        (replace(BASELINE, profile_idc=0x4D, constraints=0x40), "42e01f", "not the constrained"),
        (replace(BASELINE, level_idc=0x28), "42e01f", "higher level"),
        (replace(BASELINE, level_idc=11), "42f00b", "higher level"),
        (replace(BASELINE, constraints=0xD0, level_idc=11), "42e00a", "higher level"),
        (replace(BASELINE, max_num_reorder_frames=1), "42e01f", "another order"),
    ],
)
def test_broken_promises_are_told(sps: Sps, promised: str, problem: str) -> None:
    """A wrong profile, too high a level (1b lies between 1 and 1.1) or reordering is named."""
    told = broken_promise(sps, promised)
    assert told is not None
    assert problem in told


def test_level_1b_is_below_1_1() -> None:
    """A stream of level 1b keeps a promise of 1.1, and one of level 1 a promise of 1b."""
    assert broken_promise(replace(BASELINE, constraints=0xD0, level_idc=11), "42e00b") is None
    assert broken_promise(replace(BASELINE, level_idc=10), "42f00b") is None


@pytest.mark.parametrize("promised", ["64001f", "42001f", "42e11f", "4d001f"])
def test_other_promises_are_not_understood(promised: str) -> None:
    """Only promises of constrained baseline are made, so only they are judged."""
    with pytest.raises(ValueError, match="not constrained baseline"):
        broken_promise(BASELINE, promised)


@pytest.mark.parametrize(
    ("video", "bitrate", "level"),
    [
        (VideoFormat(320, 180, 30), 300_000, "3.1"),
        (VideoFormat(1280, 720, 30), 14_000_000, "3.1"),
        (VideoFormat(1280, 720, 30), 14_000_001, "3.2"),
        (VideoFormat(1280, 720, 60), 4_000_000, "3.2"),
        (VideoFormat(1920, 1080, 30), 4_000_000, "4.0"),
        (VideoFormat(1920, 1080, 30), 20_000_001, "4.1"),
        (VideoFormat(1920, 1080, 60), 8_000_000, "4.2"),
        (VideoFormat(1920, 1080, 100), 8_000_000, "5.1"),
        (VideoFormat(2800, 16, 30), 1_000_000, "3.2"),
    ],
)
def test_lowest_level(video: VideoFormat, bitrate: int, level: str) -> None:
    """Size, width alone, macroblock rate and bitrate each may call for a higher level."""
    assert str(lowest_level(video, bitrate)) == level


def test_too_much_for_any_level() -> None:
    """What no level carries is refused, with what to choose instead."""
    with pytest.raises(SourceError, match="choose a smaller picture"):
        lowest_level(VideoFormat(7680, 4320, 60), 1_000_000)
