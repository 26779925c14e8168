"""What the board says about itself, where it does: temperature and voltage. All of it blocks."""

import shutil
from enum import IntFlag
from pathlib import Path

SYS = Path("/sys")

_THROTTLED = "devices/platform/soc*/*:firmware/get_throttled"
"""Hexadecimal, of the Raspberry Pi's firmware, in the kernels that come with its system."""

_CPU = ("cpu", "soc", "pkg")
"""What the zone of the processor has in its name; boards have zones for much else."""


def temperature(sys: Path = SYS) -> float | None:
    """Degrees Celsius of the processor; None if nothing here measures it."""
    zones = sorted((sys / "class/thermal").glob("thermal_zone*"))
    named = [(_read(zone / "type"), zone) for zone in zones]
    # False sorts first: a zone of the processor before any other.
    for _, zone in sorted(named, key=lambda each: not any(name in each[0] for name in _CPU)):
        # Thousandths, by the kernel's Documentation/driver-api/thermal/sysfs-api.rst.
        text = _read(zone / "temp")
        if text.lstrip("-").isdigit():
            return int(text) / 1_000
    return None


def under_voltage(sys: Path = SYS) -> bool:
    """Whether a Raspberry Pi gets too little power, by the kernel's driver raspberrypi-hwmon."""
    sensors = (sys / "class/hwmon").glob("hwmon*")
    return any(
        _read(sensor / "name") == "rpi_volt" and _read(sensor / "in0_lcrit_alarm") == "1"
        for sensor in sensors
    )


class Throttled(IntFlag):
    """What a Raspberry Pi's firmware says of power and heat, as ``vcgencmd get_throttled`` does.

    https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
    """

    UNDER_VOLTAGE = 1 << 0
    CAPPED = 1 << 1
    SLOWED = 1 << 2
    HOT = 1 << 3
    UNDER_VOLTAGE_BEFORE = 1 << 16
    CAPPED_BEFORE = 1 << 17
    SLOWED_BEFORE = 1 << 18
    HOT_BEFORE = 1 << 19


def throttled(sys: Path = SYS) -> Throttled:
    """Now and, BEFORE, since the start; nothing where no firmware says so."""
    for file in sys.glob(_THROTTLED):
        try:
            return Throttled(int(_read(file), 16))
        except ValueError:
            break
    return Throttled(0)


def memory_left(root: Path = Path("/")) -> int | None:
    """Bytes that this process can have before the kernel ends something: of the machine's without
    swapping, and of what its control group may take. None if neither can be told; in the sandbox
    of the unit it is the second only.
    """
    left = []
    machine = _figures(root / "proc/meminfo").get("MemAvailable:")
    if machine is not None:
        left.append(machine * 1_024)
    # Of version 2 (cgroups(7)), as on every system with edgecam's unit.
    group = _read(root / "proc/self/cgroup").rpartition("0::/")[2]
    folder = root / "sys/fs/cgroup" / group
    most, anonymous = _read(folder / "memory.max"), _figures(folder / "memory.stat").get("anon")
    if most.isdigit() and anonymous is not None:
        left.append(int(most) - anonymous)
    return min(left, default=None)


def disk_left(folder: Path) -> int | None:
    """Bytes of the disk that ``folder`` is on; None if that can't be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _figures(file: Path) -> dict[str, int]:
    """Those of lines that are a name and a figure."""
    lines = (line.split() for line in _read(file).splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
