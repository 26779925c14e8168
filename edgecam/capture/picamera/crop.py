"""Zoom and pan by libcamera's ScalerCrop: the part of the sensor of which the picture is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgecam.capture.adjustable import Control, Value, number

Rectangle = tuple[int, int, int, int]
"""Left, top, width, height, in pixels of the sensor."""

MOST_ZOOM = 8.0


@dataclass(frozen=True, slots=True)
class Crop:
    """``whole`` is the part that is seen without zoom, ``most`` how many times less can be."""

    whole: Rectangle
    most: float

    @classmethod
    def of(cls, bounds: Mapping[str, tuple[Any, Any, Any]]) -> "Crop | None":
        """None where there is none, or nothing to choose."""
        if "ScalerCrop" not in bounds:
            return None
        least, most, default = (tuple(it or (0, 0, 0, 0)) for it in bounds["ScalerCrop"])
        whole = default if default[2] and default[3] else most
        if not (whole[2] and whole[3]):
            return None
        times = min(whole[2] / max(least[2], 1), whole[3] / max(least[3], 1), MOST_ZOOM)
        return cls(whole, int(times * 10) / 10) if times >= 1.1 else None

    def controls(self) -> tuple[Control, ...]:
        return (
            Control("zoom", "number", 1, 1, 1, self.most, 0.1, "x"),
            Control("pan", "number", 0, 0, -100, 100, 1, "%"),
            Control("tilt", "number", 0, 0, -100, 100, 1, "%"),
        )

    def told_for(self, pending: Mapping[str, Value], values: Mapping[str, Value]) -> dict[str, Any]:
        """See ``adjusting.told_for``."""
        if {"zoom", "pan", "tilt"}.isdisjoint(pending):
            return {}
        return {"ScalerCrop": self.part(values)}

    def part(self, values: Mapping[str, Value]) -> Rectangle:
        """What is seen then."""
        left, top, width, height = self.whole
        zoom = max(number(values, "zoom"), 1)
        seen_width, seen_height = int(width / zoom) & ~1, int(height / zoom) & ~1
        right, down = ((1 + number(values, name) / 100) / 2 for name in ("pan", "tilt"))
        x = left + int((width - seen_width) * right)
        y = top + int((height - seen_height) * down)
        return x, y, seen_width, seen_height
