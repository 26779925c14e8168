"""Draws the icons with which a phone installs the page: ``python -m tests.icons``."""

import math
import struct
import zlib
from pathlib import Path

from edgecam.web import assets

FOLDER = Path(assets.__file__).parent / "static" / "icons"

# As static/icon.svg: a ring and a dot on a ground, in units of a 32nd of the side.
GROUND, RING, DOT = (0x10, 0x14, 0x18), (0xE8, 0xED, 0xF2), (0xFF, 0x4D, 0x4F)
CORNER, RADIUS, WIDTH, MIDDLE = 8.0, 9.0, 2.5, 4.0
SHADES = 16
"""Of an edge, so that it is smooth."""

ICONS = {
    # Pixels, and how much of the drawing there is: what cuts a maskable icon may take a fifth off.
    "192": (192, 1.0, True),
    "512": (512, 1.0, True),
    "maskable": (512, 0.85, False),
}


def png(size: int, scale: float, rounded: bool) -> bytes:
    """The icon as a PNG of a few colours (W3C PNG, 11.2)."""
    palette = [(*_mixed(GROUND, to, part / SHADES), 255) for to in (RING, DOT) for part in _parts()]
    palette += [(*GROUND, round(255 * part / SHADES)) for part in _parts()]
    rows = [
        b"\0" + bytes(_index(x, y, size, scale, rounded) for x in range(size)) for y in range(size)
    ]
    head = struct.pack(">IIBBBBB", size, size, 8, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, body)
        for kind, body in (
            (b"IHDR", head),
            (b"PLTE", bytes(value for colour in palette for value in colour[:3])),
            (b"tRNS", bytes(colour[3] for colour in palette)),
            (b"IDAT", zlib.compress(b"".join(rows), 9)),
            (b"IEND", b""),
        )
    )


def _parts() -> range:
    return range(SHADES + 1)


def _index(x: int, y: int, size: int, scale: float, rounded: bool) -> int:
    """Of the colour at a pixel: ring over ground, dot over ground, ground over nothing."""
    unit = 32 / size
    across, down = abs((x + 0.5) * unit - 16), abs((y + 0.5) * unit - 16)
    if rounded:
        corner = math.hypot(max(across - 16 + CORNER, 0), max(down - 16 + CORNER, 0)) - CORNER
        if (ground := _inside(corner, unit)) < SHADES:
            return 2 * (SHADES + 1) + ground
    out = math.hypot(across, down) / scale
    if dot := _inside(out - MIDDLE, unit / scale):
        return SHADES + 1 + dot
    return _inside(abs(out - RADIUS) - WIDTH / 2, unit / scale)


def _inside(distance: float, unit: float) -> int:
    """How much of a pixel is inside an edge that is so far away, in shades."""
    return round(SHADES * min(1.0, max(0.0, 0.5 - distance / unit)))


def _mixed(one: tuple[int, ...], other: tuple[int, ...], part: float) -> tuple[int, ...]:
    return tuple(round(a + (b - a) * part) for a, b in zip(one, other, strict=True))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def main() -> None:
    """Draw them all."""
    for name, (size, scale, rounded) in ICONS.items():
        (FOLDER / f"{name}.png").write_bytes(png(size, scale, rounded))


if __name__ == "__main__":
    main()
