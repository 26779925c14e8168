"""What aiortc's senders read: packets of a fan-out, as they are."""

import asyncio
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol

from aiortc import MediaStreamTrack, RTCRtpSender
from aiortc.mediastreams import MediaStreamError
from av import Packet as AvPacket

from edgecam.media import NS, Kind, Packet

CLOCK_RATE: dict[Kind, int] = {"video": 90_000, "audio": 48_000}
"""RTP timestamp units a second (RFC 6184 section 8.2.1, RFC 7587 section 4.1)."""

MOST_UNSENT = 32_768
"""Bytes in this process's socket buffer above which a viewer is sent nothing more for now."""

CONGESTED_PAUSE = 0.005


class Packets(Protocol):
    """What a track needs of a subscription."""

    async def get(self) -> Packet | None: ...

    def close(self) -> None: ...


class PacketTrack(MediaStreamTrack):
    """One viewer's track. ``begin`` gives it packets, ``pause`` takes them away until the next
    ``begin``; it ends with them, or by ``stop``.

    While ``unsent`` says the network doesn't keep up, nothing is taken from the subscription: it
    overflows there, and the viewer goes on at the next keyframe instead of further and further
    behind. ``captured_ns``: when the packet read last was captured.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        super().__init__()
        self._packets: Packets | None = None
        self._going_on = asyncio.Event()
        self._unsent: Callable[[], int] = lambda: 0
        self.captured_ns = 0

    def attach(self, sender: RTCRtpSender) -> None:
        """Be read by ``sender``, which as its track it is."""

    def begin(self, packets: Packets, unsent: Callable[[], int]) -> None:
        """Send ``packets`` from now on."""
        self._packets = packets
        self._unsent = unsent
        self._going_on.set()

    def pause(self) -> None:
        """Leave the fan-out and send nothing, without an end."""
        packets, self._packets = self._packets, None
        self._going_on.clear()
        if packets is not None:
            packets.close()

    async def recv(self) -> "AvPacket[Any]":
        """The next packet, its pts on the capture clock in RTP units."""
        packet = await self._next()
        self.captured_ns = packet.capture_ns
        rate = CLOCK_RATE[self.kind]
        made: AvPacket[Any] = AvPacket(packet.data)
        made.pts = packet.capture_ns * rate // NS
        made.time_base = Fraction(1, rate)
        return made

    def probe(self, more: float, seconds: float, ask: Callable[[], None]) -> bool:
        """Send so many bits a second more for a while: aiortc can't."""
        return False

    def stop(self) -> None:
        """End the track and leave the fan-out."""
        super().stop()
        self.pause()
        self._going_on.set()

    async def _next(self) -> Packet:
        while self.readyState == "live":
            await self._going_on.wait()
            # asyncio has no event for a datagram socket that has caught up.
            while self._unsent() > MOST_UNSENT:  # noqa: ASYNC110
                await asyncio.sleep(CONGESTED_PAUSE)
            packets = self._packets
            packet = await packets.get() if packets is not None else None
            if packet is not None:
                return packet
            if packets is not None and packets is self._packets:
                break
        raise MediaStreamError
