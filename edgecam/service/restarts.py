"""When a new process was last asked for, and when the next may be: each wait longer than before;
and when it has to be the machine.
"""

import json
from collections.abc import Callable
from pathlib import Path

from edgecam.files import write_private
from edgecam.service.reboots import Reboots, since_boot

FIRST = 60.0
LONGEST = 3_600.0
"""Seconds between two restarts for a driver that hangs: doubled with each, up to an hour. The page
and the other calls are worth more than one that a new process does not cure either.
"""

UNCURED = 3
"""So many are tried before the machine is restarted."""


class Restarts:
    """Kept in ``path``, so that the next process knows. All methods block.

    The clock is the one since the machine's start, as many have no other that is right; what is
    later than now was before that, and forgotten. (Which start it is, /proc does not tell in a
    sandbox; what is taken for this one's by mistake costs an hour's wait at most.)

    ``count`` is how many there were, of which none is longer ago than twice LONGEST. ``reboots``
    asks for restarts of the machine, if they are wanted.
    """

    def __init__(
        self, path: Path, now: Callable[[], float] = since_boot, reboots: Reboots | None = None
    ) -> None:
        self.count = 0
        self._path = path
        self._now = now
        self._reboots = reboots
        self._last = 0.0

    def may(self) -> bool:
        """Whether it is time for one; looked up on the disk the first time. It is not while a
        restart of the machine is on its way, which this may ask for.
        """
        if not self.count:
            self._read()
        if self.count and self._now() - self._last > 2 * LONGEST:
            self.count = 0
        if self._reboots is not None and self.count >= UNCURED and self._reboots.ask():
            return False
        wait = FIRST * 2 ** min(self.count - 1, 10)
        return not self.count or self._now() - self._last >= min(wait, LONGEST)

    def note(self) -> None:
        """One is about to be. OSError if that can't be kept."""
        self.count, self._last = self.count + 1, self._now()
        kept = {"count": self.count, "last": self._last}
        write_private(self._path, json.dumps(kept).encode())

    def cured(self) -> None:
        """What hung works."""
        if self._reboots is not None:
            self._reboots.cured()

    def _read(self) -> None:
        try:
            kept = json.loads(self._path.read_bytes())
            count, last = int(kept["count"]), float(kept["last"])
        except (OSError, ValueError, KeyError, TypeError):
            # There was none, or it makes no sense: then this counts as the first.
            return
        if count > 0 and last <= self._now():
            self.count, self._last = count, last
