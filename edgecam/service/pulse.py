"""How long a sign of life has been missing, judged by looking every now and then."""

from collections.abc import Hashable

LONGEST_STEP = 5.0
"""Seconds that one look can add: who was stopped, or slept with the machine, is not late."""


class Pulse:
    """Tells a camera that hangs from one that is idle, or has failed and is being tried again."""

    def __init__(self, now: float) -> None:
        self.quiet = 0.0
        self._now = now
        self._life: Hashable = None

    def look(self, now: float, life: Hashable, *, due: bool) -> float:
        """The seconds since ``life`` changed or was no longer ``due``. ``now`` is steady time."""
        step = min(now - self._now, LONGEST_STEP)
        self._now = now
        self.quiet = self.quiet + step if due and life == self._life else 0.0
        self._life = life
        return self.quiet
