"""The microphone on ALSA, with ALSA's own devices that need no hardware."""

import ctypes
import logging
import sys
from array import array
from collections.abc import Iterator
from errno import EACCES, EBUSY, ENODEV, EPIPE
from itertools import pairwise
from pathlib import Path

import pytest

from edgecam import libasound
from edgecam.capture import alsa, source
from edgecam.capture.alsa import AlsaMicrophone
from edgecam.capture.conversion import Conversion, frame_of
from edgecam.capture.duck import Ducked
from edgecam.capture.sample_clock import LOST_NS, SampleClock
from edgecam.encode.encoded import EncodedAudio
from edgecam.encode.opus import Opus
from edgecam.errors import SourceError
from edgecam.libasound import AlsaError, Pcm
from edgecam.media import NS, AudioFormat, Sound
from tests.cards import TONE_HZ, sound_cards, tone
from tests.talker import pitch

USUAL = AudioFormat()


@pytest.fixture(autouse=True)
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sound cards."""
    with sound_cards(tmp_path, monkeypatch):
        yield


def listened(microphone: AlsaMicrophone, seconds: float = 0.3) -> list[Sound]:
    """So much of it."""
    microphone.open()
    sounds: list[Sound] = []
    while sum(sound.frame.samples for sound in sounds) < seconds * USUAL.rate:
        sounds.append(microphone.read())
    microphone.close()
    return sounds


def samples(sounds: list[Sound]) -> "array[int]":
    """All of it, one after the other."""
    run = array("h")
    for sound in sounds:
        run.frombytes(bytes(memoryview(sound.frame.planes[0])[: 2 * sound.frame.samples]))
    return run


@pytest.mark.parametrize("card", ["tone", "tone44", "stereo", "stereo44", "tone8"])
def test_whatever_a_card_has_it_is_what_was_asked_for(card: str) -> None:
    """48 kHz and one channel, the tone at its pitch and as loud, the times as the samples."""
    sounds = listened(AlsaMicrophone(USUAL, card))
    for sound in sounds:
        assert sound.frame.sample_rate == USUAL.rate
        assert len(sound.frame.layout.channels) == 1
    run = samples(sounds)[2_000:]
    assert pitch(run, USUAL.rate) == pytest.approx(TONE_HZ, rel=0.02)
    assert max(run) == pytest.approx(8_000, rel=0.1)
    for before, after in pairwise(sounds):
        length = before.frame.samples * NS // USUAL.rate
        assert after.capture_ns - before.capture_ns >= length - NS // 1_000


@pytest.mark.parametrize("card", ["tone", "tone44", "stereo44", "tone8"])
def test_what_the_card_has_is_taken_as_it_is(card: str) -> None:
    """ALSA's own resampling is not asked for."""
    microphone = AlsaMicrophone(USUAL, card)
    microphone.open()
    assert microphone._card is not None
    rate = {"44": 44_100, "e8": 8_000}.get(card[-2:], 48_000)
    assert microphone._card.format == AudioFormat(rate, 2 if "stereo" in card else 1)
    microphone.close()


@pytest.mark.parametrize(("gain", "peak"), [(-12, 2_010), (6, 15_960), (40, 32_767)])
def test_it_is_made_louder(gain: int, peak: int) -> None:
    """By so many decibels, and no louder than there is."""
    run = samples(listened(AlsaMicrophone(USUAL, "tone", gain)))
    assert max(run) == pytest.approx(peak, rel=0.02)


@pytest.mark.parametrize("card", ["tone", "stereo44"])
def test_it_can_be_lowered_while_the_loudspeaker_plays(card: str) -> None:
    """Whether it was converted or not."""
    ducked = Ducked(AlsaMicrophone(USUAL, card), lambda: 2**62, 0.0)
    ducked.open()
    sounds = [ducked.read() for _ in range(5)]
    ducked.close()
    assert max(samples(sounds[1:])) == 0


def test_opus_takes_it() -> None:
    """Of a card that has only 44.1 kHz and two channels: packets 20 ms apart."""
    audio = EncodedAudio(AlsaMicrophone(USUAL, "stereo44"), lambda: Opus(USUAL, 32_000))
    audio.open()
    times: list[int] = []
    while len(times) < 5:
        times += [packet.capture_ns for packet in audio.read(lambda: False)]
    audio.close()
    assert all((b - a) % 20_000_000 == 0 < b - a for a, b in pairwise(times))


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("no-such-card", "'no-such-card' is not there.*microphone.device"),
        ("broken", "can't be used"),
    ],
)
def test_a_card_that_is_not_there_is_said(
    device: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each time, and nowhere else; closing is fine, and reading says so."""
    microphone = AlsaMicrophone(USUAL, device)
    for _ in range(2):
        with pytest.raises(SourceError, match=said):
            microphone.open()
        microphone.close()
    with pytest.raises(SourceError, match="closed: open it"):
        microphone.read()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("number", "said"),
    [(EBUSY, "another program"), (ENODEV, "plug it in again"), (EACCES, "group audio")],
)
def test_a_card_that_fails_while_it_is_read(
    number: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words; it can be opened again."""
    microphone = AlsaMicrophone(USUAL, "tone")
    microphone.open()
    microphone.read()

    def failing(self: Pcm, frames: int, size: int) -> bytes:
        raise AlsaError(number)

    with monkeypatch.context() as failure:
        failure.setattr(Pcm, "read", failing)
        with pytest.raises(SourceError, match=said):
            microphone.read()
    microphone.close()
    assert listened(microphone)


def test_sound_that_was_lost_is_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As ALSA tells of it; the card goes on."""
    microphone = AlsaMicrophone(USUAL, "tone")
    microphone.open()
    microphone.read()
    real = libasound._library.snd_pcm_readi
    answers = [-EPIPE]

    def late(*arguments: object) -> int:
        return answers.pop() if answers else int(real(*arguments))

    monkeypatch.setattr(libasound._library, "snd_pcm_readi", late)
    with caplog.at_level(logging.WARNING):
        assert microphone.read().frame.samples
    microphone.close()
    assert microphone.overruns == 1
    assert "sound was lost, for the 1. time" in caplog.text


def test_a_card_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has failed after a while."""
    monkeypatch.setattr(alsa, "SILENT_NS", 1)
    monkeypatch.setattr(Pcm, "read", lambda self, frames, size: b"")
    microphone = AlsaMicrophone(USUAL, "tone")
    microphone.open()
    with pytest.raises(SourceError, match="delivers nothing: check its cable"):
        microphone.read()
    microphone.close()


def test_the_systems_names_are_listed() -> None:
    """Those of the configuration that are meant to be."""
    for direction in (libasound.CAPTURE, libasound.PLAYBACK):
        names = dict(libasound.pcms(direction))
        assert names["shown"] == "A card that is shown"
        assert "tone" not in names


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the package to install."""
    for name in ("capture.alsa", "libasound"):
        monkeypatch.delitem(sys.modules, f"edgecam.{name}")

    def missing(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(SourceError, match="libasound2"):
        source.microphone("alsa", USUAL)


def test_times_are_steady() -> None:
    """Runs follow each other, though the times that were measured tremble; drift is made up for."""
    clock = SampleClock(48_000)
    length = 960 * NS // 48_000
    trembling = [1_000_000 * (n * 7 % 11) for n in range(500)]
    drift = 50
    stamps = [
        clock.stamp(960, NS + n * (length + drift) + late) for n, late in enumerate(trembling)
    ]
    steps = [after - before for before, after in pairwise(stamps)]
    assert all(abs(step - length) < 400_000 for step in steps)
    assert abs(stamps[-1] - (NS + 499 * (length + drift))) < 11_000_000


def test_a_gap_is_seen_and_time_never_goes_back() -> None:
    """What was lost is not made up for; a measurement that is far too early is not believed."""
    clock = SampleClock(48_000)
    first = clock.stamp(960, NS)
    assert clock.stamp(960, NS + NS) == 2 * NS
    after = clock.stamp(960, NS // 2)
    assert 2 * NS + 20_000_000 - LOST_NS // 32 < after <= 2 * NS + 20_000_000
    assert first == NS


def test_the_time_of_what_is_converted_is_kept() -> None:
    """To a fraction of a millisecond, and after a gap too."""
    card = AudioFormat(44_100, 2)
    convert = Conversion(card, USUAL, 0)
    times = [NS + n * 20_000_000 + (NS if n > 10 else 0) for n in range(20)]
    for taken in times:
        made = convert(Sound(frame_of(tone(card, 882), card), taken))
        assert made is not None
        assert abs(made.capture_ns - taken) < NS // 1_000
