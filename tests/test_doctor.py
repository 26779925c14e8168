"""``edgecam doctor``: every verdict that a machine can have, by files as its kernel would show."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgecam import doctor
from edgecam.capture.v4l2 import names
from edgecam.capture.v4l2.names import Found
from edgecam.config import Camera, Config, Paths
from edgecam.doctor import Machine, Verdict, examined, told
from edgecam.hardware import Throttled, throttled
from tests.node import Node, running_node

THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
PI = {"proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.5\0"}
Check = Callable[[Config, Machine], Iterator[Verdict]]


def machine(folder: Path, files: dict[str, str]) -> Machine:
    """One with these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Machine(folder)


def heat(degrees: int) -> dict[str, str]:
    """A processor that is so warm."""
    zone = "sys/class/thermal/thermal_zone0"
    return {f"{zone}/type": "cpu-thermal", f"{zone}/temp": f"{degrees}000"}


CASES: list[tuple[Check, dict[str, str], str, str]] = [
    (doctor.board, PI, "good", "Raspberry Pi 4 Model B Rev 1.5, Linux"),
    (doctor.power, {}, "note", "nothing here measures it"),
    (doctor.power, {**PI, THROTTLED: "0\n"}, "good", "no under-voltage"),
    (doctor.power, {**PI, THROTTLED: "50005\n"}, "bad", "stronger charger"),
    (doctor.power, {**PI, THROTTLED: "10000\n"}, "bad", "since the start"),
    (doctor.power, {**PI, THROTTLED: "what?\n"}, "good", "no under-voltage"),
    (doctor.heat, {}, "note", "nothing here measures it"),
    (doctor.heat, heat(54), "good", "54 °C"),
    (doctor.heat, heat(81), "bad", "give it air"),
    (doctor.heat, {**heat(70), THROTTLED: "8\n"}, "bad", "slowed down"),
    (doctor.heat, {**heat(60), THROTTLED: "80000\n"}, "good", "60 °C"),
    (doctor.clock, {}, "good", "can be right"),
    (doctor.disk, {}, "good", "MB free"),
    (doctor.processor, {"proc/cpuinfo": "Features\t: fp asimd aes\n"}, "good", "instructions"),
    (doctor.processor, {"proc/cpuinfo": "flags\t: fpu aesthetic\n"}, "note", "costs more"),
]


@pytest.mark.parametrize(("check", "files", "finding", "text"), CASES)
def test_what_is_found(
    tmp_path: Path, check: Check, files: dict[str, str], finding: str, text: str
) -> None:
    """And what to do, where it is bad."""
    config = Config(paths=Paths(state=str(tmp_path / "not" / "there" / "yet")))
    first = next(check(config, machine(tmp_path, files)))
    assert first.finding == finding
    assert text in first.text


def test_memory_that_is_not_limited(tmp_path: Path) -> None:
    """A Raspberry Pi's kernel does not count it unless it is told to."""
    files = {
        "proc/meminfo": "MemTotal: 999 kB\nMemAvailable: 999999 kB\n",
        "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io pids\n",
    }
    found = list(doctor.memory(Config(), machine(tmp_path, files)))
    assert [each.finding for each in found] == ["good", "bad"]
    assert "cgroup_enable=memory" in found[1].text
    files["sys/fs/cgroup/cgroup.controllers"] = "cpu memory pids\n"
    files["proc/meminfo"] = "MemAvailable: 9999 kB\n"
    found = list(doctor.memory(Config(), machine(tmp_path, files)))
    assert [each.finding for each in found] == ["bad"]


def test_a_camera_that_is_configured_and_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is bad; one that is drawn is worth a word."""
    config = Config(camera=replace(Camera(), driver="v4l2"))
    assert [each.finding for each in doctor.camera(config, Machine(tmp_path))] == ["bad"]
    (drawn,) = doctor.camera(Config(), Machine(tmp_path))
    assert (drawn.finding, "drawn" in drawn.text) == ("note", True)
    webcam = Found(Path("/dev/v4l/by-id/usb-webcam"), "HD Webcam", ())
    monkeypatch.setattr(names, "cameras", lambda dev: iter([webcam]))
    (there,) = doctor.camera(config, Machine(tmp_path))
    assert (there.finding, there.text) == ("good", "HD Webcam at /dev/v4l/by-id/usb-webcam")


def test_now_and_before() -> None:
    """The bits of the firmware are those of vcgencmd."""
    assert Throttled(0x50005) == (
        Throttled.UNDER_VOLTAGE
        | Throttled.SLOWED
        | Throttled.UNDER_VOLTAGE_BEFORE
        | Throttled.SLOWED_BEFORE
    )


def test_a_machine_without_firmware_says_nothing(tmp_path: Path) -> None:
    """As most are."""
    assert throttled(tmp_path) == Throttled(0)


def test_one_bad_verdict_is_enough() -> None:
    """For the whole not to be well; notes don't count."""
    said: list[str] = []
    good, note = Verdict("good", "clock", "right"), Verdict("note", "power", "unknown")
    assert told([good, note], said.append)
    assert not told([good, Verdict("bad", "disk", "full: make room"), note], said.append)
    assert said[1] == "note  power         unknown"


async def test_a_node_that_runs(tmp_path: Path) -> None:
    """Every verdict of this machine, a picture in a call among them."""
    async with running_node(tmp_path) as node:
        _, out, _ = await node.command("doctor")
    lines = {line.split()[1]: line.split()[0] for line in out.splitlines()}
    assert {"board", "disk", "camera", "encoder", "sending", "node", "call"} <= set(lines)
    assert (lines["node"], lines["call"]) == ("good", "good")
    assert "a picture of" in out


async def test_a_node_that_does_not_run(tmp_path: Path) -> None:
    """Is bad, and no call is tried."""
    code, out, _ = await Node(tmp_path, {}).command("doctor")
    assert code == 1
    assert "bad   node" in out
    assert "call" not in [line.split()[1] for line in out.splitlines()]


def test_all_of_them_are_asked(tmp_path: Path) -> None:
    """In the order of the table, none twice."""
    config = Config(paths=Paths(state=str(tmp_path), runtime=str(tmp_path)))
    about = list(dict.fromkeys(each.about for each in examined(config)))
    assert about[:3] == ["board", "power", "temperature"]
    assert about[-1] == "node"
