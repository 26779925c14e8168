"""One viewer's connection, with real cameras, encoders, sockets and decoders."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

import pytest

from edgecam.capture import source
from edgecam.encode.encoded import EncodedAudio, EncodedVideo
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.encode.opus import Opus
from edgecam.errors import BadMessage
from edgecam.fanout.fanout import Fanout
from edgecam.lifecycle import cancelled
from edgecam.media import AudioFormat, VideoFormat
from edgecam.peer.description import Candidate, Unsupported
from edgecam.peer.peer import Peer, Streams
from edgecam.peer.rate import Rate
from tests.answerer import Answerer, watching
from tests.sockets import PATIENCE

SIZE = VideoFormat(640, 360, 30)
BITRATE = 1_000_000
FLOOR = 200_000


@dataclass
class Camera:
    """What viewers are offered, running."""

    encoded: EncodedVideo
    video: Fanout
    audio: Fanout

    async def offering(self) -> Peer:
        """One more peer with a standing offer."""
        return await Peer.offering(Streams(self.video, self.audio, profile_level_id(SIZE, BITRATE)))

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[Peer]:
        """A peer, closed at the end."""
        peer = await self.offering()
        try:
            yield peer
        finally:
            await peer.close()


@pytest.fixture
async def camera() -> AsyncIterator[Camera]:
    """The virtual camera and microphone. No keyframe nobody asks for within the test."""
    picture = source.camera("virtual", SIZE)
    sound = source.microphone("virtual", AudioFormat())
    encoded = EncodedVideo(picture, lambda: X264(SIZE, BITRATE, 300))
    video = Fanout("camera", encoded, 15)
    audio = Fanout("microphone", EncodedAudio(sound, lambda: Opus(AudioFormat(), 32_000)), 25)
    tasks = [asyncio.create_task(fanout.run()) for fanout in (video, audio)]
    yield Camera(encoded, video, audio)
    for task in tasks:
        await cancelled(task)


async def test_picture_and_sound_arrive(camera: Camera) -> None:
    """The stamp is read back from decoded pictures in order, and the sound is not silence."""
    async with camera.peer() as peer, watching(peer) as viewer:
        stamps = [await viewer.stamp() for _ in range(15)]
        loudest = 0
        while loudest < 300:
            samples = memoryview((await viewer.sound()).planes[0]).cast("h")
            loudest = max(samples.tolist())

    numbers = [found.number for found in stamps]
    assert numbers == sorted(set(numbers))


async def test_who_does_not_listen_is_sent_no_sound(camera: Camera) -> None:
    """The microphone is open for those who do, alone, and as often as they change their mind."""
    async with camera.peer() as peer, watching(peer, listen=False) as viewer:
        await viewer.stamp()
        assert camera.audio.subscribers == 0
        for _ in range(2):
            peer.listen(True)
            assert camera.audio.subscribers == 1
            await viewer.sound()
            peer.listen(False)
            assert camera.audio.subscribers == 0
        await viewer.stamp()
    peer.listen(True)
    assert camera.audio.subscribers == 0


async def test_a_standing_offer_costs_nothing(camera: Camera) -> None:
    """Until it is answered the camera stays closed; candidates are apart from the description."""
    async with camera.peer() as peer:
        assert camera.video.subscribers == 0
        assert camera.video.state == "idle"
        assert "a=candidate" not in peer.sdp
        assert "a=end-of-candidates" not in peer.sdp
        assert peer.candidates
        assert all(c.candidate.startswith("candidate:") for c in peer.candidates)


async def test_the_offer_promises_what_is_sent(camera: Camera) -> None:
    """H.264 alone, at the level of the stream, with playout-delay; Opus alone; send only."""
    async with camera.peer() as peer:
        lines = peer.sdp.split("\r\n")
    rtpmaps = [line.split(" ", 1)[1] for line in lines if line.startswith("a=rtpmap:")]

    assert rtpmaps == ["H264/90000", "rtx/90000", "opus/48000/2"]
    assert any("profile-level-id=42e01f" in line for line in lines)
    assert any(line.endswith("rtp-hdrext/playout-delay") for line in lines)
    assert lines.count("a=sendonly") == 2


async def test_three_viewers_share_one_encode(camera: Camera) -> None:
    """All see the same pictures; the camera is opened once and closes behind the last."""
    async with (
        camera.peer() as one,
        camera.peer() as two,
        camera.peer() as three,
        watching(one) as a,
        watching(two) as b,
        watching(three) as c,
    ):
        # The last to join may be far behind the first where a machine is busy.
        last = 10 + max([(await viewer.stamp()).number for viewer in (a, b, c)])
        seen = await asyncio.gather(*(numbers_until(viewer, last) for viewer in (a, b, c)))
        assert camera.video.subscribers == 3
    assert seen[0] & seen[1] & seen[2]
    assert camera.video.subscribers == 0


async def numbers_until(viewer: Answerer, last: int) -> set[int]:
    """The numbers of the next pictures, up to ``last`` or the first after it."""
    seen = {(await viewer.stamp()).number}
    while max(seen) < last:
        seen.add((await viewer.stamp()).number)
    return seen


async def test_who_joins_in_the_middle_gets_a_keyframe_at_once(camera: Camera) -> None:
    """The next keyframe by itself would be minutes away."""
    async with camera.peer() as one, watching(one) as first:
        await first.stamp()
        granted = camera.video.gate.granted
        async with camera.peer() as two, watching(two) as second:
            await second.stamp()
            assert camera.video.gate.granted == granted + 1


async def test_pli_makes_a_keyframe_for_everybody(camera: Camera) -> None:
    """A viewer's picture loss indication becomes one keyframe of the shared encode."""
    async with camera.peer() as peer, watching(peer) as viewer:
        await viewer.stamp()
        packets = camera.video.subscribe()
        await packets.get()
        ssrc = next(iter(viewer.receiver._RTCRtpReceiver__remote_streams))  # type: ignore[attr-defined]

        await viewer.receiver._send_rtcp_pli(ssrc)

        while (packet := await packets.get()) is not None and not packet.keyframe:
            pass
        assert packet is not None
        packets.close()


@pytest.mark.parametrize("percent", [1, 5])
async def test_a_lossy_link_is_watched_all_the_same(camera: Camera, percent: int) -> None:
    """Lost packets are sent again or a keyframe is; the picture goes on."""
    dice = random.Random(percent)

    def lose(_: int) -> bool:
        return dice.random() * 100 < percent

    async with camera.peer() as peer, watching(peer, lose) as viewer:
        numbers = [(await viewer.stamp()).number for _ in range(60)]

    assert numbers == sorted(set(numbers))


async def test_after_an_outage_the_picture_comes_back(camera: Camera) -> None:
    """More is lost than can be sent again: the viewer asks for a keyframe and gets it."""
    async with camera.peer() as peer, watching(peer, lambda n: 150 < n <= 450) as viewer:
        numbers = [(await viewer.stamp()).number for _ in range(40)]
        granted = camera.video.gate.granted

    assert granted > 1
    assert any(later - earlier > 5 for earlier, later in pairwise(numbers))


async def test_a_viewer_that_leaves_frees_its_place(camera: Camera) -> None:
    """Its hanging up ends the peer; closing twice is fine."""
    async with camera.peer() as peer:
        async with watching(peer) as viewer:
            await viewer.stamp()
            assert peer.connected.is_set()
        await peer.ended.wait()
        await peer.close()
        assert camera.video.subscribers == 0


async def test_who_can_not_be_asked_is_not_left_alone(
    camera: Camera, caplog: pytest.LogCaptureFixture
) -> None:
    """Should looking for signs of life ever break, that is said, and ends the call."""

    def broken() -> None:
        raise AttributeError("no such thing")

    async with camera.peer() as peer, watching(peer) as viewer:
        await viewer.stamp()
        peer._liveness._ask = broken
        viewer.vanish()
        await peer.ended.wait()
    (defect,) = (record for record in caplog.records if record.name == "edgecam.peer.peer")
    assert "whether a viewer is still there" in defect.getMessage()
    assert defect.exc_info is not None


ANSWER_MISTAKES: dict[str, Callable[[str], str]] = {
    "garbage": lambda sdp: "garbage",
    "empty": lambda sdp: "",
    "binary": lambda sdp: "\x00\xff" * 100,
    "no media": lambda sdp: sdp[: sdp.index("m=")],
    "one medium": lambda sdp: sdp[: sdp.rindex("m=")],
    "media swapped": lambda sdp: sdp.replace("m=video", "m=x").replace("m=audio", "m=video"),
    "no credentials": lambda sdp: sdp.replace("a=ice-ufrag", "a=x"),
    "no fingerprint": lambda sdp: sdp.replace("a=fingerprint", "a=x"),
    "no setup": lambda sdp: sdp.replace("a=setup", "a=x"),
    "audio refused": lambda sdp: _port(sdp, "audio", 0),
    "too long": lambda sdp: sdp + "a=x\r\n" * 20_000,
    "too many codecs": lambda sdp: sdp + "a=rtcp-fb:* nack\r\n" * 100,
    "sends, too": lambda sdp: sdp.replace("a=recvonly", "a=sendrecv"),
    "receives nothing": lambda sdp: sdp.replace("a=recvonly", "a=inactive"),
    "bundled otherwise": lambda sdp: sdp.replace("BUNDLE 0 1", "BUNDLE zzz 0 1"),
    "not bundled": lambda sdp: sdp.replace("a=group:BUNDLE 0 1\r\n", ""),
    "other mids": lambda sdp: sdp.replace("a=mid:0", "a=mid:7"),
}


@pytest.mark.parametrize("mistake", ANSWER_MISTAKES)
async def test_an_answer_that_is_none_is_refused(camera: Camera, mistake: str) -> None:
    """Every kind of nonsense is one error with one code."""
    viewer = Answerer()
    async with camera.peer() as peer:
        answer = await viewer.answer(peer.sdp)
        with pytest.raises(BadMessage) as caught:
            await peer.answer(ANSWER_MISTAKES[mistake](answer))
    await viewer.close()
    assert caught.value.code == "bad-answer"


async def test_an_answer_that_refuses_the_video_is_unsupported(camera: Camera) -> None:
    """As Firefox's is without its H.264 plugin; it has a code of its own."""
    viewer = Answerer()
    async with camera.peer() as peer:
        answer = await viewer.answer(peer.sdp)
        with pytest.raises(Unsupported):
            await peer.answer(_port(answer, "video", 0))
    await viewer.close()


async def test_a_second_answer_is_refused(camera: Camera) -> None:
    """And the call goes on."""
    async with camera.peer() as peer, watching(peer) as viewer:
        with pytest.raises(BadMessage, match="already answered"):
            await peer.answer("v=0")
        await viewer.stamp()


@pytest.mark.parametrize(
    "text", ["", "x", "candidate:", "candidate:1 1 udp x y z", "candidate:" + "1 " * 800]
)
async def test_a_malformed_candidate_is_refused(camera: Camera, text: str) -> None:
    """And the call goes on."""
    async with camera.peer() as peer, watching(peer) as viewer:
        with pytest.raises(BadMessage):
            peer.add_candidate(Candidate(text, "0", 0))
        await viewer.stamp()


async def test_candidates_of_no_use_are_ignored(camera: Camera) -> None:
    """TCP, a name that can't be looked up, an address that is none, a section that is not there."""
    async with camera.peer() as peer, watching(peer) as viewer:
        for text, mid in (
            ("candidate:1 1 tcp 1 192.0.2.9 9 typ host tcptype active", "0"),
            ("candidate:1 1 udp 1 no-such-host.local 5000 typ host", "0"),
            ("candidate:1 1 udp 1 example.invalid 5000 typ host", "0"),
            ("candidate:1 1 udp 1 192.0.2.9 70000 typ host", "0"),
            ("candidate:1 1 udp 1 192.0.2.9 5000 typ host", "nowhere"),
        ):
            peer.add_candidate(Candidate(text, mid, None))
        peer.add_candidate(None)
        await viewer.stamp()


async def test_hidden_addresses_do_not_hold_up_the_call(camera: Camera) -> None:
    """A viewer that shows only names, and says that there are no more, is found by its checks."""
    viewer = Answerer()
    async with camera.peer() as peer:
        answer = await viewer.answer(peer.sdp)
        hidden = re.sub(r"(a=candidate:\S+ 1 udp \d+) \S+", r"\1 no-such-host.local", answer)
        assert hidden != answer
        await peer.answer(hidden)
        peer.add_candidate(None)
        await viewer.add(peer.candidates)
        await viewer.stamp()
    await viewer.close()


def _port(sdp: str, kind: str, port: int) -> str:
    """``sdp`` with the port of its ``kind`` section changed."""
    lines = sdp.split("\r\n")
    for number, line in enumerate(lines):
        if line.startswith(f"m={kind} "):
            lines[number] = " ".join([f"m={kind}", str(port), *line.split(" ")[2:]])
    return "\r\n".join(lines)


async def test_a_viewer_whose_link_loses_whatever_the_rate(camera: Camera) -> None:
    """The encoder follows while a third is lost of whatever it sends, as far as the floor; then the
    viewer is thinned alone, and it is said once.
    """
    applied: list[int] = []
    thin: list[bool] = []

    def apply(bitrate: int) -> None:
        applied.append(bitrate)
        camera.encoded.set_bitrate(bitrate)

    rate = Rate(FLOOR, BITRATE, apply)
    streams = Streams(camera.video, None, profile_level_id(SIZE, BITRATE), rates={"h264": rate})
    async with AsyncExitStack() as stack:
        peers = [await Peer.offering(streams) for _ in range(2)]
        for peer in peers:
            stack.push_async_callback(peer.close)
            peer.on_thin = thin.append
        good = await stack.enter_async_context(watching(peers[1]))
        await stack.enter_async_context(watching(peers[0], lambda number: number % 3 == 0))
        async with asyncio.timeout(PATIENCE):
            while not thin:
                await good.stamp()
        assert thin == [True]
        assert FLOOR <= min(applied) < BITRATE / 2
        before = peers[0].dropped
        async with asyncio.timeout(PATIENCE):
            for _ in range(120):
                await good.stamp()
        # What a flood alone costs it is a quarter of a second in five.
        assert peers[0].dropped > before + 60
        assert peers[1].dropped == 0
        assert thin == [True]
    # The encoder is ready for whoever comes.
    assert applied[-1] == BITRATE
    assert camera.video.subscribers == 0
