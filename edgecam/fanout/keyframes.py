"""When a keyframe that was asked for is made."""

from collections import deque

from edgecam.media import NS

MOST_IN_A_SECOND = 2


class KeyframeGate:
    """Turns requests into keyframes: at once if it can be, never more than two in any second.

    Requests that wait are one request. Called from two threads: ``request`` by the event loop,
    ``take`` by the producer's thread; a flag is all they share.
    """

    def __init__(self) -> None:
        self._wanted = False
        self._granted: deque[int] = deque(maxlen=MOST_IN_A_SECOND)
        self.requested = 0
        self.granted = 0

    def request(self) -> None:
        """Somebody needs a keyframe."""
        self.requested += 1
        self._wanted = True

    def take(self, now_ns: int) -> bool:
        """Whether the picture about to be encoded has to be a keyframe."""
        if not self._wanted:
            return False
        full = len(self._granted) == MOST_IN_A_SECOND
        if full and now_ns - self._granted[0] < NS:
            return False
        self._wanted = False
        self._granted.append(now_ns)
        self.granted += 1
        return True
