"""Opening devices whose drivers hang."""

from threading import Event
from types import SimpleNamespace

import pytest

from edgecam.capture import opening
from edgecam.capture.opening import Opening
from edgecam.capture.picamera.camera import PicameraCamera
from edgecam.capture.v4l2.camera import V4l2Camera
from edgecam.capture.v4l2.device import Device
from edgecam.errors import SourceError
from tests.drivers import USUAL
from tests.sockets import PATIENCE


class Stuck:
    """Opens when ``let_go`` is set; ``discarded`` once what it opened was closed."""

    def __init__(self) -> None:
        self.let_go = Event()
        self.discarded = Event()

    def open(self, *_: object) -> str:
        self.let_go.wait(PATIENCE)
        return "a device"


def test_what_opens_in_time() -> None:
    """Is the caller's, and so is what goes wrong."""
    closed: list[str] = []
    assert Opening("it hangs", lambda: "a device", closed.append)() == "a device"
    assert not closed

    def fail() -> str:
        raise SourceError("there is none")

    failing = Opening("it hangs", fail, closed.append)
    for _ in range(2):
        with pytest.raises(SourceError, match="there is none"):
            failing()


def test_what_opens_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is closed, and nobody has waited for it; then it can be opened again."""
    monkeypatch.setattr(opening, "PATIENCE", 0.01)
    stuck = Stuck()
    one = Opening("it hangs", stuck.open, lambda _: stuck.discarded.set())
    for _ in range(3):
        with pytest.raises(SourceError, match="it hangs"):
            one()
    assert not stuck.discarded.is_set()
    stuck.let_go.set()
    assert stuck.discarded.wait(PATIENCE)
    monkeypatch.setattr(opening, "PATIENCE", PATIENCE)
    while True:
        try:
            assert one() == "a device"
        except SourceError:
            continue
        break


def test_a_camera_whose_driver_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is opened: it says so, in words, each time, and can be closed."""
    monkeypatch.setattr(opening, "PATIENCE", 0.01)
    stuck = Stuck()
    monkeypatch.setattr(Device, "open", stuck.open)
    cameras = SimpleNamespace(global_camera_info=stuck.open)
    module = SimpleNamespace(Picamera2=cameras)
    monkeypatch.setattr("edgecam.capture.picamera.camera.load", lambda: module)
    for camera in (V4l2Camera(USUAL, "/dev/video0"), PicameraCamera(USUAL)):
        for _ in range(2):
            with pytest.raises(SourceError, match="hangs"):
                camera.open()
            camera.close()
    stuck.let_go.set()
