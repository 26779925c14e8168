"""A viewer whose link can't carry the main rendition gets the small one, in the same call."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from edgecam.capture import source
from edgecam.capture.shared import SharedCamera
from edgecam.config import Config, Encode
from edgecam.encode.decoded import Decoded
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.encode.promise import broken_by
from edgecam.encode.smaller import Smaller
from edgecam.fanout.fanout import Fanout
from edgecam.ground import video_format
from edgecam.lifecycle import cancelled
from edgecam.media import VideoFormat
from edgecam.peer import sending
from edgecam.peer.peer import Peer, Streams
from edgecam.peer.rate import Rate
from edgecam.peer.sending import Rendition
from edgecam.pictures import Pictures
from tests.answerer import Answerer, watching
from tests.encoding_camera import EncodingVirtualCamera, ShrinkingVirtualCamera
from tests.sockets import PATIENCE

SIZE = VideoFormat(640, 360, 30)
BITRATE, FLOOR = 1_000_000, 300_000


@dataclass
class Camera:
    """One camera in two sizes, running."""

    main: Rendition
    small: Rendition

    @property
    def streams(self) -> Streams:
        """What viewers are offered."""
        promised = profile_level_id(SIZE, BITRATE)
        rates = {"h264": self.main.rate}
        return Streams(self.main.fanout, None, promised, rates=rates, small=self.small)


def small_encoder() -> Smaller:
    """That of half the size."""
    return Smaller(SIZE, lambda video: X264(video, BITRATE // 2, 300))


@pytest.fixture
async def camera() -> AsyncIterator[Camera]:
    """No keyframe nobody asks for within the test."""
    shared = SharedCamera(source.camera("virtual", SIZE))
    main = EncodedVideo(shared.tap("main"), lambda: X264(SIZE, BITRATE, 300))
    small = EncodedVideo(Decoded(shared.tap("small")), small_encoder)
    made = Camera(
        Rendition(Fanout("camera", main, 15), Rate(FLOOR, BITRATE, main.set_bitrate)),
        Rendition(Fanout("small", small, 15), Rate(FLOOR // 3, BITRATE // 2, small.set_bitrate)),
    )
    tasks = [asyncio.create_task(each.fanout.run()) for each in (made.main, made.small)]
    yield made
    for task in tasks:
        await cancelled(task)


async def seen_until(viewer: Answerer, width: int) -> list[int]:
    """The times, in RTP units, of pictures up to the first as wide as that."""
    times: list[int] = []
    async with asyncio.timeout(2 * PATIENCE):
        while True:
            picture = await viewer.picture()
            assert picture.pts is not None
            times.append(picture.pts)
            if picture.width == width:
                return times


@pytest.mark.parametrize("send_path", ["shared", "stock"])
async def test_down_and_back_in_the_same_call(
    camera: Camera, send_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each rendition is encoded only while somebody gets it, and no picture is out of order."""
    monkeypatch.setattr(sending, "PATIENCE", 0.1)
    peer = await Peer.offering(camera.streams, send_path=send_path)
    try:
        async with watching(peer) as viewer:
            times = await seen_until(viewer, SIZE.width)
            assert camera.small.fanout.state == "idle"
            # As if its link were squeezed.
            (link,) = camera.main.rate._links
            link.limit = FLOOR / 2
            camera.main.rate._links[link]()
            times += await seen_until(viewer, SIZE.half.width)
            assert camera.main.fanout.subscribers == 0
            assert not camera.main.rate._links
            (link,) = camera.small.rate._links
            assert not link.thin
            link.limit = BITRATE
            times += await seen_until(viewer, SIZE.width)
            assert camera.small.fanout.subscribers == 0
            assert times == sorted(set(times))
    finally:
        await peer.close()
    assert camera.main.fanout.subscribers == camera.small.fanout.subscribers == 0


@pytest.mark.parametrize("made", [EncodingVirtualCamera, ShrinkingVirtualCamera])
async def test_of_a_camera_that_encodes_by_itself(
    made: type[EncodingVirtualCamera], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pictures are decoded, and made smaller, only while somebody needs that; not decoded at
    all where it makes them smaller by itself.
    """
    if made is ShrinkingVirtualCamera:
        monkeypatch.setattr("edgecam.encode.decoded._decoder", lambda: pytest.fail("decoded"))
    config = Config()
    size = video_format(config.camera)
    camera = SharedCamera(made(size))
    pictures = Pictures(config, camera, lambda state, camera, vp8: None)
    assert pictures.small is not None
    small = pictures.small.fanout
    assert pictures.encoders[f"small {X264.called}"] is small
    task = asyncio.create_task(small.run())
    assert small.state == "idle"
    watcher = small.subscribe()
    async with asyncio.timeout(PATIENCE):
        first = await watcher.get()
    assert first is not None
    assert broken_by(first, size.half, pictures.profile_level_id) is None
    watcher.close()
    await cancelled(task)
    without = Config(encode=Encode(small="off"))
    assert Pictures(without, camera, lambda state, camera, vp8: None).small is None


async def test_an_encoder_takes_nothing_while_nobody_watches() -> None:
    """What it would take stays known; what it took last is no reason to encode even less."""
    seen = SharedCamera(EncodingVirtualCamera(VideoFormat(320, 180, 30)))
    pictures = Pictures(Config(), seen, lambda state, camera, vp8: None)
    for _ in range(500):
        pictures._costs[0].add(0.1, 1.0, halved=False)
    now, all_of_it = pictures.encoding()
    assert now == 0
    assert all_of_it > 1
    subscription = pictures.video.subscribe()
    assert pictures.encoding() == (all_of_it, all_of_it)
    subscription.close()
    assert pictures.encoding() == (0, all_of_it)
