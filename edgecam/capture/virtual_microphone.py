"""A microphone that is not there: a quiet tone, and a beep at every flash of the camera's."""

from array import array
from math import pi, sin

from av import AudioFrame

from edgecam.capture import flash
from edgecam.capture.alarm import Alarm
from edgecam.errors import SourceError
from edgecam.media import NS, AudioFormat, Sound, capture_clock

TONE_HZ, TONE_LEVEL = 440, 0.02
BEEP_HZ, BEEP_LEVEL = 1000, 0.4
"""Levels are parts of full scale. Both are whole numbers of hertz: a second of either loops."""

CHUNK_NS = 20_000_000
"""How much sound ``read`` returns, in time."""

OVERRUN = 10
"""Chunks kept for a reader that is late, as a real device's buffer would; then some are lost."""


class VirtualMicrophone:
    """Sounds of 20 ms, chunk n covering exactly [t0 + 20n ms, t0 + 20(n + 1) ms).

    As from a real microphone, a chunk is there when its last sample has been heard, and a reader
    that is far too late finds a gap. ``close`` may be called by any thread; a ``read`` in progress
    then raises SourceError at once.
    """

    def __init__(self, audio: AudioFormat) -> None:
        self._audio = audio
        self._alarm = Alarm("virtual microphone")
        self._start = 0
        self._next = 0
        self._quiet = self._loud = b""

    def open(self) -> None:
        rate, channels = self._audio.rate, self._audio.channels
        if channels not in (1, 2) or rate % 50 or rate < 8000:
            raise SourceError(
                f"the virtual microphone has no {rate} Hz with {channels} channels: choose 1 or 2"
                " channels and a rate such as 16000 or 48000"
            )
        if not self._quiet:
            tone = _second(rate, TONE_HZ, TONE_LEVEL)
            beep = _second(rate, BEEP_HZ, BEEP_LEVEL)
            self._quiet = self._table(tone)
            self._loud = self._table([a + b for a, b in zip(tone, beep, strict=True)])
        self._start = capture_clock()
        self._next = 0
        self._alarm.open()

    def read(self) -> Sound:
        """Waits until the next chunk has been heard, and returns it."""
        self._alarm.sleep_until(self._start + (self._next + 1) * CHUNK_NS)
        heard = (capture_clock() - self._start) // CHUNK_NS
        number = self._next if heard - self._next <= OVERRUN else heard - 1
        self._next = number + 1
        return self.chunk(number, self._start + number * CHUNK_NS)

    def close(self) -> None:
        self._alarm.close()

    def chunk(self, number: int, capture_ns: int) -> Sound:
        """The ``number``-th 20 ms of the tone, with the beep where the flash is on."""
        rate = self._audio.rate
        samples = rate * CHUNK_NS // NS
        offset = number * samples % rate
        size = 2 * self._audio.channels
        parts = []
        for first, last, on in _spans(capture_ns, rate, samples):
            table = self._loud if on else self._quiet
            parts.append(table[(offset + first) * size : (offset + last) * size])
        layout = "mono" if self._audio.channels == 1 else "stereo"
        frame = AudioFrame("s16", layout, samples)
        frame.sample_rate = rate
        frame.planes[0].update(b"".join(parts))
        return Sound(frame, capture_ns)

    def _table(self, second: list[float]) -> bytes:
        """A second of samples and the chunk after it, every channel the same, as s16 bytes."""
        samples = second + second[: self._audio.rate * CHUNK_NS // NS]
        return array(
            "h", [round(32767 * sample) for sample in samples for _ in range(self._audio.channels)]
        ).tobytes()


def _second(rate: int, hertz: int, level: float) -> list[float]:
    return [level * sin(2 * pi * hertz * index / rate) for index in range(rate)]


def _spans(capture_ns: int, rate: int, samples: int) -> list[tuple[int, int, bool]]:
    """Runs of samples, first and past the last, during which the flash is on or off throughout.

    Exact: sample i is heard i / rate seconds after ``capture_ns``, reckoned in units of
    1 / (NS * rate) seconds, of which both are whole numbers.
    """
    spans = []
    first = 0
    while first < samples:
        phase = (capture_ns * rate + first * NS) % (flash.PERIOD_NS * rate)
        on = phase < flash.LENGTH_NS * rate
        until = (flash.LENGTH_NS if on else flash.PERIOD_NS) * rate - phase
        last = min(samples, first + -(-until // NS))
        spans.append((first, last, on))
        first = last
    return spans
