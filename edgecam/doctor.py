"""What on this device keeps a camera from being a good one: a verdict a line, for a person.

Of ``docs/hardware-checklist.md`` it is what can be asked of the machine itself. All of it blocks.
"""

import os
import platform
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgecam import control, smoke
from edgecam.capture.v4l2 import names
from edgecam.clock import Clock
from edgecam.config import Config
from edgecam.errors import EdgecamError
from edgecam.ground import state_folder
from edgecam.hardware import Throttled, temperature, throttled, under_voltage
from edgecam.peer.addresses import host_addresses
from edgecam.peer.send_path.frame import UDP_SEGMENT

Finding = Literal["good", "bad", "note"]

HOT = 80.0
"""Degrees Celsius from which on a Raspberry Pi slows its processor down."""

LITTLE_DISK = 200 * 2**20
LITTLE_MEMORY = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Verdict:
    """``about`` what; ``text`` says what is so and, if that is bad, what to do. A note is neither:
    it is as it is, or can't be told here.
    """

    finding: Finding
    about: str
    text: str

    def __str__(self) -> str:
        return f"{self.finding:<4}  {self.about:<12}  {self.text}"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where its kernel's files are."""

    root: Path = Path("/")

    def read(self, name: str) -> str:
        """A file of it, stripped; empty if it can't be read."""
        try:
            return (self.root / name).read_text(errors="replace").strip(" \n\t\0")
        except OSError:
            return ""


def examined(config: Config, machine: Machine | None = None) -> Iterator[Verdict]:
    """Every verdict, as soon as it is known; the last ones take a call, if the node runs."""
    machine = machine or Machine()
    for check in CHECKS:
        yield from check(config, machine)


def board(config: Config, machine: Machine) -> Iterator[Verdict]:
    """What it is, and whether its programs are of 64 bits."""
    model = machine.read("proc/device-tree/model") or platform.machine()
    wide = platform.architecture()[0] == "64bit"
    text = f"{model}, Linux {platform.release()}, Python {platform.python_version()}"
    if wide:
        yield Verdict("good", "board", text)
    else:
        yield Verdict("bad", "board", f"{text}: of 32 bits; install the 64-bit system")


def power(config: Config, machine: Machine) -> Iterator[Verdict]:
    """Now, and since the board was switched on."""
    bits = throttled(machine.root / "sys")
    if under_voltage(machine.root / "sys") or bits & Throttled.UNDER_VOLTAGE:
        yield Verdict("bad", "power", "under-voltage: use a stronger charger and a shorter cable")
    elif bits & Throttled.UNDER_VOLTAGE_BEFORE:
        text = "there was under-voltage since the start: use a stronger charger, a shorter cable"
        yield Verdict("bad", "power", text)
    elif machine.read("proc/device-tree/model").startswith("Raspberry Pi"):
        yield Verdict("good", "power", "no under-voltage since the start")
    else:
        yield Verdict("note", "power", "nothing here measures it")


def heat(config: Config, machine: Machine) -> Iterator[Verdict]:
    """The processor's, and what it has led to."""
    degrees, bits = temperature(machine.root / "sys"), throttled(machine.root / "sys")
    slowed = bits & (Throttled.CAPPED | Throttled.SLOWED | Throttled.HOT)
    if degrees is None:
        yield Verdict("note", "temperature", "nothing here measures it")
    elif degrees >= HOT or slowed:
        text = f"{degrees:.0f} °C, and slowed down" if slowed else f"{degrees:.0f} °C"
        yield Verdict("bad", "temperature", f"{text}: give it air, or lower camera.rate")
    else:
        yield Verdict("good", "temperature", f"{degrees:.0f} °C")


def clock(config: Config, machine: Machine) -> Iterator[Verdict]:
    """Certificates and sessions need it."""
    if Clock().is_wrong:
        text = "it is wrong: let the device reach a time server (timedatectl)"
        yield Verdict("bad", "clock", text)
    else:
        yield Verdict("good", "clock", "it can be right")


def disk(config: Config, machine: Machine) -> Iterator[Verdict]:
    """Of the state folder, or what there is of its path."""
    folder = state_folder(config.paths)
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free
    text = f"{free // 2**20} MB free for {folder}"
    if free < LITTLE_DISK:
        yield Verdict("bad", "disk", f"{text}: make room")
    elif os.statvfs(there).f_flag & os.ST_RDONLY:
        yield Verdict("bad", "disk", f"{there} can't be written: accounts are as they are")
    else:
        yield Verdict("good", "disk", text)


def memory(config: Config, machine: Machine) -> Iterator[Verdict]:
    """What is left, and whether the unit's limits are any."""
    lines = (line.partition(":") for line in machine.read("proc/meminfo").splitlines())
    known = {name: int(rest.split()[0]) * 1_024 for name, _, rest in lines if rest.split()}
    left = known.get("MemAvailable")
    if left is None:
        yield Verdict("note", "memory", "not known")
    elif left < LITTLE_MEMORY:
        text = f"{left // 2**20} MB left: stop something else, or lower viewers.most"
        yield Verdict("bad", "memory", text)
    else:
        yield Verdict("good", "memory", f"{left // 2**20} MB left")
    controllers = machine.read("sys/fs/cgroup/cgroup.controllers").split()
    if controllers and "memory" not in controllers:
        text = "the unit's limits are none: put cgroup_enable=memory into cmdline.txt"
        yield Verdict("bad", "memory", text)


def camera(config: Config, machine: Machine) -> Iterator[Verdict]:
    """Whether the one that is configured is there, as far as a look can tell."""
    found = [f"{each.card} at {each.path}" for each in names.cameras(machine.root / "dev")]
    driver = config.camera.driver
    if driver == "virtual":
        text = "a picture that is drawn: camera.driver is 'virtual'"
        yield Verdict("note", "camera", f"{text}; there is {', '.join(found)}" if found else text)
    elif driver == "v4l2" and not found:
        yield Verdict("bad", "camera", "there is none: plug it in, and see edgecam devices")
    else:
        yield Verdict("good" if found else "note", "camera", ", ".join(found) or driver)


def encoder(config: Config, machine: Machine) -> Iterator[Verdict]:
    """Who could encode."""
    found = [f"{each.card} at {each.path}" for each in names.encoders(machine.root / "dev")]
    text = ", ".join(found) or "none of its own: H.264 is encoded in software"
    yield Verdict("good" if found else "note", "encoder", text)


def processor(config: Config, machine: Machine) -> Iterator[Verdict]:
    """What makes sending cheap."""
    lines = machine.read("proc/cpuinfo").splitlines()
    flags = {
        word
        for line in lines
        if line.lower().startswith(("flags", "features"))
        for word in line.partition(":")[2].split()
    }
    if "aes" in flags:
        yield Verdict("good", "encryption", "by the processor's own instructions")
    else:
        yield Verdict("note", "encryption", "without instructions for it: a viewer costs more")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.getsockopt(socket.IPPROTO_UDP, UDP_SEGMENT)
    except OSError:
        text = "the kernel cuts no bursts (it is older than 4.18): a viewer costs more"
        yield Verdict("note", "sending", text)
    else:
        yield Verdict("good", "sending", "a picture goes to the kernel in one call")


def network(config: Config, machine: Machine) -> Iterator[Verdict]:
    """Where viewers could reach it."""
    addresses = host_addresses()
    if addresses:
        yield Verdict("good", "network", ", ".join(addresses))
    else:
        yield Verdict("bad", "network", "no address but loopback: nobody can reach it")


def node(config: Config, machine: Machine) -> Iterator[Verdict]:
    """Whether it runs, what it says of itself, and whether a picture arrives in a call."""
    try:
        yield Verdict("good", "node", control.status(config))
    except EdgecamError as error:
        yield Verdict("bad", "node", str(error))
        return
    if config.signaling.url:
        return
    try:
        yield Verdict("good", "call", smoke.told(smoke.smoke(config)).partition("\n")[0])
    except EdgecamError as error:
        yield Verdict("bad", "call", str(error))


def told(verdicts: Iterable[Verdict], say: Callable[[str], object]) -> bool:
    """Say each as it comes; whether none of them is bad."""
    well = True
    for verdict in verdicts:
        say(str(verdict))
        well &= verdict.finding != "bad"
    return well


CHECKS = (
    *(board, power, heat, clock, disk, memory),
    *(camera, encoder, processor, network, node),
)
