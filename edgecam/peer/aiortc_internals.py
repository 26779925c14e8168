"""The one place that touches what aiortc keeps to itself. Written for, and held to, PINNED.

Each function says what aiortc lacks. ``tests/test_aiortc_internals.py`` fails if any of it moves.
"""

import asyncio
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from aioice.ice import CandidatePair, Connection, StunProtocol
from aiortc import RTCPeerConnection, RTCRtpCodecCapability, RTCRtpSender, rtcrtpsender
from aiortc.clock import current_ntp_time
from aiortc.codecs import CODECS, HEADER_EXTENSIONS
from aiortc.rtcpeerconnection import find_common_codecs
from aiortc.rtcrtpparameters import (
    RTCRtcpFeedback,
    RTCRtpCodecParameters,
    RTCRtpHeaderExtensionParameters,
    RTCRtpParameters,
)
from aiortc.rtp import (
    RTCP_PSFB_APP,
    AnyRtcpPacket,
    HeaderExtensions,
    HeaderExtensionsMap,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSrPacket,
    unpack_remb_fci,
)

from edgecam.limits import TokenBucket
from edgecam.media import NS, Kind, capture_clock
from edgecam.peer.questions import Questions

PINNED = "1.16.0"

PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
_PLAYOUT_DELAY_ID = 4
_AT_ONCE = bytes([_PLAYOUT_DELAY_ID << 4 | 2, 0, 0, 0])
_WITH_SOUND = bytes([_PLAYOUT_DELAY_ID << 4 | 2, 0, 0, 50])
"""One-byte header (RFC 8285, section 4.2), then 12 bits of least and 12 of most delay, in 10 ms:
none; or as long as sound takes, which browsers hold back for longer than pictures. Half a second is
the most that Chromium's renderer still counts as low latency."""

_ONE_BYTE_PROFILE = 0xBEDE
_HISTORY = 512
_TA = 0.02
"""Seconds between two checks, as in ``aioice.ice.Connection.connect``."""

REPAIRS = 512
"""Packets a viewer may have sent again at once, and a second: as many as aiortc keeps."""


class _WithPlayoutDelay(HeaderExtensionsMap):
    """Adds to every packet how long it may be held back, if the viewer accepted the extension."""

    def __init__(self) -> None:
        super().__init__()
        self._negotiated = False
        self.value = _AT_ONCE

    def configure(self, parameters: RTCRtpParameters) -> None:
        super().configure(parameters)
        self._negotiated = any(
            extension.uri == PLAYOUT_DELAY and extension.id == _PLAYOUT_DELAY_ID
            for extension in parameters.headerExtensions
        )

    def set(self, values: HeaderExtensions) -> tuple[int, bytes]:
        profile, value = super().set(values)
        if not self._negotiated:
            return profile, value
        return _ONE_BYTE_PROFILE, self.value + value


def prepare() -> None:
    """Once a process: offer playout-delay, and keep enough packets to repair a large keyframe.

    aiortc knows a fixed list of header extensions, and keeps 128 packets for retransmission:
    a third of a second at 4 Mb/s.
    """
    offered = HEADER_EXTENSIONS["video"]
    if not any(extension.uri == PLAYOUT_DELAY for extension in offered):
        offered.append(RTCRtpHeaderExtensionParameters(id=_PLAYOUT_DELAY_ID, uri=PLAYOUT_DELAY))
    rtcrtpsender.RTP_HISTORY_SIZE = _HISTORY  # type: ignore[attr-defined]


def h264(profile_level_id: str) -> RTCRtpCodecCapability:
    """H.264, packetization mode 1, with ``profile_level_id``; aiortc's list has level 3.1 only."""
    parameters: dict[str, int | str | None] = {
        "level-asymmetry-allowed": "1",
        "packetization-mode": "1",
        "profile-level-id": profile_level_id,
    }
    if not any(codec.parameters == parameters for codec in CODECS["video"]):
        taken = [codec.payloadType or 0 for codec in CODECS["video"]]
        free = max(taken) + 1
        feedback = [
            RTCRtcpFeedback(type="nack"),
            RTCRtcpFeedback(type="nack", parameter="pli"),
            RTCRtcpFeedback(type="goog-remb"),
        ]
        CODECS["video"] += [
            RTCRtpCodecParameters("video/H264", 90_000, None, free, feedback, parameters),
            RTCRtpCodecParameters("video/rtx", 90_000, None, free + 1, [], {"apt": free}),
        ]
    return RTCRtpCodecCapability(
        mimeType="video/H264", clockRate=90_000, parameters=dict(parameters)
    )


def common_codecs(kind: Kind, theirs: Sequence[RTCRtpCodecParameters]) -> set[str]:
    """The names, in lower case, of the codecs in an answer that aiortc can send."""
    return {codec.name.lower() for codec in find_common_codecs(CODECS[kind], list(theirs))}


def on_keyframe_request(sender: RTCRtpSender, requested: Callable[[], None]) -> None:
    """Call ``requested`` when the viewer sends PLI or FIR, which aiortc loses for packets."""
    sender._send_keyframe = requested  # type: ignore[method-assign]


def send_playout_delay(sender: RTCRtpSender) -> Callable[[bool], None]:
    """Have ``sender``, which has not begun, ask the viewer to show pictures without delay.

    What is returned, called with True, has it wait for sound from then on.
    """
    name = "_RTCRtpSender__rtp_header_extensions_map"
    if not isinstance(getattr(sender, name), HeaderExtensionsMap):
        raise TypeError(f"aiortc is not {PINNED}: {name} is something else")
    extensions = _WithPlayoutDelay()
    setattr(sender, name, extensions)

    def wait_for_sound(wait: bool) -> None:
        extensions.value = _WITH_SOUND if wait else _AT_ONCE

    return wait_for_sound


def report_capture_time(sender: RTCRtpSender, captured: Callable[[], int]) -> None:
    """Have sender reports say when the last packet was captured, not when it was sent.

    ``captured``: that time, on the capture clock. aiortc pairs the RTP timestamp with the moment of
    sending, so that whatever camera and microphone take differently would become lip-sync error.
    """
    send_rtcp = sender._send_rtcp

    async def send(packets: list[AnyRtcpPacket]) -> None:
        for packet in packets:
            if isinstance(packet, RtcpSrPacket) and packet.sender_info.rtp_timestamp:
                ntp = captured_ntp(captured())
                packet.sender_info.ntp_timestamp = ntp
                # The round trip is measured from receiver reports that name this one.
                setattr(sender, "_RTCRtpSender__lsr", ntp >> 16 & 0xFFFFFFFF)  # noqa: B010
        await send_rtcp(packets)

    sender._send_rtcp = send  # type: ignore[method-assign]


def captured_ntp(captured_ns: int) -> int:
    """That time on the capture clock, as NTP's (RFC 5905, section 6)."""
    age = (capture_clock() - captured_ns << 32) // NS
    return current_ntp_time() - age


class Feedback(Protocol):
    """What is to be done with what a viewer says of a stream, on ``time.monotonic()``'s clock."""

    def sent(self, octets: int, now: float) -> None: ...

    def estimated(self, bitrate: int, now: float) -> None: ...

    def reported(self, lost: int, highest: int, now: float) -> None: ...

    def took(self, round_trip: float, now: float) -> None: ...

    def full(self, now: float) -> None: ...


def on_feedback(sender: RTCRtpSender, feedback: Callable[[], Feedback | None]) -> None:
    """Tell ``feedback``, if there is one just then, of the viewer's reports and estimates (REMB).

    aiortc keeps of these what its statistics need, and estimates for an encoder of its own. Before
    each it is told how much has been sent, and whether some of it still waits in this process.
    """
    handle = sender._handle_rtcp_packet
    answered: int | None = None

    async def heard(packet: AnyRtcpPacket) -> None:
        nonlocal answered
        link = feedback()
        if link is not None:
            now = time.monotonic()
            link.sent(octets_sent(sender), now)
            if unsent_bytes(sender):
                link.full(now)
            for report in _reports(sender, packet):
                # Every report until our next one answers the same of ours.
                trip = _round_trip(sender, report) if report.lsr != answered else None
                if trip is not None:
                    answered = report.lsr
                    link.took(trip, now)
                link.reported(report.packets_lost, report.highest_sequence, now)
            bitrate = _estimate(sender, packet)
            if bitrate is not None:
                link.estimated(bitrate, now)
        await handle(packet)

    sender._handle_rtcp_packet = heard  # type: ignore[method-assign]


def _reports(sender: RTCRtpSender, packet: AnyRtcpPacket) -> list[RtcpReceiverInfo]:
    if not isinstance(packet, RtcpRrPacket | RtcpSrPacket):
        return []
    return [report for report in packet.reports if report.ssrc == sender._ssrc]


def _estimate(sender: RTCRtpSender, packet: AnyRtcpPacket) -> int | None:
    """Bits a second, if ``packet`` is an estimate (draft-alvestrand-rmcat-remb-03)."""
    if not isinstance(packet, RtcpPsfbPacket) or packet.fmt != RTCP_PSFB_APP:
        return None
    try:
        bitrate, ssrcs = unpack_remb_fci(packet.fci)
    except (ValueError, struct.error):
        return None
    return bitrate if sender._ssrc in ssrcs else None


def _round_trip(sender: RTCRtpSender, report: RtcpReceiverInfo) -> float | None:
    """Seconds (RFC 3550, section 6.4.1), if the report answers the last of ours."""
    private: Any = sender
    if not report.dlsr or report.lsr != private._RTCRtpSender__lsr:
        return None
    sent: float = private._RTCRtpSender__lsr_time
    return time.time() - sent - report.dlsr / 65_536


def octets_sent(sender: RTCRtpSender) -> int:
    """Bytes of payload so far, without what was sent again."""
    private: Any = sender
    octets: int = private._RTCRtpSender__octet_count
    return octets


def limit_repairs(
    sender: RTCRtpSender, most_unsent: int, most: Callable[[], float] = lambda: REPAIRS
) -> None:
    """Send again no more than ``most`` packets at once or a second, and none into a full socket.

    One report of 1.2 kB can name thousands of packets as lost; aiortc would send them all.
    """
    retransmit = sender._retransmit
    bucket = TokenBucket(REPAIRS, REPAIRS, time.monotonic())

    async def send_again(sequence_number: int) -> None:
        bucket.burst = bucket.rate = most()
        if bucket.take(time.monotonic()) and unsent_bytes(sender) <= most_unsent:
            await retransmit(sequence_number)

    sender._retransmit = send_again  # type: ignore[method-assign]


def connect_at_once(pc: RTCPeerConnection) -> None:
    """Have ICE be done as soon as a pair is chosen. Before there is an answer.

    aioice paces its checks by 20 ms (Ta; RFC 8445, section 14.2), and only at the next tick looks
    whether one has succeeded, which on a LAN takes a millisecond. Here the checks go on beside, by
    the same ticks, and it waits for nothing but the pair.
    """
    connection = _connection(pc)
    start_next = connection._check_periodic
    loop = asyncio.get_running_loop()

    def tick() -> None:
        if start_next():
            loop.call_later(_TA, tick)

    def beside() -> bool:
        # Nothing to check would be a failure; connect() then comes back for what arrives.
        if not connection._check_list:
            return start_next()
        tick()
        return False

    connection._check_periodic = beside  # type: ignore[method-assign]


def begin_no_more(pc: RTCPeerConnection) -> None:
    """Have nothing of ``pc`` begin any more: it is about to be closed.

    What begins after the end would never end. aioice begins checks of consent up to 20 ms after a
    pair was chosen; aiortc begins senders and receivers, which it has stopped already, when the
    handshake is done by then.
    """

    async def nothing(*_: Any, **__: Any) -> None:
        pass

    for transceiver in pc.getTransceivers():
        ice = transceiver.receiver.transport.transport
        ice._connection.query_consent = nothing  # type: ignore[method-assign]
        ice.start = nothing  # type: ignore[method-assign]
        transceiver.sender.send = nothing  # type: ignore[method-assign]
        transceiver.receiver.receive = nothing  # type: ignore[method-assign]


class Signs:
    """Whatever arrives from where media is sent to, and questions that have the viewer answer.

    For a connected ``pc``: ``heard`` is called with each datagram, STUN as well as media. Media may
    move later: to a viewer whose new address a check of its own has shown (RFC 8445, section
    7.3.1.3). Whose packets they are is known by address only; consent, which goes on beside, is
    what proves it.
    """

    def __init__(self, pc: RTCPeerConnection, heard: Callable[[bytes], None]) -> None:
        self._pc = pc
        self._heard = heard
        self._connection = connection = _connection(pc)
        self._questions: Questions | None = None
        for protocol in connection._protocols:
            self._listen(protocol)

    def ask(self) -> bytes | None:
        """Send a STUN binding request, whose response is for ``heard`` alone.

        Its transaction ID; None if nothing can be sent. aioice asks every 5 s, and no longer knows
        a question after half a second.
        """
        pair = _chosen_pair(self._pc)
        if pair is None:
            return None
        transport = pair.protocol.transport
        # A relay's has no such method, and ignores by itself what it is given once it is closed.
        is_closing = getattr(transport, "is_closing", None)
        if is_closing and is_closing():
            return None
        if self._questions is None:
            request = self._connection.build_request(pair, nominate=False)
            key = str(self._connection.remote_password).encode()
            self._questions = Questions(bytes(request), key)
        transaction, question = self._questions.next()
        transport.sendto(question, pair.remote_addr)
        return transaction

    def _listen(self, protocol: StunProtocol) -> None:
        receive = protocol.datagram_received

        def datagram_received(data: bytes, addr: tuple[Any, ...]) -> None:
            pair = _chosen_pair(self._pc)
            if pair is not None and pair.protocol is protocol and addr[:2] == pair.remote_addr:
                self._heard(data)
                if self._questions is not None and self._questions.answered_by(data):
                    return
            receive(data, addr)

        protocol.datagram_received = datagram_received  # type: ignore[assignment,method-assign]


def local_address(pc: RTCPeerConnection) -> str | None:
    """The address of this host that media leaves from; None by a relay and before ICE is done."""
    pair = _chosen_pair(pc)
    if pair is None or pair.local_candidate.type == "relay":
        return None
    return str(pair.local_candidate.host)


def sockets(pc: RTCPeerConnection) -> list[Any]:
    """Those that ``pc`` sends by, in asyncio's wrapping, also to a TURN server; once gathered."""
    found = []
    for protocol in _connection(pc)._protocols:
        # A relay's transport is inside another's.
        relay: Any = getattr(protocol.transport, "_TurnTransport__inner_protocol", None)
        transport = protocol.transport if relay is None else relay.transport
        found.append(transport.get_extra_info("socket"))
    return [each for each in found if each is not None]


def unsent_bytes(sender: RTCRtpSender) -> int:
    """Bytes that wait in this process because the kernel takes no more; 0 before ICE is done."""
    pair = sender.transport.transport._connection._nominated.get(1)
    if pair is None:
        return 0
    transport = pair.protocol.transport
    size = getattr(transport, "get_write_buffer_size", None)
    return size() if size else 0


def _connection(pc: RTCPeerConnection) -> Connection:
    """The one there is, as everything is bundled."""
    connection: Connection = pc.getTransceivers()[0].receiver.transport.transport._connection
    return connection


def _chosen_pair(pc: RTCPeerConnection) -> CandidatePair | None:
    return _connection(pc)._nominated.get(1)
