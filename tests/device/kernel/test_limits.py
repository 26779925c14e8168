"""What the unit limits, on an emulated machine whose kernel is nobody else's: memory, devices,
ports, processes, and kinds of sockets.
"""

import json

import pytest

from tests.device.emulated import MEMORY, Emulated
from tests.device.kernel.conftest import MARKS

pytestmark = MARKS

PROBE = "/usr/local/bin/probe.py"
PYTHON = "/opt/edgecam/bin/python"

MODULES = ("tun", "fuse")
"""Devices that are none of the service's business."""

ALLOWED = ("/dev/video0", "/dev/media0", "/dev/snd/controlC0", "/dev/dma_heap/system")
KERNEL = "_TRANSPORT=kernel"
EAT = "/run/edgecam/eat"
DENIED = ("/dev/vda", "/dev/mem", "/dev/kmsg", "/dev/ttyS0", "/dev/fuse", "/dev/net/tun")


@pytest.fixture(scope="module")
def told(machine: Emulated) -> dict[str, dict[str, str]]:
    """What came of each attempt: as the ``service``; as ``root`` in its control group, which by
    systemd.service(5) is what a plus sign leaves of its sandbox; and as root ``outside`` of it.
    """
    machine.run("modprobe", "--all", *MODULES)
    machine.run("udevadm", "settle", "--timeout=900")
    machine.run("chmod", "666", *DENIED)
    machine.run(PYTHON, PROBE, "/srv/outside", *ALLOWED, *DENIED)
    command = f"{PYTHON} {PROBE} /run/edgecam/{{}} {' '.join(ALLOWED + DENIED)}"
    pre = f"ExecStartPre={command.format('service')}\nExecStartPre=+{command.format('root')}"
    with machine.drop_in(f"[Service]\n{pre}"):
        machine.run("systemctl", "restart", "edgecam")
    files = {
        "service": "/run/edgecam/service",
        "root": "/run/edgecam/root",
        "outside": "/srv/outside",
    }
    return {who: json.loads(machine.run("cat", file)) for who, file in files.items()}


def test_devices(told: dict[str, dict[str, str]]) -> None:
    """Cameras, sound and the memory they share, and no other; not even to root."""
    assert not [device for device in ALLOWED if told["outside"][device] != "done"]
    assert {device: told["outside"][device] for device in DENIED} == dict.fromkeys(DENIED, "done")
    assert {device: told["service"][device] for device in ALLOWED} == dict.fromkeys(ALLOWED, "done")
    assert not [device for device in DENIED if told["service"][device] == "done"]
    assert {device: told["root"][device] for device in ALLOWED} == dict.fromkeys(ALLOWED, "done")
    assert {device: told["root"][device] for device in DENIED} == dict.fromkeys(DENIED, "EPERM")


def test_ports(told: dict[str, dict[str, str]]) -> None:
    """A listener at its own port and any UDP port, and no other; not even to root."""
    for who in ("service", "root"):
        assert told[who]["listen at another port"] == "EPERM"
        assert told[who]["open a UDP port"] == "done"
        assert told[who]["listen at its own port"] == "done"
    assert told["outside"]["listen at another port"] == "done"


def test_kinds_of_sockets(told: dict[str, dict[str, str]]) -> None:
    """Those to the network, and no other, whatever the kernel has."""
    for attempt in ("open a packet socket", "open a socket to hypervisors"):
        assert told["outside"][attempt] == "done"
        assert told["service"][attempt] == "EAFNOSUPPORT"


def test_processes(told: dict[str, dict[str, str]]) -> None:
    """Their number has an end, and the machine's own is not reached by it."""
    assert told["service"]["start processes"] == "EAGAIN"
    assert told["root"]["start processes"] == "EAGAIN"
    assert told["outside"]["start processes"] == "done"


def test_memory_without_end(machine: Emulated) -> None:
    """The service may have its share of the memory, and is killed when it takes more; nothing else
    is. It comes back, and the machine has gone on.
    """
    limit = int(machine.show("MemoryMax")["MemoryMax"])
    assert limit < MEMORY * 2**20 * 0.6
    before = machine.cursor()
    uptime = seconds_up(machine)
    machine.run("touch", EAT)
    machine.logged("Failed with result 'oom-kill'", before)
    assert machine.logged("ready at", before)["_SYSTEMD_UNIT"] == "edgecam.service"
    assert machine.logged("Memory cgroup out of memory: Killed process", before, KERNEL)
    log = machine.run("journalctl", f"--after-cursor={before}", "-o", "cat", "--no-pager")
    assert "\nOut of memory" not in log
    assert log.count("Failed with result") == 1
    machine.until(lambda found: found["ActiveState"] == "active", "ActiveState")
    assert seconds_up(machine) > uptime


def seconds_up(machine: Emulated) -> float:
    """Since it was booted."""
    return float(machine.run("cat", "/proc/uptime").split()[0])
