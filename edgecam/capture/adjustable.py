"""What can be adjusted of a camera while it runs, in the words of its driver."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, TypeAlias, TypeGuard

from edgecam.errors import NotAdjusted

Kind: TypeAlias = Literal["number", "switch", "choice", "button", "area"]
Value: TypeAlias = float | bool | str | tuple[float, float]
"""Of a number, a switch, a choice; of an area its middle, parts of width and height from the top
left. A button takes True.
"""

MOST_FAULTS = 32
UNKNOWN = "this camera has no such control"
NEAR = 1e-6
"""How far from a bound a number may be for having been a text."""


@dataclass(frozen=True, slots=True)
class Control:
    """One control. ``name`` is the page's where it has words for it, else the driver's own.

    ``least``, ``most`` and ``step`` are a number's; step 0: any. ``choices`` are a choice's.
    ``fixed``: something else decides about it just now. Buttons and areas have no value.
    """

    name: str
    kind: Kind
    default: Value | None = None
    value: Value | None = None
    least: float = 0
    most: float = 0
    step: float = 0
    unit: str = ""
    choices: tuple[str, ...] = ()
    fixed: bool = False

    @property
    def lasts(self) -> bool:
        """Whether it has a value, which stays."""
        return self.kind not in ("button", "area")

    def told(self) -> dict[str, Any]:
        """As JSON has it: only what its kind has."""
        told: dict[str, Any] = {"name": self.name, "kind": self.kind, "fixed": self.fixed}
        if self.lasts:
            told |= {"default": self.default, "value": self.value}
        if self.kind == "number":
            bounds = {"least": self.least, "most": self.most, "step": self.step}
            told |= bounds | {"unit": self.unit}
        if self.kind == "choice":
            told["choices"] = list(self.choices)
        return told


def checked(controls: Iterable[Control], changes: Mapping[str, object]) -> dict[str, Value]:
    """``changes`` as their controls take them: numbers on steps. NotAdjusted if any is not."""
    known = {control.name: control for control in controls}
    taken: dict[str, Value] = {}
    faults: list[str] = []
    for name, value in changes.items():
        control = known.get(name)
        if control is None:
            faults.append(f"{name[:64]!r}: {UNKNOWN}")
            continue
        made = _made(control, value)
        if made is None:
            faults.append(f"{name}: has to be {_takes(control)}")
        else:
            taken[name] = made
    if faults:
        raise NotAdjusted(faults[:MOST_FAULTS])
    return taken


def number(values: Mapping[str, Value], name: str) -> float:
    """The one called so, which is there."""
    value = values[name]
    return float(value) if _is_number(value) else 0.0


def _made(control: Control, value: object) -> Value | None:
    match control.kind:
        case "number":
            return _number(control, value)
        case "switch":
            return value if isinstance(value, bool) else None
        case "choice":
            return value if isinstance(value, str) and value in control.choices else None
        case "button":
            return True if value is True else None
        case "area":
            return _place(value)


def _number(control: Control, value: object) -> float | None:
    if not _is_number(value):
        return None
    number = float(value)
    if not control.least - NEAR <= number <= control.most + NEAR:
        return None
    if control.step:
        number = control.least + round((number - control.least) / control.step) * control.step
    number = round(float(min(max(number, control.least), control.most)), 6)
    return int(number) if number.is_integer() else number


def _place(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    x, y = value
    if not all(_is_number(each) and 0 <= each <= 1 for each in (x, y)):
        return None
    return float(x), float(y)


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return isfinite(value)
    except OverflowError:
        return False


def _takes(control: Control) -> str:
    match control.kind:
        case "number":
            unit = f" {control.unit}" if control.unit else ""
            return f"a number from {control.least:g} to {control.most:g}{unit}"
        case "switch":
            return "true or false"
        case "choice":
            return f"one of {', '.join(control.choices)}"
        case "button":
            return "true, which presses it"
        case "area":
            return "two numbers from 0 to 1: how far right, how far down"
