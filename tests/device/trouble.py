"""Trouble for the service, made by files in its runtime folder.

Installed beside edgecam on the machines of the tests. ``freeze``: the virtual camera's driver
hangs, and nothing ends that. ``unplug``: it fails. ``block``: the event loop stands still. ``eat``:
it takes memory without end, while the event loop turns.
"""

import importlib
import sys
import threading
import time
from pathlib import Path
from typing import Any

FOLDER = Path("/run/edgecam")


def _eat() -> None:
    while not (FOLDER / "eat").exists():
        time.sleep(0.5)
    eaten = []
    while True:
        eaten.append(b"x" * 2**20)


def _trouble() -> None:
    controls: Any = importlib.import_module("edgecam.controls").Controls
    report = controls.report

    def blocked(self: Any) -> Any:
        while (FOLDER / "block").exists():
            time.sleep(0.05)
        return report(self)

    controls.report = blocked
    camera: Any = importlib.import_module("edgecam.capture.virtual_camera").VirtualCamera
    errors = importlib.import_module("edgecam.errors")
    read = camera.read

    def troubled(self: Any) -> Any:
        while (FOLDER / "freeze").exists():
            time.sleep(0.05)
        if (FOLDER / "unplug").exists():
            raise errors.SourceError("the camera was unplugged: plug it in")
        return read(self)

    camera.read = troubled


if "run" in sys.orig_argv:
    _trouble()
    threading.Thread(target=_eat, daemon=True).start()
