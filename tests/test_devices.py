"""``edgecam devices``: what is there, by the names that the configuration takes."""

import sys
from fractions import Fraction
from pathlib import Path

import pytest

from edgecam import devices
from edgecam.capture.picamera import library
from edgecam.capture.v4l2 import names
from edgecam.capture.v4l2.modes import Mode, Rates, Size, Span
from edgecam.capture.v4l2.names import Found
from edgecam.cli import main
from tests.cards import sound_cards

WEBCAM = Found(
    Path("/dev/v4l/by-id/usb-webcam-index0"),
    "HD Webcam",
    (
        Mode("MJPG", Size(Span(640, 640), Span(480, 480)), Rates((Fraction(15), Fraction(30)))),
        Mode("MJPG", Size(Span(1280, 1280), Span(720, 720)), Rates((Fraction(30_000, 1_001),))),
        Mode("YUYV", Size(Span(640, 640), Span(480, 480)), Rates()),
        Mode(
            "YU12",
            Size(Span(16, 1920, 2), Span(16, 1080, 2)),
            Rates((Fraction(1), Fraction(60)), between=True),
        ),
    ),
)


def test_a_machine_without_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says so, and still encodes."""
    monkeypatch.setitem(sys.modules, "edgecam.libasound", None)
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    lines = list(devices.listed(tmp_path))
    assert "  none" in lines
    assert len([line for line in lines if line.startswith("  not known: ")]) == 3
    assert lines[-2:] == ["  H.264 in software (libx264)", "  VP8 in software (libvpx)"]


def test_cameras_with_their_modes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line a format; and an encoder."""
    encoder = Found(Path("/dev/video11"), "bcm2835-codec-encode", ())
    monkeypatch.setattr(names, "cameras", lambda dev: iter([WEBCAM]))
    monkeypatch.setattr(names, "encoders", lambda dev: iter([encoder]))
    lines = list(devices.listed(tmp_path))
    assert lines[1:5] == [
        "  /dev/v4l/by-id/usb-webcam-index0  HD Webcam",
        "    MJPG  640x480@15/30, 1280x720@30",
        "    YUYV  640x480",
        "    YU12  16-1920x16-1080@1-60",
    ]
    assert lines[-1] == "  H.264 in hardware (bcm2835-codec-encode) at /dev/video11"


def test_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Prints them, the cards of the system's configuration among them."""
    with sound_cards(tmp_path, monkeypatch):
        assert main(["devices"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said.count("  shown  A card that is shown") == 2
    assert said[0].startswith("Cameras")
