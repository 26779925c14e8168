"""The drivers as their common suite gets them, each with a device that can be had for it.

A driver that needs a device says which variable of the environment names one. Without it, its tests
are skipped, and say so; ``EDGECAM_TEST_DRIVERS`` names those whose tests have to run all the same.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from edgecam.capture import source
from edgecam.capture.source import Seen, Source
from edgecam.media import AudioFormat, Sound, VideoFormat
from tests.encoding_camera import EncodingVirtualCamera, ShrinkingVirtualCamera

USUAL, UNUSUAL = VideoFormat(640, 480, 30), VideoFormat(1918, 1078, 30)

REQUIRED = "EDGECAM_TEST_DRIVERS"


@dataclass(frozen=True)
class CameraRig:
    """A camera driver: a format its device has, one that it lacks, and how it is made."""

    make: Callable[[VideoFormat], Source[Seen]]
    video: VideoFormat = USUAL
    lacks: VideoFormat = UNUSUAL
    variable: str = ""


@dataclass(frozen=True)
class MicrophoneRig:
    """A microphone driver, likewise."""

    make: Callable[[AudioFormat], Source[Sound]]
    audio: AudioFormat = field(default_factory=AudioFormat)
    variable: str = ""


def _camera(driver: str, **own: Any) -> Callable[[VideoFormat], Source[Seen]]:
    return lambda video: source.camera(driver, video, **own)


def _microphone(driver: str, **own: Any) -> Callable[[AudioFormat], Source[Sound]]:
    return lambda audio: source.microphone(driver, audio, **own)


CAMERAS = {
    "picamera": CameraRig(
        _camera("picamera", device=os.environ.get("EDGECAM_TEST_PICAMERA", "")),
        variable="EDGECAM_TEST_PICAMERA",
    ),
    "v4l2": CameraRig(
        _camera("v4l2", device=os.environ.get("EDGECAM_TEST_V4L2", ""), format="auto"),
        variable="EDGECAM_TEST_V4L2",
    ),
    "virtual": CameraRig(_camera("virtual"), lacks=VideoFormat(641, 480, 30)),
    "virtual that encodes": CameraRig(EncodingVirtualCamera, lacks=VideoFormat(641, 480, 30)),
    "virtual that shrinks": CameraRig(ShrinkingVirtualCamera, lacks=VideoFormat(641, 480, 30)),
}

MICROPHONES = {
    "alsa": MicrophoneRig(
        _microphone("alsa", device=os.environ.get("EDGECAM_TEST_ALSA", ""), gain=0),
        variable="EDGECAM_TEST_ALSA",
    ),
    "alsa of files": MicrophoneRig(_microphone("alsa", device="tone", gain=6)),
    "virtual": MicrophoneRig(_microphone("virtual")),
}


def need(driver: str, variable: str) -> None:
    """Skip the test of a driver without its device, or fail it if it was required."""
    if not variable or os.environ.get(variable):
        return
    said = f"NOT TESTED: the driver {driver!r} needs a device: name one in ${variable}"
    if driver in os.environ.get(REQUIRED, "").split(","):
        pytest.fail(said)
    pytest.skip(said)
