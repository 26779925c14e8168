"""What the time of day is good for: a board without a battery wakes up in 1970."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

CLOCK_FLOOR = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock that is right says less."""

SLACK = 24 * 3600
"""Seconds by which a clock that is taken for right may have been set back."""


class Clock:
    """``now`` is the time of day, ``steady`` a clock that nobody sets; both in seconds.

    May be asked by any thread.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self.steady = steady
        self._known = (CLOCK_FLOOR.timestamp(), steady())

    @property
    def is_wrong(self) -> bool:
        """Whether the time of day can't be right."""
        return self._now() < CLOCK_FLOOR.timestamp()

    def resume(self, latest: float) -> None:
        """It was that late already, before this process was."""
        at, then = self._known
        self._known = (max(at, latest), then)

    def now(self) -> int:
        """The time of day; while that can't be right, the latest that is known and what has passed
        since, so that whatever is to end does.
        """
        now = self._now()
        if now >= CLOCK_FLOOR.timestamp():
            self._known = (now, self.steady())
            return int(now)
        at, then = self._known
        return int(at + self.steady() - then)

    def between(self, begins: int, ends: int) -> bool:
        """Whether it is between the two.

        What begins in the future does not hold: then the clock is wrong, and nobody can say what
        has ended since. It holds again once the clock is right.
        """
        return begins - SLACK <= self.now() < ends
