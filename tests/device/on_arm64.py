"""Run by ``tests/device/arm64`` where edgecam is installed: import all of it, encode with it, and
have a node come up.
"""

import importlib
import importlib.util
import os
import pkgutil
import platform
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import edgecam
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.capture.virtual_microphone import VirtualMicrophone
from edgecam.encode.encoded import EncodedAudio, EncodedVideo
from edgecam.encode.h264 import X264
from edgecam.encode.opus import Opus
from edgecam.encode.vp8 import Vp8
from edgecam.media import AudioFormat, VideoFormat

COMMAND = str(Path(sys.executable).with_name("edgecam"))
VIDEO = VideoFormat(640, 360, 15)
WITHOUT_SDL = ("edgecam.playback.screen", "edgecam.playback.sdl")
"""What takes the extra ``screen``, and with SDL a desktop's worth of packages."""

WITHOUT_PICAMERA2 = "edgecam.capture.picamera."
"""What takes picamera2, which is Raspberry Pi OS's: ``make test-device`` runs it."""

READY = " is ready. "


def import_everything() -> int:
    """The number of modules, all of which can be imported, but for those of a screen and, where
    there is no picamera2, of a Raspberry Pi's camera.
    """
    without = () if importlib.util.find_spec("picamera2") else (WITHOUT_PICAMERA2,)
    modules = [
        module.name
        for module in pkgutil.walk_packages(edgecam.__path__, "edgecam.")
        if not module.name.endswith("__main__")
        and module.name not in WITHOUT_SDL
        and not module.name.startswith(without)
    ]
    for module in modules:
        importlib.import_module(module)
    return len(modules)


def see_libcamera() -> str:
    """The version of the system's libcamera, where there is one for Python: seen from in here."""
    if importlib.util.find_spec("libcamera") is None:
        return "no libcamera for Python here"
    libcamera = importlib.import_module("libcamera")
    cameras = libcamera.CameraManager.singleton().cameras
    return f"libcamera {libcamera.CameraManager.singleton().version}, {len(cameras)} cameras"


def encode_a_second() -> str:
    """How much of each codec a second of the virtual camera and microphone makes."""
    made = []
    for encoder in (X264, Vp8):
        producer = EncodedVideo(VirtualCamera(VIDEO), partial(encoder, VIDEO, 400_000, 10))
        producer.open()
        packets = [packet for _ in range(VIDEO.rate) for packet in producer.read(lambda: False)]
        producer.close()
        assert packets[0].keyframe
        made.append(f"{sum(len(p.data) for p in packets)} bytes of {encoder.called}")
    audio = AudioFormat()
    sound = EncodedAudio(VirtualMicrophone(audio), lambda: Opus(audio, 32_000))
    sound.open()
    packets = [packet for _ in range(50) for packet in sound.read(lambda: False)]
    sound.close()
    made.append(f"{len(packets)} packets of Opus")
    return ", ".join(made)


def come_up() -> str:
    """What a node says when its first call could be answered; then it ends as it is told to."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "EDGECAM_PATHS_STATE": folder,
            "EDGECAM_PATHS_RUNTIME": f"{folder}/run",
            "EDGECAM_CAMERA_WIDTH": "320",
            "EDGECAM_CAMERA_HEIGHT": "180",
            "EDGECAM_CAMERA_RATE": "5",
            "EDGECAM_WEB_PORT": "0",
        }
        node = subprocess.Popen(
            (COMMAND, "run"),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert node.stdout is not None
        said = []
        for line in node.stdout:
            said.append(line)
            if READY in line:
                node.terminate()
        assert node.wait() == 0, "".join(said)
        return next(line.strip() for line in said if READY in line)


def main() -> None:
    """Try all; an exception is a failure."""
    print(f"  {platform.machine()}, Python {platform.python_version()}")
    print(f"  {import_everything()} modules imported")
    subprocess.run((COMMAND, "check"), check=True)
    print(f"  {see_libcamera()}")
    print(f"  {encode_a_second()}")
    print(f"  {come_up()}")


if __name__ == "__main__":
    main()
