"""What the board says about itself, where it does: temperature and voltage. All of it blocks."""

from pathlib import Path

SYS = Path("/sys")

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


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
