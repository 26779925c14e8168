"""What edgecam takes of aiortc's receiving side is still there, and still does what it did."""

import threading

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtcpByePacket, RtpPacket
from pylibsrtp import Error, Policy, Session

from edgecam.peer import aiortc_receiving
from edgecam.peer.aiortc_receiving import Gate

KEY = bytes(range(30))
OPUS, VP8 = 96, 97


def sender() -> Session:
    """What encrypts as a viewer does."""
    return Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_OUTBOUND))


def gate() -> Gate:
    """A gate before what decrypts it."""
    made = Gate()
    made.guard(Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_INBOUND)))
    return made


def rtp(number: int, ssrc: int = 1, payload_type: int = OPUS, timestamp: int = 0) -> RtpPacket:
    """A packet."""
    packet = RtpPacket(payload_type=payload_type, sequence_number=number & 0xFFFF)
    packet.ssrc, packet.timestamp, packet.payload = ssrc, timestamp, b"payload"
    return packet


def through(gate: Gate, data: bytes) -> bytes | None:
    """What comes out of the gate, if anything does."""
    try:
        return gate.unprotect(data)
    except Error:
        return None


def test_nothing_passes_a_closed_gate() -> None:
    """And of what is dropped hardly anything is decrypted."""
    viewer, closed = sender(), gate()
    decrypted = 0
    session = Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_INBOUND))

    class Counting:
        def unprotect(self, data: bytes) -> bytes:
            nonlocal decrypted
            decrypted += 1
            return session.unprotect(data)

    closed._session = Counting()  # type: ignore[assignment]
    packets = [viewer.protect(rtp(number).serialize()) for number in range(10_000)]
    assert all(through(closed, packet) is None for packet in packets)
    assert closed.dropped == 10_000
    assert decrypted <= 3


def test_an_open_gate_lets_in_what_was_asked_for() -> None:
    """By payload type; the rest is dropped."""
    viewer, ajar = sender(), gate()
    ajar.open = frozenset({OPUS})
    clear = rtp(1).serialize()
    assert through(ajar, viewer.protect(clear)) == clear
    assert through(ajar, viewer.protect(rtp(1, 2, VP8).serialize())) is None
    ajar.open = frozenset()
    assert through(ajar, viewer.protect(rtp(2).serialize())) is None


@pytest.mark.parametrize("rounds", [1, 3])
def test_a_stream_that_was_dropped_for_long_can_be_read_later(rounds: int) -> None:
    """However often its sequence numbers wrapped meanwhile, as in hands-free use they do."""
    viewer, later = sender(), gate()
    number = 60_000
    for _ in range(rounds * 65_536):
        through(later, viewer.protect(rtp(number).serialize()))
        number += 1
    later.open = frozenset({OPUS})
    clear = rtp(number).serialize()
    assert through(later, viewer.protect(clear)) == clear


def test_streams_without_end_are_not_remembered() -> None:
    """Neither of RTP nor of RTCP; those that were first go on."""
    viewer, ajar = sender(), gate()
    ajar.open = frozenset({OPUS})
    passed = [
        through(ajar, viewer.protect(rtp(1, ssrc).serialize())) is not None
        for ssrc in range(1, 100)
    ]
    assert passed == [True] * Gate.MOST_STREAMS + [False] * (99 - Gate.MOST_STREAMS)
    assert through(ajar, viewer.protect(rtp(2, 1).serialize())) is not None
    report = bytes([0x80, 201, 0, 1]) + (77).to_bytes(4, "big")
    with pytest.raises(Error):
        ajar.unprotect_rtcp(viewer.protect_rtcp(report))


def test_reports_come_in_by_a_closed_gate() -> None:
    """Without them the viewer would get no keyframes."""
    viewer, closed = sender(), gate()
    report = bytes([0x80, 201, 0, 1]) + (77).to_bytes(4, "big")
    assert closed.unprotect_rtcp(viewer.protect_rtcp(report)) == report


def test_a_flood_is_slowed_down() -> None:
    """Who has the floor may send a thousand packets a second."""
    viewer, ajar = sender(), gate()
    ajar.open = frozenset({OPUS})
    packets = [viewer.protect(rtp(number).serialize()) for number in range(5_000)]
    passed = sum(through(ajar, packet) is not None for packet in packets)
    assert Gate.MOST_PACKETS <= passed < 5_000


@pytest.mark.parametrize("data", [b"", b"\x80", bytes(11), bytes(40)])
def test_what_is_no_packet_is_dropped(data: bytes) -> None:
    """Whatever its length, with the library's own error, which aiortc expects."""
    ajar = gate()
    ajar.open = frozenset(range(128))
    with pytest.raises(Error):
        ajar.unprotect(data)
    with pytest.raises(Error):
        ajar.unprotect_rtcp(data)


async def test_the_gate_stands_where_aiortc_decrypts() -> None:
    """The way to the session, by its name and the moment it is made."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transport = pc.addTransceiver("audio", direction="recvonly").receiver.transport
    made: list[str] = []
    transport._setup_srtp = lambda: made.append("session")  # type: ignore[method-assign]
    standing = aiortc_receiving.gate(pc)
    transport._rx_srtp = sender()
    transport._setup_srtp()
    assert made == ["session"]
    assert getattr(transport, "_rx_srtp") is standing  # noqa: B009
    await pc.close()


async def receiver(kind: str) -> tuple[RTCPeerConnection, RTCRtpReceiver]:
    """A receiver that has not begun, with a codec known."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    made = pc.addTransceiver(kind, direction="recvonly").receiver
    known = {
        OPUS: RTCRtpCodecParameters("audio/opus", 48_000, 2, OPUS),
        VP8: RTCRtpCodecParameters("video/VP8", 90_000, None, VP8),
    }
    setattr(made, "_RTCRtpReceiver__codecs", known)  # noqa: B010
    # Only whether there is a thread is asked; ours would have ended.
    setattr(made, "_RTCRtpReceiver__decoder_thread", True)  # noqa: B010
    return pc, made


async def test_packets_of_sound_are_taken_as_they_come() -> None:
    """Out of order and with gaps, none kept back, none decoded."""
    pc, audio = await receiver("audio")
    taken: list[tuple[int, bytes]] = []
    aiortc_receiving.on_packet(audio, lambda timestamp, data: taken.append((timestamp, data)))
    for number in (5, 4, 9, 100):
        await audio._handle_rtp_packet(rtp(number, timestamp=number * 960), 0)
    assert taken == [(number * 960, b"payload") for number in (5, 4, 9, 100)]
    setattr(audio, "_RTCRtpReceiver__decoder_thread", None)  # noqa: B010
    await pc.close()


async def test_pictures_are_taken_whole() -> None:
    """With the name of their codec, once the next one begins."""
    pc, video = await receiver("video")
    taken: list[tuple[str, bytes]] = []
    aiortc_receiving.on_picture(video, lambda codec, data: taken.append((codec, data)))
    for number, timestamp in ((1, 0), (2, 0), (3, 3_000)):
        packet = rtp(number, 1, VP8, timestamp)
        # RFC 7741, section 4.2: the first packet of a partition says so.
        packet.payload = bytes([0x10 if number != 2 else 0]) + b"data"
        await video._handle_rtp_packet(packet, 0)
    assert taken == [("VP8", b"datadata")]
    setattr(video, "_RTCRtpReceiver__decoder_thread", None)  # noqa: B010
    await pc.close()


async def test_pictures_are_taken_after_a_bye() -> None:
    """Which says that a stream has ended, and not that no other follows."""
    pc, video = await receiver("video")
    taken: list[bytes] = []
    aiortc_receiving.on_picture(video, lambda codec, data: taken.append(data))
    # A thread that has ended, as the decoder's has.
    thread = threading.Thread(target=int)
    thread.start()
    setattr(video, "_RTCRtpReceiver__decoder_thread", thread)  # noqa: B010
    await video._handle_rtcp_packet(RtcpByePacket(sources=[1]))
    for number in (1, 2):
        packet = rtp(number, 2, VP8, number * 3_000)
        packet.payload = b"\x10data"
        await video._handle_rtp_packet(packet, 0)
    assert taken == [b"data"]
    await pc.close()


def assembled(packet: RtpPacket) -> RtpPacket:
    """``packet`` as the receiver hands it to its jitter buffer."""
    packet._data = packet.payload  # type: ignore[attr-defined]
    return packet


def test_a_picture_that_never_gets_whole_is_given_up() -> None:
    """Half a second later the next one counts, and a keyframe is asked for; aiortc waits on."""
    ours, stock = aiortc_receiving._Impatient(), JitterBuffer(512, is_video=True)
    asked = whole = waited = 0
    for number in range(1, 100):
        # One packet a picture; the tenth is lost.
        if number == 10:
            continue
        lost, frame = ours.add(assembled(rtp(number, timestamp=number * 3_000)))
        asked += lost
        whole += frame is not None
        waited += stock.add(assembled(rtp(number, timestamp=number * 3_000)))[1] is not None
    assert asked == 1
    assert whole > 70
    assert waited < 10


def test_a_leap_in_the_sequence_numbers_costs_nothing() -> None:
    """aiortc would count through it and ask for the last 128 again."""
    ours, stock = aiortc_receiving._BoundedNacks(), NackGenerator()
    for nacks in (ours, stock):
        nacks.add(rtp(1))
        nacks.add(rtp(3))
        assert nacks.missing == {2}
        nacks.add(rtp(30_000))
    assert len(stock.missing) == 128
    assert ours.missing == set()


async def test_a_keyframe_is_asked_for_with_the_next_packet() -> None:
    """As aiortc does when its decoder fails."""
    pc, video = await receiver("video")
    aiortc_receiving.on_picture(video, lambda codec, data: None)
    asked: list[int] = []

    async def send(media_ssrc: int) -> None:
        asked.append(media_ssrc)

    video._send_rtcp_pli = send  # type: ignore[method-assign]
    await video._handle_rtp_packet(rtp(1, 7, VP8), 0)
    aiortc_receiving.ask_for_keyframe(video)
    await video._handle_rtp_packet(rtp(2, 7, VP8), 0)
    await video._handle_rtp_packet(rtp(3, 7, VP8), 0)
    assert asked == [7]
    setattr(video, "_RTCRtpReceiver__decoder_thread", None)  # noqa: B010
    await pc.close()


def test_what_is_offered_to_be_received() -> None:
    """Opus; VP8 first, then H.264, each with its retransmission."""
    assert [codec.name for codec in aiortc_receiving.received("audio")] == ["opus"]
    names = [codec.name for codec in aiortc_receiving.received("video")]
    assert names[0] == "VP8"
    assert set(names) == {"VP8", "rtx", "H264"}


async def test_a_name_that_is_gone_is_said() -> None:
    """Should aiortc rename what is put in place of, the first peer says so."""
    pc, audio = await receiver("audio")
    with pytest.raises(TypeError, match=r"there is no _RTCRtpReceiver__no_such_part"):
        aiortc_receiving._put(audio, "no_such_part", None)
    setattr(audio, "_RTCRtpReceiver__decoder_thread", None)  # noqa: B010
    await pc.close()
