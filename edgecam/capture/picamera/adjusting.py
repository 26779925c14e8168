"""What libcamera lets one adjust of a camera while it runs, and what it is told then."""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from edgecam.capture.adjustable import Control, Value, number
from edgecam.capture.adjustments import Adjustments
from edgecam.capture.picamera import focus
from edgecam.capture.picamera.crop import Crop
from edgecam.capture.source import Seen

logger = logging.getLogger(__name__)

Bounds = Mapping[str, tuple[Any, Any, Any]]
"""As picamera2 tells them: least, most and default of each control of libcamera's."""

PLAIN = {
    "brightness": ("Brightness", 0.02, 1.0),
    "contrast": ("Contrast", 0.05, 4.0),
    "saturation": ("Saturation", 0.05, 4.0),
    "sharpness": ("Sharpness", 0.1, 16.0),
}
"""libcamera's name, a step, and the most that is of use."""

NOISE = ("off", "fast", "high-quality", "minimal")
"""By number, draft::NoiseReductionModeEnum."""

MOST_GAIN = 8.0
"""Of a colour: libcamera takes 32, which is a picture of nothing else."""

US = 1_000_000


class Adjusting:
    """Between ``adjustments`` and the camera that is open, whose ``set_controls`` does not wait."""

    def __init__(self, rate: int) -> None:
        self.adjustments = Adjustments()
        self._rate = rate
        self._crop: Crop | None = None
        self._set: Callable[[dict[str, Any]], object] = lambda controls: None

    def begin(self, camera: Any, device: str) -> None:
        """With a camera that is configured."""
        self._set = camera.set_controls
        found: tuple[Control, ...] = ()
        try:
            found = self._found(camera.camera_controls)
        except (TypeError, ValueError, IndexError):
            # No reason not to see.
            logger.exception("what can be adjusted of the camera is not understood")
        self.adjustments.begin(f"picamera {device}", fixed(found))
        self.apply()

    def _found(self, bounds: Bounds) -> tuple[Control, ...]:
        self._crop = Crop.of(bounds)
        zoom = self._crop.controls() if self._crop else ()
        automatic = (*exposure(bounds), *balance(bounds), *focus.controls(bounds))
        return (*automatic, *zoom, *plain(bounds), *rates(bounds, self._rate))

    def applied(self, seen: Generator[Seen]) -> Generator[Seen]:
        """What is seen; between two pictures what is wanted is set."""
        try:
            for each in seen:
                self.apply()
                yield each
        finally:
            seen.close()

    def apply(self) -> None:
        """Set what was asked for since the last time."""
        pending = self.adjustments.take()
        if not pending:
            return
        controls = {it.name: it for it in self.adjustments.controls()}
        values = {name: it.value for name, it in controls.items() if it.value is not None}
        told = told_for(pending, values, self._crop)
        try:
            self._set(told)
        except (RuntimeError, TypeError, ValueError) as error:
            logger.warning("the camera does not take %s: %s", told, error)
        if (mode := focus.mode_after(pending)) and "focus-mode" in controls:
            controls["focus-mode"] = replace(controls["focus-mode"], value=mode)
        self.adjustments.seen(fixed(controls.values()))


def told_for(
    pending: Mapping[str, Value], values: Mapping[str, Value], crop: Crop | None
) -> dict[str, Any]:
    """What libcamera is told when ``pending`` is to be set, and ``values`` are how all is then.

    Only what has to do with what is pending: the rest is libcamera's own to decide.
    """
    told: dict[str, Any] = {}
    for name, (theirs, _, _) in PLAIN.items():
        if name in pending:
            told[theirs] = number(values, name)
    if "noise-reduction" in pending:
        told["NoiseReductionMode"] = NOISE.index(str(values["noise-reduction"]))
    if "frame-rate" in pending:
        period = round(US / number(values, "frame-rate"))
        told["FrameDurationLimits"] = (period, period)
    if not {"exposure-auto", "exposure-time", "gain"}.isdisjoint(pending):
        told["AeEnable"] = values["exposure-auto"]
        if not values["exposure-auto"]:
            told["ExposureTime"] = round(number(values, "exposure-time"))
            told["AnalogueGain"] = number(values, "gain")
    if not {"white-balance-auto", "red-gain", "blue-gain"}.isdisjoint(pending):
        told["AwbEnable"] = values["white-balance-auto"]
        if not values["white-balance-auto"]:
            told["ColourGains"] = number(values, "red-gain"), number(values, "blue-gain")
    if crop is not None:
        told |= crop.told_for(pending, values)
    return told | focus.told_for(pending, values, crop)


def plain(bounds: Bounds) -> Iterator[Control]:
    """One of libcamera's each."""
    for name, (theirs, step, cap) in PLAIN.items():
        if theirs in bounds:
            least, most, default = bounds[theirs]
            yield from some(name, default, least, min(most, cap), step)
    if "NoiseReductionMode" in bounds:
        least, most, default = (int(it or 0) for it in bounds["NoiseReductionMode"])
        choices = NOISE[least : most + 1]
        chosen = NOISE[default] if default < len(NOISE) else choices[0]
        yield Control("noise-reduction", "choice", chosen, chosen, choices=choices)


def exposure(bounds: Bounds) -> Iterator[Control]:
    """Automatic, or by time and gain."""
    if not {"AeEnable", "ExposureTime", "AnalogueGain"} <= set(bounds):
        return
    yield Control("exposure-auto", "switch", default=True, value=True)
    least, most, default = bounds["ExposureTime"]
    yield from some("exposure-time", default or 20_000, max(least, 1), most, 1, "µs")
    least, most, default = bounds["AnalogueGain"]
    yield from some("gain", default, least, most, 0.1)


def balance(bounds: Bounds) -> Iterator[Control]:
    """Automatic, or by the gains of two colours."""
    if not {"AwbEnable", "ColourGains"} <= set(bounds):
        return
    yield Control("white-balance-auto", "switch", default=True, value=True)
    for name in ("red-gain", "blue-gain"):
        yield Control(name, "number", 2, 2, 0.1, MOST_GAIN, 0.05)


def rates(bounds: Bounds, rate: int) -> Iterator[Control]:
    """Pictures a second, up to what was configured."""
    if "FrameDurationLimits" in bounds:
        longest = bounds["FrameDurationLimits"][1]
        # Fewer than that and the picture passes for one that has stopped.
        least = max(5, -(-US // longest)) if longest else 5
        yield from some("frame-rate", rate, least, rate, 1, "fps")


def some(  # noqa: PLR0913, PLR0917 - a row of a table
    name: str, default: float | None, least: float, most: float, step: float, unit: str = ""
) -> Iterator[Control]:
    """A number, if there is anything to choose."""
    if least < most:
        value = min(max(least if default is None else default, least), most)
        yield Control(name, "number", value, value, least, most, step, unit)


def fixed(controls: Any) -> tuple[Control, ...]:
    """The same, those fixed that something automatic decides about."""
    made = tuple(controls)
    values = {it.name: it.value for it in made}
    decided = {
        "exposure-time": values.get("exposure-auto"),
        "gain": values.get("exposure-auto"),
        "red-gain": values.get("white-balance-auto"),
        "blue-gain": values.get("white-balance-auto"),
        "focus-position": values.get("focus-mode", "manual") != "manual",
    }
    return tuple(replace(it, fixed=bool(decided.get(it.name))) for it in made)
