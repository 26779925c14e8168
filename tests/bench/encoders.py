"""What one second of the picture costs each encoder, of the very same pictures in turn."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from edgecam import config
from edgecam.capture.testcard import Card
from edgecam.encode.encoded import VideoEncoder
from edgecam.encode.h264 import X264
from edgecam.encode.vp8 import Vp8
from edgecam.media import NS, Picture, VideoFormat
from tests.bench import plan
from tests.bench.figures import Spread

SECONDS = 3
"""Of pictures, drawn beforehand: drawing them costs more than encoding."""


@dataclass(frozen=True, slots=True)
class Encoders:
    """CPU of the process, all threads, in ms a second of pictures, by encoder."""

    cpu: dict[str, Spread]
    bitrate: dict[str, int]
    """Bits a second that came out."""

    @property
    def ratios(self) -> dict[str, float]:
        """How many times H.264 each costs."""
        return {name: spread.p50 / self.cpu["H.264"].p50 for name, spread in self.cpu.items()}


def measure(rounds: int) -> Encoders:
    """The encoders take turns, so that what else the machine does hits them alike."""
    video = VideoFormat(plan.WIDTH, plan.HEIGHT, plan.RATE)
    card = Card(video)
    times = [number * NS // video.rate for number in range(SECONDS * video.rate)]
    pictures = [Picture(card.draw(number, at, at), at) for number, at in enumerate(times)]
    encode = config.Encode()
    bitrate, interval = encode.video_bitrate, encode.keyframe_interval
    make: dict[str, Callable[[], VideoEncoder]] = {
        "H.264": lambda: X264(video, bitrate, interval),
        "VP8": lambda: Vp8(video, bitrate, interval),
        "VP8, half": lambda: Vp8(video, bitrate, interval, 2),
    }
    cpu: dict[str, list[float]] = {name: [] for name in make}
    size = dict.fromkeys(make, 0)
    for _ in range(rounds):
        for name, made in make.items():
            with closing(made()) as encoder:
                before = time.process_time_ns()
                packets = [packet for each in pictures for packet in encoder.encode(each, False)]
                cpu[name].append((time.process_time_ns() - before) / 1e6 / SECONDS)
            size[name] = sum(len(packet.data) for packet in packets) * 8 // SECONDS
    return Encoders({name: Spread.of(spent) for name, spent in cpu.items()}, size)
