"""Sends the steps of a frame one after the other, a moment apart."""

import asyncio
from collections import deque

from edgecam.peer.send_path.frame import Burst, Frame, Step
from edgecam.peer.send_path.route import Route

SPREAD = 0.01
"""Seconds in which all of a frame is sent, or less than a third of a picture's time at 30 a second.

Long enough for a Wi-Fi interface or a router to pass on most of a keyframe while the rest still
comes. Linux could do it with the qdisc fq, where somebody has set that up; but that, too, sends a
burst, which is one buffer to it, as one.
"""


class Spread:
    """Frames on one route, in order: what is left of one goes at once when the next one comes."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self._left: deque[list[Burst]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def send(self, frame: Frame) -> None:
        """Send the frame's first step now, and the others within SPREAD."""
        if self._left:
            self.flush()
        steps = frame.steps
        if not steps:
            return
        self.route.send(steps[0].bursts)
        if len(steps) > 1:
            # The memory is the next viewer's.
            self._left.extend([burst.kept() for burst in step.bursts] for step in steps[1:])
            self._wait(pause(steps))

    def flush(self) -> None:
        """Send at once what is left."""
        while self._left:
            self.route.send(self._left.popleft())
        self.close()

    def close(self) -> None:
        """Send no more, unless there is another frame."""
        self._left.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._go_on, seconds)

    def _go_on(self, seconds: float) -> None:
        self.route.send(self._left.popleft())
        if self._left:
            self._wait(seconds)
        else:
            self._timer = None


def pause(steps: list[Step]) -> float:
    """Seconds from one step to the next."""
    return SPREAD / max(1, len(steps) - 1)
