"""A switch and a lamp at the pins of the board, by gpiozero: whoever stands before it can see and
decide.
"""

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from edgecam.errors import StartError

logger = logging.getLogger(__name__)

BOUNCE = 0.05
"""Seconds in which a switch may bounce."""


class Pins:
    """``privacy``: the pin of a switch that is on when it connects it to ground; ``lamp``: that of
    a light. 0: there is none.

    ``turned`` is called in a thread of gpiozero's, and once at the beginning. All of it blocks, if
    only for a moment. StartError if they can't be had: a switch that does nothing is worse than no
    camera.
    """

    def __init__(self, privacy: int, lamp: int, turned: Callable[[bool], None]) -> None:
        self._devices: list[Any] = []
        self._lamp: Any = None
        if not privacy and not lamp:
            return
        try:
            gpiozero = import_module("gpiozero")
        except ImportError as error:
            raise StartError(
                f"gpio.privacy and gpio.lamp need gpiozero ({error}): "
                "apt-get install python3-gpiozero python3-lgpio, or leave them out"
            ) from error
        try:
            if lamp:
                self._lamp = gpiozero.LED(lamp)
                self._devices.append(self._lamp)
            if privacy:
                switch = gpiozero.Button(privacy, pull_up=True, bounce_time=BOUNCE)
                self._devices.append(switch)
                switch.when_pressed = lambda: turned(True)
                switch.when_released = lambda: turned(False)
                turned(bool(switch.is_pressed))
        except (gpiozero.GPIOZeroError, OSError, ImportError) as error:
            self.close()
            raise StartError(
                f"the pins of gpio.privacy and gpio.lamp can't be used ({error}): see that they "
                "are free and that this user is in the group gpio, or leave them out"
            ) from error

    def light(self, on: bool) -> None:
        """Have the lamp lit, or not."""
        if self._lamp is not None:
            self._lamp.value = int(on)

    def close(self) -> None:
        """Let go of the pins; the lamp goes out. May be called twice."""
        devices, self._devices, self._lamp = self._devices, [], None
        for device in reversed(devices):
            device.close()
