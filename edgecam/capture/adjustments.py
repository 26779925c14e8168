"""How a camera is adjusted: what is wanted of it, by device, across openings and restarts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Protocol, TypeAlias, runtime_checkable

from edgecam.capture.adjustable import UNKNOWN, Control, Value, checked
from edgecam.errors import NotAdjusted

Kept: TypeAlias = dict[str, dict[str, Value]]
"""What was chosen, by device and name."""


@runtime_checkable
class Adjustable(Protocol):
    """A camera that may have what can be adjusted; asked for by any thread, open or not."""

    @property
    def adjustments(self) -> "Adjustments | None":
        """Always the same; None: nothing can be."""


class Adjustments:
    """Between a camera's driver and whoever adjusts it, in any two threads; nothing blocks.

    The driver says with ``begin`` at each opening whose controls there are, and takes with ``take``
    what is to be set then and later on. What was chosen stays with the device that had it:
    ``changed`` is called, in whichever thread, when ``kept`` should be written.
    """

    def __init__(self) -> None:
        self.changed: Callable[[], None] = lambda: None
        self._lock = Lock()
        self._kept: Kept = {}
        self._device = ""
        self._controls: dict[str, Control] = {}
        self._pending: dict[str, Value] = {}

    @property
    def device(self) -> str:
        """Whose controls they are; "" before a camera has told of any."""
        return self._device

    @property
    def kept(self) -> Kept:
        """What was chosen, of every device."""
        with self._lock:
            return {device: dict(values) for device, values in self._kept.items() if values}

    def remember(self, kept: Kept) -> None:
        """What was chosen before this start. What no longer fits its control is passed over."""
        with self._lock:
            self._kept = {device: dict(values) for device, values in kept.items()}
            self._want_all()

    def begin(self, device: str, controls: Sequence[Control]) -> None:
        """These are there now, with the values they have. What was chosen is to be taken anew."""
        with self._lock:
            # What was reset while the camera was closed: it may have kept it by itself.
            pending = self._pending if device == self._device else {}
            self._device = device
            self._controls = {control.name: control for control in controls}
            self._pending = {}
            lasting = (it.name for it in controls if it.lasts and it.name in pending)
            self._want_each({name: pending[name] for name in lasting})
            self._want_all()

    def seen(self, controls: Sequence[Control]) -> None:
        """How they are now, after some were set. What has yet to be taken counts as it will be."""
        with self._lock:
            self._controls = {
                control.name: self._with(control, self._pending.get(control.name))
                for control in controls
            }

    def controls(self) -> tuple[Control, ...]:
        """What there is to adjust, and how it is. Empty before a camera has told."""
        with self._lock:
            return tuple(self._controls.values())

    def adjust(self, changes: Mapping[str, object], reset: Sequence[str] | None = ()) -> None:
        """Set all of it, from now on, and before that what ``reset`` names (None: all there is) to
        what the driver gives. NotAdjusted, and nothing is set, if any of it can't be.
        """
        with self._lock:
            known = self._controls
            faults = [f"{it[:64]!r}: {UNKNOWN}" for it in reset or () if it not in known]
            try:
                taken = checked(known.values(), changes)
            except NotAdjusted as refused:
                raise NotAdjusted([*faults, *refused.faults]) from None
            if faults:
                raise NotAdjusted(faults)
            kept = self._kept.setdefault(self._device, {})
            for name in tuple(known) if reset is None else reset:
                kept.pop(name, None)
                default = known[name].default
                if default is not None:
                    self._want(known[name], default)
            for name, value in taken.items():
                self._want(known[name], value)
                if known[name].lasts:
                    kept[name] = value
        self.changed()

    def take(self) -> dict[str, Value]:
        """What is to be set, once: modes first, as numbers may be fixed until they are left."""
        if not self._pending:
            return {}
        with self._lock:
            pending, self._pending = self._pending, {}
            modes = [it for it in pending if self._controls[it].kind in ("switch", "choice")]
            return {name: pending[name] for name in (*modes, *(it for it in pending))}

    def _want_all(self) -> None:
        self._want_each(self._kept.get(self._device, {}))

    def _want_each(self, values: Mapping[str, object]) -> None:
        """What fits its control."""
        for name, value in values.items():
            try:
                taken = checked(self._controls.values(), {name: value})
            except NotAdjusted:
                continue
            self._want(self._controls[name], taken[name])

    def _want(self, control: Control, value: Value) -> None:
        self._pending[control.name] = value
        self._controls[control.name] = self._with(control, value)

    @staticmethod
    def _with(control: Control, value: Value | None) -> Control:
        return control if value is None or not control.lasts else replace(control, value=value)
