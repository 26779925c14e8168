"""What a subscription lets in for a viewer whose link can't carry everything."""

import pytest

from edgecam.fanout.allowance import SAVED
from edgecam.fanout.subscription import Subscription
from edgecam.media import NS, Packet

RATE = 30
KEYFRAME, PICTURE = 20_000, 4_000
EVERYTHING = 8 * (KEYFRAME + 299 * PICTURE) / 10


class Stream:
    """Pictures at RATE into a subscription, a keyframe every 10 s and where it asks for one."""

    def __init__(self, size: int = 15) -> None:
        self.asked = 0
        self.number = 0
        self._wanted = False
        self.subscription = Subscription(size, self._ask, lambda _: None)
        self.subscription.take()

    def run(self, seconds: float) -> list[Packet]:
        """Let pictures come for so long; those that got through."""
        through = []
        for _ in range(round(seconds * RATE)):
            keyframe = self._wanted or self.number % 300 == 0
            self._wanted = False
            size = KEYFRAME if keyframe else PICTURE
            self.subscription.push(Packet("video", bytes(size), self.number * NS // RATE, keyframe))
            self.number += 1
            while (packet := self.subscription.take()) is not None:
                through.append(packet)
        return through

    def _ask(self) -> None:
        self.asked += 1
        self._wanted = True


def numbers(packets: list[Packet]) -> list[int]:
    """Which pictures they are."""
    return [round(packet.capture_ns * RATE / NS) for packet in packets]


def in_runs_from_keyframes(packets: list[Packet]) -> bool:
    """Whether a decoder could show all of them."""
    seen = numbers(packets)
    return all(
        packet.keyframe or (at > 0 and seen[at] == seen[at - 1] + 1)
        for at, packet in enumerate(packets)
    )


@pytest.mark.parametrize("part", [0.1, 0.3, 0.9])
def test_no_more_comes_in_than_is_allowed(part: float) -> None:
    """And nearly as much; every picture that does can be decoded."""
    stream = Stream()
    stream.run(1)
    stream.subscription.allowance = part * EVERYTHING
    stream.run(20)
    through = stream.run(60)
    bits = 8 * sum(len(packet.data) for packet in through) / 60
    assert 0.7 * part * EVERYTHING < bits < 1.05 * part * EVERYTHING
    # The first run may have begun before.
    first = next(at for at, packet in enumerate(through) if packet.keyframe)
    assert in_runs_from_keyframes(through[first:])


def test_keyframes_are_asked_for_seldom() -> None:
    """They are everybody's: no more often than every SAVED seconds."""
    stream = Stream()
    stream.run(1)
    stream.subscription.allowance = 0.2 * EVERYTHING
    asked = stream.asked
    stream.run(60)
    assert stream.asked - asked <= 60 / SAVED


def test_pleas_of_the_thinned_cost_nobody_a_keyframe() -> None:
    """It gets one when there is allowance; what it then lacks is not sent either."""
    stream = Stream()
    stream.run(1)
    stream.subscription.allowance = 0.2 * EVERYTHING
    stream.run(30)
    asked = stream.asked
    for _ in range(100):
        stream.run(0.1)
        stream.subscription.want_keyframe()
    assert stream.asked - asked <= 10 / SAVED


def test_a_keyframe_larger_than_all_that_can_be_saved_is_sent() -> None:
    """And paid off before the next."""
    stream = Stream()
    stream.run(1)
    stream.subscription.allowance = 8 * KEYFRAME / SAVED / 4
    through = stream.run(120)
    keyframes = [packet for packet in through if packet.keyframe]
    assert 120 / SAVED / 4 * 0.5 < len(keyframes) < 120 / SAVED / 4 * 1.2


def test_who_is_whole_again_gets_everything() -> None:
    """From the next keyframe on, which is asked for at once."""
    stream = Stream()
    stream.run(1)
    stream.subscription.allowance = 0.1 * EVERYTHING
    stream.run(5)
    assert stream.subscription.allowance == 0.1 * EVERYTHING
    asked = stream.asked
    stream.subscription.allowance = None
    assert stream.asked - asked == 1
    stream.subscription.allowance = None
    assert len(stream.run(3)) == 3 * RATE


def test_an_allowance_may_change() -> None:
    """Without a new beginning."""
    stream = Stream()
    stream.run(1)
    for part in (0.2, 0.4, 0.2):
        stream.subscription.allowance = part * EVERYTHING
        stream.run(10)
        bits = 8 * sum(len(packet.data) for packet in stream.run(30)) / 30
        assert bits < 1.15 * part * EVERYTHING


def test_a_pause_ends_with_a_keyframe() -> None:
    """Nothing comes in for so long, and the keyframe after it is asked for then, not before."""
    stream = Stream()
    stream.run(1)
    asked = stream.asked
    stream.subscription.skip(0.5)
    assert stream.run(0.5) == []
    assert stream.asked == asked
    through = stream.run(1)
    assert stream.asked == asked + 1
    assert through[0].keyframe
    assert numbers(through) == list(range(46, 75))
