"""The stamp in a test picture: what is drawn can be read, and nothing else can."""

import random
from fractions import Fraction

import pytest
from av import CodecContext, Packet, VideoFrame

from edgecam.capture import stamp
from edgecam.capture.stamp import Stamp
from edgecam.capture.testcard import Card
from edgecam.encode.h264 import X264
from edgecam.media import NS, Picture, VideoFormat

WALL_NS = 1_790_000_000_123_456_789


def grey(width: int, height: int) -> VideoFrame:
    """A picture of nothing."""
    frame = VideoFrame(width, height, "yuv420p")
    for plane in frame.planes:
        memoryview(plane)[:] = bytes([128]) * plane.buffer_size
    return frame


@pytest.mark.parametrize(("width", "height"), [(320, 180), (362, 202), (640, 480), (1920, 180)])
@pytest.mark.parametrize(
    "mark", [Stamp(0, 0), Stamp(2**32 - 1, 2**24 - 1), Stamp(0x12345678, 0xABCDEF)]
)
def test_what_is_drawn_is_read(width: int, height: int, mark: Stamp) -> None:
    """A stamp is read as it was drawn, whatever the size and the stride."""
    frame = grey(width, height)
    luma = frame.planes[0]
    stamp.draw(memoryview(luma), luma.line_size, width, mark)
    assert stamp.read(frame) == mark


def test_layout() -> None:
    """Every block is where the page's reader looks for it."""
    frame = grey(640, 360)
    luma = frame.planes[0]
    stamp.draw(memoryview(luma), luma.line_size, 640, Stamp(0x80000001, 0x000001))
    pixels, block = memoryview(luma), 16

    def row(top: int) -> list[int]:
        return [pixels[top * luma.line_size + (4 + bit) * block] for bit in range(32)]

    assert row(block) == row(2 * block - 1) == [235] + [16] * 30 + [235]
    crc = stamp.crc8(bytes([0x80, 0, 0, 1, 0, 0, 1]))
    bits = [(1 << 8 | crc) >> bit & 1 for bit in reversed(range(32))]
    assert row(2 * block) == row(3 * block - 1) == [235 if bit else 16 for bit in bits]
    edges = [(64, 15), (64, 48), (63, 20), (64 + 32 * 16, 20)]
    assert [pixels[y * luma.line_size + x] for x, y in edges] == [128] * 4


def test_crc() -> None:
    """The check value of CRC-8 with polynomial 0x07 and initial value 0."""
    assert stamp.crc8(b"123456789") == 0xF4


def test_times_and_numbers_wrap() -> None:
    """Unix time is cut to 32 bits of tenths of a millisecond, the number to 24 bits."""
    assert Stamp.of(WALL_NS, 2**24 + 7) == Stamp(17_900_000_001_234 % 2**32, 7)


def test_a_wrong_bit_is_noticed() -> None:
    """A stamp with any block turned over is none."""
    for bit in range(64):
        frame = grey(320, 180)
        luma = frame.planes[0]
        pixels = memoryview(luma)
        stamp.draw(pixels, luma.line_size, 320, Stamp.of(WALL_NS, 123))
        left, top = (4 + bit % 32) * 8, (1 + bit // 32) * 8
        for y in range(top, top + 8):
            at = y * luma.line_size + left
            pixels[at : at + 8] = bytes(251 - value for value in pixels[at : at + 8])
        assert stamp.read(frame) is None


def test_a_small_picture_has_none() -> None:
    """A picture too small for a stamp is read without an error."""
    assert stamp.read(grey(64, 64)) is None
    assert stamp.read(grey(1920, 16)) is None


@pytest.mark.parametrize(
    ("video", "bitrate"),
    [(VideoFormat(640, 360, 30), 300_000), (VideoFormat(1280, 720, 30), 2_000_000)],
    ids=str,
)
def test_it_survives_the_codec(video: VideoFormat, bitrate: int) -> None:
    """Every stamp can be read after H.264, from a picture full of other movement."""
    card, encoder = Card(video), X264(video, bitrate, 10)
    decoder = CodecContext.create("h264", "r")
    numbers = random.Random(1)
    for index in range(40):
        at, number = index * NS // video.rate, numbers.randrange(2**24)
        frame = card.draw(number, at, WALL_NS + at)
        [packet] = encoder.encode(Picture(frame, at), keyframe=index == 25)
        unit = Packet(packet.data)
        unit.time_base, unit.pts = Fraction(1, video.rate), index
        for decoded in (*decoder.decode(unit), *(decoder.decode(None) if index == 39 else ())):
            assert decoded.pts is not None
            read = stamp.read(decoded)
            assert read is not None
            assert read.wall == Stamp.of(WALL_NS + decoded.pts * NS // video.rate, 0).wall
