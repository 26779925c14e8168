"""A microphone that is lowered while the loudspeaker beside it plays: half duplex, against echo."""

from array import array
from collections.abc import Callable

from av import AudioFrame

from edgecam.capture.source import Source
from edgecam.media import NS, Sound

DUCKED = {"duck": 0.03, "mute": 0.0}
"""What is left of the microphone, by ``speaker.echo``: 30 dB less, or nothing."""

HOLD_NS = 250_000_000
"""How long after the loudspeaker the room itself goes on: reverberation, and the driver's delay."""

ATTACK_NS = 5_000_000
RELEASE_NS = 150_000_000
"""How long it takes from all to what is left, and back: no click, no word cut."""

STEP_NS = 1_000_000
"""The gain changes in steps of this."""


class Ducked:
    """The Source ``microphone``, its sounds lowered to ``floor`` (a factor) while
    ``sounding_until`` says so.

    ``sounding_until``: when, on the capture clock, the loudspeaker will have fallen silent. It is
    asked for each sound once that is recorded, so what matters is known by then. The frames that
    come out may be those that went in, with other samples.
    """

    def __init__(
        self, microphone: Source[Sound], sounding_until: Callable[[], int], floor: float
    ) -> None:
        self._microphone = microphone
        self._sounding_until = sounding_until
        self._floor = floor
        self._gain = 1.0

    def open(self) -> None:
        self._microphone.open()

    def read(self) -> Sound:
        """The microphone's next sound."""
        sound = self._microphone.read()
        self._lower(sound.frame, sound.capture_ns)
        return sound

    def close(self) -> None:
        self._microphone.close()

    def _lower(self, frame: AudioFrame, capture_ns: int) -> None:
        until = self._sounding_until() + HOLD_NS
        if self._gain == 1 and capture_ns >= until:
            return
        channels = len(frame.layout.channels)
        step = max(frame.sample_rate * STEP_NS // NS, 1)
        run = array("h", bytes(memoryview(frame.planes[0])[: 2 * channels * frame.samples]))
        for first in range(0, frame.samples, step):
            gain = self._next_gain(capture_ns + first * NS // frame.sample_rate < until)
            part = slice(first * channels, (first + step) * channels)
            run[part] = _scaled(run[part], gain)
        # Planes are padded, and take nothing that is not as long as they are.
        frame.planes[0].update(run.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))

    def _next_gain(self, ducked: bool) -> float:
        """The gain of the next step."""
        span = 1 - self._floor
        if ducked:
            self._gain = max(self._floor, self._gain - span * STEP_NS / ATTACK_NS)
        else:
            self._gain = min(1.0, self._gain + span * STEP_NS / RELEASE_NS)
        return self._gain


def _scaled(run: "array[int]", gain: float) -> "array[int]":
    if gain == 1:
        return run
    if gain == 0:
        return array("h", bytes(2 * len(run)))
    return array("h", [int(sample * gain) for sample in run])
