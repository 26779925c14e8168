"""A root that is made read-only at the start, and a stick for the keys, on an emulated machine. Run
by ``make test-read-only``: it boots twice, which takes minutes.
"""

import os
import subprocess

import pytest

from tests.device.emulated import KERNEL, Emulated
from tests.device.machine import CACHE, ROOT

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(os.uname().machine != "x86_64", reason="what is emulated is a PC, by a PC"),
]

UNIT = "var-lib-edgecam.mount"
TEMPLATE = ROOT / "ansible/roles/edgecam/templates" / f"{UNIT}.j2"
WANTS = "etc/systemd/system/multi-user.target.wants"
MIB = 2**20


class ReadOnly(Emulated):
    """Has the unit of the role, and starts as ``raspi-config nonint enable_overlayfs`` has it."""

    stick = CACHE / "run" / "stick.img"

    def _furnish(self) -> None:
        unit = TEMPLATE.read_text().replace("{{ edgecam_state_device }}", "LABEL=edgecam")
        (self.root / "etc/systemd/system" / UNIT).write_text(unit)
        (self.root / WANTS).mkdir(exist_ok=True)
        (self.root / WANTS / UNIT).symlink_to(f"/etc/systemd/system/{UNIT}")
        # As images have them; of these, overlayroot keeps FAT writable.
        (self.root / "etc/fstab").write_text("/dev/vda / ext4 defaults,noatime 0 1\n")
        self.stick.touch()
        os.truncate(self.stick, 32 * MIB)
        make = ("mke2fs", "-q", "-F", "-t", "ext4", "-L", "edgecam", self.stick)
        subprocess.run(make, check=True)

    def _options(self) -> tuple[str, ...]:
        drive = f"file={self.stick},format=raw,if=virtio,cache=unsafe"
        return ("-drive", drive, "-append", f"overlayroot=tmpfs {KERNEL}")

    def remove(self) -> None:
        super().remove()
        self.stick.unlink(missing_ok=True)


def test_the_power_is_cut() -> None:
    """Twice started, with the power cut in between, the camera is the same one, and what was
    written elsewhere than to the stick is gone.
    """
    first, second = ReadOnly(), ReadOnly()
    first.make()
    try:
        first.boot()
        authority = seen(first)
        first.run("touch", "/etc/written")
        first.run("sync")
        first.cut()
        second.boot()
        assert seen(second) == authority
        assert "written" not in second.run("ls", "/etc")
    finally:
        first.cut()
        second.cut()
        second.remove()


def seen(machine: Emulated) -> str:
    """The authority's certificate, where the service runs and both places are what they have to
    be.
    """
    kinds = {
        place: machine.run("findmnt", "-no", "FSTYPE", place).strip()
        for place in ("/", "/media/root-ro", "/var/lib/edgecam")
    }
    assert kinds == {"/": "overlay", "/media/root-ro": "ext4", "/var/lib/edgecam": "ext4"}
    machine.until(lambda found: found["ActiveState"] == "active", "ActiveState")
    return machine.run("cat", "/var/lib/edgecam/tls/ca.crt")
