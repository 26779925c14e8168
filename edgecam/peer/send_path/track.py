"""A viewer's track on the shared path: like ``PacketTrack``, but nobody reads it. It sends."""

import asyncio
import logging
from collections.abc import Callable, Sized
from dataclasses import dataclass
from typing import NoReturn, Protocol

from aiortc import MediaStreamTrack, RTCRtpSender
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from edgecam.media import Kind, Packet
from edgecam.peer.send_path import internals
from edgecam.peer.send_path.internals import Wire
from edgecam.peer.send_path.stream import Stream
from edgecam.peer.tracks import CONGESTED_PAUSE, MOST_UNSENT

logger = logging.getLogger(__name__)


class Packets(Protocol):
    """What a track needs of a subscription."""

    closed: bool

    @property
    def waiting(self) -> Sized: ...

    def read_by(self, ready: Callable[[], None]) -> None: ...

    def take(self) -> Packet | None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Probe:
    """So many bits a second more, until then; ``since`` when none were added. Loop's time."""

    more: float
    ask: Callable[[], None]
    until: float
    since: float


class SharedTrack(MediaStreamTrack):
    """One viewer's track. ``attach`` it to its sender, then as ``PacketTrack``.

    A packet is sent in the very call that delivers it to the subscription: a task for each viewer
    would cost more than the sending. Whatever goes wrong there is this viewer's end, and nobody
    else's.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        super().__init__()
        self._packets: Packets | None = None
        self._stream: Stream | None = None
        self._over = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None
        self._probe: Probe | None = None
        self.captured_ns = 0

    def attach(self, sender: RTCRtpSender) -> None:
        """Send in the place of ``sender``, which has not begun."""

        async def run(codec: RTCRtpCodecParameters) -> None:
            await self._run(sender, codec)

        internals.send_instead(sender, run, self._repair)

    def begin(self, packets: Packets, unsent: Callable[[], int]) -> None:
        """Send ``packets`` from now on, or from when there is a connection.

        What is ``unsent`` the route knows better.
        """
        self._packets = packets
        self._read()

    def pause(self) -> None:
        """Leave the fan-out and send nothing, without an end."""
        packets, self._packets = self._packets, None
        if packets is not None:
            packets.close()

    def probe(self, more: float, seconds: float, ask: Callable[[], None]) -> bool:
        """Send so many bits a second more for a while, and ``ask`` meanwhile; whether it can."""
        if self._stream is None or not self._stream.pad(0):
            return False
        now = asyncio.get_running_loop().time()
        self._probe = Probe(more, ask, now + seconds, now)
        return True

    async def recv(self) -> NoReturn:
        """Nothing: see ``attach``."""
        raise MediaStreamError

    def stop(self) -> None:
        """End the track and leave the fan-out."""
        super().stop()
        self.pause()
        self._over.set()

    async def _run(self, sender: RTCRtpSender, codec: RTCRtpCodecParameters) -> None:
        """From when DTLS is up until the end."""
        repairs = any(feedback.type == "nack" for feedback in codec.rtcpFeedback)
        payload_type = codec.payloadType or 0
        name = codec.name.lower()
        self._stream = Stream(Wire(sender), self.kind, name, payload_type, repairs=repairs)
        self._read()
        try:
            await self._over.wait()
        finally:
            self._stream.close()
            self._stream = None
            if self._later is not None:
                self._later.cancel()

    def _read(self) -> None:
        if self._packets is not None and self._stream is not None:
            self._packets.read_by(self._send)
            self._send()

    def _send(self) -> None:
        """Send what there is, unless the network doesn't keep up: then see again shortly."""
        packets, stream = self._packets, self._stream
        if packets is None or stream is None or self._over.is_set():
            return
        if packets.closed:
            self._over.set()
            return
        try:
            while not stream.waiting or stream.unsent() <= MOST_UNSENT:
                packet = packets.take()
                if packet is None:
                    return
                self.captured_ns = packet.capture_ns
                if not stream.send(packet):
                    self._over.set()
                    return
                if self._probe is not None:
                    self._pad(self._probe, stream)
                if not packets.waiting:
                    return
        except Exception:
            logger.exception("%s is sent to a viewer no more", self.kind)
            self._over.set()
            return
        if self._later is None:
            # asyncio has no event for a datagram socket that has caught up.
            self._later = asyncio.get_running_loop().call_later(CONGESTED_PAUSE, self._again)

    def _pad(self, probe: Probe, stream: Stream) -> None:
        """What a probe adds to the frame just sent."""
        now = asyncio.get_running_loop().time()
        stream.pad(probe.more / 8 * (now - probe.since))
        probe.since = now
        probe.ask()
        if now > probe.until:
            self._probe = None

    def _again(self) -> None:
        self._later = None
        self._send()

    async def _repair(self, sequence_number: int) -> None:
        if self._stream is not None:
            await self._stream.repair(sequence_number)
