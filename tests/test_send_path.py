"""What the shared send path sends, held to what aiortc sends by itself: packet by packet."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import pytest
from aiortc import (
    RTCConfiguration,
    RTCOutboundRtpStreamStats,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    RTCTransportStats,
)
from aiortc.clock import current_ntp_time
from aiortc.codecs import HEADER_EXTENSIONS
from aiortc.codecs.h264 import H264Encoder, H264PayloadDescriptor
from aiortc.rtcdtlstransport import SRTP_PROFILES
from aiortc.rtcrtpparameters import RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap, RtpPacket
from av import CodecContext

from edgecam.capture.testcard import Card
from edgecam.fanout.fanout import Fanout
from edgecam.lifecycle import cancelled
from edgecam.media import NS, Packet, VideoFormat
from edgecam.peer.send_path import frame, payloads
from edgecam.peer.send_path.spread import SPREAD
from edgecam.peer.send_path.track import SharedTrack
from edgecam.peer.sending import TRACKS
from tests.answerer import watching
from tests.sockets import PATIENCE
from tests.studio import Replay, Studio, Viewer, film, noting, payload_types, running_studio
from tests.viewer import Screen


@pytest.fixture(scope="module")
def pictures() -> list[Packet]:
    """Access units of the virtual camera; the first and the fifth are keyframes."""
    return film()


def sounds() -> Iterator[Packet]:
    """Packets nobody decodes."""
    for number in range(1_000):
        yield Packet("audio", b"\xfcsound %d" % number, 7 * NS + number * NS // 50, keyframe=True)


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    """Fan-outs of what a test puts in, running."""
    async with running_studio() as made:
        yield made


@dataclass(frozen=True)
class Normal:
    """A packet without what is each viewer's own."""

    first_byte: int
    marker_and_type: int
    number: int
    elapsed: int
    profile_and_extensions: bytes
    payload: bytes


def parsed(data: bytes) -> tuple[RtpPacket, bytes]:
    """A packet, and its header extensions with the profile before them."""
    packet = RtpPacket.parse(data)
    at = 12
    length = int.from_bytes(data[at + 2 : at + 4], "big") * 4 if data[0] & 0x10 else -4
    return packet, data[at : at + 4 + length]


def without_time(extensions: bytes) -> bytes:
    """With abs-send-time, number 3, set to nothing."""
    at = 4
    while at < len(extensions):
        size = (extensions[at] & 15) + 1
        if extensions[at] >> 4 == 3:
            return extensions[: at + 1] + bytes(3) + extensions[at + 4 :]
        at += size + 1 if extensions[at] else 1
    return extensions


def normal(packets: list[bytes]) -> list[Normal]:
    """The packets of one stream, counted from its first; all must have one SSRC."""
    found = [parsed(data) for data in packets]
    first, _ = found[0]
    assert {packet.ssrc for packet, _ in found} == {first.ssrc}
    return [
        Normal(
            data[0],
            data[1],
            (packet.sequence_number - first.sequence_number) & 0xFFFF,
            (packet.timestamp - first.timestamp) & 0xFFFFFFFF,
            without_time(extensions),
            packet.payload,
        )
        for data, (packet, extensions) in zip(packets, found, strict=True)
    ]


def aiortcs_cut(access_unit: bytes) -> list[payloads.Piece]:
    """As aiortc cuts it, with fragments that differ by a byte."""
    cut = H264Encoder._packetize(H264Encoder._split_bitstream(access_unit))
    return [(b"", payload) for payload in cut]


async def sent(studio: Studio, pictures: list[Packet], viewers: list[Viewer]) -> None:
    """Have viewers see all pictures and as many sounds, one after the other."""
    types = payload_types(viewers[0].peer.sdp)
    for number, (picture, sound) in enumerate(zip(pictures, sounds(), strict=False), 1):
        if number == 6:
            # From then on playout-delay says something else.
            for viewer in viewers:
                viewer.peer._wait_for_sound(False)
        studio.pictures.put(picture)
        studio.sounds.put(sound)
        for viewer in viewers:
            await viewer.seen(types["h264"], number)
            await viewer.until(lambda v=viewer, n=number: len(v.of(types["opus"])) == n)  # type: ignore[misc]


@pytest.fixture
async def both(studio: Studio) -> AsyncIterator[list[Viewer]]:
    """A viewer by aiortc's path and one by ours, of the same pictures."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(noting(await studio.peer(path)))
            for path in ("stock", "shared")
        ]


@pytest.fixture
def cut_by_aiortc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have our path send fragments as aiortc cuts them. What is laid out is forgotten."""
    monkeypatch.setitem(payloads.CUTS, "h264", aiortcs_cut)
    frame.layout_of.cache_clear()
    yield
    frame.layout_of.cache_clear()


async def test_cut_alike_the_packets_are_alike(
    cut_by_aiortc: None, studio: Studio, both: list[Viewer], pictures: list[Packet]
) -> None:
    """Every byte but sequence number, timestamp and SSRC from their start, and the sending time."""
    await sent(studio, pictures, both)
    types = payload_types(both[0].peer.sdp)

    for name in ("h264", "opus"):
        stock, shared = (normal(viewer.of(types[name])) for viewer in both)
        assert stock == shared
        assert [packet.number for packet in shared] == list(range(len(shared)))
    assert len(both[1].of(types["h264"])) > 100


async def test_by_our_cut_the_pictures_are_the_same(
    studio: Studio, both: list[Viewer], pictures: list[Packet]
) -> None:
    """As many packets with the same headers; the same access units when put together."""
    await sent(studio, pictures, both)
    number = payload_types(both[0].peer.sdp)["h264"]
    stock, shared = (normal(viewer.of(number)) for viewer in both)

    assert [replace(p, payload=b"") for p in stock] == [replace(p, payload=b"") for p in shared]
    whole = [
        b"".join(H264PayloadDescriptor.parse(p.payload)[1] for p in one) for one in (stock, shared)
    ]
    assert whole[0] == whole[1]
    assert [p.elapsed for p in shared if p.marker_and_type & 0x80] == [
        (p.capture_ns * 90_000 // NS - pictures[0].capture_ns * 90_000 // NS) for p in pictures
    ]
    # abs-send-time: 6.18 fixed point seconds of NTP, about now and never going back.
    known = HeaderExtensionsMap()
    known.configure(RTCRtpParameters(headerExtensions=HEADER_EXTENSIONS["video"]))
    times = [
        RtpPacket.parse(data, known).extensions.abs_send_time or 0 for data in both[1].of(number)
    ]
    times.append(current_ntp_time() >> 14)
    assert all((later - earlier) & 0xFFFFFF < 2**23 for earlier, later in pairwise(times))
    assert (times[-1] - times[0]) & 0xFFFFFF < 2**23


async def test_the_counters_are_right(
    studio: Studio, both: list[Viewer], pictures: list[Packet]
) -> None:
    """Of packets and bytes, in a sender's statistics, its reports and its transport's."""
    await sent(studio, pictures, both)
    types = payload_types(both[0].peer.sdp)
    for viewer in both:
        for kind, name in (("video", "h264"), ("audio", "opus")):
            found = viewer.of(types[name])
            stats = (await viewer.sender(kind).getStats()).values()
            stream = next(s for s in stats if isinstance(s, RTCOutboundRtpStreamStats))
            assert stream.packetsSent == len(found)
            assert stream.bytesSent == sum(len(RtpPacket.parse(data).payload) for data in found)
    # The transport's have RTCP and DTLS in them, too.
    for viewer in both:
        stats = (await viewer.sender("video").getStats()).values()
        transport = next(s for s in stats if isinstance(s, RTCTransportStats))
        tags = 16 * len(viewer.packets)
        assert transport.packetsSent >= len(viewer.packets)
        assert 0 < transport.bytesSent - sum(map(len, viewer.packets)) - tags < 20_000


@pytest.mark.parametrize("rtx", [True, False])
@pytest.mark.parametrize("path", TRACKS)
async def test_what_is_lost_is_sent_again(
    studio: Studio, pictures: list[Packet], path: str, rtx: bool
) -> None:
    """As RTX with the original's number, else the packet itself, to the byte.

    The largest keyframe can be repaired from its first to its last packet.
    """
    peer = await studio.peer(path)
    async with noting(peer, str if rtx else without_rtx) as viewer:
        types = payload_types(peer.sdp)
        for number, picture in enumerate(pictures[:4], 1):
            studio.pictures.put(picture)
            await viewer.seen(types["h264"], number)
        before = parsed(viewer.of(types["h264"])[-1])[0]
        del viewer.packets[:]
        pieces = {"stock": aiortcs_cut, "shared": payloads.h264}[path](pictures[4].data)
        cut = [own + rest for own, rest in pieces]
        lost = [(before.sequence_number + 1 + at) & 0xFFFF for at in range(len(cut))]
        viewer.link.to_lose = len(cut)
        studio.pictures.put(pictures[4])
        async with asyncio.timeout(PATIENCE):
            await viewer.link.all_lost.wait()
        peer._wait_for_sound(False)
        await viewer.answerer.receiver._send_rtcp_nack(before.ssrc, lost)
        await viewer.until(lambda: len(viewer.packets) == len(cut))

    assert len(cut) > 20
    again = [parsed(data)[0] for data in viewer.packets]
    assert {packet.timestamp for packet in again} == {
        before.timestamp
        + pictures[4].capture_ns * 90_000 // NS
        - pictures[3].capture_ns * 90_000 // NS
        & 0xFFFFFFFF
    }
    assert [packet.marker for packet in again] == [0] * (len(cut) - 1) + [1]
    if rtx:
        # RFC 4588, section 4: the original's number, then its payload.
        assert [packet.payload for packet in again] == [
            number.to_bytes(2, "big") + payload for number, payload in zip(lost, cut, strict=True)
        ]
        assert {packet.payload_type for packet in again} == {types["rtx"]}
        numbers = [packet.sequence_number for packet in again]
        assert numbers == [(numbers[0] + at) & 0xFFFF for at in range(len(numbers))]
    else:
        assert [packet.payload for packet in again] == cut
        if path == "shared":
            assert viewer.link.passed == viewer.link.lost_packets


LARGE = Packet("video", b"\0\0\0\1\x65" + bytes([7]) * 1_298 * 120, NS, keyframe=True)
"""A keyframe of more packets than are sent at once."""


@pytest.mark.parametrize("rtx", [True, False])
async def test_packets_that_are_spread_say_when_they_are_sent(studio: Studio, rtx: bool) -> None:
    """Unless they may have to be sent again as they were; all of them arrive, and in order."""
    peer = await studio.peer("shared")
    async with noting(peer, str if rtx else without_rtx) as viewer:
        number = payload_types(peer.sdp)["h264"]
        studio.pictures.put(LARGE)
        await viewer.seen(number, 1)
        found = viewer.of(number)
    assert normal(found)[-1].number == len(found) - 1 == len(payloads.h264(LARGE.data)) - 1
    known = HeaderExtensionsMap()
    known.configure(RTCRtpParameters(headerExtensions=HEADER_EXTENSIONS["video"]))
    times = [RtpPacket.parse(data, known).extensions.abs_send_time or 0 for data in found]
    pauses = [(later - earlier) & 0xFFFFFF for earlier, later in pairwise(times)]
    steps = -(-len(found) // frame.MOST_SEGMENTS)
    assert sum(pause > 0 for pause in pauses) == (steps - 1 if rtx else 0)
    assert sum(pauses) == pytest.approx(SPREAD * 2**18 if rtx else 0, abs=steps)


@pytest.mark.parametrize(("path", "rtx"), [("shared", True), ("shared", False), ("stock", True)])
async def test_a_probe_sends_what_the_viewer_has(
    studio: Studio, pictures: list[Packet], path: str, rtx: bool
) -> None:
    """Packets of the frame just sent, as RTX, and asks for round trips; else it can't be."""
    peer = await studio.peer(path)
    asked: list[int] = []
    track = peer._sendings[0].track
    assert not track.probe(1e12, PATIENCE, lambda: asked.append(1))
    async with noting(peer, str if rtx else without_rtx) as viewer:
        types = payload_types(peer.sdp)
        studio.pictures.put(pictures[0])
        await viewer.seen(types["h264"], 1)
        can = track.probe(1e12, PATIENCE, lambda: asked.append(1))
        assert can is (path == "shared" and rtx)
        studio.pictures.put(pictures[1])
        await viewer.seen(types["h264"], 2)
        count = len(payloads.h264(pictures[1].data)) if can else 0
        await viewer.until(lambda: len(viewer.of(types["rtx"])) == count)
        last = viewer.of(types["h264"])[-count:] if can else []
        assert [parsed(data)[0].payload for data in viewer.of(types["rtx"])] == [
            data[2:4] + parsed(data)[0].payload for data in last
        ]
        assert len(asked) == can
        # What is lost of what follows can be repaired as ever.
        studio.pictures.put(pictures[2])
        await viewer.seen(types["h264"], 3)


def without_rtx(answer: str) -> str:
    """As of a viewer that has never heard of RFC 4588."""
    lines = answer.split("\r\n")
    number = next(line[9:].split(" ")[0] for line in lines if " rtx/90000" in line)
    kept = [
        line for line in lines if not line.startswith((f"a=rtpmap:{number}", f"a=fmtp:{number}"))
    ]
    return "\r\n".join(
        line.removesuffix(f" {number}") if line.startswith("m=video") else line for line in kept
    )


@pytest.mark.parametrize("profile", [p.openssl_profile.decode() for p in SRTP_PROFILES])
async def test_every_profile_is_understood(
    studio: Studio, pictures: list[Packet], profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Authentication tags of 16 and of 10 bytes, and whatever the order was."""
    chosen = [p for p in SRTP_PROFILES if p.openssl_profile.decode() == profile]
    rest = [p for p in SRTP_PROFILES if p not in chosen]
    monkeypatch.setattr("aiortc.rtcdtlstransport.SRTP_PROFILES", chosen + rest)
    peer = await studio.peer("shared")
    async with noting(peer) as viewer:
        for number, picture in enumerate(pictures, 1):
            studio.pictures.put(picture)
            await viewer.seen(payload_types(peer.sdp)["h264"], number)
        transport = viewer.sender("video").transport
        assert transport._ssl.get_selected_srtp_profile().decode() == profile


@pytest.mark.parametrize("path", TRACKS)
async def test_a_decoder_understands_either_path(
    studio: Studio, pictures: list[Packet], path: str
) -> None:
    """All of the pictures are shown."""
    peer = await studio.peer(path)
    async with watching(peer) as viewer:
        await viewer.connected.wait()
        for picture in pictures:
            studio.pictures.put(picture)
        shown = [await viewer.picture() for _ in range(len(pictures) - 1)]
    await peer.close()
    assert {(frame.width, frame.height) for frame in shown} == {(1280, 720)}


async def test_vp8_is_understood() -> None:
    """By aiortc's decoder, from the first frame on; nobody gave them picture IDs."""
    size = VideoFormat(640, 360, 30)
    card = Card(size)
    context = CodecContext.create("libvpx", "w")
    context.width, context.height, context.pix_fmt = size.width, size.height, "yuv420p"
    context.time_base, context.bit_rate = Fraction(1, size.rate), 3_000_000
    context.options = {"deadline": "realtime", "lag-in-frames": "0"}
    replay = Replay()
    fanout = Fanout("camera", replay, 300)
    running = asyncio.create_task(fanout.run())
    pc, screen = RTCPeerConnection(RTCConfiguration(iceServers=[])), Screen()
    track = SharedTrack("video")
    transceiver = pc.addTransceiver(track, direction="sendonly")
    known = RTCRtpSender.getCapabilities("video").codecs
    transceiver.setCodecPreferences([codec for codec in known if codec.name == "VP8"])
    track.attach(transceiver.sender)
    await pc.setLocalDescription(await pc.createOffer())
    answer = await screen.answer(pc.localDescription.sdp)
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    track.begin(fanout.subscribe(), lambda: 0)

    for number in range(8):
        picture = card.draw(number, 0, 0)
        picture.pts = number
        for made in context.encode(picture):
            when = number * NS // size.rate
            replay.put(Packet("video", bytes(made), when, made.is_keyframe))
    shown = [await screen.picture() for _ in range(7)]
    await pc.close()
    await screen.close()
    await cancelled(running)
    assert {(picture.width, picture.height) for picture in shown} == {(640, 360)}
    assert len({bytes(picture.planes[0]) for picture in shown}) == 7
