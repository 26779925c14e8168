"""The controls of an encoder that is inside a camera."""

import logging
from contextlib import suppress

from edgecam.capture.v4l2 import ioctls as v4l2
from edgecam.capture.v4l2.device import Control, Device

logger = logging.getLogger(__name__)


class EncoderControls:
    """Notes what is wanted by any thread; the one that reads the camera applies it, as a control
    may block. What the camera has no control for is left as it is.
    """

    def __init__(self) -> None:
        self._device: Device | None = None
        self._known: dict[int, Control] = {}
        self._key = False
        self._bitrate: int | None = None
        self._applied: int | None = None

    def begin(self, device: Device | None) -> None:
        """With a camera that is opened; None: it does not encode by itself. OSError if it fails."""
        self._applied, self._key = None, False
        self._known = device.controls() if device else {}
        self._device = device
        if device is None:
            return
        if v4l2.CID_FORCE_KEY_FRAME not in self._known:
            logger.warning(
                "the camera makes keyframes when it likes: who joins waits for the next;"
                " camera.format = 'mjpeg' leaves the encoding to edgecam"
            )
        if v4l2.CID_REPEAT_SEQ_HEADER in self._known:
            self._set(v4l2.CID_REPEAT_SEQ_HEADER, 1)
        self.apply()

    def end(self) -> None:
        """The camera is being closed. May be called twice."""
        self._device = None

    def request_keyframe(self) -> None:
        """For any thread."""
        self._key = True

    def set_bitrate(self, bitrate: int) -> None:
        """For any thread."""
        self._bitrate = bitrate

    def apply(self) -> None:
        """Set what was asked for since the last time."""
        if self._key:
            self._key = False
            self._set(v4l2.CID_FORCE_KEY_FRAME, 1)
        bitrate = self._bitrate
        if bitrate is not None and bitrate != self._applied:
            self._applied = bitrate
            self._set(v4l2.CID_BITRATE, bitrate)

    def _set(self, control: int, value: int) -> None:
        known = self._known.get(control)
        if self._device is None or known is None:
            return
        if known.kind == v4l2.TYPE_INTEGER:
            step = max(known.step, 1)
            held = max(known.least, min(value, known.most))
            value = known.least + (held - known.least) // step * step
        # A control that is refused while the camera runs is no reason to stop it.
        with suppress(OSError):
            self._device.set(control, value)
