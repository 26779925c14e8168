"""The drivers on devices of a real kernel: ``v4l2`` on vivid's webcam, ``alsa`` on a card that has
nothing but 44.1 kHz and one channel; and a node that shows what they capture.
"""

import json

import pytest

from tests.device import suite
from tests.device.emulated import Emulated
from tests.device.kernel.conftest import MARKS

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
EDGECAM = "/opt/edgecam/bin/edgecam"


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


def test_a_node(playing: Emulated) -> None:
    """Whoever watches sees the camera's picture, and the status says whose it is."""
    before = playing.run("cat", CONFIGURED)
    # A call takes an address; the machine has no network of its own.
    playing.run("ip", "link", "add", "dummy0", "type", "dummy")
    playing.run("ip", "address", "add", "10.77.3.1/24", "dev", "dummy0")
    playing.run("ip", "link", "set", "dummy0", "up")
    playing.write(CONFIGURED, CONFIGURATION)
    try:
        playing.run("systemctl", "restart", "edgecam")
        seen = json.loads(playing.run(EDGECAM, "smoke", "--within", "900", "--json"))
        assert (seen["width"], seen["height"]) == (320, 180)
        assert "v4l2 320x180@10" in playing.run(EDGECAM, "status")
    finally:
        print(playing.run("journalctl", "-u", "edgecam", "-b", "-n", "60", "--no-pager"))
        playing.write(CONFIGURED, before)
        playing.run("systemctl", "restart", "edgecam")
