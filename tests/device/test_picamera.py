"""The driver ``picamera`` with real picamera2 on real libcamera, whose virtual cameras deliver
known pictures. What they have none of, a sensor's modes and an encoder, takes a Raspberry Pi.
"""

import json
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from av import CodecContext, VideoFrame
from av.video.codeccontext import VideoCodecContext

from tests.device import suite
from tests.device.machine import Machine, Watcher
from tests.network.lab import Namespace, namespaces

pytestmark = pytest.mark.timeout(600)

CAMERA, VIEWER = "10.77.2.2", "10.77.2.3"

COLOURS = ((60, 90, 200), (180, 120, 60))
"""Y, U and V of the pictures, one after the other."""

FOLDER = "usr/share/libcamera/pipeline/virtual"

CAMERAS = f"""\
"First":
  supported_formats:
  - width: 640
    height: 480
  test_pattern: "bars"
  model: "Bars"
"Second":
  supported_formats:
  - width: 640
    height: 480
  - width: 320
    height: 240
  frames:
    path: "/{FOLDER}/frames/"
  model: "Known pictures"
"""
"""In libcamera's own words."""

CONFIGURATION = """\
[camera]
driver = "picamera"
device = "Known pictures"
width = 640
height = 480
rate = 15

[viewers]
most = 4
"""


@pytest.fixture(scope="module")
def spaces() -> Iterator[tuple[Namespace, Namespace]]:
    """The machine's network, and that of whoever watches."""
    with namespaces("lens", "eye") as (lens, eye):
        lens.plug(eye, f"{CAMERA}/24", f"{VIEWER}/24")
        yield lens, eye


@pytest.fixture(scope="module")
def machine(spaces: tuple[Namespace, Namespace]) -> Iterator[Machine]:
    """A machine with two such cameras, booted."""
    machine = Machine("picamera", spaces[0])
    machine.make()
    suite.install(machine.root)
    (site,) = machine.root.glob("opt/edgecam/lib/python3.*/site-packages")
    shutil.copy(Path(__file__).with_name("virtual_libcamera.py"), site)
    (site / "virtual_libcamera.pth").write_text("import virtual_libcamera\n")
    frames = machine.root / FOLDER / "frames"
    frames.mkdir(parents=True)
    (frames.parent / "virtual.yaml").write_text(CAMERAS)
    for number, colour in enumerate(COLOURS):
        (frames / f"{number}.jpg").write_bytes(jpeg(colour))
    machine.configure(CONFIGURATION)
    try:
        machine.boot()
        yield machine
        machine.off()
    finally:
        machine.cut()
        machine.remove()


def jpeg(colour: tuple[int, int, int]) -> bytes:
    """A picture of one colour."""
    encoder = CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 640, 480, "yuvj420p"
    encoder.time_base = Fraction(1, 30)
    frame = VideoFrame(640, 480, "yuvj420p")
    for plane, value in zip(frame.planes, colour, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return b"".join(map(bytes, [*encoder.encode(frame), *encoder.encode(None)]))


def near(middle: str, colour: tuple[int, int, int]) -> bool:
    """Whether a picture's middle is of ``colour``, as far as H.264 leaves it."""
    return all(abs(a - b) < 12 for a, b in zip(bytes.fromhex(middle), colour, strict=True))


def test_devices(machine: Machine) -> None:
    """Both are listed, by number and name."""
    said = machine.run("/opt/edgecam/bin/edgecam", "devices").splitlines()
    assert {"  0  Known pictures", "  1  Bars"} == {line for line in said if line[2:3].isdigit()}


def test_drivers(machine: Machine) -> None:
    """The suite that every driver passes, and what it does with an encoder, by recorded ioctls."""
    # One process at a time may have it.
    machine.run("systemctl", "stop", "edgecam")
    for file in ("test_capture_drivers.py", "test_capture_picamera.py"):
        command = suite.command(
            "picamera", 60, file=file, DRIVERS="picamera", PICAMERA="Known pictures"
        )
        said = machine.run(*command, check=False)
        print(said)
        assert suite.all_passed(said)
    machine.run("systemctl", "start", "edgecam")


def test_its_figures(machine: Machine) -> None:
    """How long its pictures take can be measured there; nobody watching, the camera is closed."""
    machine.run("systemctl", "stop", "edgecam")
    said = machine.run(*suite.measured("640x480@15", 6, PICAMERA="Known pictures"))
    machine.run("systemctl", "start", "edgecam")
    print(said)
    found = json.loads(said)["drivers"]["picamera"]
    assert found["closed"]
    assert found["latency"]["count"] > 0
    assert found["encoder"] == "H.264 in software (libx264)"


def test_a_node(machine: Machine, spaces: tuple[Namespace, Namespace]) -> None:
    """What a viewer sees are these pictures; the log and the status say who encodes."""
    watcher = Watcher(spaces[1], machine.link(CAMERA), machine.ca)
    try:
        picture = watcher.said("picture").split()
        print(picture)
        assert picture[2] == "640x480"
        assert any(near(picture[3], colour) for colour in COLOURS)
        status = machine.until(lambda s: "watch picamera" in s["StatusText"], "StatusText")
        assert "H.264 in software (libx264)" in status["StatusText"]
        log = machine.run("journalctl", "-u", "edgecam", "-b", "-o", "cat", "--no-pager")
        assert log.count("this device has no H.264 encoder") == 1
    finally:
        watcher.leave()
        print(machine.run("journalctl", "-u", "edgecam", "-b", "--no-pager"))
