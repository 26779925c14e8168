"""picamera2, imported when it is needed."""

import logging
import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from edgecam.errors import SourceError


def load() -> Any:
    """The module. Blocks for seconds the first time. SourceError where it is missing."""
    if find_spec("picamera2") is None or find_spec("libcamera") is None:
        raise SourceError(
            "the driver 'picamera' needs picamera2: sudo apt install python3-picamera2, and a"
            " virtual environment made with --system-site-packages"
        )
    # Both tell about every step of every opening.
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:WARN")
    try:
        module = import_module("picamera2")
    except Exception as error:
        raise SourceError(
            f"picamera2 can't be used ({error}): sudo apt install --reinstall python3-picamera2"
        ) from error
    logging.getLogger("picamera2").setLevel(logging.WARNING)
    return module
