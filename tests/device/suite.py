"""The common suite of the camera and microphone drivers, and a viewer, where the devices are."""

import shutil
from importlib.metadata import distribution
from pathlib import Path

from tests.device.machine import ROOT

SUITE = "/srv/suite"

_TOOLS = (
    *("pytest", "pytest-asyncio", "pytest-timeout", "iniconfig", "packaging", "pluggy"),
    *("pygments", "blockbuster", "forbiddenfruit"),
)
"""What the suite takes besides edgecam: pure Python, so that it works with another one, too."""


def install(root: Path) -> None:
    """Put the tests of this tree, and pytest, into the system whose root is ``root``."""
    suite = root / SUITE.lstrip("/")
    (suite / "tests").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", suite)
    for file in (ROOT / "tests").glob("*.py"):
        shutil.copy(file, suite / "tests")
    (suite / "tests/bench").mkdir()
    for name in ("__init__.py", "drivers.py", "figures.py", "plan.py", "process.py"):
        shutil.copy(ROOT / "tests/bench" / name, suite / "tests/bench")
    (suite / "tests/device").mkdir()
    for name in ("__init__.py", "watcher.py"):
        shutil.copy(ROOT / "tests/device" / name, suite / "tests/device")
    for name in _TOOLS:
        of = distribution(name)
        for part in of.files or ():
            if part.suffix != ".pyc" and ".." not in part.parts:
                (suite / part).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(of.locate_file(part)), suite / part)


def command(
    chosen: str, seconds: int, file: str = "test_capture_drivers.py", **devices: str
) -> tuple[str, ...]:
    """What runs the ``chosen`` tests of ``file`` as the service's user, each for so many seconds at
    most, with ``devices`` as their environment. It fails where one is missing.
    """
    return (
        *_python("pytest", devices),
        f"tests/{file}",
        *("-p", "no:cacheprovider", f"--timeout={seconds}", "-k", chosen),
        # picamera2, with a new Python.
        *("-W", "ignore:setDaemon:DeprecationWarning"),
    )


def measured(size: str, seconds: int, **devices: str) -> tuple[str, ...]:
    """What tells the figures of the ``devices``' drivers, as JSON."""
    return (*_python("tests.bench.drivers", devices), size, str(seconds))


def _python(module: str, devices: dict[str, str]) -> tuple[str, ...]:
    environment = [f"EDGECAM_TEST_{name}={value}" for name, value in devices.items()]
    return (
        *("runuser", "-u", "edgecam", "-G", "video", "-G", "audio", "--"),
        *("env", "-C", SUITE, "PYTHONDONTWRITEBYTECODE=1", *environment),
        *("/opt/edgecam/bin/python", "-m", module),
    )


def all_passed(said: str) -> bool:
    """Whether the suite that ``said`` this ran, and nothing failed or was skipped."""
    last = said.splitlines()[-1] if said else ""
    return " passed" in last and not any(bad in last for bad in ("failed", "error", "skipped"))
