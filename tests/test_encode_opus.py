"""The Opus encoder: its times, its gaps and its sound."""

from array import array
from itertools import pairwise
from math import pi, sin

import pytest
from av import AudioFrame, CodecContext
from av import Packet as AvPacket

from edgecam.encode.opus import Opus
from edgecam.errors import SourceError
from edgecam.media import NS, AudioFormat, Packet, Sound

MS = NS // 1000
START = 123_456_789_123
DELAY_NS = 6_500_000
"""libopus's delay in this mode: 312 samples at 48 kHz."""


def tone(audio: AudioFormat, begin: int, samples: int, capture_ns: int) -> Sound:
    """Part of a 1 kHz tone, from sample ``begin`` on."""
    values = [
        round(8000 * sin(2 * pi * 1000 * (begin + index) / audio.rate))
        for index in range(samples)
        for _ in range(audio.channels)
    ]
    frame = AudioFrame("s16", "mono" if audio.channels == 1 else "stereo", samples)
    frame.sample_rate = audio.rate
    frame.planes[0].update(array("h", values).tobytes())
    return Sound(frame, capture_ns)


def stream(audio: AudioFormat, encoder: Opus, chunk: int, count: int) -> list[Packet]:
    """The packets of ``count`` sounds of ``chunk`` samples without a gap."""
    packets = []
    for index in range(count):
        at = START + index * chunk * NS // audio.rate
        packets += encoder.encode(tone(audio, index * chunk, chunk, at))
    return packets


@pytest.mark.parametrize("audio", [AudioFormat(), AudioFormat(48_000, 2), AudioFormat(16_000)])
@pytest.mark.parametrize("chunk_ms", [10, 20, 25])
def test_packets_are_20_ms_apart(audio: AudioFormat, chunk_ms: int) -> None:
    """Exactly, whatever the length of the sounds, so RTP times are multiples of 960 apart."""
    packets = stream(audio, Opus(audio, 32_000), audio.rate * chunk_ms // 1000, 20)
    assert len(packets) == chunk_ms
    assert {b.capture_ns - a.capture_ns for a, b in pairwise(packets)} == {20 * MS}
    ticks = [packet.capture_ns * 48_000 // NS for packet in packets]
    assert {b - a for a, b in pairwise(ticks)} == {960}
    assert {(packet.kind, packet.keyframe) for packet in packets} == {("audio", True)}


def test_the_encoders_delay_is_accounted_for() -> None:
    """What a decoder makes of a packet's first sample was heard at the packet's capture time."""
    audio = AudioFormat()
    quiet, loud = [0] * 960, [8000, -8000] * 480
    encoder = Opus(audio, 128_000)
    decoder = CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = 48_000, "mono"
    heard: list[tuple[int, float]] = []
    for index in range(10):
        frame = AudioFrame("s16", "mono", 960)
        frame.sample_rate = 48_000
        values = [sample // 4 for sample in loud] if index == 5 else quiet
        frame.planes[0].update(array("h", values).tobytes())
        for packet in encoder.encode(Sound(frame, START + index * 20 * MS)):
            for decoded in decoder.decode(AvPacket(packet.data)):
                samples = array("h", bytes(decoded.planes[0])[: 2 * decoded.samples])
                for at in range(0, 960, 120):
                    power = sum(sample * sample for sample in samples[at : at + 120]) ** 0.5
                    heard.append((packet.capture_ns + at * NS // 48_000, power))
    level = max(power for _, power in heard) / 4
    onset = next(at for at, power in heard if power > level)
    assert abs(onset - (START + 100 * MS)) <= 5 * MS


def test_the_first_packet_begins_before_the_first_sound() -> None:
    """The delay of libopus is put in front."""
    first, *_ = stream(AudioFormat(), Opus(AudioFormat(), 32_000), 960, 2)
    assert first.capture_ns == START - DELAY_NS


def test_jitter_in_the_input_does_not_show() -> None:
    """Times that stray by less than a packet leave packets 20 ms apart."""
    audio, encoder = AudioFormat(), Opus(AudioFormat(), 32_000)
    packets = []
    for index, stray in enumerate([0, 5, -7, 12, -19, 3, 0, 19]):
        packets += encoder.encode(tone(audio, 0, 960, START + (20 * index + stray) * MS))
    assert {b.capture_ns - a.capture_ns for a, b in pairwise(packets)} == {20 * MS}


@pytest.mark.parametrize("chunk", [960, 1200])
def test_a_gap_moves_time_forward(chunk: int) -> None:
    """After lost sound, packets carry the times at which they were heard."""
    audio, encoder = AudioFormat(), Opus(AudioFormat(), 32_000)
    before = stream(audio, encoder, chunk, 5)
    resumed = START + 5 * chunk * NS // 48_000 + 333 * MS
    after = []
    for index in range(5):
        after += encoder.encode(tone(audio, 0, chunk, resumed + index * chunk * NS // 48_000))
    # The first packet after the gap begins with the end of what was heard before it.
    assert after[0].capture_ns == before[-1].capture_ns + 20 * MS
    assert after[1].capture_ns == resumed + 20 * MS - DELAY_NS
    assert {b.capture_ns - a.capture_ns for a, b in pairwise(after[1:])} == {20 * MS}


def test_time_never_goes_back() -> None:
    """Sound of a time that is past is dropped until the input has caught up."""
    audio, encoder = AudioFormat(), Opus(AudioFormat(), 32_000)
    packets = []
    for at in (0, 20, 40, 0, 20, 40, 60, 80):
        packets += encoder.encode(tone(audio, 0, 960, START + at * MS))
    times = [packet.capture_ns for packet in packets]
    assert times == [START - DELAY_NS + index * 20 * MS for index in range(len(times))]
    assert len(times) < 8


@pytest.mark.parametrize("audio", [AudioFormat(44_100), AudioFormat(48_000, 6)])
def test_impossible_formats_are_refused(audio: AudioFormat) -> None:
    """What Opus can't take fails at once, saying what to configure."""
    with pytest.raises(SourceError, match="configure"):
        Opus(audio, 32_000)


@pytest.mark.parametrize("bitrate", [1, 10**9])
def test_an_error_of_libopus_is_a_source_error(bitrate: int) -> None:
    """A bitrate that libopus can't do ends in words for the operator."""
    with pytest.raises(SourceError, match="the Opus encoder failed"):
        Opus(AudioFormat(), bitrate)


def test_other_sounds_are_refused() -> None:
    """Sound of another rate or layout is an error, never converted in silence."""
    encoder = Opus(AudioFormat(), 32_000)
    for audio in (AudioFormat(16_000), AudioFormat(48_000, 2)):
        with pytest.raises(SourceError, match="the microphone delivers"):
            encoder.encode(tone(audio, 0, 320, START))


def test_a_closed_encoder_says_so() -> None:
    """After close, encode raises SourceError; close may come twice."""
    encoder = Opus(AudioFormat(), 32_000)
    encoder.close()
    encoder.close()
    with pytest.raises(SourceError, match="closed"):
        encoder.encode(tone(AudioFormat(), 0, 960, START))
