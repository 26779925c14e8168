"""One RTP stream to one viewer."""

import struct
import time
from collections.abc import Sized
from random import getrandbits, randrange

from edgecam.media import NS, Kind, Packet
from edgecam.peer.dscp import EF
from edgecam.peer.send_path.frame import Burst, Frame, layout_of
from edgecam.peer.send_path.history import History, Sent
from edgecam.peer.send_path.internals import Pair, Wire, protect
from edgecam.peer.send_path.route import Route
from edgecam.peer.send_path.spread import Spread, pause

_NTP_EPOCH = 2_208_988_800 * NS
"""Nanoseconds from 1900 to 1970 (RFC 868)."""

_REPORT_EVERY = NS
"""Nanoseconds between sender reports, as aiortc's on average: round trips are measured by them."""

_MARKER = 0x80
"""On the last packet of an access unit (RFC 6184, section 5.1), in the byte of the payload type."""


class Stream:
    """Sequence numbers, timestamps and headers, from the viewer's answer to its end.

    ``codec`` is its name in SDP, in lower case. With ``repairs``, what was sent is remembered.
    """

    def __init__(
        self, wire: Wire, kind: Kind, codec: str, payload_type: int, *, repairs: bool
    ) -> None:
        self._wire = wire
        self._mark = EF if kind == "audio" else None
        self._payload_type = payload_type
        length = wire.extensions.length
        # Version 2, and the bit for header extensions (RFC 3550, section 5.1).
        self._first_byte = 0x90 if length else 0x80
        self._header = struct.Struct(f"!BBHII{length}s")
        self._layout = layout_of(kind, codec, self._header.size, wire.tag)
        # A number that wraps around soon after the start breaks SRTP where packets are lost.
        self._next = randrange(1 << 15)
        self._next_rtx = randrange(1 << 15)
        self._origin = getrandbits(32)
        self._history = History() if repairs else None
        # Not all viewers' with the same picture.
        self._report_at = time.time_ns() + randrange(_REPORT_EVERY)
        self._pair: object = None
        self._spread: Spread | None = None
        self.waiting: Sized = ()
        """Has something in it while there is something unsent."""

    def unsent(self) -> int:
        """Bytes that wait in this process because the kernel takes no more; 0 without a route."""
        return self._spread.route.unsent() if self._spread is not None else 0

    def send(self, packet: Packet) -> bool:
        """Send ``packet`` by whichever ICE pair is chosen now; whether DTLS is still up."""
        wire = self._wire
        try:
            pair = wire.pair()
        except ConnectionError:
            return False
        if pair is None:
            return True
        spread = self._spread
        if pair is not self._pair or spread is None:
            spread = self._go_by(pair)
        frame = self._layout.lay_out(packet)
        now = time.time_ns()
        timestamp = self._origin + frame.ticks & 0xFFFFFFFF
        first, extensions = self._next, wire.extensions.at(now)
        self._protect(frame, first, timestamp, self._extensions(frame, extensions, now))
        spread.send(frame)
        payloads = frame.payloads
        self._next = first + len(payloads) & 0xFFFF
        if self._history is not None:
            sent = Sent(first, timestamp, extensions, payloads, packet.capture_ns)
            self._history.add(sent)
        ntp = (now + _NTP_EPOCH << 32) // NS
        wire.count(len(payloads), frame.octets, frame.size, timestamp, ntp)
        if not 0 < self._report_at - now <= _REPORT_EVERY:
            self._report_at = now + _REPORT_EVERY
            spread.route.send_one(wire.report(packet.capture_ns))
        return True

    def close(self) -> None:
        """Send at once what is left of a frame; nothing holds the stream any more."""
        if self._spread is not None:
            self._spread.flush()

    def _go_by(self, pair: object) -> Spread:
        """Send by this ICE pair from now on."""
        self.close()
        route = Route(Pair(pair), self._mark)
        self._pair, self._spread, self.waiting = pair, (spread := Spread(route)), route.waiting
        return spread

    async def repair(self, sequence_number: int) -> None:
        """Send a packet again, if it is remembered: as RTX (RFC 4588), or else as it was.

        As it was to the byte: AES-GCM never encrypts two packets under one sequence number.
        """
        found = self._history.find(sequence_number) if self._history is not None else None
        if found is None:
            return
        await self._wire.send(self._again(*found))

    def pad(self, octets: float) -> bool:
        """Send about so much that the viewer has no use for: the last frame's packets once more, as
        RTX. Whether that can be.
        """
        sent = self._history.newest if self._history is not None else None
        if sent is None or self._spread is None or self._wire.rtx_payload_type is None:
            return False
        for number in range(len(sent.payloads)):
            if octets <= 0:
                break
            packet = self._wire.protect(self._again(sent, number))
            self._spread.route.send([Burst(memoryview(packet), len(packet))])
            octets -= len(packet)
        return True

    def _again(self, sent: Sent, number: int) -> bytes:
        """A packet that was sent, as RTX (RFC 4588) if the viewer knows that, else as it was."""
        sequence_number = sent.first + number & 0xFFFF
        payload = sent.payloads[number]
        marker = _MARKER if number + 1 == len(sent.payloads) else 0
        wire = self._wire
        payload_type, ssrc, extensions = self._payload_type, wire.ssrc, sent.extensions
        if wire.rtx_payload_type is not None:
            extensions = wire.extensions.at(time.time_ns())
            payload = sequence_number.to_bytes(2, "big") + payload
            payload_type, ssrc = wire.rtx_payload_type, wire.rtx_ssrc
            sequence_number = self._next_rtx
            self._next_rtx = self._next_rtx + 1 & 0xFFFF
        header = self._header.pack(
            self._first_byte,
            marker | payload_type,
            sequence_number,
            sent.timestamp,
            ssrc,
            extensions,
        )
        return header + payload

    def _extensions(self, frame: Frame, extensions: bytes, now: int) -> list[bytes]:
        """Those of each step: a viewer reckons from the time that a packet was really sent.

        But for a viewer without RTX, to whom a packet is sent again as it was: all of a frame's are
        the same, so as to be remembered once.
        """
        steps = frame.steps
        if len(steps) < 2 or self._wire.rtx_payload_type is None:
            return [extensions] * len(steps)
        step = round(pause(steps) * NS)
        return [self._wire.extensions.at(now + step * at) for at in range(len(steps))]

    def _protect(
        self, frame: Frame, sequence: int, timestamp: int, extensions: list[bytes]
    ) -> None:
        """Make this viewer's datagrams on the frame's desk."""
        frame.put_on_desk()
        memory, write = frame.desk.memory, self._header.pack_into
        first_byte, payload_type = self._first_byte, self._payload_type
        srtp, ssrc = self._wire.srtp, self._wire.ssrc
        last = sequence + len(frame.payloads) - 1
        for step, those in zip(frame.steps, extensions, strict=True):
            for start, pointer, length in step.places:
                if sequence == last:
                    payload_type |= _MARKER
                write(
                    memory,
                    start,
                    first_byte,
                    payload_type,
                    sequence & 0xFFFF,
                    timestamp,
                    ssrc,
                    those,
                )
                if status := protect(srtp, pointer, length):
                    raise RuntimeError(f"libsrtp refuses to encrypt: error {status}")
                sequence += 1
