"""How much less the stream has to be while the machine is hot, throttled or short of something.

Pure: what was measured goes in, a step comes out.
"""

from dataclasses import dataclass
from enum import IntEnum

from edgecam.hardware import Throttled

WARM, HOT, COOL = 75.0, 80.0, 70.0
"""Degrees Celsius. From HOT on a Raspberry Pi slows its processor down, from 85 on by much:
https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#frequency-management-and-thermal-control
"""

LITTLE_MEMORY, ENOUGH_MEMORY = 64 * 2**20, 96 * 2**20
LITTLE_DISK, ENOUGH_DISK = 200 * 2**20, 250 * 2**20
"""Bytes: the first is trouble, and with the second it is over."""

SLOW, QUICK = 0.9, 0.7
"""Of the time there is for a picture, what encoding it takes: the first is trouble, and below the
second it is over. The rest of it is for pictures that take longer than others.
"""

PATIENCE = 3
"""Looks until a step may be followed by another: the first has to show what it does."""

RELIEF = 6
"""Looks without any trouble after which a step is taken back."""


_WELL = Throttled(0)

_TOO_MUCH = (
    "the device can't encode so many pictures of this size: choose a smaller camera.width and"
    " camera.height, or a lower camera.rate"
)


class Step(IntEnum):
    """Each has what those before it have."""

    ALL = 0
    HALF_BITRATE = 1
    HALF_RATE = 2
    HALF_SIZE = 3


@dataclass(frozen=True, slots=True)
class Condition:
    """What was measured: degrees Celsius, and bytes that are left. None: it can't be. ``encoding``:
    what it takes of the time there is, and ``encoding_all`` what all pictures in full size would.
    """

    temperature: float | None = None
    throttled: Throttled = _WELL
    under_voltage: bool = False
    memory: int | None = None
    disk: int | None = None
    encoding: float = 0.0
    encoding_all: float = 0.0


class Strain:
    """Of one machine, looked at again and again. ``troubles`` is a sentence for each thing that is
    wrong now, by what it is about, and empty for what is not; ``step`` is how much less the stream
    has to be.

    Heat counts by its degrees: the firmware's bit for it is set from 60 °C on by some boards, which
    then have a good deal left.
    """

    def __init__(self) -> None:
        self.step = Step.ALL
        self.troubles: dict[str, str] = {}
        self._since_step = PATIENCE
        self._well = 0

    def look(self, now: Condition) -> None:
        """Judge anew."""
        heat = now.temperature or 0.0
        hot = self._so("heat", heat >= WARM, heat >= COOL)
        slowed = bool(now.throttled & Throttled.SLOWED)
        weak = now.under_voltage or bool(now.throttled & Throttled.UNDER_VOLTAGE)
        little = self._short("memory", now.memory, LITTLE_MEMORY, ENOUGH_MEMORY)
        full = self._short("disk", now.disk, LITTLE_DISK, ENOUGH_DISK)
        slow = self._so("encoding", now.encoding_all >= SLOW, now.encoding_all >= QUICK)
        well = not (hot or slowed or weak or little or slow)
        least = Step.HALF_RATE if slow else Step.ALL if well else Step.HALF_BITRATE
        worse = heat >= HOT or slowed or now.encoding >= SLOW
        self._take_step(least, well=well, worse=worse)
        self.troubles = {
            "voltage": "under-voltage: the power supply is too weak" if weak else "",
            "heat": _heat(hot=hot, slowed=slowed),
            "memory": "little memory is left: stop something else on the device" if little else "",
            "disk": "the disk is almost full: make room" if full else "",
            "encoding": _TOO_MUCH if slow else "",
        }

    def _take_step(self, least: Step, *, well: bool, worse: bool) -> None:
        self._since_step += 1
        self._well = self._well + 1 if well else 0
        if self.step < least:
            self._become(least)
        elif worse and self._may_follow:
            self._become(Step(self.step + 1))
        elif self._well >= RELIEF and self.step > Step.ALL:
            self._well = 0
            self._become(Step(self.step - 1))

    @property
    def _may_follow(self) -> bool:
        return self._since_step >= PATIENCE and self.step < Step.HALF_SIZE

    def _become(self, step: Step) -> None:
        self.step, self._since_step = step, 0

    def _so(self, about: str, begins: bool, stays: bool) -> bool:
        return begins or (stays and bool(self.troubles.get(about)))

    def _short(self, about: str, left: int | None, little: int, enough: int) -> bool:
        return left is not None and self._so(about, left < little, left < enough)


def _heat(*, hot: bool, slowed: bool) -> str:
    if slowed:
        return "the device is too hot and slowed down: give it air"
    return "the device is getting too hot: give it air" if hot else ""
