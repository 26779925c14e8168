"""What encoding takes of the time there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

MEMORY = 64
"""Pictures of which it is the average, more or less: two seconds of most cameras, which neither a
keyframe nor another process decide.
"""

LESS_WORK = 2.0
"""What halving saves: a quarter of the points takes half, as they have to be scaled first."""


class Cost:
    """Of one encoder of ``rate`` pictures a second, by the clock on the wall: what it must not
    exceed. It stays what it was while nothing is encoded. One thread measures, any may look.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._seconds = 0.0
        self._share = 1.0
        self._halved = False

    @contextmanager
    def measured(self, share: float, *, halved: bool) -> Iterator[None]:
        """Encoding one more picture, halved or not, when such a ``share`` of all is encoded."""
        begun = perf_counter()
        yield
        self.add(perf_counter() - begun, share, halved=halved)

    def add(self, seconds: float, share: float, *, halved: bool) -> None:
        """What that took."""
        if halved is not self._halved:
            self._seconds *= 1 / LESS_WORK if halved else LESS_WORK
        self._share, self._halved = share, halved
        self._seconds += (seconds - self._seconds) / MEMORY

    @property
    def now(self) -> float:
        """1: all the time there is."""
        return self._seconds * self._rate * self._share

    @property
    def all(self) -> float:
        """What all pictures in full size would take."""
        return self._seconds * self._rate * (LESS_WORK if self._halved else 1.0)
