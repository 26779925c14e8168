"""What a sender reads of a viewer's track."""

import asyncio
from itertools import pairwise

import pytest
from aiortc.mediastreams import MediaStreamError

from edgecam.fanout.subscription import Subscription
from edgecam.media import NS, Packet
from edgecam.peer.tracks import MOST_UNSENT, PacketTrack


def subscription(size: int) -> Subscription:
    """A subscription on its own."""
    return Subscription(size, lambda: None, lambda _: None)


def packet(seconds: float, *, keyframe: bool = False) -> Packet:
    """A packet captured at ``seconds``."""
    return Packet("video", b"\x00\x00\x01", round(seconds * NS), keyframe)


async def test_timestamps_are_the_capture_clock_in_rtp_units() -> None:
    """90 kHz for video, 48 kHz for sound; twenty milliseconds of sound are 960 exactly."""
    for kind, rate in (("video", 90_000), ("audio", 48_000)):
        mine = subscription(200)
        track = PacketTrack(kind)  # type: ignore[arg-type]
        track.begin(mine, lambda: 0)
        first = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0)
        for number in range(100):
            mine.push(packet(1234.567891 + number * 0.02, keyframe=True))
        received = [await first] + [await track.recv() for _ in range(99)]
        assert received[0].pts == int(1234.567891 * rate)
        steps = {
            later.pts - earlier.pts
            for earlier, later in pairwise(received)
            if later.pts is not None and earlier.pts is not None
        }
        assert steps == {rate // 50}
        track.stop()


async def test_a_network_that_does_not_keep_up_drops_to_the_next_keyframe() -> None:
    """Nothing is taken while too much is unsent; afterwards it goes on at a keyframe."""
    unsent = 0
    mine = subscription(3)
    track = PacketTrack("video")
    track.begin(mine, lambda: unsent)
    first = asyncio.ensure_future(track.recv())
    await asyncio.sleep(0)
    mine.push(packet(0, keyframe=True))
    await first

    unsent = MOST_UNSENT + 1
    stuck = asyncio.ensure_future(track.recv())
    await asyncio.sleep(0)
    for number in range(1, 10):
        mine.push(packet(number))
    assert not stuck.done()
    unsent = 0
    mine.push(packet(10, keyframe=True))

    assert (await stuck).pts == 10 * 90_000
    assert mine.dropped == 9
    track.stop()


async def test_a_paused_track_goes_on_with_other_packets() -> None:
    """A read waits meanwhile; what the first subscription has left is not sent."""
    one, other = subscription(3), subscription(3)
    track = PacketTrack("audio")
    waiting = asyncio.ensure_future(track.recv())
    await asyncio.sleep(0)
    track.begin(one, lambda: 0)
    await asyncio.sleep(0)
    one.push(packet(1, keyframe=True))
    assert (await waiting).pts == 48_000

    waiting = asyncio.ensure_future(track.recv())
    await asyncio.sleep(0)
    track.pause()
    assert one.closed
    await asyncio.sleep(0)
    assert not waiting.done()
    track.begin(other, lambda: 0)
    await asyncio.sleep(0)
    other.push(packet(2, keyframe=True))
    assert (await waiting).pts == 2 * 48_000
    track.stop()


async def test_a_track_without_packets_has_ended() -> None:
    """After it stopped, and once its subscription is closed."""
    track = PacketTrack("video")
    mine = subscription(3)
    track.begin(mine, lambda: 0)
    waiting = asyncio.ensure_future(track.recv())
    await asyncio.sleep(0)
    track.stop()
    assert mine.closed
    with pytest.raises(MediaStreamError):
        await waiting
    with pytest.raises(MediaStreamError):
        await track.recv()
