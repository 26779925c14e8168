"""Digits and capitals as a matrix of lamps, five by seven, in whatever size a picture needs."""

from functools import cache
from math import hypot

COLUMNS, LINES = 5, 7
"""Lamps in a character. One more column, always dark, sets it apart from the next."""

_MATRICES = {
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11111 00010 00100 00010 00001 10001 01110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
    ":": "00000 00100 00100 00000 00100 00100 00000",
    ".": "00000 00000 00000 00000 00000 01100 01100",
    " ": "00000 00000 00000 00000 00000 00000 00000",
    "A": "01110 10001 10001 11111 10001 10001 10001",
    "E": "11111 10000 10000 11110 10000 10000 11111",
    "F": "11111 10000 10000 11110 10000 10000 10000",
    "M": "10001 11011 10101 10101 10001 10001 10001",
    "P": "11110 10001 10001 11110 10000 10000 10000",
    "R": "11110 10001 10001 11110 10100 10010 10001",
    "S": "01111 10000 10000 01110 00001 00001 11110",
    "X": "10001 10001 01010 00100 01010 10001 10001",
}


class Matrix:
    """Text in lamps ``size`` pixels apart, on or off in the given lumas, on a ``ground`` luma."""

    def __init__(self, size: int, on: int, off: int, ground: int) -> None:
        self.size = size
        self.height = LINES * size
        self._lamps = _lamp(size, off, ground), _lamp(size, on, ground)
        self._gap = bytes([ground]) * size
        self._glyphs = {character: self._glyph(rows) for character, rows in _MATRICES.items()}

    def width(self, characters: int) -> int:
        """Pixels in a line of text, the dark column behind its last character left out."""
        return (characters * (COLUMNS + 1) - 1) * self.size

    def rows(self, text: str) -> list[bytes]:
        """``text`` as ``height`` rows of luma, each ``width(len(text))`` pixels wide."""
        glyphs = [self._glyphs[character] for character in text]
        width = self.width(len(text))
        return [b"".join(line)[:width] for line in zip(*glyphs, strict=True)]

    def _glyph(self, matrix: str) -> list[bytes]:
        return [
            b"".join(self._lamps[int(cell)][y] for cell in line) + self._gap
            for line in matrix.split()
            for y in range(self.size)
        ]


@cache
def _lamp(size: int, luma: int, ground: int) -> list[bytes]:
    """A round lamp as ``size`` rows of ``size`` pixels; a square one where there is no room."""
    if size < 4:
        return [bytes([luma]) * size] * size
    middle, radius = (size - 1) / 2, size * 0.46

    def pixel(x: int, y: int) -> int:
        inside = radius + 0.5 - hypot(x - middle, y - middle)
        return round(ground + (luma - ground) * min(1.0, max(0.0, inside)))

    return [bytes(pixel(x, y) for x in range(size)) for y in range(size)]
