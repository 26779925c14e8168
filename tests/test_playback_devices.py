"""Loudspeaker and screen at work: devices that fail, block and come back, and talkers who flood."""

import asyncio
import logging
import threading
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction

import pytest
from av import AudioFrame, CodecContext, VideoFrame
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

from edgecam import lifecycle
from edgecam.errors import SinkError
from edgecam.lifecycle import cancelled
from edgecam.media import NS, AudioFormat
from edgecam.playback import pictures as module
from edgecam.playback import worker
from edgecam.playback.pictures import Pictures, is_keyframe
from edgecam.playback.playout import Playout
from edgecam.playback.screen import Screen
from edgecam.playback.sink import AudioSink
from edgecam.playback.speaker import RATE, Converter, OpusVoice, Speaker
from tests.sockets import PATIENCE
from tests.talker import pitch, until


class Held:
    """A loudspeaker a test holds: fails to open so many times, blocks when it is told to."""

    def __init__(self, failures: int = 0, format_: AudioFormat | None = None) -> None:
        self.format = format_ or AudioFormat()
        self.opened = self.closed = self.written = 0
        self.unplugged = False
        self.go_on = threading.Event()
        self.go_on.set()
        self._failures = failures

    def open(self) -> AudioFormat:
        self.opened += 1
        if self.opened <= self._failures:
            raise SinkError(f"no sound card yet ({self.opened})")
        return self.format

    def write(self, samples: bytes) -> int:
        if self.unplugged:
            self.unplugged = False
            raise SinkError("the sound card was unplugged")
        self.written += len(samples)
        self.go_on.wait(PATIENCE)
        threading.Event().wait(0.001)
        return 0

    def close(self) -> None:
        self.closed += 1


@asynccontextmanager
async def running(sink: AudioSink) -> AsyncIterator[tuple[Speaker, list[str]]]:
    """A speaker that runs, and what it says of its state."""
    said: list[str] = []
    speaker = Speaker(sink, 0.01, said.append)
    task = asyncio.create_task(speaker.run())
    try:
        yield speaker, said
    finally:
        await cancelled(task)


async def test_it_is_open_only_while_somebody_talks() -> None:
    """Nobody else's sound card is taken; one talker after the other."""
    sink = Held()
    async with running(sink) as (speaker, said):
        assert sink.opened == 0
        for number in (1, 2):
            playout = speaker.begin()
            await until(lambda: sink.written > 0)
            speaker.end(playout)
            await until(lambda number=number: sink.closed == number)  # type: ignore[misc]
            sink.written = 0
        assert sink.opened == 2
        assert said == []


async def test_a_talker_that_ended_does_not_end_the_next() -> None:
    """Late news of the first leaves the second alone."""
    sink = Held()
    async with running(sink) as (speaker, _):
        first = speaker.begin()
        second = speaker.begin()
        speaker.end(first)
        await until(lambda: sink.written > 0)
        assert sink.closed == 0
        speaker.end(second)


async def test_a_device_that_fails_heals(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said once that it failed and once that it works; what is pushed stays bounded."""
    monkeypatch.setattr(lifecycle, "FIRST_PAUSE", 0.001)
    sink = Held(failures=3)
    async with running(sink) as (speaker, said):
        playout = speaker.begin()
        for number in range(1_000):
            playout.push(number * 960, b"\x00")
        await until(lambda: sink.written > 0)
        await until(lambda: said[-1:] == [""])
        assert said[0] == "no sound card yet (1)"
        sink.unplugged = True
        await until(lambda: said[-2:] == ["the sound card was unplugged", ""])
        assert sink.closed == sink.opened - 1
        speaker.end(playout)


async def test_a_device_that_blocks_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Stopping gives its thread up; the loop goes on all the while."""
    sink = Held()
    sink.go_on.clear()
    with caplog.at_level(logging.ERROR):
        async with running(sink) as (speaker, _):
            speaker.begin()
            await until(lambda: sink.written > 0)
    assert "stuck and was given up" in caplog.text
    sink.go_on.set()


async def test_a_device_that_is_stuck_is_not_opened_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it lets go, it is used again."""
    monkeypatch.setattr(lifecycle, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(worker, "STUCK", 0.01)
    sink = Held()
    async with running(sink) as (speaker, said):
        playout = speaker.begin()
        sink.go_on.clear()
        await until(lambda: sink.written > 0)
        speaker.end(playout)
        speaker.begin()
        await until(lambda: any("is stuck" in reason for reason in said))
        assert sink.opened == 1
        sink.go_on.set()
        await until(lambda: sink.opened == 2 and said[-1] == "")


async def test_a_driver_that_breaks_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """What a library raises that nobody expected is logged, and tried again."""
    sink = Held()

    def broken() -> AudioFormat:
        raise ZeroDivisionError

    sink.open = broken  # type: ignore[method-assign]
    with caplog.at_level(logging.ERROR):
        async with running(sink) as (speaker, said):
            speaker.begin()
            await until(lambda: bool(said))
    assert "the driver broke" in caplog.text
    assert "ZeroDivisionError" in said[0]


def opus(hertz: int, seconds: float) -> list[bytes]:
    """Packets of a tone, stereo, as a browser sends."""
    encoder = CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.format, encoder.layout, encoder.sample_rate = "s16", "stereo", RATE
    encoder.time_base = Fraction(1, RATE)
    packets = []
    for number in range(round(seconds * 50)):
        frame = AudioFrame("s16", "stereo", 960)
        half = RATE // hertz // 2
        run = (
            10_000 if index // half % 2 else -10_000
            for index in range(number * 960, (number + 1) * 960)
        )
        frame.planes[0].update(array("h", [x for each in run for x in (each, each)]).tobytes())
        frame.sample_rate, frame.pts = RATE, number * 960
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


@pytest.mark.parametrize("rate", [48_000, 44_100, 16_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_format_of_a_sound_card(rate: int, channels: int) -> None:
    """The tone keeps its pitch and its length, on every channel."""
    convert, voice = Converter(AudioFormat(rate, channels)), OpusVoice()
    played = array("h")
    for packet in opus(500, 1):
        played.frombytes(convert(voice.decode(packet)))
    assert len(played) == pytest.approx(rate * channels, rel=0.06)
    for channel in range(channels):
        assert pitch(played[channel::channels][rate // 10 :], rate) == pytest.approx(500, rel=0.02)


def test_sound_that_is_none_does_not_stop_the_decoder() -> None:
    """Garbage is no samples; what follows is decoded."""
    voice = OpusVoice()
    playout = Playout(voice.decode)
    playout.push(0, b"")
    assert len(voice.decode(b"\xff\xff\xff")) == 0
    assert len(voice.decode(opus(500, 0.1)[2])) == 960


def encoded(codec: str, count: int, size: tuple[int, int] = (160, 90)) -> list[bytes]:
    """Pictures, the first of them a keyframe."""
    encoder = CodecContext.create({"VP8": "libvpx", "H264": "libx264"}[codec], "w")
    assert isinstance(encoder, VideoCodecContext)
    (encoder.width, encoder.height), encoder.pix_fmt = size, "yuv420p"
    encoder.time_base, encoder.gop_size = Fraction(1, 30), 1_000
    encoder.options = (
        {"deadline": "realtime", "lag-in-frames": "0"}
        if codec == "VP8"
        else {"preset": "ultrafast", "tune": "zerolatency"}
    )
    packets = []
    for number in range(count):
        frame = VideoFrame(*size, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([(number * 7) % 200 + 20]) * plane.buffer_size)
        frame.pts = number
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


class Asked:
    """Pictures with a clock a test moves, and how often a keyframe was asked for."""

    def __init__(self) -> None:
        self.now = NS
        self.count = 0
        self.pictures = Pictures(self.ask, lambda: self.now)

    def ask(self) -> None:
        """Count."""
        self.count += 1

    def refused(self) -> tuple[int, int] | None:
        """The size of what is too large, if anything is."""
        return self.pictures.too_large

    def feed(self, codec: str, packets: list[bytes]) -> int:
        """Push and show one after the other, 30 a second; how many came out."""
        shown = 0
        for packet in packets:
            self.now += NS // 30
            self.pictures.push(codec, packet)
            shown += self.pictures.next(0) is not None
        return shown


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_keyframes_are_told_from_others(codec: str) -> None:
    """By their first bytes alone."""
    assert [is_keyframe(codec, data) for data in encoded(codec, 4)] == [True, False, False, False]
    assert not is_keyframe(codec, b"")
    assert not is_keyframe(codec, b"\0\0\1")


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_pictures_begin_at_a_keyframe(codec: str) -> None:
    """What comes before is dropped and one is asked for, twice a second at most."""
    asked = Asked()
    packets = encoded(codec, 40)
    assert asked.feed(codec, packets[1:31]) == 0
    assert 2 <= asked.count <= 3
    assert asked.feed(codec, packets) == 40


def test_a_queue_that_nobody_empties_is_bounded() -> None:
    """The rest is dropped, and it goes on at the next keyframe."""
    asked = Asked()
    packets = encoded("VP8", 40)
    for packet in packets:
        asked.now += NS // 30
        asked.pictures.push("VP8", packet)
    assert asked.pictures._queue.qsize() == module.MOST_QUEUED
    assert asked.pictures.dropped == 40 - module.MOST_QUEUED
    assert asked.count > 0
    assert asked.pictures.next(0) is not None
    assert asked.feed("VP8", packets) == 40


def test_a_talker_who_floods_is_slowed_down() -> None:
    """A thousand pictures in a moment are not decoded."""
    asked = Asked()
    packets = encoded("VP8", 1)
    shown = 0
    for _ in range(1_000):
        asked.pictures.push("VP8", packets[0])
        shown += asked.pictures.next(0) is not None
    assert shown <= module.MOST_A_SECOND


def test_pictures_that_are_too_large_are_refused_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody goes on asking for them; a smaller one is shown again."""
    monkeypatch.setattr(module, "MOST_PIXELS", 200 * 100)
    asked = Asked()
    assert asked.feed("H264", encoded("H264", 10, (320, 180))) == 0
    assert asked.refused() == (320, 180)
    assert asked.count <= 1
    assert asked.feed("H264", encoded("H264", 10)) == 10
    assert asked.refused() is None
    assert asked.feed("H264", [bytes(module.MOST_BYTES + 1)]) == 0


def test_garbage_asks_for_a_keyframe() -> None:
    """And nothing is shown until one comes."""
    asked = Asked()
    packets = encoded("H264", 10)
    broken = packets[0][:8] + bytes(len(packets[0]) - 8)
    assert asked.feed("H264", [packets[0][:5] + b"\xff" * 50, *packets[1:]]) == 0
    assert asked.feed("H264", [broken, *packets[1:3]]) == 0
    assert asked.count > 0
    assert asked.feed("H264", packets) == 10


class Glass:
    """A screen that remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, int]] = []
        self.closed = 0

    def open(self) -> None:
        pass

    def show(self, picture: VideoFrame) -> None:
        self.shown.append((picture.width, picture.height))

    def idle(self) -> None:
        pass

    def close(self) -> None:
        self.closed += 1


async def test_a_screen_shows_and_says_what_it_can_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture, then one that is too large, in words; then another talker."""
    monkeypatch.setattr(module, "MOST_PIXELS", 200 * 100)
    said: list[str] = []
    glass = Glass()
    screen = Screen(glass, said.append)
    task = asyncio.create_task(screen.run())
    pictures = screen.begin(lambda: None)
    for packet in encoded("VP8", 2):
        pictures.push("VP8", packet)
    await until(lambda: glass.shown[-1:] == [(160, 90)])
    pictures.push("VP8", encoded("VP8", 1, (320, 180))[0])
    await until(lambda: "320x180 is too large" in said[-1] if said else False)
    screen.end(pictures)
    await until(lambda: glass.closed == 1)
    await cancelled(task)
