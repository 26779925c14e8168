"""What does not return: an encoder gets another, a driver's thread is told of and given up."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from edgecam import lifecycle
from edgecam.capture.shared import SharedCamera
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.h264 import X264
from edgecam.errors import Hangs
from edgecam.fanout import fanout as fanout_module
from edgecam.fanout.fanout import Fanout
from edgecam.fanout.stall import LOOKS, Stall
from edgecam.lifecycle import cancelled
from edgecam.media import Packet, Picture, VideoFormat
from tests.producer import DrivenProducer, StuckProducer
from tests.test_fanout import States, first_packet, running

SIZE = VideoFormat(320, 180, 30)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once, and look often."""
    monkeypatch.setattr(lifecycle, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(fanout_module, "LOOK", 0.3)


async def reason_of(states: States, text: str) -> None:
    """Wait until a failure has had a reason with ``text`` in it."""
    while not any(text in reason for _, reason in states.seen):
        states.changed.clear()
        await states.changed.wait()


class HangingEncoder:
    """A libx264 that hangs in its second picture, unless told otherwise."""

    def __init__(self, let_go: threading.Event) -> None:
        self._let_go = let_go
        self._real = X264(SIZE, 300_000, 10)
        self._pictures = 0

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
        self._pictures += 1
        if self._pictures == 2:
            self._let_go.wait()
        return self._real.encode(picture, keyframe)

    def set_bitrate(self, bitrate: int) -> None:
        self._real.set_bitrate(bitrate)

    def close(self) -> None:
        self._real.close()


@asynccontextmanager
async def hanging(
    hang: int, let_go: threading.Event | None = None
) -> AsyncIterator[tuple[Fanout, States, SharedCamera]]:
    """A virtual camera with encoders the first ``hang`` of which do, until they are ``let_go``;
    all end with this.
    """
    let_go, made = let_go or threading.Event(), 0

    def encoder() -> HangingEncoder:
        nonlocal made
        made += 1
        hangs = threading.Event()
        hangs.set()
        return HangingEncoder(let_go if made <= hang else hangs)

    camera, states = SharedCamera(VirtualCamera(SIZE)), States()
    fanout = Fanout("camera", EncodedVideo(camera.tap("H.264"), encoder), 60, states)
    task = asyncio.create_task(fanout.run())
    try:
        yield fanout, states, camera
    finally:
        let_go.set()
        await cancelled(task)
        await asyncio.gather(*fanout.abandoned)


async def test_an_encoder_that_hangs_is_replaced(caplog: pytest.LogCaptureFixture) -> None:
    """It is told, the subscription stays and goes on at a keyframe, and that is counted."""
    async with hanging(1, let_go := threading.Event()) as (fanout, states, _):
        mine = fanout.subscribe()
        first = await mine.get()
        await states.until("failed")
        assert "hangs" in fanout.reason
        assert fanout.due
        await states.until("live")
        second = await mine.get()
        assert first is not None
        assert second is not None
        assert first.keyframe
        assert second.keyframe
        healing = fanout.healing
        assert (healing.failures, healing.encoder, healing.camera) == (1, 1, 0)
        assert healing.since is None
        # The first encoder returns after all: what is another's by now is not closed.
        let_go.set()
        await asyncio.gather(*fanout.abandoned)
        for _ in range(10):
            assert await mine.get()
        assert states.seen[-1] == ("live", "")
        assert fanout.healing.failures == 1
        mine.close()
        await states.until("idle")
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == [
        "camera: the camera hangs: nothing has come for two seconds; trying again",
        "camera: works again after 1 failures",
    ]


async def test_the_camera_of_an_encoder_that_hangs_goes_on() -> None:
    """For those who use it, too, and never waited for."""
    async with hanging(1) as (fanout, states, camera):
        other = camera.tap("other")
        mine = fanout.subscribe()
        await states.until("live")
        await asyncio.to_thread(other.open)
        await states.until("failed")
        await asyncio.to_thread(other.read)
        await asyncio.to_thread(other.close)
        mine.close()


async def test_too_many_encoders_that_hang_take_a_new_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each costs a thread; then no sign of life comes, which is what the watchdog waits for."""
    monkeypatch.setattr(fanout_module, "STUCK", 0.01)
    async with hanging(100) as (fanout, states, _):
        mine = fanout.subscribe()
        await reason_of(states, "restarted")
        assert fanout.healing.encoder == fanout_module.MOST_ABANDONED
        assert fanout.due
        mine.close()


async def test_a_camera_that_hangs_is_told_while_it_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody has to leave for it; what is tried meanwhile is no sign of life."""
    monkeypatch.setattr(fanout_module, "STUCK", 0.01)
    producer = StuckProducer()
    async with running(producer) as (fanout, states):
        mine = fanout.subscribe()
        await first_packet(mine, producer)
        producer.step()
        await states.until("failed")
        assert "hangs" in states.seen[-1][1]
        await reason_of(states, "restarted")
        life = fanout.life
        states.seen.clear()
        fanout.try_again()
        await asyncio.sleep(0)
        assert (fanout.life, fanout.due) == (life, True)
        producer.let_go.set()
        producer.step()
        await states.until("live")
        assert fanout.life > life
        assert fanout.healing.camera == 1
        mine.close()


async def test_a_device_that_hangs_while_it_opens() -> None:
    """A sign of life is due, as of one that hangs later."""
    producer = DrivenProducer()
    producer.fail(Hangs("the driver hangs"))
    async with running(producer) as (fanout, states):
        mine = fanout.subscribe()
        await states.until("failed")
        assert fanout.due
        life = fanout.life
        states.seen.clear()
        producer.fail(Hangs("the driver still hangs"))
        await states.until("failed")
        assert fanout.life == life
        producer.step()
        await states.until("live")
        mine.close()


def test_who_looks_rarely_sees_no_hang() -> None:
    """Only looks without a sign of life count, in a row."""
    stall = Stall()
    turns = [0, 0, 0, 0, 1, 1, 1, 1, 2]
    assert not any(stall.look(turn) for turn in turns)
    assert [stall.look(2) for _ in range(LOOKS)][-1]
