"""The work all viewers share, alone in a process: capture and encode, as the node does them.

Run as a module, it works until its standard input ends, in one thread for the picture and one for
the sound, and throws away what it makes.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from edgecam.capture import source
from edgecam.config import Config
from edgecam.encode.encoded import EncodedAudio, EncodedVideo
from edgecam.encode.h264 import X264
from edgecam.encode.opus import Opus
from edgecam.media import AudioFormat, Packet, VideoFormat
from tests.bench import plan


class Producer(Protocol):
    """What a fan-out's thread runs."""

    def open(self) -> None: ...

    def read(self, keyframe: Callable[[], bool]) -> Sequence[Packet]: ...

    def close(self) -> None: ...

    def abandon(self) -> bool:
        return False


@asynccontextmanager
async def producer() -> AsyncIterator[int]:
    """The process, from its first packets on; its id."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.producer"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdout is None or not await process.stdout.readline():
        raise RuntimeError(f"the producer ended with exit code {await process.wait()}")
    try:
        yield process.pid
    finally:
        process.kill()
        await process.wait()


def main() -> None:
    """Produce until standard input ends."""
    config = Config()
    video, audio = VideoFormat(plan.WIDTH, plan.HEIGHT, plan.RATE), AudioFormat()
    encode = config.encode
    camera = EncodedVideo(
        source.camera(config.camera.driver, video),
        lambda: X264(video, encode.video_bitrate, encode.keyframe_interval),
    )
    microphone = EncodedAudio(
        source.microphone(config.microphone.driver, audio),
        lambda: Opus(audio, encode.audio_bitrate),
    )
    begun = threading.Barrier(3)
    producers: tuple[Producer, ...] = (camera, microphone)
    for one in producers:
        threading.Thread(target=_work, args=(one, begun), daemon=True).start()
    begun.wait()
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    sys.stdin.read()


def _work(made: Producer, begun: threading.Barrier) -> None:
    made.open()
    while not made.read(_no_keyframe):
        pass
    begun.wait()
    while True:
        made.read(_no_keyframe)


def _no_keyframe() -> bool:
    return False


if __name__ == "__main__":
    main()
