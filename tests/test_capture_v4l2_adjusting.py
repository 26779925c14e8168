"""What a V4L2 camera lets one adjust, by ioctls as a webcam answers them."""

import errno
from typing import Any

import pytest

from edgecam.capture.adjustable import Control
from edgecam.capture.v4l2 import ioctls as v4l2
from edgecam.capture.v4l2.adjusting import Adjusting
from edgecam.capture.v4l2.device import Device
from edgecam.errors import NotAdjusted
from tests.test_capture_v4l2_device import BITRATE, BRIGHTNESS, KEY
from tests.v4l2_kernel import Kernel

BALANCE_AUTO = {
    "id": 0x98090C, "type": v4l2.TYPE_BOOLEAN, "name": b"White Balance, Automatic",
    "maximum": 1, "step": 1, "default_value": 1,
}  # fmt: skip
BALANCE = {
    "id": 0x98091A, "type": v4l2.TYPE_INTEGER, "name": b"White Balance Temperature",
    "minimum": 2_800, "maximum": 6_500, "step": 10, "default_value": 4_600,
    "flags": v4l2.CTRL_INACTIVE,
}  # fmt: skip
POWER_LINE = {
    "id": 0x980918, "type": v4l2.TYPE_MENU, "name": b"Power Line Frequency",
    "minimum": 0, "maximum": 3, "default_value": 1,
}  # fmt: skip
EXPOSURE = {
    "id": 0x9A0902, "type": v4l2.TYPE_INTEGER, "name": b"Exposure Time, Absolute",
    "minimum": 3, "maximum": 2_047, "step": 1, "default_value": 250,
}  # fmt: skip
FOCUS = {"id": 0x9A091C, "type": v4l2.TYPE_BUTTON, "name": b"Auto Focus, Start"}
OWN = [
    {"id": 0x98F900 + at, "type": v4l2.TYPE_INTEGER, "name": b"LED", "maximum": 9, "step": 1}
    for at in (0, 1)
]
ALL: list[dict[str, Any]] = [
    BRIGHTNESS,
    BALANCE_AUTO,
    BALANCE,
    POWER_LINE,
    EXPOSURE,
    FOCUS,
    *OWN,
    BITRATE,
    KEY,
]


class Webcam(Kernel):
    """The temperature is the camera's own while its balance is automatic, and can't be set then."""

    def ioctl(self, fd: int, request: int, about: Any) -> int:
        automatic = self.values.get(0x98090C, 0)
        if request == v4l2.VIDIOC_S_EXT_CTRLS and automatic and self._one(about).id == 0x98091A:
            raise OSError(errno.EACCES, "Permission denied")
        done = super().ioctl(fd, request, about)
        if request == v4l2.VIDIOC_QUERY_EXT_CTRL and about.id == 0x98091A:
            about.flags = v4l2.CTRL_INACTIVE if automatic else 0
        return done


def number(it: dict[str, Any], field: str) -> int:
    """A field of a control's; 0 if it is not told."""
    return int(it.get(field, 0))


def webcam() -> Webcam:
    """As it was plugged in."""
    values: dict[int, int] = {
        number(it, "id"): number(it, "default_value") for it in ALL if it is not FOCUS
    }
    menu: dict[int, bytes | int] = {0: b"Disabled", 1: b"50 Hz", 3: b"50 Hz"}
    return Webcam(controls=ALL, menus={0x980918: menu}, values=values)


def begun(kernel: Kernel, adjusting: Adjusting | None = None) -> Adjusting:
    """With that camera open."""
    adjusting = adjusting or Adjusting()
    adjusting.begin(Device(-1, kernel.ioctl), "/dev/v4l/by-id/usb-It_0815")
    return adjusting


def found(adjusting: Adjusting) -> dict[str, Control]:
    """By name."""
    return {it.name: it for it in adjusting.adjustments.controls()}


def test_what_a_webcam_has() -> None:
    """Names, bounds and units; a menu's gaps and twins; nothing of its encoder's."""
    adjusting = begun(webcam())
    assert found(adjusting) == {
        "brightness": Control("brightness", "number", 0, 0, -64, 64, 1),
        "white-balance-auto": Control("white-balance-auto", "switch", True, True),
        "white-balance": Control(
            "white-balance", "number", 4_600, 4_600, 2_800, 6_500, 10, "K", fixed=True
        ),
        "power-line": Control(
            "power-line",
            "choice",
            "50 Hz",
            "50 Hz",
            choices=("Disabled", "50 Hz", "50 Hz (3)"),
        ),
        "LED": Control("LED", "number", 0, 0, 0, 9, 1),
        "LED (0x98f901)": Control("LED (0x98f901)", "number", 0, 0, 0, 9, 1),
        "exposure-time": Control(
            "exposure-time", "number", 25_000, 25_000, 300, 204_700, 100, "µs"
        ),
        "focus-once": Control("focus-once", "button"),
    }
    assert adjusting.adjustments.device == "v4l2 HD Webcam: HD Webcam /dev/v4l/by-id/usb-It_0815"


def test_setting_it() -> None:
    """By the thread that reads, and what is automatic first."""
    kernel = webcam()
    adjusting = begun(kernel)
    assert kernel.was_set == []
    adjusting.adjustments.adjust(
        {
            "white-balance": 3_004,
            "exposure-time": 10_040,
            "power-line": "50 Hz (3)",
            "focus-once": True,
            "white-balance-auto": False,
        }
    )
    assert kernel.was_set == []
    adjusting.apply()
    assert sorted(kernel.was_set[:2]) == [(0x98090C, 0), (0x980918, 3)]
    assert kernel.was_set[2:] == [(0x98091A, 3_000), (0x9A0902, 100), (0x9A091C, 1)]
    assert not found(adjusting)["white-balance"].fixed
    adjusting.apply()
    assert len(kernel.was_set) == 5
    with pytest.raises(NotAdjusted, match="from 300 to 204700 µs"):
        adjusting.adjustments.adjust({"exposure-time": 0})


def test_what_the_camera_refuses() -> None:
    """Stays as it is, and is told so."""
    kernel = webcam()
    adjusting = begun(kernel)
    adjusting.adjustments.adjust({"white-balance": 3_000, "brightness": 9})
    adjusting.apply()
    assert kernel.was_set == [(0x980900, 9)]
    assert found(adjusting)["white-balance"].value == 4_600
    assert found(adjusting)["brightness"].value == 9


def test_it_is_set_again_at_each_opening() -> None:
    """As it was plugged out and in meanwhile."""
    adjusting = begun(webcam())
    adjusting.adjustments.adjust({"brightness": 9, "white-balance-auto": False})
    adjusting.end()
    adjusting.apply()
    again = webcam()
    begun(again, adjusting)
    assert again.was_set == [(0x98090C, 0), (0x980900, 9)]
    adjusting.end()
    adjusting.adjustments.adjust({}, None)
    assert found(adjusting)["brightness"].value == 0
    fresh = webcam()
    fresh.values[0x980900] = 7
    begun(fresh, adjusting)
    assert (0x980900, 0) in fresh.was_set
    assert found(adjusting)["brightness"].value == 0


def test_a_camera_without_any() -> None:
    """Or one that fails to tell: what it sees is seen all the same."""
    assert found(begun(Kernel())) == {}
    kernel = webcam()
    adjusting = begun(kernel)
    adjusting.adjustments.adjust({"brightness": 9})
    kernel.broken = errno.EIO
    adjusting.apply()
    kernel.broken = 0
    device = Device(-1, kernel.ioctl)
    kernel.broken = errno.EIO
    adjusting.begin(device, "it")
    assert found(adjusting) == {}
