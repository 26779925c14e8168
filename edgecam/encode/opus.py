"""Opus by libopus, in packets of 20 ms (RFC 6716, RFC 7587)."""

from fractions import Fraction

from av import AudioFrame, CodecContext
from av.audio.codeccontext import AudioCodecContext

from edgecam.encode.failure import explained
from edgecam.errors import SourceError
from edgecam.media import NS, AudioFormat, Packet, Sound

PACKET_NS = 20_000_000
"""960 samples of RTP's 48 kHz clock."""

RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
"""The samples a second that Opus takes (RFC 6716 table 1)."""

_LOSS_PERCENT = 10
"""The loss that the redundancy in each packet is made for: libopus adds none for a loss of 0."""

_CHUNK_JITTER_NS = PACKET_NS
"""How far the input's times may stray from its count of samples before they are believed."""


class Opus:
    """Encodes sounds of any length; packets come out as they fill.

    A packet's ``capture_ns`` is when the first sample a decoder makes of it was heard, so libopus's
    delay is accounted for. Packets follow each other by exactly 20 ms: time is counted in samples,
    whatever the jitter in the input's own times. When those are a packet ahead of the count, sound
    was lost, and the count jumps forward; when they are a packet behind, sounds are dropped until
    they fit: time on a wire can't go back.
    """

    def __init__(self, audio: AudioFormat, bitrate: int) -> None:
        if audio.rate not in RATES or audio.channels not in (1, 2):
            raise SourceError(
                f"Opus has no {audio.rate} Hz with {audio.channels} channels: configure 48000 Hz"
                " and 1 or 2 channels"
            )
        self._rate = audio.rate
        self._layout = "mono" if audio.channels == 1 else "stereo"
        self._sample_size = 2 * audio.channels
        self._packet_samples = audio.rate * PACKET_NS // NS
        self._pending = bytearray()
        self._count = 0
        self._start_ns = 0
        self._started = False
        with explained("Opus"):
            self._context: AudioCodecContext | None = self._open(bitrate)

    def encode(self, sound: Sound) -> list[Packet]:
        """The packets this sound completes, none or more. SourceError for another format."""
        context = self._context
        if context is None:
            raise SourceError("the Opus encoder is closed: make another")
        self._check_format(sound.frame)
        if not self._started:
            self._start_ns, self._started = sound.capture_ns, True
        if not self._follows(sound.capture_ns):
            return []
        samples = memoryview(sound.frame.planes[0])[: sound.frame.samples * self._sample_size]
        self._pending += samples
        packets = []
        size = self._packet_samples * self._sample_size
        while len(self._pending) >= size:
            chunk = bytes(self._pending[:size])
            del self._pending[:size]
            packets += self._packets(context, chunk)
        return packets

    def close(self) -> None:
        """Frees libopus's memory. May be called twice."""
        self._context = None

    def _open(self, bitrate: int) -> AudioCodecContext:
        context = CodecContext.create("libopus", "w")
        context.format, context.layout = "s16", self._layout
        context.sample_rate, context.time_base = self._rate, Fraction(1, self._rate)
        context.bit_rate = bitrate
        context.options = {
            # "lowdelay" is 4 ms quicker, but has no forward error correction: on Wi-Fi a lost
            # packet is heard, and nothing is sent again for sound.
            "application": "voip",
            "frame_duration": str(PACKET_NS // 1_000_000),
            "fec": "1",
            "packet_loss": str(_LOSS_PERCENT),
        }
        context.open()
        return context

    def _check_format(self, frame: AudioFrame) -> None:
        got = frame.format.name, frame.layout.name, frame.sample_rate
        if got != ("s16", self._layout, self._rate):
            raise SourceError(
                f"the microphone delivers {got[2]} Hz {got[1]} {got[0]} where {self._rate} Hz"
                f" {self._layout} s16 was asked for: configure what it has"
            )

    def _follows(self, capture_ns: int) -> bool:
        """Whether a sound of that time is to be used; moves the count past a gap before it."""
        held = len(self._pending) // self._sample_size
        ahead = capture_ns - self._time(self._count + held)
        if ahead >= _CHUNK_JITTER_NS:
            self._pending.clear()
            self._count += held + ahead * self._rate // NS
        return ahead > -_CHUNK_JITTER_NS

    def _time(self, count: int) -> int:
        """When a sample was heard, by its number."""
        return self._start_ns + count * NS // self._rate

    def _packets(self, context: AudioCodecContext, chunk: bytes) -> list[Packet]:
        frame = AudioFrame("s16", self._layout, self._packet_samples)
        frame.sample_rate, frame.time_base = self._rate, context.time_base
        frame.planes[0].update(chunk)
        frame.pts = self._count
        self._count += self._packet_samples
        with explained("Opus"):
            encoded = [(packet.pts, bytes(packet)) for packet in context.encode(frame)]
        # The first pts is negative: libopus has put its delay before the first sample.
        return [
            Packet("audio", data, self._time(pts), keyframe=True)
            for pts, data in encoded
            if pts is not None
        ]
