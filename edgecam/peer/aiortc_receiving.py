"""The other place that touches what aiortc keeps to itself: how its receivers can be had to receive
only what is wanted, and to decode nothing. Held to ``aiortc_internals.PINNED`` like the first.

Each function says what aiortc lacks. ``tests/test_aiortc_receiving.py`` fails if any of it moves.
"""

import time
from collections.abc import Callable, Sequence

from aiortc import RTCPeerConnection, RTCRtpCodecCapability, RTCRtpReceiver, RTCRtpTransceiver
from aiortc.codecs import CODECS
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtcpeerconnection import filter_preferred_codecs, find_common_codecs
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RTP_HISTORY_SIZE, AnyRtcpPacket, RtcpByePacket, RtpPacket
from aiortc.utils import uint16_add
from pylibsrtp import Error as SrtpError
from pylibsrtp import Session

from edgecam.limits import TokenBucket
from edgecam.peer.aiortc_internals import PINNED


class Gate:
    """What of a viewer's media comes in: packets of the payload types in ``open``, none at first.

    Everything else is dropped before it is even decrypted, which costs less than any other packet.
    One in SYNC of each stream is decrypted all the same: SRTP counts how often the sequence numbers
    wrapped, and a stream that was not looked at for half a round could never be read again (RFC
    3711, section 3.3.1). aiortc and libsrtp remember every stream there ever was, so there are no
    more than MOST_STREAMS.
    """

    SYNC = 4_096
    MOST_STREAMS = 16
    MOST_PACKETS = 1_000
    """At once, and a second: 10 Mb/s of video."""

    def __init__(self) -> None:
        self.open: frozenset[int] = frozenset()
        self.dropped = 0
        self._streams: dict[bytes, int | None] = {}
        self._bucket = TokenBucket(self.MOST_PACKETS, self.MOST_PACKETS, time.monotonic())
        self._session: Session | None = None

    def guard(self, session: Session) -> None:
        """Stand before ``session``, with the methods of it that aiortc calls to decrypt."""
        self._session = session

    def unprotect(self, data: bytes) -> bytes:
        """The packet, decrypted; pylibsrtp's Error if it is not to come in."""
        if self._session is None or len(data) < 12:
            raise SrtpError("no RTP")
        # RFC 3550, section 5.1; SRTP leaves the header as it is.
        stream, number = data[8:12], int.from_bytes(data[2:4], "big")
        wanted = data[1] & 0x7F in self.open and self._bucket.take(time.monotonic())
        last = self._streams.get(stream)
        if not wanted:
            self.dropped += 1
            if last is not None and uint16_add(number, -last) < self.SYNC:
                raise SrtpError("not asked for")
        clear = self._decrypted(self._session.unprotect, stream, data)
        self._streams[stream] = number
        if not wanted:
            raise SrtpError("not asked for")
        return clear

    def unprotect_rtcp(self, data: bytes) -> bytes:
        """The same of RTCP, of which everything comes in."""
        if self._session is None or len(data) < 8:
            raise SrtpError("no RTCP")
        return self._decrypted(self._session.unprotect_rtcp, data[4:8], data)

    def _decrypted(self, decrypt: Callable[[bytes], bytes], stream: bytes, data: bytes) -> bytes:
        if stream not in self._streams and len(self._streams) >= self.MOST_STREAMS:
            self.dropped += 1
            raise SrtpError("too many streams")
        clear = decrypt(data)
        self._streams.setdefault(stream, None)
        return clear


def gate(pc: RTCPeerConnection) -> Gate:
    """The gate of ``pc``, which has its transceivers, bundled, and no connection yet."""
    made = Gate()
    transport = pc.getTransceivers()[0].receiver.transport
    set_up = transport._setup_srtp

    def set_up_behind_the_gate() -> None:
        set_up()
        if transport._rx_srtp is not None:
            made.guard(transport._rx_srtp)
            setattr(transport, "_rx_srtp", made)  # noqa: B010

    transport._setup_srtp = set_up_behind_the_gate  # type: ignore[method-assign]
    return made


def payload_types(transceiver: RTCRtpTransceiver) -> frozenset[int]:
    """The payload types of what was agreed on, once it was."""
    return frozenset(codec.payloadType or 0 for codec in transceiver._codecs)


def decodable(kind: str, codecs: Sequence[RTCRtpCodecParameters]) -> bool:
    """Whether aiortc would find anything in ``codecs`` that ``received`` offers."""
    common = find_common_codecs(CODECS[kind], list(codecs))
    return bool(filter_preferred_codecs(common, received(kind)))


def received(kind: str) -> list[RTCRtpCodecCapability]:
    """What is offered to be received: Opus; VP8, and H.264 as every browser has it; with RTX."""
    capabilities = RTCRtpReceiver.getCapabilities(kind)
    names = ("audio/opus", "video/vp8", "video/h264", "video/rtx")
    return [
        codec
        for codec in (capabilities.codecs if capabilities else [])
        if codec.mimeType.lower() in names
        and codec.parameters.get("profile-level-id", "42e01f") in ("42001f", "42e01f")
    ]


class _Undecoded:
    """In the place of the queue to aiortc's decoder: its thread ends at once, and what it would
    have decoded is handed on.
    """

    def __init__(self, take: Callable[[str, bytes], None]) -> None:
        self._take = take

    def put(self, task: tuple[RTCRtpCodecParameters, JitterFrame] | None) -> None:
        if task is not None:
            codec, frame = task
            self._take(codec.name, frame.data)

    def get(self) -> None:
        return None


class _Unbuffered:
    """In the place of the jitter buffer: hands every packet on as it comes."""

    def __init__(self, take: Callable[[int, bytes], None]) -> None:
        self._take = take

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        self._take(packet.timestamp, packet.payload)
        return False, None


class _Impatient(JitterBuffer):
    """Gives up a picture that half a second later is still not whole; aiortc waits for 512
    packets.
    """

    _PATIENCE = 45_000
    """Of the 90 kHz clock."""

    def __init__(self) -> None:
        super().__init__(capacity=512, is_video=True)
        self._whole: int | None = None

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        late = packet.timestamp - (self._whole or packet.timestamp) & 0xFFFF_FFFF
        if self._PATIENCE < late < 0x8000_0000:
            self.remove(self.capacity)
            self._origin = None
            self._whole = packet.timestamp
        lost, frame = super().add(packet)
        if frame is not None or self._whole is None:
            self._whole = packet.timestamp
        return lost or self._PATIENCE < late < 0x8000_0000, frame


class _BoundedNacks(NackGenerator):
    """Begins anew after a leap in the sequence numbers; aiortc counts through all of it."""

    def add(self, packet: RtpPacket) -> bool:
        if self.max_seq is not None:
            leap = uint16_add(packet.sequence_number, -self.max_seq)
            if RTP_HISTORY_SIZE < leap < 0x8000:
                self.max_seq = None
                self.missing.clear()
        return super().add(packet)


def on_packet(receiver: RTCRtpReceiver, take: Callable[[int, bytes], None]) -> None:
    """Have RTP timestamp and payload of every packet taken as it comes, nothing decoded.

    aiortc's buffer keeps 80 ms of sound at first, four times as much after the first packet that is
    lost, and that until the end of the call; its queues have no bounds.
    """
    _put(receiver, "jitter_buffer", _Unbuffered(take))
    _put(receiver, "decoder_queue", _Undecoded(lambda name, data: None))


def on_picture(receiver: RTCRtpReceiver, take: Callable[[str, bytes], None]) -> None:
    """Have codec and data of every whole encoded picture taken, nothing decoded.

    Also after a BYE (RFC 3550, section 6.6), which ends one stream: another may follow, and aiortc
    would hand on no picture any more.
    """
    _put(receiver, "decoder_queue", _Undecoded(take))
    start_over(receiver)
    handle = receiver._handle_rtcp_packet

    async def handle_but_bye(packet: AnyRtcpPacket) -> None:
        if not isinstance(packet, RtcpByePacket):
            await handle(packet)

    receiver._handle_rtcp_packet = handle_but_bye  # type: ignore[method-assign]


def start_over(receiver: RTCRtpReceiver) -> None:
    """Forget the video packets there were: those that come next follow other ones."""
    _put(receiver, "jitter_buffer", _Impatient())
    _put(receiver, "nack_generator", _BoundedNacks())


def ask_for_keyframe(receiver: RTCRtpReceiver) -> None:
    """Send a picture loss indication with the next packet that comes. For any thread."""
    getattr(receiver, "_RTCRtpReceiver__decoder_error").set()  # noqa: B009


def _put(receiver: RTCRtpReceiver, name: str, value: object) -> None:
    name = f"_RTCRtpReceiver__{name}"
    if not hasattr(receiver, name):
        raise TypeError(f"aiortc is not {PINNED}: there is no {name}")
    setattr(receiver, name, value)
