"""When the shared send path sends what, and what it remembers of it."""

import asyncio
from copy import copy
from typing import cast

import pytest
from aioice.ice import CandidatePair

from edgecam.fanout.subscription import Subscription
from edgecam.media import NS, Packet
from edgecam.peer.send_path.history import KEPT, History, Sent
from edgecam.peer.send_path.internals import Wire
from edgecam.peer.send_path.stream import Stream
from edgecam.peer.send_path.track import SharedTrack
from edgecam.peer.tracks import MOST_UNSENT
from tests import test_send_path_internals as senders
from tests.sockets import PATIENCE
from tests.test_send_path_route import Received
from tests.test_tracks import packet, subscription


class Sink:
    """In the place of a Stream: takes packets, or breaks."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.some = asyncio.Event()
        self.waiting = 0
        self.up = True
        self.broken = False

    def unsent(self) -> int:
        return self.waiting

    def send(self, packet: Packet) -> bool:
        if self.broken:
            raise OSError("broken")
        if self.up:
            self.sent.append(packet.capture_ns // NS)
            self.some.set()
        return self.up


def connected(track: SharedTrack) -> Sink:
    """Have ``track`` begin, as it does when DTLS is up."""
    sink = Sink()
    track._stream = cast("Stream", sink)
    track._read()
    return sink


def begun(mine: Subscription) -> tuple[SharedTrack, Sink]:
    """A connected track of ``mine``."""
    track = SharedTrack("video")
    track.begin(mine, lambda: 0)
    return track, connected(track)


async def test_a_packet_is_sent_as_it_is_delivered() -> None:
    """In the call that pushes it; when it was captured is told."""
    mine = subscription(3)
    track, sink = begun(mine)
    for number in range(5):
        mine.push(packet(number, keyframe=number == 0))
        assert sink.sent == list(range(number + 1))
        assert track.captured_ns == number * NS
    assert mine.dropped == 0
    track.stop()


async def test_what_came_before_the_connection_is_sent_from_the_keyframe_on() -> None:
    """So the viewer begins at once."""
    mine = subscription(5)
    track = SharedTrack("video")
    track.begin(mine, lambda: 0)
    for number, keyframe in enumerate([True, False, True, False]):
        mine.push(packet(number, keyframe=keyframe))
    assert connected(track).sent == [2, 3]
    track.stop()


async def test_a_network_that_does_not_keep_up_drops_to_the_next_keyframe() -> None:
    """As on aiortc's path: nothing is sent while too much is unsent, and never part of a run."""
    mine = subscription(3)
    track, sink = begun(mine)
    mine.push(packet(0, keyframe=True))
    sink.waiting = MOST_UNSENT + 1
    for number in range(1, 10):
        mine.push(packet(number))
    assert sink.sent == [0]
    sink.waiting = 0
    mine.push(packet(10, keyframe=True))
    mine.push(packet(11))
    assert sink.sent == [0, 10, 11]
    assert mine.dropped == 9
    track.stop()


async def test_what_waits_goes_out_when_the_network_has_caught_up() -> None:
    """Without another packet having to come."""
    mine = subscription(3)
    track, sink = begun(mine)
    sink.waiting = MOST_UNSENT + 1
    mine.push(packet(0, keyframe=True))
    mine.push(packet(1))
    assert sink.sent == []
    sink.waiting = 0
    async with asyncio.timeout(PATIENCE):
        await sink.some.wait()
    assert sink.sent == [0, 1]
    track.stop()


async def test_one_that_breaks_ends_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever delivers to it does not notice; the log does, once."""
    mine, others = subscription(3), subscription(3)
    (track, sink), (other, others_sink) = begun(mine), begun(others)
    sink.broken = True
    for number in range(3):
        for each in (mine, others):
            each.push(packet(number, keyframe=number == 0))
    assert others_sink.sent == [0, 1, 2]
    assert track._over.is_set()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    track.stop()
    other.stop()


@pytest.mark.parametrize("why", ["the subscription is closed", "DTLS is down"])
async def test_without_either_end_it_is_over(why: str) -> None:
    """Then aiortc's sender ends, too."""
    mine = subscription(3)
    track, sink = begun(mine)
    if why == "DTLS is down":
        sink.up = False
        mine.push(packet(0, keyframe=True))
    else:
        mine.close()
    assert track._over.is_set()
    assert sink.sent == []
    track.stop()


async def test_a_paused_track_goes_on_with_other_packets() -> None:
    """What the first subscription has left is not sent."""
    one, other = subscription(3), subscription(3)
    track, sink = begun(one)
    one.push(packet(1, keyframe=True))
    track.pause()
    assert one.closed
    assert not track._over.is_set()
    track.begin(other, lambda: 0)
    other.push(packet(2, keyframe=True))
    assert sink.sent == [1, 2]
    track.stop()
    assert other.closed


async def test_packets_follow_the_chosen_pair_and_end_with_dtls() -> None:
    """A viewer's address may change in mid-call; its numbers go on."""
    loop = asyncio.get_running_loop()
    picture = Packet("video", b"\0\0\1" + bytes([0x65]) * 5_000, NS, keyframe=True)
    async with senders.connected() as sender:
        stream = Stream(Wire(sender), "video", "h264", 102, repairs=True)
        connection = sender.transport.transport._connection
        old = connection._nominated[1]
        assert stream.send(picture)
        for _ in range(2):
            host = old.local_addr[0]
            far, received = await loop.create_datagram_endpoint(Received, local_addr=(host, 0))
            candidate = copy(old.remote_candidate)
            candidate.host, candidate.port = far.get_extra_info("sockname")[:2]
            connection._nominated[1] = CandidatePair(old.protocol, candidate)
            assert stream.send(picture)
            numbers = [int.from_bytes(data[2:4], "big") for data in await received.get(4)]
            first = stream._next - 4
            assert numbers == [(first + at) & 0xFFFF for at in range(4)]
            far.close()
        connection._nominated[1] = old
        assert stream.send(picture)
        connection._nominated.pop(1)
        assert stream.send(picture)
        connection._nominated[1] = old
    assert not stream.send(picture)


def sent(first: int, count: int, seconds: float) -> Sent:
    """A frame of ``count`` packets."""
    payloads = tuple(b"%d" % number for number in range(count))
    return Sent(first & 0xFFFF, 0, b"", payloads, round(seconds * NS))


def test_frames_are_remembered_for_their_time_however_large() -> None:
    """At 60 pictures a second, with a keyframe of a thousand packets among them, and no longer."""
    history = History()
    number = 65_000
    for frame in range(600):
        count = 1_000 if frame == 590 else 7
        history.add(sent(number, count, frame / 60))
        number += count
    for back in (1, 63, 64, 1_062, 1_063, 1_063 + 7 * 108):
        found = history.find((number - back) & 0xFFFF)
        assert found is not None
        frame_sent, at = found
        assert (frame_sent.first + at) & 0xFFFF == (number - back) & 0xFFFF
    assert history.find((number - 1_063 - 7 * 60 * KEPT // NS) & 0xFFFF) is None
    assert history.find(number & 0xFFFF) is None


def test_a_clock_that_jumps_does_not_grow_the_history() -> None:
    """However it does: the number of frames is bounded, too."""
    history = History()
    for number in range(10_000):
        history.add(sent(number, 1, 10_000 - number))
    assert len(history._frames) == 256
