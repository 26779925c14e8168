"""The microphone beside a loudspeaker: what is left of it, sample by sample."""

from array import array
from itertools import pairwise

import pytest
from av import AudioFrame

from edgecam.capture.duck import ATTACK_NS, DUCKED, HOLD_NS, RELEASE_NS, Ducked
from edgecam.errors import SourceError
from edgecam.media import NS, Sound

RATE, CHUNK = 48_000, 960
CHUNK_NS = NS // 50
LOUD = 10_000


class Steady:
    """A microphone that hears the same all the time, 20 ms a read, from ``start`` on."""

    def __init__(self, layout: str = "mono", start: int = 0) -> None:
        self.opened = self.closed = 0
        self._layout = layout
        self._next = start

    def open(self) -> None:
        self.opened += 1

    def read(self) -> Sound:
        channels = 1 if self._layout == "mono" else 2
        frame = AudioFrame("s16", self._layout, CHUNK)
        frame.sample_rate = RATE
        frame.planes[0].update(array("h", [LOUD, -LOUD][:channels] * CHUNK).tobytes())
        self._next += CHUNK_NS
        return Sound(frame, self._next - CHUNK_NS)

    def close(self) -> None:
        self.closed += 1


def samples(sound: Sound) -> "array[int]":
    """The samples of ``sound``."""
    size = 2 * CHUNK * len(sound.frame.layout.channels)
    return array("h", bytes(memoryview(sound.frame.planes[0])[:size]))


def test_nothing_is_touched_while_the_speaker_is_silent() -> None:
    """Every sample as it was heard, and the time it was heard at."""
    ducked = Ducked(Steady(), lambda: -HOLD_NS, DUCKED["duck"])
    for number in range(5):
        sound = ducked.read()
        assert sound.capture_ns == number * CHUNK_NS
        assert samples(sound) == array("h", [LOUD] * CHUNK)


@pytest.mark.parametrize(("echo", "left"), [("duck", 300), ("mute", 0)])
def test_it_is_lowered_at_once_and_comes_back_in_time(echo: str, left: int) -> None:
    """Down within the attack, down until the hold is over, up within the release, no step."""
    until = 10 * CHUNK_NS
    ducked = Ducked(Steady(), lambda: until, DUCKED[echo])
    run = array("h")
    for _ in range(40):
        run.extend(samples(ducked.read()))

    down = ATTACK_NS * RATE // NS
    up = (until + HOLD_NS) * RATE // NS
    whole = up + RELEASE_NS * RATE // NS
    assert set(run[down:up]) == {left}
    assert set(run[whole:]) == {LOUD}
    assert max(abs(a - b) for a, b in pairwise(run)) <= LOUD * 0.2
    assert list(run[:down]) == sorted(run[:down], reverse=True)
    assert list(run[up:whole]) == sorted(run[up:whole])


def test_a_speaker_that_goes_on_keeps_it_down() -> None:
    """Each block that is played moves the end; between words nothing comes up."""
    now = 0
    ducked = Ducked(Steady(), lambda: now, DUCKED["mute"])
    ducked.read()
    for number in range(1, 100):
        # A word, then nothing for less than the hold.
        now = number // 5 * 5 * CHUNK_NS
        assert set(samples(ducked.read())) == {0}


def test_both_channels_of_stereo_are_lowered_alike() -> None:
    """And stay apart."""
    ducked = Ducked(Steady("stereo"), lambda: NS, DUCKED["duck"])
    ducked.read()
    run = samples(ducked.read())
    assert set(run[0::2]) == {300}
    assert set(run[1::2]) == {-300}


def test_it_opens_closes_and_fails_as_the_microphone_does() -> None:
    """It is a Source like what it wraps."""
    microphone = Steady()
    ducked = Ducked(microphone, lambda: 0, 0.0)
    ducked.open()
    ducked.close()
    ducked.close()
    assert (microphone.opened, microphone.closed) == (1, 2)

    def unplugged() -> Sound:
        raise SourceError("the microphone was unplugged")

    microphone.read = unplugged  # type: ignore[method-assign]
    with pytest.raises(SourceError, match="unplugged"):
        ducked.read()
