"""The machines of the device tests, one Debian release after the other."""

from collections.abc import Callable, Iterator

import pytest

from tests.device.machine import CONFIGURATION, Machine, Watcher
from tests.network.lab import Namespace, namespaces

CAMERA = "10.77.1.2"
VIEWER = "10.77.1.3"


@pytest.fixture(scope="session")
def viewer_space() -> Iterator[tuple[Namespace, Namespace]]:
    """The networks of the machine and, at the other end of its cable, of whoever watches."""
    with namespaces("camera", "viewer") as (camera, viewer):
        camera.plug(viewer, f"{CAMERA}/24", f"{VIEWER}/24")
        yield camera, viewer


@pytest.fixture(scope="session", params=["bookworm", "trixie"])
def booted(
    request: pytest.FixtureRequest, viewer_space: tuple[Namespace, Namespace]
) -> Iterator[Machine]:
    """A machine of this release, booted."""
    machine = Machine(request.param, viewer_space[0])
    machine.make()
    try:
        machine.boot()
        yield machine
        machine.off()
    finally:
        machine.cut()
        machine.remove()


@pytest.fixture
def machine(booted: Machine) -> Iterator[Machine]:
    """The machine with its service running as it was installed; its log is shown if that fails."""
    before = booted.cursor()
    booted.configure(CONFIGURATION)
    yield booted
    print(booted.run("journalctl", f"--after-cursor={before}", "--no-pager", check=False))
    booted.configure(CONFIGURATION)
    booted.run("systemctl", "daemon-reload")
    booted.run("systemctl", "reset-failed", "edgecam")
    booted.run("systemctl", "restart", "edgecam")


@pytest.fixture
def watch(
    machine: Machine, viewer_space: tuple[Namespace, Namespace]
) -> Iterator[Callable[[], Watcher]]:
    """Have somebody watch from outside, who has seen a picture when this returns."""
    watchers: list[Watcher] = []

    def begin() -> Watcher:
        watcher = Watcher(viewer_space[1], machine.link(CAMERA), machine.ca)
        watchers.append(watcher)
        watcher.said("picture")
        return watcher

    yield begin
    for watcher in watchers:
        watcher.leave()
