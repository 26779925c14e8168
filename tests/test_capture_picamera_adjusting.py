"""What libcamera lets one adjust, by bounds as its documentation and source have them: no camera
here has any.
"""

from collections.abc import Generator
from typing import Any

import pytest

from edgecam.capture.adjustable import Control
from edgecam.capture.picamera.adjusting import Adjusting
from edgecam.capture.source import Seen
from edgecam.errors import NotAdjusted
from edgecam.media import Packet

WHOLE = (0, 0, 4608, 2592)
MODULE_3: dict[str, tuple[Any, Any, Any]] = {
    "AeEnable": (False, True, None),
    "ExposureTime": (26, 220_417_486, 20_000),
    "AnalogueGain": (1.12, 16.0, 1.0),
    "AwbEnable": (False, True, None),
    "ColourGains": (0.0, 32.0, None),
    "Brightness": (-1.0, 1.0, 0.0),
    "Contrast": (0.0, 32.0, 1.0),
    "Saturation": (0.0, 32.0, 1.0),
    "Sharpness": (0.0, 16.0, 1.0),
    "NoiseReductionMode": (0, 4, 0),
    "FrameDurationLimits": (17_849, 220_535_845, 33_333),
    "ScalerCrop": ((768, 432, 64, 64), WHOLE, (576, 0, 3456, 2592)),
    "AfMode": (0, 2, 0),
    "AfTrigger": (0, 1, 0),
    "AfMetering": (0, 1, 0),
    "AfWindows": ((0, 0, 0, 0), (65_535, 65_535, 65_535, 65_535), (0, 0, 0, 0)),
    "LensPosition": (0.0, 15.0, 1.0),
}


class Camera:
    """As far as picamera2's has to do with controls."""

    def __init__(self, bounds: dict[str, tuple[Any, Any, Any]]) -> None:
        self.camera_controls = bounds
        self.told: list[dict[str, Any]] = []

    def set_controls(self, controls: dict[str, Any]) -> None:
        """As libcamera would be told."""
        unknown = controls.keys() - self.camera_controls.keys()
        if unknown:
            raise RuntimeError(f"Control {unknown} is not advertised by libcamera")
        self.told.append(controls)


def begun(camera: Camera, adjusting: Adjusting | None = None) -> Adjusting:
    """With that camera open."""
    adjusting = adjusting or Adjusting(30)
    adjusting.begin(camera, "/base/soc/i2c0mux/i2c@1/imx708@1a")
    return adjusting


def found(adjusting: Adjusting) -> dict[str, Control]:
    """By name."""
    return {it.name: it for it in adjusting.adjustments.controls()}


def told(**changes: Any) -> dict[str, Any]:
    """What libcamera is told of such changes, all in all."""
    camera = Camera(MODULE_3)
    adjusting = begun(camera)
    adjusting.adjustments.adjust({name.replace("_", "-"): it for name, it in changes.items()})
    adjusting.apply()
    (said,) = camera.told
    return said


def test_what_a_camera_has() -> None:
    """In the page's words, and what is automatic fixes what it decides about."""
    camera = Camera(MODULE_3)
    controls = found(begun(camera))
    assert camera.told == []
    assert list(controls) == [
        *("exposure-auto", "exposure-time", "gain"),
        *("white-balance-auto", "red-gain", "blue-gain"),
        *("focus-mode", "focus-position", "focus-once", "focus-area"),
        *("zoom", "pan", "tilt", "brightness", "contrast", "saturation", "sharpness"),
        *("noise-reduction", "frame-rate"),
    ]
    assert controls["gain"] == Control(
        "gain", "number", 1.12, 1.12, 1.12, 16.0, 0.1, "", fixed=True
    )
    assert (controls["contrast"].least, controls["contrast"].most) == (0, 4)
    assert controls["noise-reduction"].choices == ("off", "fast", "high-quality", "minimal")
    assert (controls["frame-rate"].least, controls["frame-rate"].most) == (5, 30)
    assert {it.name for it in controls.values() if it.fixed} == {
        *("exposure-time", "gain", "red-gain", "blue-gain")
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"brightness": 0.5}, {"Brightness": 0.5}),
        ({"exposure_auto": True}, {"AeEnable": True}),
        (
            {"exposure_auto": False, "exposure_time": 5_000, "gain": 4},
            {"AeEnable": False, "ExposureTime": 5_000, "AnalogueGain": 4.02},
        ),
        ({"white_balance_auto": True}, {"AwbEnable": True}),
        (
            {"white_balance_auto": False, "blue_gain": 1.5},
            {"AwbEnable": False, "ColourGains": (2, 1.5)},
        ),
        ({"noise_reduction": "minimal"}, {"NoiseReductionMode": 3}),
        ({"frame_rate": 10}, {"FrameDurationLimits": (100_000, 100_000)}),
        ({"focus_mode": "continuous"}, {"AfMode": 2}),
        ({"focus_mode": "manual", "focus_position": 2.5}, {"AfMode": 0, "LensPosition": 2.5}),
        ({"focus_once": True}, {"AfMode": 1, "AfTrigger": 0}),
        ({"zoom": 2}, {"ScalerCrop": (1440, 648, 1728, 1296)}),
        ({"zoom": 2, "pan": 100, "tilt": -100}, {"ScalerCrop": (2304, 0, 1728, 1296)}),
        (
            {"focus_area": [0.5, 0.5]},
            {
                "AfMetering": 1,
                "AfWindows": [(1959, 1037, 691, 518)],
                "AfMode": 1,
                "AfTrigger": 0,
            },
        ),
        (
            {"focus_area": [1, 0], "zoom": 2},
            {
                "ScalerCrop": (1440, 648, 1728, 1296),
                "AfMetering": 1,
                "AfWindows": [(2823, 648, 345, 259)],
                "AfMode": 1,
                "AfTrigger": 0,
            },
        ),
    ],
)
def test_what_libcamera_is_told(changes: dict[str, Any], said: dict[str, Any]) -> None:
    """That, and nothing about what was left alone."""
    assert told(**changes) == said


def test_once_means_no_longer_continuous() -> None:
    """And what is by hand can be set then, but not before."""
    adjusting = begun(Camera(MODULE_3))
    adjusting.adjustments.adjust({"focus-mode": "continuous", "exposure-auto": False})
    adjusting.apply()
    assert not found(adjusting)["exposure-time"].fixed
    assert found(adjusting)["focus-position"].fixed
    adjusting.adjustments.adjust({"focus-once": True})
    adjusting.apply()
    assert found(adjusting)["focus-mode"].value == "auto"


def test_between_two_pictures_and_at_each_opening() -> None:
    """By the thread that reads."""

    def seen() -> Generator[Seen]:
        for number in range(3):
            yield Packet("video", b"", number, keyframe=True)

    camera = Camera(MODULE_3)
    adjusting = begun(camera)
    pictures = adjusting.applied(seen())
    next(pictures)
    adjusting.adjustments.adjust({"zoom": 3})
    assert camera.told == []
    next(pictures)
    assert [list(it) for it in camera.told] == [["ScalerCrop"]]
    pictures.close()
    again = Camera(MODULE_3)
    begun(again, adjusting)
    assert again.told == camera.told


@pytest.mark.parametrize(
    "bounds",
    [
        {},
        {"ScalerCrop": (None, None, None)},
        {"ScalerCrop": ((0, 0, 640, 480), (0, 0, 640, 480), (0, 0, 640, 480))},
        {"NoiseReductionMode": (0, 0, 7), "AfMode": (0, 2, None)},
        {"FrameDurationLimits": (33_333, 33_333, 33_333), "Brightness": (0.0, 0.0, 0.0)},
        {"ExposureTime": (1, 2, 1)},
        {"Contrast": (None, None, None)},
        {"Brightness": 7},
    ],
)
def test_a_camera_with_few_or_odd_ones(bounds: dict[str, Any]) -> None:
    """What it sees is seen all the same, and nothing is offered that is not there."""
    adjusting = begun(Camera(bounds))
    names = set(found(adjusting))
    assert names <= {"noise-reduction", "focus-mode", "frame-rate"}
    with pytest.raises(NotAdjusted, match="no such control"):
        adjusting.adjustments.adjust({"zoom": 2})


def test_what_libcamera_refuses() -> None:
    """Is in the log, and costs nothing else."""
    camera = Camera(dict(MODULE_3))
    adjusting = begun(camera)
    del camera.camera_controls["Brightness"]
    adjusting.adjustments.adjust({"brightness": 1})
    adjusting.apply()
    adjusting.adjustments.adjust({"contrast": 2})
    adjusting.apply()
    assert camera.told == [{"Contrast": 2}]
