"""A Raspberry Pi whose root is read-only, and its keys on a file system of their own."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.device.machine import Watcher
from tests.device.place import PLAIN
from tests.device.provisioning import BareMachine, Operator, RaspberryPi, Told, site

pytestmark = pytest.mark.timeout(1_200)

OVERLAY = "imx462,clock-frequency=74250000"
WISHES: dict[str, Any] = {
    "edgecam_config": PLAIN,
    "edgecam_read_only_root": True,
    "edgecam_state_device": "LABEL=edgecam",
    "edgecam_camera_overlay": OVERLAY,
}
PICTURE = "A picture of 640x360 has arrived"
MIB = 2**20


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A device with a file system called edgecam."""
    image = tmp_path_factory.mktemp("slot") / "stick"
    image.touch()
    os.truncate(image, 32 * MIB)
    subprocess.run(("mke2fs", "-q", "-F", "-t", "ext4", "-L", "edgecam", image), check=True)
    find = ("losetup", "--find", "--show", image)
    device = subprocess.run(find, check=True, capture_output=True, text=True).stdout.strip()
    yield Path(device)
    subprocess.run(("losetup", "--detach", device), check=True)


def give_picamera2(machine: BareMachine) -> None:
    """Have a package of that name for apt, as Raspberry Pi's archive has: one that brings libcamera
    and can be imported.
    """
    package = machine.root / "srv/python3-picamera2"
    (package / "DEBIAN").mkdir(parents=True)
    (package / "DEBIAN/control").write_text(
        "Package: python3-picamera2\nVersion: 1\nArchitecture: all\nMaintainer: Ana\n"
        "Depends: python3-libcamera\nDescription: stands in for it\n"
    )
    place = package / "usr/lib/python3/dist-packages"
    place.mkdir(parents=True)
    (place / "picamera2.py").write_text("import libcamera\n")
    script = """
        set -e
        cd /srv
        dpkg-deb --build python3-picamera2 picamera2.deb
        { cat python3-picamera2/DEBIAN/control
          echo "Filename: ./picamera2.deb"
          echo "Size: $(stat -c %s picamera2.deb)"
          echo "SHA256: $(sha256sum picamera2.deb | cut -d ' ' -f 1)"
        } >Packages
        echo "deb [trusted=yes] file:/srv ./" >/etc/apt/sources.list.d/raspi.list
        apt-get -q update -o Dir::Etc::sourcelist=sources.list.d/raspi.list \
            -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
    """
    subprocess.run(
        ("chroot", machine.root, "sh", "-c", script), check=True, stdout=subprocess.DEVNULL
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A device with all of it, how often it was rebooted for that, what was said then, and what was
    there before.
    """

    operator: Operator
    garden: RaspberryPi
    reboots: int
    said: str
    before: set[str]

    def play(self, playbook: str, *arguments: str) -> tuple[Told, int]:
        """What a playbook says, and how often it has rebooted the device."""
        with self.garden.rebooting() as reboots:
            told = self.operator.play(playbook, *arguments)
        return told, len(reboots)

    @property
    def authority(self) -> str:
        """The certificate of the device's own."""
        return self.garden.run("cat", "/var/lib/edgecam/tls/ca.crt")


@pytest.fixture(scope="module")
def place(stick: Path) -> Iterator[Place]:
    """Provisioned with all of it at once."""

    def with_stick(machine: BareMachine) -> None:
        assert isinstance(machine, RaspberryPi)
        machine.stick = stick
        give_picamera2(machine)

    with site(with_stick, RaspberryPi, garden="trixie") as (operator, machines):
        garden = machines["garden"]
        assert isinstance(garden, RaspberryPi)
        operator.hosts["garden"] |= WISHES
        before = names(garden)
        with garden.rebooting() as reboots:
            told = operator.play("site.yml")
        assert told.code == 0
        yield Place(operator, garden, len(reboots), told.text, before)


def test_one_reboot(place: Place) -> None:
    """It makes the root read-only, finds the camera and counts memory; a picture has arrived."""
    assert place.reboots == 1
    assert place.said.count(PICTURE) == 1
    garden = place.garden
    assert root_of(garden) == "overlay"
    assert garden.run("findmnt", "-no", "FSTYPE", "/var/lib/edgecam").strip() == "ext4"
    settings = (garden.firmware / "config.txt").read_text()
    assert settings.startswith(garden.settings)
    assert f"\n[all]\ncamera_auto_detect=0\ndtoverlay={OVERLAY}\n" in settings
    cmdline = (garden.firmware / "cmdline.txt").read_text()
    assert cmdline == f"overlayroot=tmpfs {garden.cmdline.strip()} cgroup_enable=memory\n"
    garden.run("/opt/edgecam/current/bin/python", "-c", "import picamera2")


def test_the_power_is_cut(place: Place, tmp_path: Path) -> None:
    """The keys outlive it, and nothing else that was written does."""
    garden = place.garden
    authority = place.authority
    garden.run("touch", "/etc/written")
    garden.cut()
    garden.boot()
    assert garden.run("systemctl", "is-active", "edgecam").strip() == "active"
    assert place.authority == authority
    assert "written" not in garden.run("ls", "/etc")
    (tmp_path / "ca.crt").write_text(authority)
    link = garden.link(str(place.operator.hosts["garden"]["ansible_host"]))
    watcher = Watcher(place.operator.space, link, tmp_path / "ca.crt")
    watcher.said("picture")
    watcher.leave()


def test_without_its_stick(place: Place) -> None:
    """It makes no other keys: it waits to be started with the stick."""
    garden = place.garden
    authority = place.authority
    garden.cut()
    stick, garden.stick = garden.stick, None
    garden.boot()
    assert garden.run("systemctl", "is-active", "edgecam", check=False).strip() == "inactive"
    assert garden.run("ls", "/var/lib/edgecam") == ""
    assert "Dependency failed for edgecam" in garden.run("journalctl", "-b", "-o", "cat")
    garden.cut()
    garden.stick = stick
    garden.boot()
    assert place.authority == authority


def test_a_second_run(place: Place) -> None:
    """It changes nothing, reboots nothing, and has a picture arrive."""
    told, reboots = place.play("site.yml")
    assert (told.code, told.count("garden")["changed"], reboots) == (0, 0, 0)
    assert told.text.count(PICTURE) == 1


def test_a_wish_that_is_new(place: Place) -> None:
    """To take the root's protection away is left to its owner; else it is opened and closed."""
    told, reboots = place.play("site.yml", "-e", "edgecam_read_only_root=false")
    assert "say edgecam_read_only_root=true if it is to stay so" in told.flat
    authority = place.authority
    place.operator.hosts["garden"]["edgecam_config"] = PLAIN | {"viewers": {"most": 3}}
    told, reboots = place.play("upgrade.yml")
    assert (told.code, reboots) == (0, 2)
    assert root_of(place.garden) == "overlay"
    assert "most = 3" in place.garden.run("cat", "/etc/edgecam/edgecam.toml")
    assert place.authority == authority


def test_it_goes(place: Place) -> None:
    """Removed, it is gone from the card and from the other file system, and so is the overlay."""
    garden = place.garden
    told, reboots = place.play("remove.yml", "-e", "edgecam_erase=true")
    assert (told.code, reboots) == (0, 1)
    assert [name for name in names(garden) - place.before if "edgecam" in name] == []
    assert (garden.firmware / "cmdline.txt").read_text() == garden.cmdline
    assert (garden.firmware / "config.txt").read_text() == garden.settings
    garden.run("mount", "/dev/disk/by-label/edgecam", "/mnt")
    assert garden.run("ls", "/mnt").split() == ["lost+found"]


def test_no_stick() -> None:
    """It is missed before anything waits for it."""
    with site(lambda machine: None, RaspberryPi, garden="trixie") as (operator, machines):
        operator.hosts["garden"] |= WISHES | {"edgecam_reboot": False}
        told = operator.play("site.yml")
        assert "garden has no file system LABEL=edgecam: plug in a stick" in told.flat
        assert machines["garden"].run("systemctl", "is-system-running").strip() == "running"


def root_of(machine: BareMachine) -> str:
    """The type of the file system of its root."""
    return machine.run("findmnt", "-no", "FSTYPE", "/").strip()


def names(machine: BareMachine) -> set[str]:
    """Every file of what is below its root."""
    found = machine.run("find", "/etc", "/opt", "/usr/local", "/var/lib", "/boot", "/root")
    return set(found.splitlines())
