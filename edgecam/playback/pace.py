"""The pace of real time, for what would take sound at any speed."""

import time
from collections.abc import Callable

from edgecam.media import NS, capture_clock

LATE_NS = NS // 5
"""A writer this late has missed its time for good, as with a device that ran dry."""


class Pace:
    """Holds up a writer so that it writes ``rate`` samples a second and is ``room_ns`` ahead at
    most.
    """

    def __init__(
        self,
        rate: int,
        room_ns: int = 0,
        clock: Callable[[], int] = capture_clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._room_ns = room_ns
        self._clock = clock
        self._sleep = sleep
        self._due = clock()

    def wrote(self, samples: int) -> None:
        """Returns when the next may be written."""
        now = self._clock()
        if self._due < now - LATE_NS:
            self._due = now
        self._due += samples * NS // self._rate
        ahead = self._due - now - self._room_ns
        if ahead > 0:
            self._sleep(ahead / NS)
