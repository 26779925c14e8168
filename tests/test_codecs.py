"""Which codec a viewer gets, and what that costs: both, of one camera, with all the real parts."""

import asyncio
import random
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from edgecam.capture.shared import SharedCamera
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.encode.vp8 import Vp8
from edgecam.errors import SourceError
from edgecam.fanout.fanout import Fanout
from edgecam.lifecycle import cancelled
from edgecam.media import Packet, Picture, VideoFormat
from edgecam.peer.description import Unsupported
from edgecam.peer.peer import Peer, Streams
from tests.answerer import Answerer, watching
from tests.descriptions import payload_types, preferring, sections, without

SIZE = VideoFormat(640, 360, 30)
BITRATE = 1_000_000

Worded = Callable[[str], str]


def no_h264(sdp: str) -> str:
    """The description as Firefox without its plugin words it."""
    return without(sdp, "H264")


class CountedCamera(VirtualCamera):
    """Says how often it was opened."""

    opened = 0

    def open(self) -> None:
        self.opened += 1
        super().open()


class BrokenVp8(Vp8):
    """An encoder that fails."""

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
        raise SourceError("the VP8 encoder failed")


class Devices:
    """One camera with both encoders, running."""

    def __init__(self) -> None:
        self.camera = CountedCamera(SIZE)
        self.shared = SharedCamera(self.camera)
        self.make_vp8: type[Vp8] = Vp8
        self.h264 = Fanout(
            "camera", EncodedVideo(self.shared.tap("H.264"), lambda: X264(SIZE, BITRATE, 300)), 15
        )
        self.tap = self.shared.tap("VP8")
        vp8 = EncodedVideo(self.tap, lambda: self.make_vp8(SIZE, BITRATE, 300))
        self.vp8 = Fanout("VP8", vp8, 15)

    @asynccontextmanager
    async def peer(self, level: str = "", *, vp8: bool = True) -> AsyncIterator[Peer]:
        """A peer with a standing offer, closed at the end."""
        promised = level or profile_level_id(SIZE, BITRATE)
        streams = Streams(self.h264, None, promised, self.vp8 if vp8 else None)
        peer = await Peer.offering(streams)
        try:
            yield peer
        finally:
            await peer.close()


@pytest.fixture
async def devices() -> AsyncIterator[Devices]:
    """The virtual camera. No keyframe nobody asks for within the test."""
    made = Devices()
    tasks = [asyncio.create_task(fanout.run()) for fanout in (made.h264, made.vp8)]
    yield made
    for task in tasks:
        await cancelled(task)


async def test_the_offer_prefers_h264(devices: Devices) -> None:
    """H.264 first, VP8 second, each with its RTX; without VP8, H.264 alone."""
    for vp8, expected in (
        (True, ["H264/90000", "rtx/90000", "VP8/90000", "rtx/90000"]),
        (False, ["H264/90000", "rtx/90000"]),
    ):
        async with devices.peer(vp8=vp8) as peer:
            lines = peer.sdp.split("\r\n")
            assert [it.split(" ")[1] for it in lines if it.startswith("a=rtpmap:")] == expected


async def test_a_viewer_without_h264_gets_vp8(devices: Devices) -> None:
    """The stamp is read back from what it decodes, and no H.264 is encoded for nobody."""
    async with devices.peer() as peer, watching(peer, worded=no_h264) as viewer:
        numbers = [(await viewer.stamp()).number for _ in range(15)]
        assert peer.video == "vp8"
        assert devices.h264.state == "idle"
        assert devices.vp8.subscribers == 1
    assert numbers == sorted(set(numbers))
    assert devices.vp8.subscribers == 0


@pytest.mark.parametrize(
    "worded", [lambda sdp: sdp, lambda sdp: preferring(sdp, "VP8")], ids=["as offered", "VP8 first"]
)
async def test_who_can_play_h264_gets_it(devices: Devices, worded: Worded) -> None:
    """Whatever it would like best; and no VP8 is encoded for nobody."""
    async with devices.peer() as peer, watching(peer, worded=worded) as viewer:
        await viewer.stamp()
        assert peer.video == "h264"
        assert devices.vp8.state == "idle"


async def test_both_at_once_of_one_camera(devices: Devices) -> None:
    """They see the same pictures; who leaves does not disturb the other, whichever it is."""
    async with devices.peer() as three, watching(three, worded=no_h264) as stays:
        await stays.stamp()
        async with (
            devices.peer() as one,
            devices.peer() as two,
            watching(one) as h264,
            watching(two, worded=no_h264) as vp8,
        ):
            seen = await asyncio.gather(*(numbers_of(viewer, 60) for viewer in (h264, vp8)))
            assert (one.video, two.video) == ("h264", "vp8")
            assert devices.vp8.subscribers == 2
        assert seen[0] & seen[1]
        await numbers_of(stays, 5)
    assert devices.camera.opened == 1


async def numbers_of(viewer: Answerer, count: int) -> set[int]:
    """The numbers of the next ``count`` pictures."""
    return {(await viewer.stamp()).number for _ in range(count)}


async def test_pli_makes_a_keyframe_of_the_codec_it_is_about(devices: Devices) -> None:
    """The other viewers' encode makes none."""
    async with (
        devices.peer() as one,
        devices.peer() as two,
        watching(one) as h264,
        watching(two, worded=no_h264) as vp8,
    ):
        await h264.stamp()
        await vp8.stamp()
        granted = devices.h264.gate.granted
        packets = devices.vp8.subscribe()
        await packets.get()
        ssrc = next(iter(vp8.receiver._RTCRtpReceiver__remote_streams))  # type: ignore[attr-defined]

        await vp8.receiver._send_rtcp_pli(ssrc)

        while (packet := await packets.get()) is not None and not packet.keyframe:
            pass
        assert packet is not None
        assert devices.h264.gate.granted == granted
        packets.close()


async def test_a_lossy_link_is_watched_all_the_same(devices: Devices) -> None:
    """Lost packets of VP8 are sent again or a keyframe is; the picture goes on."""
    dice = random.Random(5)

    def lose(_: int) -> bool:
        return dice.random() < 0.05

    async with devices.peer() as peer, watching(peer, lose, worded=no_h264) as viewer:
        numbers = [(await viewer.stamp()).number for _ in range(60)]
    assert numbers == sorted(set(numbers))


async def test_an_encoder_that_is_slow_is_slow_alone(devices: Devices) -> None:
    """H.264 goes on without it; the pictures it loses are counted, and then it goes on, too."""
    stuck, let_go = threading.Event(), threading.Event()

    class StuckVp8(Vp8):
        def encode(self, picture: Picture, keyframe: bool) -> list[Packet]:
            if self._count == 2:
                stuck.set()
                let_go.wait()
            return super().encode(picture, keyframe)

    devices.make_vp8 = StuckVp8
    async with (
        devices.peer() as one,
        devices.peer() as two,
        watching(two, worded=no_h264) as vp8,
        watching(one) as h264,
    ):
        try:
            await asyncio.to_thread(stuck.wait)
            while devices.tap.missed < 20:
                await h264.stamp()
        finally:
            let_go.set()
        await numbers_of(vp8, 10)


async def test_an_encoder_that_fails_fails_alone(devices: Devices) -> None:
    """The camera goes on for the other; it is not the camera that has failed."""
    devices.make_vp8 = BrokenVp8
    async with devices.peer() as one, watching(one) as h264:
        await h264.stamp()
        failed = asyncio.Event()
        devices.vp8._on_state = lambda state, reason: failed.set() if reason else None
        hopeless = devices.vp8.subscribe()
        await failed.wait()
        await numbers_of(h264, 10)
        assert devices.h264.state == "live"
        assert devices.shared.failure == ""
        hopeless.close()
    assert devices.camera.opened == 1


@pytest.mark.parametrize(("vp8", "said"), [(True, "H.264 or VP8"), (False, "H.264")])
async def test_who_can_play_none_is_told(devices: Devices, vp8: bool, said: str) -> None:
    """It has a code of its own, and words; nothing is encoded for it."""
    viewer = Answerer()
    async with devices.peer(vp8=vp8) as peer:
        answer = await viewer.answer(peer.sdp)
        refused = re.sub(r"^m=video \d+", "m=video 0", answer, flags=re.MULTILINE)
        with pytest.raises(Unsupported, match=f"can't decode {said}$") as caught:
            await peer.answer(refused)
    await viewer.close()
    assert caught.value.code == "unsupported"
    assert (devices.h264.state, devices.vp8.state) == ("idle", "idle")


async def test_vp8_that_is_not_offered_is_not_sent(devices: Devices) -> None:
    """Whoever answers with it all the same."""
    viewer = Answerer()
    async with devices.peer() as other, devices.peer(vp8=False) as peer:
        answer = no_h264(await viewer.answer(other.sdp))
        with pytest.raises(Unsupported):
            await peer.answer(answer)
    await viewer.close()


def at_level(level: str) -> Worded:
    """An answer that states ``level`` for itself, whatever was offered."""
    return lambda sdp: re.sub(r"profile-level-id=\w+", f"profile-level-id={level}", sdp)


@pytest.mark.parametrize("answered", ["42e01f", "42E01F", "42e028", "42e00b", "42001f"])
@pytest.mark.parametrize("offered", ["42e01f", "42e028"])
async def test_a_viewer_states_its_own_level(devices: Devices, offered: str, answered: str) -> None:
    """Chromium and Safari answer an offer of 1080p (level 4.0) with their own 3.1, and play it."""
    worded = at_level(answered)
    async with devices.peer(offered) as peer, watching(peer, worded=worded) as viewer:
        await viewer.stamp()
        assert peer.video == "h264"


def as_safari(sdp: str) -> str:
    """An answer as WebKit words it.

    A line for RTCP, stream ids nobody needs, no header extensions it does not know, packets of any
    mode of H.264 and High before the profile that was offered, as it lists what it likes.
    """
    video, *rest = sections(sdp)
    h264 = payload_types(video, "H264")[0]
    high = (
        "a=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack pli\r\na=fmtp:96 level-asymmetry-allowed=1;"
        "packetization-mode=1;profile-level-id=640c1f\r\n"
        "a=rtpmap:98 H264/90000\r\na=fmtp:98 level-asymmetry-allowed=1;packetization-mode=0;"
        "profile-level-id=42e01f\r\n"
    )
    video = video.replace(f" {h264} ", f" 96 98 {h264} ", 1)
    video = video.replace(f"a=rtpmap:{h264} ", f"{high}a=rtpmap:{h264} ", 1)
    head = sdp[: sdp.index("m=")].replace("a=group", "a=extmap-allow-mixed\r\na=group")
    worded = head + "".join([video, *rest])
    worded = re.sub(r"^a=extmap:.*\r\n", "", worded, flags=re.MULTILINE)
    worded = re.sub(r"^(c=IN .*)$", r"\1\r\na=rtcp:9 IN IP4 0.0.0.0", worded, flags=re.MULTILINE)
    return re.sub(r"a=setup:\w+", "a=setup:active", worded)


async def test_an_answer_as_safari_words_it(devices: Devices) -> None:
    """The first that fits is the profile that was offered, and that is sent."""
    async with devices.peer("42e028") as peer, watching(peer, worded=as_safari) as viewer:
        await viewer.stamp()
        assert peer.video == "h264"


async def test_h264_of_another_kind_only_is_none(devices: Devices) -> None:
    """High, or no fragmentation of pictures: it can't take ours, but it can take VP8."""
    for wrong in ("packetization-mode=0;profile-level-id=42e01f", "profile-level-id=640c1f"):

        def worded(sdp: str, wrong: str = wrong) -> str:
            return re.sub(r"(a=fmtp:\d+ level-asym\S*=1);packet\S+", rf"\1;{wrong}", sdp)

        async with devices.peer() as peer, watching(peer, worded=worded) as viewer:
            await viewer.stamp()
            assert peer.video == "vp8"
