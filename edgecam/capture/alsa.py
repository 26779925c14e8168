"""The microphone on ALSA."""

import logging
from contextlib import suppress
from errno import EACCES, EBUSY, ENODEV, ENOENT
from threading import Event, Lock

from edgecam.capture.conversion import Conversion, frame_of
from edgecam.capture.opening import Opening
from edgecam.capture.sample_clock import SampleClock
from edgecam.errors import SourceError
from edgecam.libasound import CAPTURE, AlsaError, Pcm
from edgecam.media import NS, AudioFormat, Sound, capture_clock

logger = logging.getLogger(__name__)

LATENCY_US = 500_000
"""The card's buffer: Python's thread may be so late before sound is lost. It is read as it comes,
so that a larger one delays nothing.
"""

PERIOD = 0.02
"""Seconds between two looks at what has come."""

SILENT_NS = 2 * NS
"""A card that delivers nothing for so long has failed: silence, too, is samples."""

RATES = (48_000, 44_100, 32_000, 96_000, 24_000, 22_050, 16_000, 11_025, 8_000)
"""Tried in turn, each with one channel and with two."""


class AlsaMicrophone:
    """The PCM named ``device``, as ``arecord -L`` lists them; "" is ALSA's ``default``.

    What the card has is converted to ``audio``, ``gain`` decibels louder. ``overruns`` counts how
    often sound was lost since it was made because the reader was late.
    """

    def __init__(self, audio: AudioFormat, device: str = "", gain: int = 0) -> None:
        self.overruns = 0
        self._audio = audio
        self._device = device or "default"
        self._gain = gain
        self._card: _Card | None = None
        self._convert: Conversion | None = None
        self._turn = Lock()
        self._closed = Event()
        self._opening = Opening(
            f"the driver of the microphone {self._device!r} hangs: unplug it and plug it in again",
            lambda: _Card(self._device),
            _Card.close,
        )

    def open(self) -> None:
        try:
            card = self._opening()
        except AlsaError as error:
            raise self._failed(error) from error
        with self._turn:
            self._card = card
            self._convert = Conversion(self._card.format, self._audio, self._gain)
            self._closed.clear()
        logger.debug("the microphone %r delivers %s", self._device, self._card.format)

    def read(self) -> Sound:
        """What was heard since the last time, some 20 ms; after a gap, where it lost some."""
        give_up = capture_clock() + SILENT_NS
        while not self._closed.wait(PERIOD):
            with self._turn:
                if self._card is None or self._convert is None:
                    break
                sound = self._convert(heard) if (heard := self._heard(self._card)) else None
            if sound:
                return sound
            if capture_clock() > give_up:
                raise SourceError(
                    f"the microphone {self._device!r} delivers nothing: check its cable, or unplug"
                    " it and plug it in again"
                )
        raise SourceError("the microphone is closed: open it before reading from it")

    def close(self) -> None:
        self._closed.set()
        with self._turn:
            card, self._card = self._card, None
            if card is not None:
                card.close()

    def _heard(self, card: "_Card") -> Sound | None:
        try:
            heard = card.read()
        except AlsaError as error:
            raise self._failed(error) from error
        if new := card.new_overruns():
            self.overruns += new
            # The first, and then each time that it has doubled.
            if self.overruns.bit_length() > (self.overruns - new).bit_length():
                logger.warning(
                    "sound was lost, for the %d. time: this device has too much to do",
                    self.overruns,
                )
        return heard

    def _failed(self, error: AlsaError) -> SourceError:
        match error.number:
            case errno if errno == EBUSY:
                what = "is in use by another program, which has to let it go"
            case errno if errno == ENODEV:
                what = "was unplugged: plug it in again"
            case errno if errno == ENOENT:
                what = "is not there: plug it in, or see edgecam devices for what there is"
            case errno if errno == EACCES:
                what = "may not be opened by this user: add it to the group audio"
            case _:
                what = f"can't be used ({error})"
        return SourceError(f"the microphone {self._device!r} {what}; its name is microphone.device")


class _Card:
    """A PCM that captures, in the ``format`` it has. AlsaError where it has none."""

    def __init__(self, device: str) -> None:
        self._pcm = Pcm(device, CAPTURE)
        try:
            self.format = self._configured()
            self._pcm.start()
        except AlsaError:
            self._pcm.close()
            raise
        self._clock = SampleClock(self.format.rate)
        self._begun = capture_clock()
        self._taken = 0
        self._told = 0

    def read(self) -> Sound | None:
        """What has come; None if nothing has."""
        rate, channels = self.format.rate, self.format.channels
        # ALSA's own null and file devices deliver as fast as they are read; no card does.
        due = (capture_clock() - self._begun) * rate * 101 // (100 * NS) - self._taken
        samples = self._pcm.read(max(min(due, rate * LATENCY_US // 1_000_000), 1), 2 * channels)
        now, count = capture_clock(), len(samples) // (2 * channels)
        if not count:
            return None
        self._taken += count
        measured = now - (count + self._pcm.delay()) * NS // rate
        return Sound(frame_of(samples, self.format), self._clock.stamp(count, measured))

    def new_overruns(self) -> int:
        """How many there were since this was asked last."""
        told, self._told = self._told, self._pcm.overruns
        return self._told - told

    def close(self) -> None:
        """Once."""
        self._pcm.close()

    def _configured(self) -> AudioFormat:
        for rate in RATES:
            for channels in (1, 2):
                # Without ALSA's own resampling, which is of the cheapest kind.
                with suppress(AlsaError):
                    self._pcm.configure(rate, channels, LATENCY_US, resample=False)
                    return AudioFormat(rate, channels)
        self._pcm.configure(RATES[0], 1, LATENCY_US)
        return AudioFormat(RATES[0], 1)
