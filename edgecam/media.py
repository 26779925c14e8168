"""The words every step shares: what a picture, a sound and an encoded packet are.

All times are nanoseconds on the capture clock, ``CLOCK_MONOTONIC``: the clock V4L2, libcamera and
ALSA can stamp with, the same for camera and microphone, never set back. RTP timestamps and lip
sync come from it.
"""

import time
from dataclasses import dataclass
from typing import Literal

from av import AudioFrame, VideoFrame

Kind = Literal["video", "audio"]

EncodedBy = Literal["hardware", "software"]
"""Whether an encoder made for it does the work, be it the camera's, or the processor."""

NS = 1_000_000_000
"""Nanoseconds in a second."""


def capture_clock() -> int:
    """Now, on the capture clock."""
    return time.monotonic_ns()


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """A size in pixels and a rate in pictures a second."""

    width: int
    height: int
    rate: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}@{self.rate}"

    @property
    def half(self) -> "VideoFormat":
        """Half the width and height, each even as yuv420p has it."""
        return VideoFormat(max(2, self.width // 2 & ~1), max(2, self.height // 2 & ~1), self.rate)


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """Samples a second and channels of signed 16-bit PCM."""

    rate: int = 48_000
    channels: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """One raw picture, yuv420p, and when it was taken."""

    frame: VideoFrame
    capture_ns: int


@dataclass(frozen=True, slots=True)
class Sound:
    """A run of s16 samples and when the first of them was heard."""

    frame: AudioFrame
    capture_ns: int


@dataclass(frozen=True, slots=True)
class Packet:
    """What a viewer is sent: one H.264 access unit (Annex B), VP8 frame or Opus packet.

    ``keyframe``: a decoder can start here. True for every audio packet, for an access unit that
    holds SPS, PPS and an IDR picture, and for a key frame of VP8.
    """

    kind: Kind
    data: bytes
    capture_ns: int
    keyframe: bool
