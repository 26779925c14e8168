"""The drivers on devices of a real kernel: ``v4l2`` on vivid's webcam, ``alsa`` on a card that has
nothing but 44.1 kHz and one channel; and a node that shows what they capture.
"""

import json
import time
from collections.abc import Iterator

import pytest

from tests.device import suite
from tests.device.emulated import Emulated
from tests.device.kernel.conftest import MARKS
from tests.device.machine import PAUSE

pytestmark = MARKS

CAMERA = "/dev/video0"
MICROPHONE = "hw:CARD=Loopback,DEV=1"

PLAYED = ("-D", "hw:CARD=Loopback,DEV=0", "-t", "raw", "-f", "S16_LE", "-r", "44100", "-c", "1")
"""What one end of the card plays is all that the other can capture."""

CONFIGURATION = f"""\
[camera]
driver = "v4l2"
device = "{CAMERA}"
width = 320
height = 180
rate = 10

[microphone]
driver = "alsa"
device = "{MICROPHONE}"

[encode]
video_bitrate = 200000
"""

CONFIGURED = "/etc/edgecam/edgecam.toml"
EDGECAM, PYTHON = "/opt/edgecam/bin/edgecam", "/opt/edgecam/bin/python"
CA = "/var/lib/edgecam/tls/ca.crt"
ADDRESS = "10.77.3.1"
WATCHED = "/run/watched"
VIVID = "/sys/bus/platform/drivers/vivid"


@pytest.fixture(scope="module")
def playing(machine: Emulated) -> Emulated:
    """The machine, its sound card in use at the other end."""
    machine.run("systemd-run", "--unit=played", "aplay", "-q", *PLAYED, "/dev/zero")
    return machine


def test_drivers(playing: Emulated) -> None:
    """The suite that every driver passes."""
    said = playing.run(
        *suite.command(
            "v4l2 or (alsa and not files)",
            600,
            DRIVERS="v4l2,alsa",
            V4L2=CAMERA,
            ALSA=MICROPHONE,
        ),
        check=False,
    )
    print(said)
    assert suite.all_passed(said)


@pytest.fixture(scope="module")
def node(playing: Emulated) -> Iterator[Emulated]:
    """The machine, its service using camera and sound card."""
    before = playing.run("cat", CONFIGURED)
    # A call takes an address; the machine has no network of its own.
    playing.run("ip", "link", "add", "dummy0", "type", "dummy")
    playing.run("ip", "address", "add", f"{ADDRESS}/24", "dev", "dummy0")
    playing.run("ip", "link", "set", "dummy0", "up")
    playing.write(CONFIGURED, CONFIGURATION)
    try:
        playing.run("systemctl", "restart", "edgecam")
        yield playing
    finally:
        print(playing.run("journalctl", "-u", "edgecam", "-b", "-n", "80", "--no-pager"))
        playing.write(CONFIGURED, before)
        playing.run("systemctl", "restart", "edgecam")


def test_a_node(node: Emulated) -> None:
    """Whoever watches sees the camera's picture, and the status says whose it is."""
    seen = json.loads(node.run(EDGECAM, "smoke", "--within", "900", "--json"))
    assert (seen["width"], seen["height"]) == (320, 180)
    assert "v4l2 320x180@10" in node.run(EDGECAM, "status")


def test_a_camera_that_is_unplugged(node: Emulated) -> None:
    """From under a viewer: that is told, and the picture comes back with the camera, without the
    service having been restarted. That the call is kept, test_service.py shows at full speed.
    """
    links = node.run(EDGECAM, "link").split()
    link = next(link for link in links if f"//{ADDRESS}:" in link)
    # It stays until its input ends.
    watcher = f"sleep infinity | {PYTHON} -m tests.device.watcher {link} {CA} > {WATCHED}"
    inside = ("-p", f"WorkingDirectory={suite.SUITE}")
    node.run("systemd-run", "--unit=watcher", *inside, *shell(watcher))
    pictures_after(node, 0)
    process, before = node.show("MainPID"), node.cursor()
    node.run(*shell(f"echo vivid.0 > {VIVID}/unbind"))
    node.until(lambda s: f"the camera {CAMERA} " in s["StatusText"], "StatusText")
    node.run(*shell(f"echo vivid.0 > {VIVID}/bind"))
    node.until(lambda s: f"the camera {CAMERA} " not in s["StatusText"], "StatusText")
    pictures_after(node, len(node.run("cat", WATCHED)))
    assert node.show("MainPID") == process
    log = node.run(
        *("journalctl", "-u", "edgecam", f"--after-cursor={before}", "-o", "cat", "--no-pager")
    )
    assert f"the camera {CAMERA} " in log
    assert "works again after" in log
    node.run("systemctl", "stop", "watcher")


def pictures_after(node: Emulated, length: int) -> None:
    """Waits until the viewer had pictures after so much of what it has said."""
    while "picture" not in node.run("cat", WATCHED, check=False)[length:]:
        time.sleep(PAUSE)


def shell(script: str) -> tuple[str, str, str]:
    """A command that runs ``script``."""
    return "sh", "-c", script
