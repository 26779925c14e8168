"""Noticing that a viewer is gone which said no goodbye.

Whatever arrives from a viewer is a sign of life. One that watches pictures sends reports three
times a second, one that only listens something every three (Chromium) or six seconds (Firefox). So
one that falls silent is asked, by a STUN binding request as for consent (RFC 7675), which every
WebRTC stack answers from its network thread whatever its page is doing.
"""

import math
from collections.abc import Callable

TICK = 0.15
"""Seconds; viewers are looked at when the clock shows a multiple of it, so that one waking of the
event loop does for all of them."""

ASK_AFTER = 0.5

LOST_AFTER = 4.5
"""Seconds of silence after which a viewer is given up: as many as free its place within five.

A Wi-Fi that pauses, or a browser that stands still, for 3.5 s keeps its call: at most a second of
silence comes before the pause, or behind it until the next answer. So does a viewer that loses 30 %
of all packets each way: that none of 26 questions and answers gets through happens once in forty
million times, and a browser's own reports would have to be lost as well. RFC 7675 gives 30 s, but
to consent, which protects others from our packets; who is given up here merely calls again.
"""


class Liveness:
    """How long a viewer has been silent; ``ask`` sends it a question. Times: any steady clock."""

    def __init__(self, ask: Callable[[], object], now: float) -> None:
        self._ask = ask
        self._silent_since = now
        self._due = now

    def heard(self, now: float) -> None:
        """Something arrived from the viewer."""
        self._silent_since = now

    def look(self, now: float) -> float | None:
        """Seconds until it is to be looked at again; None: the viewer is to be given up.

        To look later than that was this device's own pause, for which no viewer is to blame.
        """
        late = now - self._due
        if late > TICK:
            self._silent_since = min(now, self._silent_since + late)
        silence = now - self._silent_since
        if silence >= LOST_AFTER:
            return None
        pause = TICK
        if silence < ASK_AFTER:
            pause = max(TICK, ASK_AFTER - silence)
        else:
            self._ask()
        self._due = math.ceil((now + pause) / TICK) * TICK
        return self._due - now
