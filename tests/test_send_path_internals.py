"""What the shared send path takes of others' private parts is still there and still does it."""

import asyncio
import inspect
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender
from aiortc.clock import current_ntp_time
from aiortc.codecs import HEADER_EXTENSIONS
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate, RTCDtlsTransport
from aiortc.rtcicetransport import RTCIceGatherer, RTCIceTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpParameters
from aiortc.rtp import (
    AnyRtcpPacket,
    HeaderExtensions,
    HeaderExtensionsMap,
    RtcpByePacket,
    RtcpPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    RtpPacket,
)
from pylibsrtp import Policy, Session

from edgecam.media import NS, capture_clock
from edgecam.peer import aiortc_internals
from edgecam.peer.send_path import internals, profiles
from edgecam.peer.send_path.internals import Extensions, Pair, Wire, ffi, protect
from edgecam.peer.tracks import PacketTrack
from tests.sockets import PATIENCE
from tests.viewer import Screen


@asynccontextmanager
async def connected() -> AsyncIterator[RTCRtpSender]:
    """A video sender whose DTLS is up, by aiortc alone."""
    aiortc_internals.prepare()
    pc, screen = RTCPeerConnection(RTCConfiguration(iceServers=[])), Screen()
    sender = pc.addTransceiver(PacketTrack("video"), direction="sendonly").sender
    aiortc_internals.send_playout_delay(sender)
    up = asyncio.Event()
    pc.on("connectionstatechange", lambda: up.set() if pc.connectionState == "connected" else None)
    await pc.setLocalDescription(await pc.createOffer())
    answer = await screen.answer(pc.localDescription.sdp)
    await pc.setRemoteDescription(type(pc.localDescription)(answer, "answer"))
    async with asyncio.timeout(PATIENCE):
        await up.wait()
    try:
        yield sender
    finally:
        await pc.close()
        await screen.close()


async def test_a_connection_is_all_that_is_needed() -> None:
    """What a wire tells is what aiortc has agreed on, and it ends with DTLS."""
    async with connected() as sender:
        wire = Wire(sender)
        private: Any = sender
        assert (wire.ssrc, wire.rtx_ssrc) == (sender._ssrc, sender._rtx_ssrc)
        assert wire.rtx_payload_type == private._RTCRtpSender__rtx_payload_type
        assert isinstance(wire.rtx_payload_type, int)

        pair = Pair(wire.pair())
        remote = wire.pair().remote_candidate
        assert pair.address == (remote.host, remote.port)
        assert isinstance(pair.socket, socket.socket)
        assert pair.socket.getsockname()[:2] == pair.transport.get_extra_info("sockname")[:2]
        assert pair.transport.get_write_buffer_size() == pair.unsent() == 0
        assert pair.waiting is pair.transport._buffer
        assert not pair.waiting
        assert not pair.transport.is_closing()
    with pytest.raises(ConnectionError):
        wire.pair()
    for _ in range(3):
        await asyncio.sleep(0)
    assert pair.transport.is_closing()
    assert pair.socket.fileno() == -1


async def test_what_is_counted_is_reported() -> None:
    """By the sender's statistics and its next report, and by the transport's."""
    async with connected() as sender:
        wire = Wire(sender)

        async def told() -> tuple[int, int, int, int]:
            stats: dict[str, Any] = {s.type: s for s in (await sender.getStats()).values()}
            one, all_ = stats["outbound-rtp"], stats["transport"]
            return one.packetsSent, one.bytesSent, all_.packetsSent, all_.bytesSent

        before = await told()
        wire.count(3, 500, 700, 12_345, 67 << 32)
        # Others (DTLS, RTCP, ICE) may send meanwhile, but not without an await.
        after = await told()
        private: Any = sender
        assert [b - a for a, b in zip(before, after, strict=True)] == [3, 500, 3, 700]
        assert private._RTCRtpSender__rtp_timestamp == 12_345
        assert private._RTCRtpSender__ntp_timestamp == 67 << 32


async def test_a_report_is_what_aiortc_would_say() -> None:
    """To the byte; receiver reports are measured by it, and it is counted."""
    async with connected() as sender:
        wire, private, transport = Wire(sender), cast("Any", sender), cast("Any", sender.transport)
        key = bytes(range(30))
        outbound, inbound = Policy(key=key), Policy(key=key)
        outbound.ssrc_type, inbound.ssrc_type = Policy.SSRC_ANY_OUTBOUND, Policy.SSRC_ANY_INBOUND
        wire._session = Session(policy=outbound)
        wire.count(3, 500, 700, 12_345, 0)
        before = transport._RTCDtlsTransport__tx_packets, transport._RTCDtlsTransport__tx_bytes
        report = wire.report(capture_clock() - 2 * NS)
        clear = Session(policy=inbound).unprotect_rtcp(report)

        told, described = RtcpPacket.parse(clear)
        assert isinstance(told, RtcpSrPacket)
        assert clear == bytes(told) + bytes(described)
        assert abs(current_ntp_time() - told.sender_info.ntp_timestamp - (2 << 32)) < 1 << 32
        ntp = told.sender_info.ntp_timestamp
        assert told == RtcpSrPacket(sender._ssrc, RtcpSenderInfo(ntp, 12_345, 3, 500))
        cname = (1, private._RTCRtpSender__cname.encode())
        assert described == RtcpSdesPacket([RtcpSourceInfo(sender._ssrc, [cname])])
        assert ntp >> 16 & 0xFFFFFFFF == private._RTCRtpSender__lsr
        assert abs(private._RTCRtpSender__lsr_time - time.time()) < PATIENCE
        after = transport._RTCDtlsTransport__tx_packets, transport._RTCDtlsTransport__tx_bytes
        assert after == (before[0] + 1, before[1] + len(report))


async def test_encrypting_in_place_is_what_pylibsrtp_does() -> None:
    """To the byte, with as long a tag as is reckoned with."""
    async with connected() as sender:
        wire = Wire(sender)
        clear = b"\x80\x60\x12\x34" + bytes(8) + b"payload"
        expected = sender.transport._tx_srtp.protect(clear)
        memory = bytearray(clear + bytes(wire.tag))
        size = ffi.new("int *", len(clear))
        assert protect(wire.srtp, ffi.from_buffer(memory), size) == 0
        assert bytes(memory) == expected
        assert size[0] == len(memory)
        # A short packet is an error.
        size[0] = 3
        assert protect(wire.srtp, ffi.from_buffer(memory), size) != 0
        assert isinstance(sender.transport._tx_srtp, Session)


async def test_extensions_are_those_that_aiortc_writes() -> None:
    """With and without playout-delay, whose value changes, and without any."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    sender = pc.addTransceiver(PacketTrack("video"), direction="sendonly").sender
    aiortc_internals.prepare()
    wait_for_sound = aiortc_internals.send_playout_delay(sender)
    private: Any = sender
    private._RTCRtpSender__mid = "0"
    known: HeaderExtensionsMap = private._RTCRtpSender__rtp_header_extensions_map

    def stock(fraction: int) -> bytes:
        packet = RtpPacket()
        packet.extensions = HeaderExtensions(abs_send_time=fraction, mid="0")
        return packet.serialize(known)[12:]

    assert Extensions(sender).at(0) == stock(0) == b""
    known.configure(RTCRtpParameters(headerExtensions=HEADER_EXTENSIONS["video"]))
    ours = Extensions(sender)
    assert len(stock(0)) == ours.length == 16
    for wait in (False, True, False):
        wait_for_sound(wait)
        assert ours.at(0) == stock(0)
        assert ours.at(63_500_000_000) == stock(int(63.5 * 2**18))
        # The epochs of Unix and NTP are a multiple of 64 seconds apart.
        assert ours.at(64_250_000_000) == stock(2**16)

    only_mid = HeaderExtensionsMap()
    only_mid.configure(RTCRtpParameters(headerExtensions=HEADER_EXTENSIONS["audio"]))
    private._RTCRtpSender__rtp_header_extensions_map = only_mid
    known = only_mid
    assert Extensions(sender).at(1) == stock(7)
    await pc.close()


async def test_a_sender_gives_way() -> None:
    """It says once which codec was agreed on, passes on what was lost, and ends with ``run``."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    sender = pc.addTransceiver(PacketTrack("video"), direction="sendonly").sender
    assert list(inspect.signature(sender._next_encoded_frame).parameters) == ["codec"]
    assert inspect.iscoroutinefunction(sender._retransmit)
    ran: list[RTCRtpCodecParameters] = []
    lost: list[int] = []

    async def run(codec: RTCRtpCodecParameters) -> None:
        ran.append(codec)

    async def repair(sequence_number: int) -> None:
        lost.append(sequence_number)

    internals.send_instead(sender, run, repair)
    codec = RTCRtpCodecParameters("video/H264", 90_000, payloadType=99)
    track = sender.track
    await sender._run_rtp(codec)
    assert ran == [codec]
    assert track.readyState == "ended"
    with pytest.raises(MediaStreamError):
        await sender._next_encoded_frame(codec)
    await sender._handle_rtcp_packet(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=1, lost=[5, 9]))
    assert lost == [5, 9]

    # As aiortc waits for it; a goodbye is all that is left to it to say.
    said: list[AnyRtcpPacket] = []

    async def note(packets: list[AnyRtcpPacket]) -> None:
        said.extend(packets)

    sender._send_rtcp = note  # type: ignore[method-assign]
    private: Any = sender
    reporting = asyncio.create_task(sender._run_rtcp())
    await private._RTCRtpSender__rtcp_started.wait()
    reporting.cancel()
    await private._RTCRtpSender__rtcp_exited.wait()
    assert said == [RtcpByePacket(sources=[sender._ssrc])]
    await pc.close()


async def test_the_order_of_profiles_is_what_transports_go_by() -> None:
    """The list is aiortc's own."""
    before = list(SRTP_PROFILES)
    try:
        internals.order_profiles(lambda profile: -before.index(profile))
        assert list(reversed(before)) == SRTP_PROFILES
        transport = RTCDtlsTransport(
            RTCIceTransport(RTCIceGatherer()), [RTCCertificate.generateCertificate()]
        )
        assert transport._srtp_profiles is SRTP_PROFILES
    finally:
        SRTP_PROFILES[:] = before


def test_the_fastest_profile_goes_first() -> None:
    """By its own measure: every profile is tried, and the order is that of the costs."""
    before = list(SRTP_PROFILES)
    try:
        profiles.prefer_the_fastest()
        assert {profiles.name(p) for p in SRTP_PROFILES} == {profiles.name(p) for p in before}
        assert all(profiles.measure(profile) > 0 for profile in SRTP_PROFILES)
    finally:
        SRTP_PROFILES[:] = before
