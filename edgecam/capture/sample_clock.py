"""When samples were heard that come in runs, told by a clock that trembles."""

from edgecam.media import NS

LOST_NS = 40_000_000
"""A run that begins so much later than the last one ended comes after a gap."""

_PULL = 64
"""The part of the difference to the measured time that each run makes up for."""


class SampleClock:
    """Of one microphone: the count of samples, led slowly by the times that were measured."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._next: int | None = None

    def stamp(self, samples: int, measured_ns: int) -> int:
        """When the first of the next ``samples`` was heard; never before the last run's end, but
        for what the clocks drift apart.
        """
        if self._next is None or measured_ns > self._next + LOST_NS:
            start = measured_ns
        else:
            pull = max(-LOST_NS, measured_ns - self._next)
            start = self._next + pull // _PULL
        self._next = start + samples * NS // self._rate
        return start
