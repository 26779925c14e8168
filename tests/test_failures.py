"""What viewers are told when a part of the picture fails: the camera, or one of its encoders."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from edgecam import app
from edgecam import pictures as made
from edgecam.capture.shared import SharedCamera
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.config import Camera, Config
from edgecam.encode.h264 import X264
from edgecam.encode.vp8 import Vp8
from edgecam.errors import SourceError
from edgecam.fanout.fanout import Fanout
from edgecam.ground import Ground
from edgecam.lifecycle import cancelled
from edgecam.media import VideoFormat
from edgecam.peer.servers import Servers
from tests.encoding_camera import EncodingVirtualCamera
from tests.sockets import PATIENCE
from tests.test_codecs import BrokenVp8

SIZE = VideoFormat(320, 180, 30)
CONFIG = Config(camera=Camera(width=SIZE.width, height=SIZE.height, rate=SIZE.rate))


class LooseCamera(VirtualCamera):
    """Is connected or not."""

    connected = False

    def open(self) -> None:
        if not self.connected:
            raise SourceError("no camera is connected")
        super().open()


@dataclass
class Told:
    """A caller that only listens: what has failed now, and why."""

    failed: dict[str, str] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def source_failed(self, source: str, reason: str) -> None:
        self.failed[source] = reason
        self.changed.set()

    async def until(self, **failed: str) -> None:
        """Wait until exactly this is what has failed."""
        while {name: why for name, why in self.failed.items() if why} != failed:
            self.changed.clear()
            await self.changed.wait()


@dataclass
class Pictures:
    """The node's fan-outs, running, and the camera they share."""

    camera: LooseCamera
    h264: Fanout
    vp8: Fanout
    told: Told


GROUND = Ground(Path("nowhere"), Path("nowhere"), "", Servers(), None)


@pytest.fixture
async def pictures() -> AsyncIterator[Pictures]:
    """As the node puts them together; nobody watches yet."""
    node = app._Node(CONFIG, GROUND, asyncio.Event())
    told = Told()
    node._caller = cast("Any", told)
    camera = LooseCamera(SIZE)
    of_it = made.Pictures(CONFIG, SharedCamera(camera), node._saw)
    h264, vp8 = of_it.video, of_it.vp8
    assert vp8 is not None
    tasks = [asyncio.create_task(fanout.run()) for fanout in (h264, vp8)]
    yield Pictures(camera, h264, vp8, told)
    for task in tasks:
        await cancelled(task)


@pytest.mark.parametrize("watched", ["h264", "vp8", "both"])
async def test_a_camera_that_fails_is_told_of(pictures: Pictures, watched: str) -> None:
    """Whoever watches; and that it works again."""
    fanouts = {"h264": [pictures.h264], "vp8": [pictures.vp8]}
    watchers = [each.subscribe() for each in fanouts.get(watched, [pictures.h264, pictures.vp8])]
    await pictures.told.until(camera="no camera is connected")
    pictures.camera.connected = True
    await pictures.told.until()
    for watcher in watchers:
        watcher.close()


async def test_who_encodes_is_said() -> None:
    """A camera that does it itself is told the bitrate, and not called a software encoder."""
    camera = EncodingVirtualCamera(SIZE)
    of_it = made.Pictures(CONFIG, SharedCamera(camera), lambda state, why, vp8: None)
    h264 = of_it.video
    assert list(of_it.encoders) == [X264.called, f"small {X264.called}", Vp8.called]
    assert camera.bitrate == Config().encode.video_bitrate
    task = asyncio.create_task(h264.run())
    watcher = h264.subscribe()
    async with asyncio.timeout(PATIENCE):
        assert await watcher.get()
    assert list(of_it.encoders) == [made.BY_CAMERA, f"small {X264.called}", Vp8.called]
    assert of_it.encoders[made.BY_CAMERA] is h264
    watcher.close()
    await cancelled(task)


async def test_an_encoder_that_fails_is_not_the_camera(
    pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who watch H.264 are not told that their camera has failed."""
    monkeypatch.setattr(made, "Vp8", BrokenVp8)
    pictures.camera.connected = True
    watchers = [pictures.h264.subscribe(), pictures.vp8.subscribe()]
    await pictures.told.until(vp8="the VP8 encoder failed")
    for watcher in watchers:
        watcher.close()
