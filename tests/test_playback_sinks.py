"""Every loudspeaker and screen driver, by one and the same suite."""

import ctypes
import sys
import threading
import wave
from array import array
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from math import pi, sin
from pathlib import Path

import pytest
import sdl2
from av import VideoFrame

from edgecam.errors import SinkError
from edgecam.media import AudioFormat
from edgecam.playback import sink
from edgecam.playback.null import NullScreen, NullSpeaker
from edgecam.playback.sink import AudioSink, VideoSink
from tests.talker import pitch

ALSA = """
pcm.null {{ type null }}
pcm.!default {{ type file slave.pcm null file "{file}" format wav }}
pcm.odd {{ type plug slave {{ pcm null rate 44100 channels 2 }} }}
"""
"""A sound card that is a file: ALSA's own plug-ins, without hardware."""

CLOSED = pytest.raises(SinkError, match="closed")


@pytest.fixture
def alsa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The WAV file that ALSA's default device plays into."""
    config, played = tmp_path / "asound.conf", tmp_path / "alsa.wav"
    config.write_text(ALSA.format(file=played))
    # ALSA reads the C library's environment.
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    ctypes.CDLL("libasound.so.2").snd_config_update_free_global()
    return played


@pytest.fixture(params=sorted(sink.SPEAKERS))
def speaker(request: pytest.FixtureRequest, tmp_path: Path, alsa: Path) -> Iterator[AudioSink]:
    """Each loudspeaker, not open yet."""
    device = {"file": str(tmp_path / "voice.wav")}.get(request.param, "")
    made = sink.speaker(request.param, device)
    yield made
    made.close()


@pytest.fixture(params=sorted(sink.SCREENS))
def screen(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VideoSink]:
    """Each screen, not open yet; SDL's draws into memory."""
    monkeypatch.delenv("DISPLAY", raising=False)
    devices = {"file": str(tmp_path / "face.mkv"), "screen": "dummy"}
    made = sink.screen(request.param, devices.get(request.param, ""))
    yield made
    made.close()


def tone(format_: AudioFormat, samples: int, hertz: int = 600) -> bytes:
    """A tone of ``samples``, every channel the same."""
    turn = 2 * pi * hertz / format_.rate
    return array(
        "h",
        [round(8_000 * sin(turn * i)) for i in range(samples) for _ in range(format_.channels)],
    ).tobytes()


def picture(width: int, height: int, luma: int = 180, name: str = "yuv420p") -> VideoFrame:
    """A grey picture."""
    frame = VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, (luma, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame.reformat(format=name)


def in_a_thread(work: Callable[[], None]) -> None:
    """Do ``work`` where sinks are used: in a thread of their own."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def test_a_speaker_takes_sound(speaker: AudioSink) -> None:
    """In the format it says; it tells how long until it is heard; it opens again once closed."""

    def work() -> None:
        for _ in range(2):
            format_ = speaker.open()
            assert format_.rate in (44_100, 48_000)
            assert format_.channels in (1, 2)
            for _ in range(10):
                delay = speaker.write(tone(format_, format_.rate // 50))
                assert 0 <= delay < 1_000_000_000
            speaker.close()
            speaker.close()

    in_a_thread(work)


def test_a_closed_speaker_says_so_or_hears_nothing(speaker: AudioSink) -> None:
    """Closing what never opened is fine; writing then is an error in words, or goes nowhere."""
    speaker.close()
    with (
        nullcontext()
        if isinstance(speaker, NullSpeaker)
        else pytest.raises(SinkError, match="closed")
    ):
        assert speaker.write(bytes(1920)) == 0


def test_a_screen_takes_pictures(screen: VideoSink) -> None:
    """Of any size and most formats, whichever way up; it opens again once closed."""

    def work() -> None:
        for _ in range(2):
            screen.open()
            for frame in (
                picture(320, 180),
                picture(180, 320),
                picture(322, 182, name="yuv444p"),
                picture(640, 360, name="yuvj420p"),
            ):
                screen.show(frame)
                screen.idle()
            screen.close()
            screen.close()

    in_a_thread(work)


def test_a_closed_screen_says_so_or_shows_nothing(screen: VideoSink) -> None:
    """As with a speaker."""
    screen.close()
    with (
        nullcontext()
        if isinstance(screen, NullScreen)
        else pytest.raises(SinkError, match="closed")
    ):
        screen.show(picture(320, 180))


def test_alsa_plays_what_it_is_written(alsa: Path) -> None:
    """The tone that comes out has its pitch."""
    speaker = sink.speaker("alsa", "")
    format_ = speaker.open()
    speaker.write(tone(format_, format_.rate // 5))
    speaker.close()
    # ALSA does not write a length into the header.
    samples = array("h", alsa.read_bytes()[44:][: format_.rate // 5 * 2 * format_.channels])
    assert pitch(samples[:: format_.channels], format_.rate) == pytest.approx(600, rel=0.02)


def test_a_file_holds_what_was_played(tmp_path: Path) -> None:
    """A WAV file any program reads."""
    speaker = sink.speaker("file", str(tmp_path / "voice.wav"))
    format_ = speaker.open()
    for _ in range(10):
        speaker.write(tone(format_, 960))
    speaker.close()
    with wave.open(str(tmp_path / "voice.wav")) as wav:
        assert (wav.getframerate(), wav.getnchannels()) == (format_.rate, format_.channels)
        assert wav.getnframes() == 9_600


def test_sdl_draws_what_it_is_shown() -> None:
    """As large as its shape allows, between black bars."""
    screen = sink.screen("screen", "dummy")

    def work() -> None:
        screen.open()
        screen.show(picture(200, 400, luma=235))
        window = getattr(screen, "_window")  # noqa: B009
        surface = sdl2.SDL_GetWindowSurface(window).contents
        pixels = ctypes.cast(surface.pixels, ctypes.POINTER(ctypes.c_uint32))
        row = surface.h // 2 * surface.pitch // 4
        assert pixels[row + surface.w // 2] & 0xFFFFFF > 0xF0F0F0
        assert pixels[row + 4] & 0xFFFFFF == 0
        screen.close()

    in_a_thread(work)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda folder: sink.speaker("alsa", "no-such-card"), "speaker.device"),
        (lambda folder: sink.speaker("file", f"{folder}/none/voice.wav"), "can't be written"),
        (lambda folder: sink.screen("file", f"{folder}/none/face.mkv"), "can't be written"),
        (lambda folder: sink.screen("screen", "no-such-driver"), "screen.device"),
    ],
    ids=["alsa", "voice", "face", "sdl"],
)
def test_a_device_that_is_not_there_is_said(
    made: Callable[[Path], AudioSink | VideoSink], said: str, tmp_path: Path, alsa: Path
) -> None:
    """In words that name the option; closing afterwards is fine."""
    device = made(tmp_path)
    with pytest.raises(SinkError, match=said):
        device.open()
    device.close()


@pytest.mark.parametrize("table", [sink.SPEAKERS, sink.SCREENS], ids=["speaker", "screen"])
def test_a_missing_library_is_explained(
    table: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A driver whose module can't be imported is a SinkError that names it."""
    monkeypatch.setitem(table, "lost", "edgecam.playback.no_such_driver:Sink")
    with pytest.raises(SinkError, match="'lost' needs"):
        (sink.speaker if table is sink.SPEAKERS else sink.screen)("lost", "")


def test_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lacks SDL or ALSA is told what to install."""
    monkeypatch.delitem(sys.modules, "edgecam.playback.sdl", raising=False)
    monkeypatch.setitem(sys.modules, "sdl2", None)
    with pytest.raises(SinkError, match=r"libsdl2-2\.0-0"):
        sink.screen("screen", "")
    for name in ("playback.alsa", "libasound"):
        monkeypatch.delitem(sys.modules, f"edgecam.{name}", raising=False)

    def missing(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(SinkError, match="libasound2"):
        sink.speaker("alsa", "")
