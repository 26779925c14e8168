"""A microphone and a camera for Chromium, and what of them arrived at the device."""

import asyncio
import math
import wave
from array import array
from collections.abc import Sequence
from pathlib import Path

from tests.sockets import PATIENCE

RATE = 48_000
HERTZ = 620
WINDOW = RATE // 10

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""Chromium's own camera and microphone, and a user who always allows them."""


async def microphone(folder: Path, *, hertz: int = HERTZ) -> tuple[str, ...]:
    """Flags for a browser whose microphone hears a tone, on and off; silence if ``hertz`` is 0.

    A tone that never ends would be taken for noise, and suppressed.
    """
    file = folder / "microphone.wav"
    await asyncio.to_thread(_write, file, hertz)
    return (*CAMERA, f"--use-file-for-fake-audio-capture={file}")


def _write(file: Path, hertz: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    samples = array("h")
    for index in range(RATE):
        on = index % (RATE // 2) < RATE // 3
        samples.append(round(9_000 * math.sin(2 * math.pi * hertz * index / RATE)) if on else 0)
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())


def tone(samples: Sequence[int], hertz: int) -> float:
    """The part of the power of ``samples`` that is at ``hertz``, by Goertzel's algorithm."""
    power = sum(sample * sample for sample in samples) / len(samples)
    if power < 300**2:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * hertz / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + turn * last - before
    found = last * last + before * before - turn * last * before
    return 2 * found / len(samples) ** 2 / power


async def arrives(file: Path, hertz: int = HERTZ) -> None:
    """Wait until the loudspeaker that is ``file`` has played a tenth of a second of that tone."""
    read = 44
    async with asyncio.timeout(PATIENCE):
        while True:
            data = await asyncio.to_thread(_from, file, read)
            for begin in range(0, len(data) - 2 * WINDOW, 2 * WINDOW):
                read += 2 * WINDOW
                if tone(array("h", data[begin : begin + 2 * WINDOW]), hertz) > 0.7:
                    return
            await asyncio.sleep(0.05)


async def is_filled(file: Path, size: int) -> None:
    """Wait until ``file`` has that many bytes."""
    async with asyncio.timeout(PATIENCE):
        while len(await asyncio.to_thread(_from, file, 0)) < size:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def _from(file: Path, offset: int) -> bytes:
    return file.read_bytes()[offset:] if file.exists() else b""
