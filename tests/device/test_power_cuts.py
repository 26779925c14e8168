"""The power is cut in the middle of writes, more than twenty times; what matters is kept."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgecam.web.sessions import COOKIE
from tests.device import disk
from tests.device.conftest import CAMERA, VIEWER
from tests.device.machine import Machine, Watcher
from tests.network.lab import Namespace, namespaces

pytestmark = pytest.mark.timeout(1800)

FIRST = ("ca.key", "ca.crt", "leaf.key", "leaf.crt", "accounts.db-journal", "caller.token")
"""What the first start writes."""

RENEWED = ("leaf.key", "leaf.crt") * 5
"""What an address that comes or goes has written."""

KEPT = ("tls/ca.key", "tls/ca.crt", "caller.token")
"""What has to stay as it is once somebody has been told that the camera is ready."""


@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_power_cuts(release: str, tmp_path: Path) -> None:
    """Cut while each file is half written, it boots and serves; authority and sessions stay."""
    image, new = tmp_path / "image", tmp_path / "new"
    (new / "tls").mkdir(parents=True)
    with namespaces("camera", "viewer") as (camera, viewer):
        camera.plug(viewer, f"{CAMERA}/24", f"{VIEWER}/24")
        machine = Machine(release, camera, image)
        machine.make()
        try:
            for name in FIRST:
                cut(machine)
                disk.make(image, new)
                machine.start()
                cut_while_writing(name, machine, lambda: None)
                boot_again(image, machine)
                # Ready, a moment ago: what it has now, somebody may have been told.
                kept = state(machine)
                cut(machine)
                boot_again(image, machine)
                assert state(machine) == kept
            session = watched(machine, viewer)
            for name in RENEWED:
                with addresses_changing(camera) as begin:
                    cut_while_writing(name, machine, begin)
                boot_again(image, machine)
                assert state(machine) == kept
            assert admitted(machine, session)
            assert not list(machine.state.glob("tls/ca.*.bad"))
            watched(machine, viewer)
        finally:
            print(machine.run("journalctl", "-b", "-u", "edgecam", "--no-pager", check=False))
            machine.cut()
            machine.remove()


def cut_while_writing(name: str, machine: Machine, begin: Callable[[], object]) -> None:
    """Have ``begin`` lead to ``name`` being written, and cut the power while it is."""
    folder = machine.state / "tls" if name.startswith(("ca.", "leaf.")) else machine.state
    with disk.files_made(folder) as files:
        begin()
        while not next(files).startswith((f".{name}.", name)):
            pass
        cut(machine)


def cut(machine: Machine) -> None:
    """Cut the power now, if it is on."""
    if machine.is_on:
        disk.cut(machine.state)
        machine.cut()


def boot_again(image: Path, machine: Machine) -> None:
    """Have the power back; it serves."""
    disk.mend(image)
    machine.boot()
    assert machine.show("ActiveState") == {"ActiveState": "active"}


def state(machine: Machine) -> dict[str, bytes]:
    """The files that have to stay."""
    return {name: (machine.state / name).read_bytes() for name in KEPT}


def watched(machine: Machine, space: Namespace) -> str:
    """Have a picture seen from outside; the cookie of the viewer's session."""
    watcher = Watcher(space, machine.link(CAMERA), machine.ca)
    try:
        watcher.said("picture")
    finally:
        watcher.leave()
    return watcher.session


def admitted(machine: Machine, session: str) -> bool:
    """Whether the cookie of an earlier session still opens the page."""
    code = (
        "import http.client, ssl; "
        f"c = http.client.HTTPSConnection('{CAMERA}', 8443, "
        "context=ssl.create_default_context(cafile='/var/lib/edgecam/tls/ca.crt')); "
        f"c.request('GET', '/', headers={{'Cookie': '{COOKIE}={session}'}}); "
        "print(c.getresponse().status)"
    )
    return machine.run("/opt/edgecam/bin/python", "-c", code).strip() == "200"


@contextmanager
def addresses_changing(space: Namespace) -> Iterator[Callable[[], None]]:
    """What is yielded has an address come and go all the time, as with a bad plug."""
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            space.ip("addr", "add", "10.77.9.9/24", "dev", "eth0")
            space.ip("addr", "del", "10.77.9.9/24", "dev", "eth0")

    thread = threading.Thread(target=change)
    try:
        yield thread.start
    finally:
        stop.set()
        thread.join()
