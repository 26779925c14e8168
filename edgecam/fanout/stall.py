"""Whether a thread still gets on, judged by looking: a machine that stands still hangs nobody."""

LOOK = 0.45
"""Seconds between two looks."""

LOOKS = 4
"""So many in a row without a sign of life, and the thread hangs: told within two seconds. Looks,
not seconds: who looks late has not seen more.
"""


class Stall:
    """``turns`` is a count that changes whenever the thread gets on."""

    def __init__(self) -> None:
        self._turns = -1
        self._still = 0

    def look(self, turns: int) -> bool:
        """Whether the thread hangs."""
        self._still = self._still + 1 if turns == self._turns else 0
        self._turns = turns
        return self._still >= LOOKS
