"""The virtual microphone: sample-exact sounds, in time with the virtual camera's flash."""

from array import array
from itertools import pairwise
from math import pi, sin
from threading import Barrier, Thread

import pytest

from edgecam.capture import flash
from edgecam.capture.virtual_microphone import VirtualMicrophone
from edgecam.errors import SourceError
from edgecam.media import NS, AudioFormat, Sound, capture_clock

CHUNK_NS = 20_000_000
FLASHING, DARK = 3 * NS, 3 * NS + NS // 2


def samples(sound: Sound) -> list[int]:
    """All samples of a sound, channel after channel for each instant."""
    return array("h", bytes(sound.frame.planes[0])).tolist()


def opened(audio: AudioFormat) -> VirtualMicrophone:
    """An open microphone; nothing has to be done for one that is only drawn from by ``chunk``."""
    microphone = VirtualMicrophone(audio)
    microphone.open()
    return microphone


@pytest.mark.parametrize("audio", [AudioFormat(), AudioFormat(16_000, 2), AudioFormat(44_100, 2)])
def test_chunks_follow_each_other(audio: AudioFormat) -> None:
    """Each chunk is of 20 ms, begins where the last one ended, and comes when it has passed."""
    microphone = opened(audio)
    sounds = []
    for _ in range(4):
        sounds.append(microphone.read())
        assert capture_clock() >= sounds[-1].capture_ns + CHUNK_NS
    microphone.close()
    for before, after in pairwise(sounds):
        assert (after.capture_ns - before.capture_ns) % CHUNK_NS == 0
        assert after.capture_ns > before.capture_ns
    for sound in sounds:
        assert sound.frame.samples == audio.rate // 50
        assert (sound.frame.format.name, sound.frame.sample_rate) == ("s16", audio.rate)
        assert sound.frame.layout.nb_channels == audio.channels


def test_the_tone_is_continuous() -> None:
    """Across chunks, and over the end of a second, the quiet tone is one sine."""
    microphone = opened(AudioFormat())
    heard: list[int] = []
    for number in range(60):
        heard += samples(microphone.chunk(number, DARK))
    expected = [round(32767 * 0.02 * sin(2 * pi * 440 * i / 48_000)) for i in range(len(heard))]
    assert max(abs(a - b) for a, b in zip(heard, expected, strict=True)) <= 1


@pytest.mark.parametrize("audio", [AudioFormat(), AudioFormat(44_100, 2)])
@pytest.mark.parametrize(
    "begin",
    [5 * NS - 7_654_321, 5 * NS + 92_345_678, 5 * NS - CHUNK_NS, 5 * NS, 5 * NS + 100_000_000],
)
def test_the_beep_is_on_exactly_with_the_flash(audio: AudioFormat, begin: int) -> None:
    """Sample by sample, there is a beep where the camera's rule says that the flash is on."""
    microphone = opened(audio)
    heard = samples(microphone.chunk(7, begin))
    loud = samples(microphone.chunk(7, FLASHING))
    quiet = samples(microphone.chunk(7, DARK))
    for index, sample in enumerate(heard):
        # Rounded up, as an instant before the flash rounded down may be off by less than 1 ns.
        at = begin - (-(index // audio.channels) * NS // audio.rate)
        assert sample == (loud if flash.is_on(at) else quiet)[index]


def test_the_beep_is_louder() -> None:
    """The beep is many times as loud as the tone, and neither clips."""
    microphone = opened(AudioFormat())
    loud, quiet = (max(samples(microphone.chunk(0, at))) for at in (FLASHING, DARK))
    assert 10 * quiet < loud < 32767


def test_close_wakes_a_read() -> None:
    """A read in progress ends with a SourceError when another thread closes."""
    microphone = opened(AudioFormat())
    begun = Barrier(2)
    errors: list[SourceError] = []

    def read() -> None:
        begun.wait()
        try:
            while True:
                microphone.read()
        except SourceError as error:
            errors.append(error)

    thread = Thread(target=read)
    thread.start()
    begun.wait()
    microphone.close()
    thread.join()
    assert len(errors) == 1


@pytest.mark.parametrize("audio", [AudioFormat(48_000, 6), AudioFormat(11_025), AudioFormat(50)])
def test_impossible_formats_are_refused(audio: AudioFormat) -> None:
    """A format it can't make fails at open, saying what to choose; close is safe afterwards."""
    microphone = VirtualMicrophone(audio)
    with pytest.raises(SourceError, match="choose"):
        microphone.open()
    microphone.close()
