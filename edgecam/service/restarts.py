"""When a new process was last asked for, and when the next may be: each wait longer than before."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from edgecam.files import write_private

FIRST = 60.0
LONGEST = 3_600.0
"""Seconds between two restarts for a driver that hangs: doubled with each, up to an hour. The page
and the other calls are worth more than one that a new process does not cure either.
"""


def _since_boot() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Restarts:
    """Kept in ``path``, so that the next process knows. Both methods block.

    The clock is the one since the machine's start, as many have no other that is right; what is
    later than now was before that, and forgotten. (Which start it is, /proc does not tell in a
    sandbox; what is taken for this one's by mistake costs an hour's wait at most.)

    ``count`` is how many there were, of which none is longer ago than twice LONGEST.
    """

    def __init__(self, path: Path, now: Callable[[], float] = _since_boot) -> None:
        self.count = 0
        self._path = path
        self._now = now
        self._last = 0.0

    def may(self) -> bool:
        """Whether it is time for one; looked up on the disk the first time."""
        if not self.count:
            self._read()
        if self.count and self._now() - self._last > 2 * LONGEST:
            self.count = 0
        wait = FIRST * 2 ** min(self.count - 1, 10)
        return not self.count or self._now() - self._last >= min(wait, LONGEST)

    def note(self) -> None:
        """One is about to be. OSError if that can't be kept."""
        self.count, self._last = self.count + 1, self._now()
        kept = {"count": self.count, "last": self._last}
        write_private(self._path, json.dumps(kept).encode())

    def _read(self) -> None:
        try:
            kept = json.loads(self._path.read_bytes())
            count, last = int(kept["count"]), float(kept["last"])
        except (OSError, ValueError, KeyError, TypeError):
            # There was none, or it makes no sense: then this counts as the first.
            return
        if count > 0 and last <= self._now():
            self.count, self._last = count, last
