"""What a viewer sends to the device: heard and seen while it has the floor, dropped otherwise."""

import asyncio
import threading
import wave
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import pytest
from aiortc.rtp import AnyRtcpPacket, RtcpByePacket
from av import VideoFrame

from edgecam.capture import source
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.encode.vp8 import Vp8
from edgecam.errors import BadMessage
from edgecam.fanout.fanout import Fanout
from edgecam.lifecycle import cancelled
from edgecam.media import VideoFormat
from edgecam.peer.peer import Peer, Streams
from edgecam.peer.received import NOWHERE, Sinks
from edgecam.playback.file import FileScreen, FileSpeaker
from edgecam.playback.screen import Screen
from edgecam.playback.speaker import Speaker
from edgecam.signaling.messages import Trickle
from tests.sockets import PATIENCE
from tests.talker import (
    COLOUR,
    VOICE_HZ,
    Face,
    TalkingScreen,
    Voice,
    longest_tone,
    pitch,
    talking,
    until,
)

SIZE = VideoFormat(320, 180, 30)
BITRATE = 300_000
THRESHOLD = 0.01


@dataclass
class Device:
    """What a viewer is offered, running, with files for loudspeaker and screen."""

    video: Fanout
    vp8: Fanout
    speaker: Speaker
    screen: Screen
    voice: Path
    face: Path

    @asynccontextmanager
    async def peer(self, sinks: Sinks | None = None) -> AsyncIterator[Peer]:
        """A peer with its offer made, closed at the end."""
        sinks = sinks or Sinks(self.speaker, self.screen)
        peer = await Peer.offering(
            Streams(self.video, None, profile_level_id(SIZE, BITRATE), self.vp8, sinks)
        )
        try:
            yield peer
        finally:
            await peer.close()

    async def heard(self) -> "array[int]":
        """All that was played, once the file is whole."""
        await closed("speaker")
        return await asyncio.to_thread(samples_of, self.voice)

    async def seen(self) -> list[VideoFrame]:
        """All that was shown, once the file is whole."""
        await closed("screen")
        return await asyncio.to_thread(pictures_of, self.face)


@pytest.fixture
async def device(tmp_path: Path) -> AsyncIterator[Device]:
    """A small virtual camera, and files to play into."""
    pictures = [source.camera("virtual", SIZE) for _ in range(2)]
    video = Fanout("camera", EncodedVideo(pictures[0], lambda: X264(SIZE, BITRATE, 300)), 15)
    vp8 = Fanout("VP8", EncodedVideo(pictures[1], lambda: Vp8(SIZE, BITRATE, 300)), 15)
    voice, face = tmp_path / "voice.wav", tmp_path / "face.mkv"
    speaker = Speaker(FileSpeaker(str(voice)), THRESHOLD)
    screen = Screen(FileScreen(str(face)))
    tasks = [asyncio.create_task(part.run()) for part in (video, vp8, speaker, screen)]
    yield Device(video, vp8, speaker, screen, voice, face)
    for task in tasks:
        await cancelled(task)


async def closed(name: str) -> None:
    """Wait until the thread of a sink, which nobody wants any more, has closed it."""
    await until(lambda: all(t.name != f"edgecam-{name}" for t in threading.enumerate()))


def samples_of(file: Path) -> "array[int]":
    """The samples of a WAV file."""
    with wave.open(str(file)) as wav:
        return array("h", wav.readframes(wav.getnframes()))


def pictures_of(file: Path) -> list[VideoFrame]:
    """The pictures in a file."""
    with av.open(str(file)) as container:
        return list(container.decode(video=0))


def middle(picture: VideoFrame) -> tuple[int, ...]:
    """Y, U and V in the middle of ``picture``, which is JPEG's: of full range."""
    assert picture.format.name == "yuvj420p"
    full = (
        memoryview(plane)[plane.height // 2 * plane.line_size + plane.width // 2]
        for plane in picture.planes
    )
    luma, *chroma = full
    return (luma * 219 // 255 + 16, *((value - 128) * 224 // 255 + 128 for value in chroma))


def recvonly(peer: Peer) -> int:
    """How many sections of the offer receive."""
    return peer.sdp.count("a=recvonly")


async def test_who_has_the_floor_is_heard(device: Device) -> None:
    """The tone is in the file, at its pitch."""
    async with device.peer() as peer, talking(peer) as viewer:
        viewer.send(Voice())
        assert peer.received.open()
        await until(lambda: device.speaker.voice_ns > 0)
        first = device.speaker.voice_ns
        await until(lambda: device.speaker.voice_ns > first + 1_000_000_000)
        peer.received.shut()
    tone = longest_tone(await device.heard())
    assert len(tone) > 9_600
    assert pitch(tone) == pytest.approx(VOICE_HZ, rel=0.02)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_who_has_the_floor_is_seen(device: Device, codec: str) -> None:
    """The colour is in the file, whichever of the two codecs carries it."""
    async with device.peer() as peer, talking(peer, codecs={"video": codec}) as viewer:
        viewer.send(Face())
        assert peer.received.open()
        await until(lambda: device.screen.seen_ns > 0)
        first = device.screen.seen_ns
        await until(lambda: device.screen.seen_ns > first)
        peer.received.shut()
    pictures = await device.seen()
    assert (pictures[0].width, pictures[0].height) == (320, 180)
    assert middle(pictures[-1]) == pytest.approx(COLOUR, abs=8)


async def test_who_has_not_asked_costs_next_to_nothing(device: Device) -> None:
    """Everything is dropped at the packet: nothing reaches a jitter buffer or a decoder."""
    async with device.peer() as peer, talking(peer) as viewer:
        viewer.send(Voice())
        viewer.send(Face())
        await until(lambda: peer.received.dropped > 200)
        assert device.speaker.voice_ns == device.screen.seen_ns == 0
        assert device.screen._pictures is None

        assert peer.received.open()
        await until(lambda: device.speaker.voice_ns > 0 and device.screen.seen_ns > 0)
        peer.received.shut()
        dropped = peer.received.dropped
        await until(lambda: peer.received.dropped > dropped + 50)


async def test_a_keyframe_is_asked_for_as_the_floor_is_given(device: Device) -> None:
    """With the first packet, whatever that is: the picture starts at once."""
    async with device.peer() as peer, talking(peer):
        video = peer._pc.getTransceivers()[-1].receiver
        asked: threading.Event = getattr(video, "_RTCRtpReceiver__decoder_error")  # noqa: B009
        assert not asked.is_set()
        assert peer.received.open()
        assert asked.is_set()
        peer.received.shut()


async def test_who_has_said_bye_is_seen_again(device: Device) -> None:
    """A page that takes its track off may say so; the next time it has the floor, it is seen."""
    async with device.peer() as peer, talking(peer) as viewer:
        viewer.send(Face())
        assert peer.received.open()
        await until(lambda: device.screen.seen_ns > 0)
        sender = viewer.sections["video"].sender
        video = peer._pc.getTransceivers()[-1].receiver
        said = asyncio.Event()
        handle = video._handle_rtcp_packet

        async def handled(packet: AnyRtcpPacket) -> None:
            await handle(packet)
            if isinstance(packet, RtcpByePacket):
                said.set()

        video._handle_rtcp_packet = handled  # type: ignore[method-assign]
        await sender._send_rtcp([RtcpByePacket(sources=[sender._ssrc])])
        await said.wait()
        peer.received.shut()

        assert peer.received.open()
        seen = device.screen.seen_ns
        await until(lambda: device.screen.seen_ns > seen)
        peer.received.shut()


async def test_a_viewer_that_only_listens_has_no_decoder(device: Device) -> None:
    """No thread of aiortc's decoders is left once the call stands."""
    async with device.peer() as peer, talking(peer):
        receivers = [section.receiver for section in peer._pc.getTransceivers()[1:]]
        for receiver in receivers:
            thread: threading.Thread = getattr(receiver, "_RTCRtpReceiver__decoder_thread")  # noqa: B009
            await asyncio.to_thread(thread.join, PATIENCE)
            assert not thread.is_alive()


async def test_without_sinks_the_offer_is_what_it_was(device: Device) -> None:
    """No section receives, and there is nothing to open."""
    async with device.peer(NOWHERE) as peer, talking(peer):
        assert recvonly(peer) == 0
        assert not peer.received.open()


@pytest.mark.parametrize("kind", ["audio", "video"])
async def test_one_sink_one_section(device: Device, kind: str) -> None:
    """A device with a loudspeaker alone asks for no pictures, and the other way round."""
    sinks = Sinks(device.speaker) if kind == "audio" else Sinks(screen=device.screen)
    async with device.peer(sinks) as peer, talking(peer) as viewer:
        assert recvonly(peer) == 1
        assert peer.received.kinds == {kind} == set(viewer.sections)


async def test_a_viewer_may_decline_to_send(device: Device) -> None:
    """``inactive`` is an answer, too: it watches, and can't have the floor."""
    async with device.peer() as peer, talking(peer, "inactive") as viewer:
        await viewer.picture()
        assert not peer.received.open()


async def test_a_call_that_ends_gives_the_sinks_back(device: Device) -> None:
    """Whoever gave the floor may have forgotten; the next viewer is heard and seen."""
    async with device.peer() as peer, talking(peer):
        assert peer.received.open()
        received = peer.received
        during = received._playout, received._pictures, device.screen._pictures
    after = received._playout, received._pictures, device.screen._pictures
    assert None not in during
    assert after == (None, None, None)


async def test_a_call_that_ends_as_it_begins_leaves_nothing(device: Device) -> None:
    """The handshake is done, but the end of the call has its turn first: nothing begins then."""
    async with device.peer() as peer:
        transport = peer._pc.getTransceivers()[0].receiver.transport
        shake_hands = transport._do_handshake
        shaken, closing, begun = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def shake_hands_and_wait() -> None:
            await shake_hands()
            shaken.set()
            await closing.wait()

        transport._do_handshake = shake_hands_and_wait  # type: ignore[method-assign]

        def note_begin() -> None:
            if transport.state == "connected":
                begun.set()

        def note_end() -> None:
            # aiortc says so before it stops anything.
            if peer._pc.signalingState == "closed":
                closing.set()

        transport.on("statechange", note_begin)
        peer._pc.on("signalingstatechange", note_end)
        viewer = TalkingScreen()
        await peer.answer(await viewer.answer(peer.sdp))
        for candidate in peer.candidates:
            await viewer.add_candidate(Trickle("", candidate).payload()["candidate"])
        await shaken.wait()
        await peer.close()
        await begun.wait()
        await viewer.close()


@pytest.mark.parametrize("direction", ["recvonly", "sendrecv", ""])
async def test_a_section_that_receives_is_answered_so(device: Device, direction: str) -> None:
    """Anything but ``sendonly`` and ``inactive`` is no answer to ``recvonly``."""
    viewer = TalkingScreen()
    async with device.peer() as peer:
        answer = await viewer.answer(peer.sdp)
        line = f"a={direction}\r\n" if direction else ""
        with pytest.raises(BadMessage) as caught:
            await peer.answer(answer.replace("a=sendonly\r\n", line))
    await viewer.close()
    assert caught.value.code == "bad-answer"


def rejected(answer: str, kind: str, *, bundled: bool) -> str:
    """``answer`` with its second ``kind`` section, or only one, rejected as RFC 3264 has it."""
    head, *sections = answer.split("m=")
    index = max(i for i, section in enumerate(sections) if section.startswith(kind))
    lines = sections[index].split("\r\n")
    first = lines[0].split(" ")
    mid = next(line for line in lines if line.startswith("a=mid:"))
    sections[index] = "\r\n".join([" ".join([first[0], "0", *first[2:]]), mid, "a=inactive", ""])
    if not bundled:
        bundle = next(line for line in head.split("\r\n") if "BUNDLE" in line)
        head = head.replace(bundle, bundle.replace(f" {mid.removeprefix('a=mid:')}", ""))
    return "m=".join([head, *sections])


@pytest.mark.parametrize("bundled", [True, False])
@pytest.mark.parametrize("kind", ["audio", "video"])
async def test_a_section_may_be_rejected(device: Device, kind: str, *, bundled: bool) -> None:
    """Port 0, without credentials, in the bundle or out of it: the rest of the call stands."""
    viewer = TalkingScreen()
    async with device.peer() as peer:
        answer = rejected(await viewer.answer(peer.sdp), kind, bundled=bundled)
        await peer.answer(answer)
        assert peer.received.kinds == {"audio", "video"} - {kind}
    await viewer.close()


async def test_codecs_the_device_lacks_are_a_refusal(device: Device) -> None:
    """Of that section alone: the viewer watches, and talks by the other."""
    viewer = TalkingScreen()
    async with device.peer() as peer:
        answer = await viewer.answer(peer.sdp)
        head, section = answer.rsplit("m=video", 1)
        section = section.replace("VP8/90000", "AV1/90000").replace("H264/90000", "H265/90000")
        await peer.answer(f"{head}m=video{section}")
        assert peer.received.kinds == {"audio"}
    await viewer.close()


async def test_the_sections_that_send_are_checked_as_before(device: Device) -> None:
    """A viewer can't turn them round while it answers the others well."""
    viewer = TalkingScreen()
    async with device.peer() as peer:
        answer = await viewer.answer(peer.sdp)
        with pytest.raises(BadMessage, match="has to be recvonly"):
            await peer.answer(answer.replace("a=recvonly", "a=sendrecv"))
    await viewer.close()
