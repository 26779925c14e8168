"""RTP payloads, held to aiortc's packetizers and depacketizers."""

import random

import pytest
from aiortc.codecs.h264 import H264Encoder, H264PayloadDescriptor
from aiortc.codecs.vpx import VpxPayloadDescriptor

from edgecam.capture import source
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.h264 import X264
from edgecam.media import Packet, VideoFormat
from edgecam.peer.send_path import payloads
from edgecam.peer.send_path.frame import Payloads
from edgecam.peer.send_path.payloads import MOST

START = b"\0\0\0\1"


def whole(pieces: list[payloads.Piece]) -> list[bytes]:
    """The payloads."""
    return [own + cut for own, cut in pieces]


def h264(data: bytes) -> list[bytes]:
    """Of an access unit."""
    return whole(payloads.h264(data))


def vp8(data: bytes) -> list[bytes]:
    """Of a frame."""
    return whole(payloads.vp8(data))


def unit(kind: int, size: int, seed: int = 0) -> bytes:
    """A NAL unit of ``kind`` without emulated start codes, its last byte not zero."""
    dice = random.Random(f"{kind} {size} {seed}")
    return bytes([0x60 | kind]) + bytes(dice.randrange(1, 256) for _ in range(size - 1))


def access_unit(*units: bytes) -> bytes:
    """In Annex B."""
    return b"".join(START + unit for unit in units)


def aiortcs(data: bytes) -> list[bytes]:
    """What aiortc would send."""
    return H264Encoder._packetize(H264Encoder._split_bitstream(data))


def put_together(cut: list[bytes]) -> bytes:
    """What aiortc's receiver makes of them."""
    return b"".join(H264PayloadDescriptor.parse(payload)[1] for payload in cut)


SMALL = {
    "one": [unit(1, 100)],
    "parameter sets and a picture": [unit(7, 20), unit(8, 5), unit(6, 40), unit(5, 900)],
    "as much as fits together": [unit(1, 645), unit(1, 650)],
    "one byte more": [unit(1, 645), unit(1, 651)],
    "the most alone": [unit(7, 20), unit(1, MOST), unit(1, 9)],
    "too large to be together with anything": [unit(1, MOST - 2), unit(1, 5)],
    "many": [unit(1, 10, seed) for seed in range(25)],
    "of no importance first": [bytes([6]) + unit(6, 30), unit(5, 30)],
    "with a forbidden bit": [unit(1, 30), bytes([0x80 | 1]) + unit(1, 30)],
}


@pytest.mark.parametrize("case", SMALL)
def test_what_is_not_fragmented_is_what_aiortc_makes(case: str) -> None:
    """To the byte: alone or in a STAP-A."""
    data = access_unit(*SMALL[case])
    assert h264(data) == aiortcs(data)


@pytest.mark.parametrize("size", [MOST + 1, 2_597, 2_598, 5_003, 20_000, 300_000])
def test_fragments_are_as_many_as_aiortcs_and_of_one_size(size: int) -> None:
    """The last may be smaller; together they are the unit they were cut from."""
    data = access_unit(unit(7, 20), unit(8, 5), unit(5, size))
    ours, theirs = h264(data), aiortcs(data)

    assert len(ours) == len(theirs)
    assert ours[0] == theirs[0]
    assert put_together(ours) == put_together(theirs) == data
    # Fragment headers: which is the first, which the last, and of what.
    assert [payload[:2] for payload in ours[1:]] == [payload[:2] for payload in theirs[1:]]
    assert len({len(payload) for payload in ours[1:-1]}) == 1
    assert len(ours[-1]) <= len(ours[1]) <= MOST


def test_real_pictures_survive() -> None:
    """What libx264 makes of the virtual camera, keyframes with them, in slices."""
    video = VideoFormat(1280, 720, 30)
    camera = EncodedVideo(source.camera("virtual", video), lambda: X264(video, 8_000_000, 300))
    camera.open()
    found: list[Packet] = []
    for number in range(6):
        found += camera.read([lambda: False, lambda: True][number == 3])
    camera.close()

    for packet in found:
        theirs = aiortcs(packet.data)
        assert put_together(h264(packet.data)) == put_together(theirs)
        assert len(h264(packet.data)) == len(theirs)
    assert sum(packet.keyframe for packet in found) == 2


@pytest.mark.parametrize("data", [b"", b"\0\0\1", b"no start code", START + b"\0\0"])
def test_nothing_is_nothing(data: bytes) -> None:
    """What holds no NAL unit has no payload."""
    assert h264(data) == []


@pytest.mark.parametrize("size", [1, MOST - 1, MOST, 5_000])
def test_vp8_is_put_together_again(size: int) -> None:
    """Only the first payload begins the partition, none is too long."""
    frame = random.Random(size).randbytes(size)
    parsed = [VpxPayloadDescriptor.parse(payload) for payload in vp8(frame)]

    assert b"".join(rest for _, rest in parsed) == frame
    assert [header.partition_start for header, _ in parsed] == [1] + [0] * (len(parsed) - 1)
    assert max(map(len, vp8(frame))) <= MOST
    assert vp8(b"") == []


def test_opus_is_its_packet() -> None:
    """RFC 7587 adds nothing."""
    assert whole(payloads.opus(b"\xfc\xff")) == [b"\xfc\xff"]


def test_they_are_there_when_asked_for() -> None:
    """From the memory in which they are laid out, with room for headers and tags between them."""
    pieces = [(b"ab", b"c"), (b"", b"x" * MOST), (b"d", b"")]
    laid_out = Payloads(pieces, header=3, tag=2)
    assert len(laid_out) == 3
    assert list(laid_out) == laid_out[:] == [b"abc", b"x" * MOST, b"d"]
    assert (laid_out[-1], laid_out[1:]) == (b"d", [b"x" * MOST, b"d"])
    assert laid_out.place == 3 + MOST + 2
    with pytest.raises(IndexError):
        laid_out[3]
    assert list(Payloads([], 3, 2)) == []
