"""Focus, of a camera whose lens moves: continuous, once, by hand, and where one touches."""

from collections.abc import Iterator, Mapping
from typing import Any

from edgecam.capture.adjustable import Control, Value, number
from edgecam.capture.picamera.crop import Crop, Rectangle

MODES = ("manual", "auto", "continuous")
"""By number, AfModeEnum; "auto" focuses when it is told to, once."""

START, WINDOWS = 0, 1
"""AfTriggerEnum.Start and AfMeteringEnum.Windows."""

TOUCHED = 5
"""Parts of the picture's width and height that a place which was touched is one of."""


def controls(bounds: Mapping[str, tuple[Any, Any, Any]]) -> Iterator[Control]:
    """As far as it has them."""
    if "AfMode" not in bounds:
        return
    default = bounds["AfMode"][2]
    mode = MODES[int(default)] if default in range(len(MODES)) else MODES[0]
    yield Control("focus-mode", "choice", mode, mode, choices=MODES)
    if "LensPosition" in bounds:
        least, most, default = bounds["LensPosition"]
        if least < most:
            value = min(max(default or least, least), most)
            yield Control("focus-position", "number", value, value, least, most, 0.1, "dpt")
    if "AfTrigger" in bounds:
        yield Control("focus-once", "button")
        if "AfWindows" in bounds and "AfMetering" in bounds:
            yield Control("focus-area", "area")


def mode_after(pending: Mapping[str, Value]) -> str:
    """The mode that what was pressed or touched leads to; "" if it stays."""
    return "auto" if "focus-once" in pending or "focus-area" in pending else ""


def told_for(
    pending: Mapping[str, Value], values: Mapping[str, Value], crop: Crop | None
) -> dict[str, Any]:
    """See ``adjusting.told_for``."""
    told: dict[str, Any] = {}
    if not {"focus-mode", "focus-position"}.isdisjoint(pending):
        told["AfMode"] = MODES.index(str(values["focus-mode"]))
        if values["focus-mode"] == "manual" and "focus-position" in values:
            told["LensPosition"] = number(values, "focus-position")
    place = pending.get("focus-area")
    if isinstance(place, tuple) and crop is not None:
        told |= {"AfMetering": WINDOWS, "AfWindows": [_window(place, crop.part(values))]}
    if mode := mode_after(pending):
        told |= {"AfMode": MODES.index(mode), "AfTrigger": START}
    return told


def _window(place: tuple[float, float], seen: Rectangle) -> Rectangle:
    """Around ``place``, which is in the picture, within what is seen of the sensor."""
    left, top, width, height = seen
    side, rise = width // TOUCHED, height // TOUCHED
    x = min(max(int(width * place[0]) - side // 2, 0), width - side)
    y = min(max(int(height * place[1]) - rise // 2, 0), height - rise)
    return left + x, top + y, side, rise
