"""What was captured and not read yet."""

from collections import deque

from edgecam.capture.source import Seen
from edgecam.media import Picture

MOST_UNITS = 15
"""Access units kept for a reader that is late: half a second of most cameras."""

ASK_EVERY = 30
"""Access units after which a keyframe that did not come is asked for again."""


class Backlog:
    """For one reader. Of pictures, the newest is kept. Access units are kept in order, from a
    keyframe on; where a reader has too many to read, it loses all up to the next keyframe.

    ``missed`` counts what was lost by being slow. Whoever uses it from two threads holds a lock.
    """

    def __init__(self) -> None:
        self.missed = 0
        self._waiting: deque[Seen] = deque()
        self._begun = False
        self._skipped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self) -> None:
        """Anew, with nothing waiting and nothing missed."""
        self.missed = self._skipped = 0
        self.empty()

    def empty(self) -> None:
        """Forget what waits; access units go on with a keyframe."""
        self._waiting.clear()
        self._begun = False

    def put(self, seen: Seen) -> bool:
        """Keep ``seen`` as far as the rules go. Whether a keyframe has to be asked for."""
        if isinstance(seen, Picture):
            self._lose()
            self._waiting.append(seen)
            return False
        if len(self._waiting) >= MOST_UNITS:
            self._lose()
            self._begun = False
        self._begun = self._begun or seen.keyframe
        if self._begun:
            self._waiting.append(seen)
            self._skipped = 0
            return False
        self._skipped += 1
        return self._skipped % ASK_EVERY == 1

    def take(self) -> Seen | None:
        """The oldest, if there is any."""
        return self._waiting.popleft() if self._waiting else None

    def _lose(self) -> None:
        self.missed += len(self._waiting)
        self._waiting.clear()
