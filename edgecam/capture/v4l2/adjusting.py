"""What a V4L2 camera lets one adjust: its user's and its camera's controls, and no encoder's."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from edgecam.capture import adjustable
from edgecam.capture.adjustable import Value
from edgecam.capture.adjustments import Adjustments
from edgecam.capture.v4l2 import ioctls as v4l2
from edgecam.capture.v4l2.device import Control, Device

logger = logging.getLogger(__name__)

CLASSES = (0x0098_0000, 0x009A_0000)
"""V4L2_CTRL_CLASS_USER and _CAMERA: the others are of encoders and of what is behind the camera."""

CLASS = 0x0FFF_0000


class _Known(NamedTuple):
    name: str
    unit: str = ""
    factor: int = 1
    """What one of the device's is in ``unit``."""


KNOWN = {
    0x0098_0900: _Known("brightness"),
    0x0098_0901: _Known("contrast"),
    0x0098_0902: _Known("saturation"),
    0x0098_0903: _Known("hue"),
    0x0098_090C: _Known("white-balance-auto"),
    0x0098_090E: _Known("red-gain"),
    0x0098_090F: _Known("blue-gain"),
    0x0098_0910: _Known("gamma"),
    0x0098_0912: _Known("gain-auto"),
    0x0098_0913: _Known("gain"),
    0x0098_0918: _Known("power-line"),
    0x0098_091A: _Known("white-balance", "K"),
    0x0098_091B: _Known("sharpness"),
    0x0098_091C: _Known("backlight"),
    0x009A_0901: _Known("exposure-mode"),
    0x009A_0902: _Known("exposure-time", "µs", 100),
    0x009A_0908: _Known("pan"),
    0x009A_0909: _Known("tilt"),
    0x009A_090A: _Known("focus-position"),
    0x009A_090C: _Known("focus-auto"),
    0x009A_090D: _Known("zoom"),
    0x009A_091C: _Known("focus-once"),
}
"""Those of linux/v4l2-controls.h that the page has words for; the others are called as they are."""


class Adjusting:
    """Between ``adjustments`` and the device that is open: what is wanted is set by the thread that
    reads the camera, as a control may block. What the device refuses stays as it is, and no error
    of a control's is a reason not to see.
    """

    def __init__(self) -> None:
        self.adjustments = Adjustments()
        self._device: Device | None = None
        self._controls: dict[str, Control] = {}

    def begin(self, device: Device, name: str) -> None:
        """With a camera that is opened, of that lasting name."""
        self._device = device
        self._controls = {}
        try:
            self._controls = dict(_named(device.controls()))
        except OSError as error:
            logger.warning("what can be adjusted of the camera can't be read: %s", error)
        self.adjustments.begin(f"v4l2 {device.card} {name}", tuple(self._found()))
        self.apply()

    def end(self) -> None:
        """The camera is being closed. May be called twice."""
        self._device = None

    def apply(self) -> None:
        """Set what was asked for since the last time."""
        device = self._device
        if device is None or not (pending := self.adjustments.take()):
            return
        for name, value in pending.items():
            control = self._controls[name]
            # One that another has taken over says so (EACCES, EBUSY, EINVAL); all are read again.
            with suppress(OSError):
                device.set(control.id, _device_value(control, value))
        # What is fixed has changed with what is automatic, and so may have the values.
        with suppress(OSError):
            self._controls = dict(_named(device.controls()))
        self.adjustments.seen(tuple(self._found()))

    def _found(self) -> Iterator[adjustable.Control]:
        device = self._device
        if device is None:
            return
        for name, control in self._controls.items():
            value = control.default
            if control.kind != v4l2.TYPE_BUTTON:
                with suppress(OSError):
                    value = device.get(control.id)
            if made := _MADE[control.kind](name, control, value):
                yield made


def _named(controls: Mapping[int, Control]) -> Iterator[tuple[str, Control]]:
    """Those to adjust, each by a name of its own."""
    names: set[str] = set()
    for number, control in controls.items():
        if number & CLASS in CLASSES:
            known = KNOWN.get(number)
            name = known.name if known else control.name
            name = f"{name} ({number:#x})" if name in names else name
            names.add(name)
            yield name, control


def _known(control: Control) -> _Known:
    return KNOWN.get(control.id, _Known(control.name))


def _number(name: str, control: Control, value: int) -> adjustable.Control | None:
    if control.least >= control.most:
        return None
    of = _known(control)
    return adjustable.Control(
        name,
        "number",
        control.default * of.factor,
        value * of.factor,
        control.least * of.factor,
        control.most * of.factor,
        max(control.step, 1) * of.factor,
        of.unit,
        fixed=not control.active,
    )


def _switch(name: str, control: Control, value: int) -> adjustable.Control:
    default = bool(control.default)
    return adjustable.Control(name, "switch", default, bool(value), fixed=not control.active)


def _choice(name: str, control: Control, value: int) -> adjustable.Control | None:
    items = dict(_items(control))
    if not items:
        return None
    first = next(iter(items.values()))
    return adjustable.Control(
        name,
        "choice",
        items.get(control.default, first),
        items.get(value, first),
        choices=tuple(items.values()),
        fixed=not control.active,
    )


def _button(name: str, control: Control, _: int) -> adjustable.Control:
    return adjustable.Control(name, "button", fixed=not control.active)


def _items(control: Control) -> Iterator[tuple[int, str]]:
    """A menu's by value, each by a text of its own."""
    texts: set[str] = set()
    for value, said in control.menu:
        text = f"{said} ({value})" if said in texts else said
        texts.add(text)
        yield value, text


def _device_value(control: Control, value: Value) -> int:
    if control.kind in (v4l2.TYPE_MENU, v4l2.TYPE_INTEGER_MENU):
        return next(number for number, text in _items(control) if text == value)
    if isinstance(value, int | float):
        return round(value / _known(control).factor)
    raise TypeError(f"{control.name} takes no {value!r}")


_MADE: dict[int, Callable[[str, Control, int], adjustable.Control | None]] = {
    v4l2.TYPE_INTEGER: _number,
    v4l2.TYPE_BOOLEAN: _switch,
    v4l2.TYPE_MENU: _choice,
    v4l2.TYPE_INTEGER_MENU: _choice,
    v4l2.TYPE_BUTTON: _button,
}
