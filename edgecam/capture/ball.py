"""The ball of the test picture and its shadow, drawn once, at any size."""

from math import sqrt

from edgecam.capture.canvas import Colour, Run, Sprite

_LIGHT = (-0.44, -0.62, 0.65)
"""Where the light comes from: a unit vector left, up and towards the viewer."""


def ball(radius: int, colour: Colour, ground: int) -> Sprite:
    """A shaded ball of ``2 * radius`` pixels, its edge blended into a ground of that luma."""
    luma: list[Run] = []
    for down in range(2 * radius):
        y = (down + 0.5) / radius - 1
        half = sqrt(max(0.0, 1 - y * y)) * radius
        left, right = int(radius - half), int(radius + half + 0.999)
        samples = bytes(
            _shade((x + 0.5) / radius - 1, y, colour.y, ground, radius) for x in range(left, right)
        )
        luma.append((left, down, samples))
    return Sprite((luma, _disc(radius, colour.u), _disc(radius, colour.v)))


def shadow(radius: int, colour: Colour) -> Sprite:
    """A flat ellipse ``2 * radius`` pixels wide and a quarter as high."""
    runs: list[Run] = []
    height = radius // 2
    for down in range(height):
        y = 2 * (down + 0.5) / height - 1
        half = round(sqrt(1 - y * y) * radius)
        runs.append((radius - half, down, bytes([colour.y]) * (2 * half)))
    return Sprite((runs, [], []))


def _shade(x: float, y: float, luma: int, ground: int, radius: int) -> int:
    """The luma at a point of the unit disc: diffuse light, a highlight and a soft rim."""
    distance = sqrt(x * x + y * y)
    z = sqrt(max(0.0, 1 - distance * distance))
    lit = max(0.0, x * _LIGHT[0] + y * _LIGHT[1] + z * _LIGHT[2])
    value = luma * (0.5 + 0.55 * lit) + 90 * lit**24
    inside = min(1.0, max(0.0, (1 - distance) * radius + 0.5))
    return max(16, min(235, round(ground + (value - ground) * inside)))


def _disc(radius: int, chroma: int) -> list[Run]:
    half = radius // 2
    runs: list[Run] = []
    for down in range(half * 2):
        y = (down + 0.5) / half - 1
        reach = round(sqrt(1 - y * y) * half)
        runs.append((half - reach, down, bytes([chroma]) * (2 * reach)))
    return runs
