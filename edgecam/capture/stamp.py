"""The machine-readable stamp in a test picture: when it was taken, and its number.

Two rows of 32 square blocks, the most significant bit first, luma 235 for 1 and 16 for 0 over
neutral chroma. A block is a fortieth of the width, rounded down to an even number of pixels; the
stamp begins four blocks from the left and one from the top. The blocks are large enough to be read
back from a picture that a video codec has been through.

    row 0   wall clock (Unix time) in tenths of a millisecond, modulo 2**32
    row 1   picture number modulo 2**24, then CRC-8 over the seven bytes before it
"""

from dataclasses import dataclass

from av import VideoFrame

from edgecam.media import NS

BITS = 32
"""Blocks in a row."""

ROWS = 2

WHITE, BLACK = 235, 16
"""The ends of the luma range of ITU-R BT.709, section 4.6."""

TICK_NS = NS // 10_000
"""The unit of ``Stamp.wall``: a tenth of a millisecond."""

CRC_POLYNOMIAL = 0x07
"""CRC-8 as in ITU-T I.432.1, but without its final exclusive or: x^8 + x^2 + x + 1, from 0."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """``wall``: tenths of a millisecond, modulo 2**32. ``number``: the picture's, modulo 2**24."""

    wall: int
    number: int

    @classmethod
    def of(cls, wall_ns: int, number: int) -> "Stamp":
        """The stamp of picture ``number`` taken ``wall_ns`` nanoseconds into Unix time."""
        return cls(wall_ns // TICK_NS % 2**32, number % 2**24)

    def rows(self) -> tuple[int, int]:
        """The 32 bits of either row, the CRC included."""
        body = self.wall.to_bytes(4, "big") + self.number.to_bytes(3, "big")
        return self.wall, self.number << 8 | crc8(body)


def crc8(data: bytes) -> int:
    """The CRC-8 of ``data``: polynomial 0x07, initial value 0, not reflected."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) & 0xFF ^ (CRC_POLYNOMIAL if crc & 0x80 else 0)
    return crc


def block_size(width: int) -> int:
    """The side of a block, in pixels, in a picture ``width`` pixels wide."""
    return width // 40 & ~1


def draw(luma: memoryview, stride: int, width: int, stamp: Stamp) -> None:
    """Draws ``stamp`` into a luma plane of ``stride`` bytes a line. Chroma is left alone."""
    block = block_size(width)
    ink = bytes([BLACK]) * block, bytes([WHITE]) * block
    for row, value in enumerate(stamp.rows()):
        line = b"".join(ink[value >> bit & 1] for bit in reversed(range(BITS)))
        start = (1 + row) * block * stride + 4 * block
        for at in range(start, start + block * stride, stride):
            luma[at : at + len(line)] = line


def read(frame: VideoFrame) -> Stamp | None:
    """The stamp in a yuv420p picture, or None if there is none that its CRC vouches for."""
    plane = frame.planes[0]
    luma, stride, block = memoryview(plane), plane.line_size, block_size(frame.width)
    if block < 2 or frame.height < (1 + ROWS) * block:
        return None
    values = [
        sum(_bit(luma, stride, block, column, row) << (BITS - 1 - column) for column in range(BITS))
        for row in range(ROWS)
    ]
    stamp = Stamp(values[0], values[1] >> 8)
    return stamp if stamp.rows()[1] == values[1] else None


def _bit(luma: memoryview, stride: int, block: int, column: int, row: int) -> int:
    # Only the middle of a block counts: a codec smears its edges.
    side = block // 2
    left, top = (4 + column) * block + block // 4, (1 + row) * block + block // 4
    total = sum(sum(luma[y * stride + left :][:side]) for y in range(top, top + side))
    return int(total > (BLACK + WHITE) // 2 * side * side)
