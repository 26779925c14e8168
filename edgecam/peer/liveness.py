"""Noticing that a viewer is gone which said no goodbye.

Whatever arrives from a viewer is a sign of life. One that watches pictures sends reports three
times a second, one that only listens something every three (Chromium) or six seconds (Firefox). So
one that falls silent is asked, by a STUN binding request as for consent (RFC 7675), which every
WebRTC stack answers from its network thread whatever its page is doing.
"""

import asyncio
from collections.abc import Callable

TICK = 0.15
ASK_AFTER = 0.5

LOST_AFTER = 4.5
"""Seconds of silence after which a viewer is given up: as many as free its place within five.

A Wi-Fi that pauses, or a browser that stands still, for 3.5 s keeps its call: at most a second of
silence comes before the pause, or behind it until the next answer. So does a viewer that loses 30 %
of all packets each way: that none of 26 questions and answers gets through happens once in forty
million times, and a browser's own reports would have to be lost as well. RFC 7675 gives 30 s, but
to consent, which protects others from our packets; who is given up here merely calls again.
"""

_MOST_TICK = 2 * TICK
"""A longer pause between two looks was this device's own, for which no viewer is to blame."""


class Liveness:
    """How long a viewer has been silent; ``ask`` sends it a question."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self._silence = 0.0

    def heard(self) -> None:
        """Something arrived from the viewer."""
        self._silence = 0.0

    def passed(self, seconds: float) -> bool:
        """Note that time has passed; whether the viewer is to be given up."""
        self._silence += min(seconds, _MOST_TICK)
        if self._silence >= LOST_AFTER:
            return True
        if self._silence >= ASK_AFTER:
            self._ask()
        return False

    async def until_gone(self) -> None:
        """Wait until the viewer is to be given up."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        while True:
            await asyncio.sleep(TICK)
            now = loop.time()
            if self.passed(now - before):
                return
            before = now
