"""The H.264 encoder of a Raspberry Pi up to the 4th, by way of picamera2's.

Imported on such a device only: it takes picamera2.
"""

import fcntl
from collections.abc import Callable
from typing import Any

import videodev2
from picamera2.encoders.h264_encoder import H264Encoder
from picamera2.encoders.v4l2_encoder import V4L2Encoder
from picamera2.outputs import Output

from edgecam.capture.v4l2.control import EncoderControls
from edgecam.capture.v4l2.device import Device
from edgecam.h264_levels import Level

LONG = 60
"""Seconds between two keyframes that nobody asked for, each of which weighs many times what other
pictures do. The driver's own default is 60 pictures.
"""


class _AtLevel(V4L2Encoder):  # type: ignore[misc] # picamera2 has no types
    """picamera2 leaves the level at the driver's 4.0, whatever the size."""

    edgecam_level: Level

    def _start(self) -> None:
        major, minor = divmod(self.edgecam_level.idc, 10)
        value = getattr(videodev2, f"V4L2_MPEG_VIDEO_H264_LEVEL_{major}_{minor}")
        # Together with the others, before the encoder runs: of two values the last one counts.
        self._controls += [(videodev2.V4L2_CID_MPEG_VIDEO_H264_LEVEL, value)]
        super()._start()


class HardwareEncoder(H264Encoder, _AtLevel):  # type: ignore[misc] # likewise
    """Encodes ``rate`` pictures a second to constrained baseline of ``level``, with SPS and PPS
    before each keyframe.

    ``controls`` are applied before each picture, in the camera's thread. What goes wrong there or
    in the encoder's goes to ``failed``: an exception would end that thread, without a word.
    """

    def __init__(
        self,
        level: Level,
        rate: int,
        bitrate: int | None,
        controls: EncoderControls,
        failed: Callable[[Exception], None],
    ) -> None:
        super().__init__(
            bitrate=bitrate, repeat=True, iperiod=LONG * rate, profile="constrained baseline"
        )
        self.edgecam_level = level
        self._edgecam_controls = controls
        self._edgecam_failed = failed

    def _start(self) -> None:
        super()._start()
        self._edgecam_controls.begin(Device(self.vd.fileno(), fcntl.ioctl))

    def _stop(self) -> None:
        self._edgecam_controls.end()
        super()._stop()

    def thread_poll(self, buf_available: Any) -> None:
        """The encoder's thread."""
        try:
            super().thread_poll(buf_available)
        except Exception as error:  # noqa: BLE001 - it is told where the camera is read
            self._edgecam_failed(error)

    def _encode(self, stream: Any, request: Any) -> None:
        # picamera2 waits for the encoder to give a buffer back, and the camera with it.
        if self.buf_available.empty():
            return
        try:
            self._edgecam_controls.apply()
            super()._encode(stream, request)
        except Exception as error:  # noqa: BLE001 - it is told where the camera is read
            self._edgecam_failed(error)


class Handed(Output):  # type: ignore[misc] # likewise
    """Hands each access unit to ``take``, with the sensor's time in nanoseconds."""

    def __init__(self, take: Callable[[bytes, int], None]) -> None:
        super().__init__()
        self._take = take
        self.encoder: HardwareEncoder | None = None

    def outputframe(
        self,
        frame: bytes,
        keyframe: bool = True,
        timestamp: int | None = None,
        packet: object = None,
        audio: bool = False,
    ) -> None:
        """In the encoder's thread, in microseconds since the first picture."""
        if audio or timestamp is None or self.encoder is None:
            return
        self._take(frame, ((self.encoder.firsttimestamp or 0) + timestamp) * 1_000)
