"""Packets put in at a peer, and what of them arrives at a viewer, byte by byte."""

import asyncio
import queue
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from edgecam.capture import source
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.fanout.fanout import Fanout
from edgecam.lifecycle import cancelled
from edgecam.media import Packet, VideoFormat
from edgecam.peer.description import take_out_candidates
from edgecam.peer.peer import Peer, Streams
from tests.answerer import Answerer, Relay
from tests.sockets import PATIENCE

SIZE = VideoFormat(1280, 720, 30)
BITRATE = 8_000_000


class Replay:
    """The fan-out's Producer of packets that a test puts in."""

    def __init__(self) -> None:
        self._packets: queue.SimpleQueue[Packet] = queue.SimpleQueue()

    def put(self, packet: Packet) -> None:
        """Have ``packet`` read."""
        self._packets.put(packet)

    def open(self) -> None: ...

    def read(self, keyframe: Callable[[], bool]) -> Sequence[Packet]:
        try:
            return [self._packets.get(timeout=0.02)]
        except queue.Empty:
            return []

    def close(self) -> None: ...

    def abandon(self) -> bool:
        return False


def film() -> list[Packet]:
    """Access units of the virtual camera; the first and the fifth are keyframes."""
    made: list[Packet] = []
    camera = EncodedVideo(source.camera("virtual", SIZE), lambda: X264(SIZE, BITRATE, 300))
    camera.open()
    for number in range(8):
        made += camera.read([lambda: False, lambda: True][number == 4])
    camera.close()
    return made


@dataclass
class Viewer:
    """One who notes every packet that arrives, after decryption."""

    peer: Peer
    answerer: Answerer
    packets: list[bytes]
    more: asyncio.Condition
    link: "Link"

    def of(self, payload_type: int) -> list[bytes]:
        """The packets of a payload type."""
        return [data for data in self.packets if data[1] & 0x7F == payload_type]

    async def until(self, enough: Callable[[], bool]) -> None:
        """Wait for packets until there are enough."""
        async with asyncio.timeout(PATIENCE), self.more:
            await self.more.wait_for(enough)

    async def seen(self, payload_type: int, frames: int) -> None:
        """Wait until so many frames of a payload type have come whole."""
        await self.until(lambda: sum(d[1] >> 7 for d in self.of(payload_type)) == frames)

    def sender(self, kind: str) -> Any:
        """aiortc's sender."""
        return next(t for t in self.peer._pc.getTransceivers() if t.kind == kind).sender


class Link(Relay):
    """Loses the next ``to_lose`` packets of RTP, and notes them and what passes after them."""

    def __init__(self) -> None:
        super().__init__(lambda _: False)
        self.to_lose = 0
        self.all_lost = asyncio.Event()
        self.lost_packets: list[bytes] = []
        self.passed: list[bytes] = []

    def from_peer(self, data: bytes, address: tuple[str, int]) -> None:
        """Lose RTP (RFC 5761, section 4: RTCP's second byte is 192 to 223)."""
        if 128 <= data[0] <= 191 and not 192 <= data[1] <= 223:
            if self.to_lose:
                self.to_lose -= 1
                self.lost_packets.append(data)
                if not self.to_lose:
                    self.all_lost.set()
                return
            if self.lost_packets:
                self.passed.append(data)
        super().from_peer(data, address)


@asynccontextmanager
async def noting(peer: Peer, answer: Callable[[str], str] = str) -> AsyncIterator[Viewer]:
    """A viewer of ``peer``, once connected, by a link. ``answer`` changes its answer."""
    answerer = Answerer()
    link = Link()
    viewer = Viewer(peer, answerer, [], asyncio.Condition(), link)
    try:
        sdp = await answerer.answer(peer.sdp)
        transport: Any = answerer.pc.getReceivers()[0].transport
        handle = transport._handle_rtp_data

        async def note(data: bytes, arrival_time_ms: int) -> None:
            async with viewer.more:
                viewer.packets.append(data)
                viewer.more.notify_all()
            await handle(data, arrival_time_ms=arrival_time_ms)

        transport._handle_rtp_data = note
        await peer.answer(answer(take_out_candidates(sdp)[0]))
        await answerer.add([await link.open(peer.candidates[0])])
        async with asyncio.timeout(PATIENCE):
            await peer.connected.wait()
        yield viewer
    finally:
        await answerer.close()
        await peer.close()
        link.close()


@dataclass
class Studio:
    """Fan-outs of what a test puts in."""

    pictures: Replay
    sounds: Replay
    streams: Streams

    async def peer(self, send_path: str) -> Peer:
        """A peer of the two."""
        return await Peer.offering(self.streams, send_path=send_path)


@asynccontextmanager
async def running_studio() -> AsyncIterator[Studio]:
    """Running."""
    pictures, sounds = Replay(), Replay()
    video, audio = Fanout("camera", pictures, 300), Fanout("microphone", sounds, 300)
    tasks = [asyncio.create_task(fanout.run()) for fanout in (video, audio)]
    try:
        yield Studio(pictures, sounds, Streams(video, audio, profile_level_id(SIZE, BITRATE)))
    finally:
        for task in tasks:
            await cancelled(task)


def payload_types(sdp: str) -> dict[str, int]:
    """By name, as in an offer."""
    maps = [line[9:].split(" ") for line in sdp.splitlines() if line.startswith("a=rtpmap:")]
    return {name.split("/")[0].lower(): int(number) for number, name in maps}
