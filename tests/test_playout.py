"""The playout buffer, on clocks that a test moves: no sound card, no network, no time."""

import random
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import pi, sin

import pytest

from edgecam.playback import playout
from edgecam.playback.grains import level, silence
from edgecam.playback.playout import MOST_MS, MOST_PACKETS, START_MS, Playout

RATE = 8_000
"""Every clock scales with it; this one makes an hour take seconds."""

MS = RATE // 1000
PACKET = 20 * MS
LOUD = 10_000


def voice(data: bytes) -> "array[int]":
    """As a decoder: ``data`` says how many packets' worth of voice it stands for."""
    return array("h", [LOUD]) * (PACKET * data[0])


@dataclass
class Link:
    """A talker, a network and a sound card, each with a clock of its own.

    ``talker`` and ``card``: parts per million by which their clocks are fast. ``late``: how many
    seconds the packet sent at a time takes longer than the quickest.
    """

    talker: float = 0
    card: float = 0
    late: Callable[[float], float] = lambda now: 0.0
    blocked: tuple[float, float] = (-1, -1)
    buffer: Playout = field(default_factory=lambda: Playout(voice, RATE))
    delays: list[float] = field(default_factory=list)
    silent: float = 0.0
    played: "array[int]" = field(default_factory=lambda: array("h"))

    def run(self, seconds: float) -> None:
        """Talk for so long; ``delays`` are in milliseconds, one a second."""
        arrivals = self._arrivals(seconds)
        arrival, timestamp = next(arrivals)
        period = 0.02 / (1 + self.card / 1e6)
        pulls = 0
        while (now := pulls * period) < seconds:
            while arrival <= now:
                self.buffer.push(timestamp & 0xFFFF_FFFF, b"\1")
                arrival, timestamp = next(arrivals)
            pulls += 1
            if self.blocked[0] <= now < self.blocked[1]:
                continue
            run = self.buffer.pull(PACKET)
            assert len(run) == PACKET
            self.played.extend(run)
            self.silent += 0.02 * (level(run) < 0.01)
            if pulls % 50 == 0:
                self.delays.append(self.buffer.delay / MS)

    def _arrivals(self, seconds: float) -> Iterator[tuple[float, int]]:
        """When packets arrive, in that order, and their timestamps."""
        period = 0.02 / (1 + self.talker / 1e6)
        base = 0xFFFF_FFFF - 30 * RATE
        sent = [
            (number * period + self.late(number * period), base + number * PACKET)
            for number in range(int(seconds / period) + 1)
        ]
        yield from sorted(sent)
        while True:
            yield float("inf"), 0


@pytest.mark.parametrize(("talker", "card"), [(200, -200), (-200, 200), (0, 0), (500, -500)])
def test_an_hour_of_talk_ends_as_it_began(talker: float, card: float) -> None:
    """Clocks that drift apart by 1.4 s (or 3.6 s) in an hour leave the delay where it was."""
    dice = random.Random(1)
    link = Link(talker, card, lambda now: dice.random() * 0.015)
    link.run(3_600)

    first, last = link.delays[30:90], link.delays[-60:]
    assert abs(sum(last) / len(last) - sum(first) / len(first)) < 20
    assert max(link.delays) < 100
    assert link.buffer.underruns == 0
    # What was undone is what the clocks drifted, give or take the first seconds.
    drifted = (talker - card) * 3.6 / playout.GRAIN_MS
    assert link.buffer.trimmed - link.buffer.stretched == pytest.approx(drifted, abs=6)


def test_without_drift_nothing_is_cut() -> None:
    """A steady link settles, and then its sound is left alone."""
    link = Link()
    link.run(600)

    assert link.buffer.trimmed + link.buffer.stretched <= 3
    assert link.buffer.late == link.buffer.lost == 0


def test_a_stall_costs_no_delay_afterwards() -> None:
    """Two seconds in which nothing comes, then all of it at once: it is skipped, not played."""
    link = Link(late=lambda now: max(0.0, 12.0 - now) if now > 10 else 0.0)
    link.run(60)

    assert max(link.delays) <= MOST_MS
    assert link.delays[-1] < 80
    assert link.buffer.skipped > 50
    assert link.silent < 3


def test_short_stalls_one_after_the_other() -> None:
    """A Wi-Fi that stops for 150 ms every second: sound comes through, delay stays bounded."""
    link = Link(late=lambda now: max(0.0, 0.15 - now % 1.0))
    link.run(300)

    assert max(link.delays) < 260
    assert link.buffer.underruns < 5


def test_the_delay_follows_the_jitter_down() -> None:
    """Once a bad link is good again, what was kept for it is given back."""
    link = Link(late=lambda now: max(0.0, 0.2 - now % 1.0) if now < 60 else 0.0)
    link.run(180)

    assert max(link.delays[30:60]) > 150
    assert max(link.delays[-30:]) < 80


def test_a_sink_that_blocks_does_not_make_it_grow() -> None:
    """For half a minute nobody takes anything: no more than a few packets wait."""
    link = Link(blocked=(10, 40))
    link.run(39)
    assert len(link.buffer._inbox) == MOST_PACKETS
    link = Link(blocked=(10, 40))
    link.run(60)
    assert max(link.delays) <= MOST_MS
    assert link.delays[-1] < 80


def test_nothing_is_played_before_there_is_a_reserve() -> None:
    """The first sound comes once START_MS are there, and fades in."""
    buffer = Playout(voice, RATE)
    heard = []
    for number in range(5):
        buffer.push(number * PACKET, b"\1")
        heard.append(level(buffer.pull(PACKET)) > 0.01)
    assert heard.index(True) == START_MS // 20 - 1
    assert all(heard[heard.index(True) :])


def test_packets_out_of_order_are_played_in_order() -> None:
    """Within what is kept back, order is restored; each packet is played once."""
    played: list[int] = []

    def decode(data: bytes) -> "array[int]":
        played.append(data[0])
        return array("h", [LOUD]) * PACKET

    buffer = Playout(decode, RATE)
    for number in (1, 0, 2, 4, 3, 3, 5):
        buffer.push(number * PACKET, bytes([number + 1]))
    for _ in range(6):
        buffer.pull(PACKET)
    assert played == [1, 2, 3, 4, 5, 6]


def test_a_lost_packet_is_silence_as_long_as_it() -> None:
    """Not a gap: what comes after it comes at its time, and nothing clicks."""
    buffer = Playout(voice, RATE)
    for number in (0, 1, 2, 4, 5, 6):
        buffer.push(number * PACKET, b"\1")
    run = array("h")
    for _ in range(7):
        run.extend(buffer.pull(PACKET))
    assert buffer.lost == 1
    assert level(run[3 * PACKET + 6 * MS : 4 * PACKET]) == 0
    assert level(run[4 * PACKET + 6 * MS :]) > 0.25
    steps = [abs(a - b) for a, b in pairwise(run)]
    assert max(steps) < LOUD / 10


def test_packets_of_any_length() -> None:
    """RFC 6716 has 2.5 to 120 ms; a talker may change its mind."""
    buffer = Playout(voice, RATE)
    timestamp = 0
    for number in (1, 3, 2, 6, 1, 1):
        buffer.push(timestamp, bytes([number]))
        timestamp += number * PACKET
    run = array("h")
    while buffer.delay or not run:
        run.extend(buffer.pull(PACKET))
    assert buffer.lost == buffer.late == 0
    assert abs(len(run) - timestamp) < 2 * PACKET


def test_garbage_is_silence() -> None:
    """What can't be decoded counts as lost; what is empty is not even kept."""
    buffer = Playout(lambda data: array("h"), RATE)
    buffer.push(0, b"")
    for number in range(5):
        buffer.push(number * PACKET, b"?")
        assert buffer.pull(PACKET) == silence(PACKET)
    assert buffer.lost > 0


@pytest.mark.parametrize("leap", [0x8000_0000, 10 * RATE, -10 * RATE & 0xFFFF_FFFF, 0x7FFF_FFFF])
def test_a_leap_of_the_timestamps_begins_anew(leap: int) -> None:
    """As when a microphone is changed: a moment of silence, then sound at the usual delay."""
    link = Link()
    link.run(2)
    buffer = link.buffer
    loud = False
    for number in range(10):
        buffer.push(leap + number * PACKET & 0xFFFF_FFFF, b"\1")
        loud = level(buffer.pull(PACKET)) > 0.1
    assert loud
    assert buffer.delay < 100 * MS


def test_timestamps_of_nonsense_stay_bounded() -> None:
    """A talker that sends a thousand packets a second with any timestamps: little is kept."""
    dice = random.Random(2)
    buffer = Playout(voice, RATE)
    for _ in range(500):
        for _ in range(20):
            buffer.push(dice.choice((dice.getrandbits(32), dice.randrange(RATE))), b"\1")
        assert len(buffer.pull(PACKET)) == PACKET
        assert len(buffer._packets) <= MOST_MS * MS
        assert buffer.delay <= (MOST_MS + 120) * MS


@pytest.mark.parametrize("drift", [1_500, -1_500])
def test_cuts_do_not_click(drift: float) -> None:
    """A tone that is trimmed and stretched all the time has no step larger than its own."""
    turn = 2 * pi / 64
    wave = array("h", [round(LOUD * sin(turn * index)) for index in range(PACKET + 64)])
    position = 0

    def tone(data: bytes) -> "array[int]":
        nonlocal position
        position += PACKET
        return wave[position % 64 :][:PACKET]

    link = Link(drift, buffer=Playout(tone, RATE))
    link.run(60)
    assert link.buffer.trimmed + link.buffer.stretched > 3
    assert max(abs(a - b) for a, b in pairwise(link.played)) <= LOUD * turn * 1.5
