"""The device's loudspeaker: whoever has the floor is heard on it."""

import threading
from array import array
from collections.abc import Callable

from av import AudioFrame, AudioResampler, CodecContext, FFmpegError, Packet

from edgecam.media import AudioFormat, capture_clock
from edgecam.playback import grains
from edgecam.playback.playout import Playout
from edgecam.playback.sink import AudioSink
from edgecam.playback.worker import Worker

RATE = 48_000
BLOCK = 960
"""Samples played at a time: 20 ms."""


class Speaker:
    """An AudioSink and its thread, open while somebody talks.

    ``begin`` and ``end`` are for the event loop. ``voice_ns``: when, on the capture clock, voice as
    loud as ``threshold`` (a part of full scale) was last played; ``sounding_until_ns``: when the
    last of it will have been heard. Both may be read by any thread.
    """

    def __init__(
        self,
        sink: AudioSink,
        threshold: float,
        on_state: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self.voice_ns = 0
        self.sounding_until_ns = 0
        self._sink = sink
        self._threshold = threshold
        self._playout: Playout | None = None
        self._worker = Worker("speaker", self._play, on_state)

    async def run(self) -> None:
        """Play what there is, for ever; its owner cancels it."""
        await self._worker.run()

    def begin(self) -> Playout:
        """Somebody talks from now on: push the packets of Opus into what this returns."""
        self._playout = Playout(OpusVoice().decode, RATE)
        self._worker.want(True)
        return self._playout

    def end(self, playout: Playout) -> None:
        """Whoever pushed into ``playout`` talks no more."""
        if playout is self._playout:
            self._playout = None
            self._worker.want(False)

    def _play(self, stop: threading.Event, tell: Callable[[str], None]) -> None:
        """The thread."""
        sink = self._sink
        try:
            convert = Converter(sink.open())
            while not stop.is_set() and (playout := self._playout) is not None:
                run = playout.pull(BLOCK)
                delay = sink.write(convert(run))
                if grains.level(run) >= self._threshold:
                    self.voice_ns = capture_clock()
                    self.sounding_until_ns = self.voice_ns + delay
                tell("")
        finally:
            sink.close()


class OpusVoice:
    """Decodes Opus to one channel of 48 kHz (RFC 7587: any stream can be decoded so)."""

    def __init__(self) -> None:
        context = CodecContext.create("libopus", "r")
        context.sample_rate, context.layout, context.format = RATE, "mono", "s16"
        self._context = context

    def decode(self, data: bytes) -> "array[int]":
        """The samples of one packet; none if it can't be decoded."""
        run = array("h")
        try:
            for frame in self._context.decode(Packet(data)):
                run.frombytes(memoryview(frame.planes[0])[: 2 * frame.samples])
        except FFmpegError:
            return array("h")
        return run


class Converter:
    """From one channel of 48 kHz to what a sink has, in one stream."""

    def __init__(self, format_: AudioFormat) -> None:
        self._channels = format_.channels
        self._resampler = (
            AudioResampler("s16", "mono", format_.rate) if format_.rate != RATE else None
        )
        self._count = 0

    def __call__(self, run: "array[int]") -> bytes:
        """The bytes to write, every channel the same."""
        if self._resampler is not None:
            run = self._resampled(self._resampler, run)
        if self._channels == 1:
            return run.tobytes()
        wide = array("h", bytes(2 * self._channels * len(run)))
        for channel in range(self._channels):
            wide[channel :: self._channels] = run
        return wide.tobytes()

    def _resampled(self, resampler: AudioResampler, run: "array[int]") -> "array[int]":
        frame = AudioFrame("s16", "mono", len(run))
        frame.sample_rate, frame.pts = RATE, self._count
        frame.planes[0].update(run.tobytes())
        self._count += len(run)
        out = array("h")
        for made in resampler.resample(frame):
            out.frombytes(memoryview(made.planes[0])[: 2 * made.samples])
        return out
