"""The loudspeaker on ALSA."""

from contextlib import suppress

from edgecam.errors import SinkError
from edgecam.libasound import AlsaError, Pcm
from edgecam.media import NS, AudioFormat, capture_clock
from edgecam.playback.pace import Pace

LATENCY_US = 80_000
"""The card's buffer: a thread of Python's may be this late before it is heard."""

STALLED_NS = NS // 4
"""A card that takes nothing for so long has failed."""

WAIT_MS = 100
MOST_TURNS = 50
"""Times a write of one block is begun again before the card counts as stalled."""

FORMATS = tuple(AudioFormat(rate, channels) for rate in (48_000, 44_100) for channels in (1, 2))
"""What is tried, in turn: a bare ``hw:`` device takes only what the card does."""


class AlsaSpeaker:
    """The PCM named ``device``, as ``aplay -L`` lists them; "" is ALSA's ``default``."""

    def __init__(self, device: str = "") -> None:
        self._device = device or "default"
        self._pcm: Pcm | None = None
        self._format = FORMATS[0]
        self._pace: Pace | None = None

    def open(self) -> AudioFormat:
        try:
            self._pcm = Pcm(self._device)
            self._format = self._configured(self._pcm)
        except AlsaError as error:
            raise self._failed(error) from error
        # ALSA's own null and file devices take sound as fast as it comes; no card is so quick.
        self._pace = Pace(self._format.rate * 101 // 100, NS // 5)
        return self._format

    def write(self, samples: bytes) -> int:
        pcm, pace = self._pcm, self._pace
        if pcm is None or pace is None:
            raise SinkError("the speaker is closed: open it before writing to it")
        size = 2 * self._format.channels
        frames = len(samples) // size
        give_up = capture_clock() + STALLED_NS
        try:
            left = frames
            for _ in range(MOST_TURNS):
                left -= pcm.write(samples[len(samples) - left * size :], left)
                if not left or capture_clock() > give_up:
                    break
                pcm.wait(WAIT_MS)
            delay = pcm.delay() * NS // self._format.rate
        except AlsaError as error:
            raise self._failed(error) from error
        if left:
            raise SinkError(f"the sound card {self._device!r} takes no sound: check its cable")
        pace.wrote(frames)
        return delay

    def close(self) -> None:
        pcm, self._pcm = self._pcm, None
        if pcm is not None:
            pcm.close()

    def _configured(self, pcm: Pcm) -> AudioFormat:
        for format_ in FORMATS[:-1]:
            with suppress(AlsaError):
                pcm.configure(format_.rate, format_.channels, LATENCY_US)
                return format_
        pcm.configure(FORMATS[-1].rate, FORMATS[-1].channels, LATENCY_US)
        return FORMATS[-1]

    def _failed(self, error: AlsaError) -> SinkError:
        return SinkError(
            f"the sound card {self._device!r} can't be used ({error}): see `aplay -L` for the names"
            " to put into speaker.device, and whether another program has it"
        )
