"""What the shared send path takes of the private parts of aiortc, aioice, asyncio and pylibsrtp.

Written for ``aiortc_internals.PINNED``; ``tests/test_send_path_internals.py`` fails if any of it
moves.
"""

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Sized
from contextlib import suppress
from typing import Any, cast

from aiortc import RTCRtpSender
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcdtlstransport import SRTP_PROFILES, SRTPProtectionProfile, State
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import (
    RTCP_SR,
    HeaderExtensions,
    RtcpByePacket,
    RtcpSdesPacket,
    RtcpSourceInfo,
)
from pylibsrtp._binding import ffi, lib

from edgecam.peer.aiortc_internals import captured_ntp

__all__ = ["Extensions", "Pair", "Profile", "Wire", "ffi", "order_profiles", "send_instead"]

Profile = SRTPProtectionProfile

_TAGS = {
    b"SRTP_AEAD_AES_256_GCM": 16,
    b"SRTP_AEAD_AES_128_GCM": 16,
    b"SRTP_AES128_CM_SHA1_80": 10,
}
"""Bytes of an authentication tag: RFC 7714, section 13.2, and RFC 5764, section 4.1.2."""

_CONNECTED = State.CONNECTED

_REPORT = struct.Struct("!BBHIQIII")
"""A sender's without report blocks: RFC 3550, section 6.4.1."""
_REPORT_WORDS = 6
_CNAME = 1
"""Section 6.5.1."""

protect: Callable[[Any, Any, Any], int] = lib.srtp_protect
"""Of an ``srtp_t``, a pointer to a packet and one to its length, which grows by the tag: encrypts
in place; anything but 0 is an error."""


class Pair:
    """An ICE pair: where to send to, the asyncio transport to do it by, and that one's socket.

    ``socket`` is None where there is none of its own, as behind a TURN server. Once the transport
    is closed, so is it. ``waiting`` has something in it while datagrams wait in the transport, and
    ``unsent`` tells their bytes; aioice's transport for TURN can't say.
    """

    __slots__ = ("address", "socket", "transport", "unsent", "waiting")

    def __init__(self, pair: Any) -> None:
        self.address: tuple[str, int] = pair.remote_addr
        self.transport = pair.protocol.transport
        wrapped = self.transport.get_extra_info("socket")
        # asyncio's wrapper has no sendmsg.
        self.socket: socket.socket | None = wrapped._sock if wrapped else None
        size = getattr(self.transport, "get_write_buffer_size", None)
        self.unsent: Callable[[], int] = size or _nothing
        self.waiting: Sized = getattr(self.transport, "_buffer", ()) if size else ()


def _nothing() -> int:
    return 0


class Extensions:
    """A viewer's RTP header extensions, as aiortc's own map of them writes them.

    ``length`` in bytes, with the four of the header of RFC 8285, section 4.2.
    """

    def __init__(self, sender: RTCRtpSender) -> None:
        self._map = sender._RTCRtpSender__rtp_header_extensions_map  # type: ignore[attr-defined]
        self._mid = sender._RTCRtpSender__mid  # type: ignore[attr-defined]
        self._learn()

    @property
    def length(self) -> int:
        return len(self._before) + len(self._after) + (3 if self._has_time else 0)

    def at(self, time_ns: int) -> bytes:
        """As they are for what is sent at ``time_ns``, Unix time."""
        if getattr(self._map, "value", None) is not self._playout_delay:
            self._learn()
        if not self._has_time:
            return self._before
        # abs-send-time: seconds in 6.18 fixed point. NTP's epoch is a multiple of 64 s before.
        time = (time_ns << 18) // 1_000_000_000 & 0xFFFFFF
        return self._before + time.to_bytes(3, "big") + self._after

    def _learn(self) -> None:
        """Find the place of abs-send-time, the only one that changes with every frame."""
        self._playout_delay = getattr(self._map, "value", None)
        low, high = self._made(0), self._made(0xFFFFFF)
        differ = [at for at, (a, b) in enumerate(zip(low, high, strict=True)) if a != b]
        self._has_time = bool(differ)
        self._before = low[: differ[0]] if differ else low
        self._after = low[differ[0] + 3 :] if differ else b""

    def _made(self, abs_send_time: int) -> bytes:
        values = HeaderExtensions(abs_send_time=abs_send_time, mid=self._mid)
        profile, value = self._map.set(values)
        if not value:
            return b""
        return struct.pack("!HH", profile, len(value) >> 2) + bytes(value)


class Wire:
    """What a sender that has begun has agreed on with its viewer, and what it reports from."""

    def __init__(self, sender: RTCRtpSender) -> None:
        self._sender = private = cast("Any", sender)
        self._transport = transport = cast("Any", sender.transport)
        self._nominated = transport.transport._connection._nominated
        # Holds the session, which libsrtp's handle must not outlive.
        self._session = transport._tx_srtp
        self.srtp = self._session._srtp[0]
        self.tag = _TAGS[transport._ssl.get_selected_srtp_profile()]
        self.ssrc: int = sender._ssrc
        self.rtx_ssrc: int = sender._rtx_ssrc
        self.rtx_payload_type: int | None = private._RTCRtpSender__rtx_payload_type
        self.extensions = Extensions(sender)
        cname = str(private._RTCRtpSender__cname or "").encode()
        source = RtcpSourceInfo(ssrc=self.ssrc, items=[(_CNAME, cname)])
        self._description = bytes(RtcpSdesPacket(chunks=[source]))

    def pair(self) -> Any:
        """aioice's chosen pair of candidates, which may change at any time; None for none.

        ConnectionError once DTLS is down.
        """
        if self._transport._state is not _CONNECTED:
            raise ConnectionError("DTLS is down")
        return self._nominated.get(1)

    def count(self, packets: int, octets: int, size: int, timestamp: int, ntp: int) -> None:
        """Note what was sent: ``octets`` of payload, ``size`` of datagrams, both times of it."""
        sender, transport = self._sender, self._transport
        sender._RTCRtpSender__packet_count += packets
        sender._RTCRtpSender__octet_count += octets
        sender._RTCRtpSender__rtp_timestamp = timestamp
        sender._RTCRtpSender__ntp_timestamp = ntp
        transport._RTCDtlsTransport__tx_packets += packets
        transport._RTCDtlsTransport__tx_bytes += size

    def report(self, captured_ns: int) -> bytes:
        """A sender report, encrypted and counted: what was sent last was captured then."""
        sender, transport = self._sender, self._transport
        ntp = captured_ntp(captured_ns)
        clear = _REPORT.pack(
            0x80,
            RTCP_SR,
            _REPORT_WORDS,
            self.ssrc,
            ntp,
            sender._RTCRtpSender__rtp_timestamp,
            sender._RTCRtpSender__packet_count & 0xFFFFFFFF,
            sender._RTCRtpSender__octet_count & 0xFFFFFFFF,
        )
        # The round trip is measured from receiver reports that name this one.
        sender._RTCRtpSender__lsr = ntp >> 16 & 0xFFFFFFFF
        sender._RTCRtpSender__lsr_time = time.time()
        report: bytes = self._session.protect_rtcp(clear + self._description)
        transport._RTCDtlsTransport__tx_packets += 1
        transport._RTCDtlsTransport__tx_bytes += len(report)
        return report

    def protect(self, packet: bytes) -> bytes:
        """``packet``, encrypted."""
        protected: bytes = self._session.protect(packet)
        return protected

    async def send(self, packet: bytes) -> None:
        """Protect and send one packet as aiortc does, and have it counted."""
        await self._transport._send_rtp(packet)


def send_instead(
    sender: RTCRtpSender,
    run: Callable[[RTCRtpCodecParameters], Awaitable[None]],
    repair: Callable[[int], Awaitable[None]],
) -> None:
    """Have ``run`` send in the place of ``sender``, from when it begins to when ``run`` returns.

    Reports are its business, too; only the goodbye (RFC 3550, section 6.6) is aiortc's. ``run`` is
    told the codec that was agreed on, and cancelled at the end. ``repair`` is told each
    sequence number the viewer has lost.
    """

    async def next_encoded_frame(codec: RTCRtpCodecParameters) -> None:
        await run(codec)
        raise MediaStreamError

    async def run_rtcp() -> None:
        private = cast("Any", sender)
        private._RTCRtpSender__rtcp_started.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await sender._send_rtcp([RtcpByePacket(sources=[sender._ssrc])])
        private._RTCRtpSender__rtcp_exited.set()

    sender._next_encoded_frame = next_encoded_frame  # type: ignore[method-assign]
    sender._run_rtcp = run_rtcp  # type: ignore[method-assign]
    sender._retransmit = repair  # type: ignore[method-assign,assignment]


def order_profiles(cost: Callable[[Profile], int]) -> None:
    """Have aiortc offer and choose the SRTP profiles that cost least before the others."""
    SRTP_PROFILES.sort(key=cost)
