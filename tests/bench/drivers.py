"""What a driver's pictures take until the event loop has their packets, and what a node costs that
nobody watches.

``python -m tests.bench.drivers [WIDTHxHEIGHT@RATE [SECONDS]]`` measures the drivers alone, and
needs no more than what is measured: it runs in a container with a camera, too. It prints JSON.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

from edgecam.capture.shutter import Shutter
from edgecam.config import Config
from edgecam.lifecycle import cancelled
from edgecam.media import VideoFormat, capture_clock
from edgecam.pictures import Pictures, seen
from tests.bench import plan, process
from tests.bench.figures import Spread
from tests.node import Node

DRIVERS = {"virtual": "", "v4l2": "EDGECAM_TEST_V4L2", "picamera": "EDGECAM_TEST_PICAMERA"}
"""And which variable of the environment names a device for it."""

PATIENCE = 30.0
CLOSED = 10.0
"""Seconds that a camera may take to be closed."""

_MS = 1e6
"""Nanoseconds."""


@dataclass(frozen=True, slots=True)
class Driver:
    """``cold``: ms from the first subscription, to a camera that is closed, until its first packet,
    and ``latency`` from a picture's capture until its packet is in the event loop. ``encoder`` in
    words; ``closed``: whether the camera was, each time nobody was left.
    """

    encoder: str
    cold: Spread
    latency: Spread
    closed: bool


@dataclass(frozen=True, slots=True)
class Found:
    """``idle``: CPU of a node that nobody watches, ms a second. ``missing``: why a driver was not
    measured, by its name.
    """

    idle: Spread
    drivers: dict[str, Driver]
    missing: dict[str, str] = field(default_factory=dict)


async def measure(node: Node, times: int, seconds: float, windows: int, window: float) -> Found:
    """``node``, which nobody watches; then every driver that there is a device for."""
    idle = []
    for _ in range(windows):
        before = process.cpu(node.process.pid)
        await asyncio.sleep(window)
        idle.append(1_000 * (process.cpu(node.process.pid) - before).all / window)
    return Found(Spread.of(idle), *await measure_drivers(plan.PICTURE, times, seconds))


async def measure_drivers(
    video: VideoFormat, times: int, seconds: float
) -> tuple[dict[str, Driver], dict[str, str]]:
    """Every driver that there is a device for; why not the others."""
    drivers, missing = {}, {}
    for name, variable in DRIVERS.items():
        device = os.environ.get(variable, "") if variable else ""
        if variable and not device:
            missing[name] = f"there is no device: name one in ${variable}"
            continue
        drivers[name] = await _driver(_config(name, device, video), times, seconds)
    return drivers, missing


async def _driver(config: Config, times: int, seconds: float) -> Driver:
    shutter = Shutter()
    pictures = Pictures(config, seen(config, shutter), _nothing)
    running = asyncio.create_task(pictures.video.run())
    cold: list[float] = []
    latency: list[float] = []
    closed = True
    try:
        for _ in range(times):
            began = capture_clock()
            watcher = pictures.video.subscribe()
            async with asyncio.timeout(PATIENCE):
                await watcher.get()
            cold.append((capture_clock() - began) / _MS)
            end = capture_clock() + int(seconds / times * 1e9)
            while capture_clock() < end:
                async with asyncio.timeout(PATIENCE):
                    packet = await watcher.get()
                if packet is not None:
                    latency.append((capture_clock() - packet.capture_ns) / _MS)
            encoder = next(iter(pictures.encoders))
            watcher.close()
            closed &= await _until(lambda: shutter.closed)
    finally:
        await cancelled(running)
    return Driver(encoder, Spread.of(cold), Spread.of(latency), closed)


def _config(driver: str, device: str, video: VideoFormat) -> Config:
    camera = replace(Config().camera, driver=driver, width=video.width, height=video.height)
    return Config(camera=replace(camera, rate=video.rate, device=device or camera.device))


def _nothing(state: object, camera: str, vp8: str) -> None:
    """Failures end the measuring by its patience."""


async def _until(true: Callable[[], bool]) -> bool:
    for _ in range(int(CLOSED * 100)):
        if true():
            return True
        await asyncio.sleep(0.01)
    return False


def main() -> None:
    """The drivers alone."""
    given = sys.argv[1:]
    size = given[0] if given else str(plan.PICTURE)
    seconds = given[1] if given[1:] else plan.FULL.large_seconds
    video = VideoFormat(*map(int, re.split("[x@]", size)))
    drivers, missing = asyncio.run(measure_drivers(video, plan.FULL.starts, float(seconds)))
    told = {name: asdict(each) for name, each in drivers.items()}
    json.dump({"picture": str(video), "drivers": told, "missing": missing}, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
