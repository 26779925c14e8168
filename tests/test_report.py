"""The line about a node, and what the board says about itself."""

import json
from pathlib import Path

from edgecam import hardware
from edgecam.report import Report, Stream, line, told

CAMERA = "virtual 640x360@15"


def test_the_line() -> None:
    """What is wrong comes first; a person can read it."""
    assert line(Report()) == "page and signaling only"
    assert line(Report(CAMERA, "H.264 in software", places=8)) == (
        "nobody watches virtual 640x360@15, H.264 in software"
    )
    watched = Report(CAMERA, "H.264 in software", 2, 8, 1_240_000, 61.4)
    assert (
        line(watched) == "2 of 8 watch virtual 640x360@15, H.264 in software at 1.2 Mbit/s; 61 °C"
    )
    wrong = Report(CAMERA, places=8, troubles=("the camera hangs", "no\nTURN"))
    assert line(wrong) == "the camera hangs; no TURN; nobody watches virtual 640x360@15"


def test_the_line_while_it_starts() -> None:
    """Nothing is said of a camera that may still come."""
    assert line(Report(), starting=True) == "starting"
    assert line(Report(troubles=("no TURN",)), starting=True) == "starting; no TURN"
    assert line(Report(CAMERA), starting=True) == "starting; nobody watches virtual 640x360@15"


def test_what_a_program_is_told() -> None:
    """As JSON has it; what has failed, with how often what was begun anew for it."""
    stream = Stream("camera", 7, due=True, failures=2, reopened=1, reason="gone", failing=3.5)
    found = json.loads(json.dumps(told(Report(CAMERA, streams=(stream,), troubles=("it hangs",)))))
    assert found["camera"] == CAMERA
    assert found["troubles"] == ["it hangs"]
    assert found["streams"] == [
        {
            "name": "camera",
            "failures": 2,
            "encoders": 0,
            "reopened": 1,
            "reason": "gone",
            "failing": 3.5,
        }
    ]


def zone(sys: Path, number: int, kind: str, temperature: str) -> None:
    """A thermal zone as the kernel shows it."""
    folder = sys / f"class/thermal/thermal_zone{number}"
    folder.mkdir(parents=True)
    (folder / "type").write_text(f"{kind}\n")
    (folder / "temp").write_text(f"{temperature}\n")


def test_temperature(tmp_path: Path) -> None:
    """The processor's, of all that are measured; none where nothing measures."""
    assert hardware.temperature(tmp_path) is None
    zone(tmp_path, 0, "battery", "21000")
    assert hardware.temperature(tmp_path) == 21
    zone(tmp_path, 1, "cpu-thermal", "54300")
    assert hardware.temperature(tmp_path) == 54.3
    (tmp_path / "class/thermal/thermal_zone1/temp").write_text("")
    assert hardware.temperature(tmp_path) == 21


def test_under_voltage(tmp_path: Path) -> None:
    """As a Raspberry Pi's sensor has it; another's says nothing about it."""
    assert not hardware.under_voltage(tmp_path)
    for number, name in enumerate(("other", "rpi_volt")):
        folder = tmp_path / f"class/hwmon/hwmon{number}"
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
        (folder / "in0_lcrit_alarm").write_text("1\n" if name == "other" else "0\n")
    assert not hardware.under_voltage(tmp_path)
    (tmp_path / "class/hwmon/hwmon1/in0_lcrit_alarm").write_text("1\n")
    assert hardware.under_voltage(tmp_path)


def test_memory_and_disk(tmp_path: Path) -> None:
    """As the kernel has them; nothing where it says nothing."""
    assert hardware.memory_left(tmp_path) is None
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    4 kB\n")
    assert hardware.memory_left(tmp_path) == 4_096
    (tmp_path / "proc/self").mkdir()
    (tmp_path / "proc/self/cgroup").write_text("0::/system.slice/edgecam.service\n")
    group = tmp_path / "sys/fs/cgroup/system.slice/edgecam.service"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("max\n")
    (group / "memory.stat").write_text("anon 1000\nfile 5000\n")
    assert hardware.memory_left(tmp_path) == 4_096
    (group / "memory.max").write_text("3000\n")
    assert hardware.memory_left(tmp_path) == 2_000
    (tmp_path / "proc/meminfo").unlink()
    assert hardware.memory_left(tmp_path) == 2_000
    assert hardware.disk_left(tmp_path)
    assert hardware.disk_left(tmp_path / "nothing") is None


def test_this_machine() -> None:
    """Whatever it has can be read without an error."""
    hardware.memory_left()
    hardware.throttled()
    hardware.temperature()
    hardware.under_voltage()
