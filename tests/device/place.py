"""Two devices that were provisioned together, of either Debian release."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.device.machine import Watcher
from tests.device.provisioning import BareMachine, Operator, site

PLAIN: dict[str, Any] = {
    "camera": {"width": 640, "height": 360, "rate": 15},
    "encode": {"video_bitrate": 400_000},
}
PORTS = {"ice": {"ports": "50000-50099"}}
CMDLINE = "console=serial0,115200 root=PARTUUID=edc0ffee-02 rootfstype=ext4 rootwait\n"
STAYS = ("var/log/", "var/cache/", "var/lib/dpkg/", "var/lib/apt/", "var/lib/systemd/", "run/")


@dataclass(frozen=True, slots=True)
class Place:
    """Two devices that were provisioned, what was said then, and what was there before."""

    operator: Operator
    machines: dict[str, BareMachine]
    said: str
    changed: dict[str, int]
    reboots: dict[str, int]
    before: set[str]

    def address(self, name: str) -> str:
        """Of a device."""
        return str(self.operator.hosts[name]["ansible_host"])

    def watch(self, name: str) -> str:
        """Have a picture seen from outside; the session's cookie."""
        machine = self.machines[name]
        link = machine.link(self.address(name))
        watcher = Watcher(self.operator.space, link, machine.ca)
        try:
            watcher.said("picture")
            return watcher.session
        finally:
            watcher.leave()

    def release(self, name: str) -> str:
        """What runs on a device."""
        return (self.machines[name].root / "opt/edgecam/current").readlink().name


@contextmanager
def provisioned() -> Iterator[Place]:
    """A Debian 12 with a firewall, and a Debian 13 that looks like a Raspberry Pi."""
    with site(door="bookworm", garden="trixie") as (operator, machines):
        operator.hosts["door"] |= {
            "edgecam_config": PLAIN | PORTS,
            "edgecam_firewall": "ufw",
            "edgecam_unattended_upgrades": True,
        }
        operator.hosts["garden"] |= {
            "edgecam_config": PLAIN | {"camera": PLAIN["camera"] | {"name": "Garden", "rate": 10}},
            "edgecam_secrets": {"turn.secret": "sesame"},
        }
        firmware = machines["garden"].root / "boot/firmware"
        firmware.mkdir(parents=True)
        (firmware / "cmdline.txt").write_text(CMDLINE)
        (firmware / "config.txt").write_text("dtparam=audio=on\n")
        before = names(machines["door"])
        with machines["door"].rebooting() as door, machines["garden"].rebooting() as garden:
            told = operator.play("site.yml")
        assert told.code == 0
        changed = {name: told.count(name)["changed"] for name in machines}
        reboots = {"door": len(door), "garden": len(garden)}
        yield Place(operator, machines, told.text, changed, reboots, before)


def names(machine: BareMachine) -> set[str]:
    """Every file and folder of a machine, but what its running leaves."""
    found = subprocess.run(
        ("find", ".", "-xdev", "-printf", r"%P\n"),
        cwd=machine.root,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name for name in found.stdout.splitlines() if not name.startswith(STAYS)}
