"""The driver ``v4l2`` as far as it goes without a device: files instead, and what goes wrong."""

import errno
import gc
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Any

import av
import pytest
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext

from edgecam.capture import pump as pumps
from edgecam.capture import rhythm as rhythms
from edgecam.capture.access_units import AccessUnits
from edgecam.capture.pump import Pump
from edgecam.capture.rhythm import Rhythm
from edgecam.capture.testcard import Card
from edgecam.capture.v4l2 import camera as module
from edgecam.capture.v4l2 import names
from edgecam.capture.v4l2.camera import V4l2Camera
from edgecam.capture.v4l2.stream import decoded, stream, taken_ns
from edgecam.errors import SourceError
from edgecam.media import NS, Packet, Picture, VideoFormat, capture_clock
from tests.sockets import PATIENCE

SIZE = VideoFormat(320, 180, 30)
PERIOD = NS // SIZE.rate


def filmed(path: Path, codec: str, pix_fmt: str, pictures: int = 6) -> InputContainer:
    """A file as a camera would deliver it, opened."""
    card = Card(SIZE)
    with av.open(str(path), "w") as out:
        made = out.add_stream(codec, rate=SIZE.rate)
        assert isinstance(made.codec_context, VideoCodecContext)
        made.codec_context.width, made.codec_context.height = SIZE.width, SIZE.height
        made.codec_context.pix_fmt = pix_fmt
        if codec == "libx264":
            made.codec_context.options = {"tune": "zerolatency", "g": "3", "profile": "baseline"}
        for number in range(pictures):
            frame = card.draw(number, number * PERIOD, 0).reformat(format=pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, SIZE.rate)
            out.mux(made.encode(frame))
        out.mux(made.encode(None))
    return av.open(str(path))


@pytest.mark.parametrize(
    ("codec", "pix_fmt"),
    [("mjpeg", "yuvj422p"), ("rawvideo", "yuyv422"), ("rawvideo", "nv12")],
)
def test_pictures_are_made_what_encoders_take(codec: str, pix_fmt: str, tmp_path: Path) -> None:
    """Whatever the camera's format: yuv420p of its size, all that came."""
    with filmed(tmp_path / "film.nut", codec, pix_fmt) as container:
        seen = list(stream(container, Rhythm("the camera", 30)))
    assert len(seen) > 0
    for each in seen:
        assert isinstance(each, Picture)
        assert (each.frame.width, each.frame.height) == (320, 180)
        assert each.frame.format.name == "yuv420p"


def test_h264_comes_as_it_is(tmp_path: Path) -> None:
    """Every access unit, and each keyframe one a decoder can start at."""
    with filmed(tmp_path / "film.h264", "libx264", "yuv420p") as container:
        seen = list(stream(container, Rhythm("the camera", 30)))
    assert all(isinstance(each, Packet) for each in seen)
    keys = [each.keyframe for each in seen if isinstance(each, Packet)]
    assert keys == [True, False, False, True, False, False]


def test_a_damaged_picture_is_left_out(tmp_path: Path) -> None:
    """As they come over a bad cable; the next are decoded."""
    with filmed(tmp_path / "film.nut", "mjpeg", "yuvj422p") as container:
        video = container.streams.video[0]
        good = [bytes(data) for data in container.demux(video) if data.size]
        damaged = [b"", b"garbage", good[0][:100], good[0]]
        seen = [decoded(video.codec_context, data) for data in damaged]
    assert [frame is not None for frame in seen] == [False, False, False, True]


def test_a_timestamp_of_another_clock_does_not_count() -> None:
    """The driver's is taken if it is of just now, else the time of arrival."""

    def data(pts: int | None) -> "av.Packet[Any]":
        packet: av.Packet[Any] = av.Packet(b"x")
        packet.pts, packet.time_base = pts, Fraction(1, 1_000_000)
        return packet

    now_us = capture_clock() // 1_000
    assert taken_ns(data(now_us - 1_000)) == (now_us - 1_000) * 1_000
    for other in (None, 0, now_us + 60_000_000, now_us - 60_000_000, 1_700_000_000_000_000):
        before = capture_clock()
        assert before <= taken_ns(data(other)) <= capture_clock()


def test_parameter_sets_that_came_once_go_before_every_keyframe() -> None:
    """And a packet of them alone is no picture."""
    start = b"\0\0\0\1"
    sps, pps, idr, plain = b"\x67\x42\x01", b"\x68\xce", b"\x65\x88", b"\x41\x9a"
    units = AccessUnits()
    first = units.packet(start + idr, 1)
    assert first == Packet("video", start + idr, 1, keyframe=False)
    assert units.packet(start + sps + start + pps, 2) is None
    second = units.packet(start + idr, 3)
    assert second == Packet("video", start.join([b"", sps, pps, idr]), 3, keyframe=True)
    assert units.packet(start + plain, 4) == Packet("video", start + plain, 4, keyframe=False)
    whole = start.join([b"", sps, pps, idr])
    assert units.packet(whole, 5) == Packet("video", whole, 5, keyframe=True)
    assert units.packet(b"garbage", 6) is None


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("/dev/no-such-camera", "/dev/no-such-camera is not there: plug it in"),
        ("/dev/null", "/dev/null is no camera: see edgecam devices"),
    ],
)
def test_what_cannot_be_opened_is_said(device: str, said: str) -> None:
    """And closing it is fine."""
    camera = V4l2Camera(SIZE, device)
    for _ in range(2):
        with pytest.raises(SourceError, match=said):
            camera.open()
        camera.close()
        with pytest.raises(SourceError, match="open it first"):
            camera.read()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EBUSY, "the camera x is in use by another program, which has to let it go"),
        (errno.ENODEV, "the camera x was unplugged"),
        (errno.EACCES, "the camera x may not be opened by this user"),
        (errno.ENOSPC, "the camera x gets no room on its USB bus"),
    ],
)
def test_what_the_kernel_says_is_explained(number: int, said: str) -> None:
    """Whether it is said to the driver or to FFmpeg, which streams from the camera."""
    with pytest.raises(SourceError, match=said), module._Explained("the camera x"):
        raise OSError(number, "no words for anybody")
    with pytest.raises(SourceError, match=said), module._Explained("the camera x"):
        av.error.err_check(-number)


def test_no_camera_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Says how to find one."""
    monkeypatch.setattr(names.cameras, "__defaults__", (tmp_path,))
    with pytest.raises(SourceError, match="no camera is connected"):
        V4l2Camera(SIZE).open()


def test_a_rate_that_is_kept() -> None:
    """Nothing is left out, also where pictures come a little early or late."""
    rhythm = Rhythm("the camera", 30)
    jitter = [0, 6_000_000, -6_000_000]
    assert all(rhythm.due(100 * NS + n * PERIOD + jitter[n % 3]) for n in range(100))


@pytest.mark.parametrize("delivered", [40, 50, 60, 120])
def test_a_rate_that_is_too_high(delivered: int) -> None:
    """What was asked for comes through, on average."""
    rhythm = Rhythm("the camera", 30)
    taken = [rhythm.due(n * NS // delivered) for n in range(delivered * 4)]
    assert sum(taken) == pytest.approx(120, abs=4)


@pytest.mark.parametrize(("delivered", "told"), [(15, True), (29, False), (30, False)])
def test_a_rate_that_is_too_low(
    delivered: int, told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Is told of, once, with what to do."""
    rhythm = Rhythm("the camera", 30)
    seconds = 3 * rhythms.WINDOW_NS // NS
    assert all(rhythm.due(n * NS // delivered) for n in range(delivered * seconds))
    said = [f"the camera delivers {delivered} pictures a second" in it for it in caplog.messages]
    assert said == [True] * told


class Held:
    """What a pump reads, as a test lets it; and whether it was let go."""

    def __init__(self) -> None:
        self.go_on = Event()
        self.released = Event()
        self.ended = Event()
        self.error: Exception | None = None

    def seen(self, count: int) -> Generator[Picture]:
        """So many pictures."""
        frame = av.VideoFrame(16, 16, "yuv420p")
        return (Picture(frame, number) for number in range(count))

    def then(self, count: int) -> Pump:
        """A pump of so many pictures and then what the test has it be."""

        def run() -> Generator[Picture]:
            try:
                yield from self.seen(count)
                self.go_on.wait(PATIENCE)
                if self.error:
                    raise self.error
            finally:
                assert not self.released.is_set()
                self.ended.set()

        return Pump("the camera", run(), self.released.set)


def test_a_camera_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither at first nor later does anybody wait for ever; it is let go when it can be."""
    monkeypatch.setattr(pumps, "FIRST", 0.01)
    monkeypatch.setattr(pumps, "SILENCE", 0.01)
    monkeypatch.setattr(pumps, "GOING", 0.01)
    held = Held()
    pump = held.then(0)
    with pytest.raises(SourceError, match="delivers nothing any more"):
        pump.read()
    pump.close()
    assert not pump.gone(0.01)
    assert not held.released.is_set()
    held.go_on.set()
    assert pump.gone(PATIENCE)
    assert held.released.is_set()


def test_waiting_for_a_keyframe_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a camera takes to make one, which it is asked for."""
    monkeypatch.setattr(pumps, "FIRST", 1.5)
    asked, units = Event(), 9

    def slow() -> Generator[Packet]:
        for number in range(units + 1):
            Event().wait(0.2)
            yield Packet("video", b"", number, number == units)

    pump = Pump("the camera", slow(), lambda: None, asked.set)
    assert pump.read() == Packet("video", b"", units, keyframe=True)
    assert asked.is_set()
    pump.close()
    assert pump.gone(PATIENCE)


def test_a_camera_that_fails() -> None:
    """What was seen comes first, then why there is no more; and it was let go."""
    held = Held()
    held.error = SourceError("unplugged")
    pump = held.then(1)
    assert isinstance(pump.read(), Picture)
    held.go_on.set()
    for _ in range(2):
        with pytest.raises(SourceError, match="unplugged"):
            pump.read()
    assert held.released.is_set()
    pump.close()
    with pytest.raises(SourceError, match="closed"):
        pump.read()


def test_what_is_read_ends_before_the_camera_is_let_go() -> None:
    """Also where it is left in the middle: what it holds is the camera's."""
    held = Held()
    pump = held.then(1_000_000)
    pump.read()
    pump.close()
    assert pump.gone(PATIENCE)
    assert held.ended.is_set()
    assert held.released.is_set()


def test_nothing_of_a_camera_is_kept(tmp_path: Path) -> None:
    """No packet of it outlives the reading of it: its memory is gone with the camera."""
    gc.collect()
    with filmed(tmp_path / "film.nut", "rawvideo", "yuv420p") as container:
        seen = stream(container, Rhythm("the camera", 30))
        picture = next(seen)
        seen.close()
        assert not [kept for kept in gc.get_objects() if isinstance(kept, av.Packet)]
    assert isinstance(picture, Picture)


def test_a_camera_that_ends() -> None:
    """Is a failure like others."""
    held = Held()
    held.go_on.set()
    pump = held.then(0)
    with pytest.raises(SourceError, match="has ended"):
        pump.read()
    pump.close()


@pytest.mark.parametrize(("format_", "will"), [("auto", True), ("h264", False)])
def test_h264_that_is_no_good_is_given_up(format_: str, will: bool) -> None:
    """Unless it is all that was asked for."""
    assert V4l2Camera(SIZE, format=format_).give_up_encoding() is will
