"""A producer a test drives: it makes one packet for every token it is given."""

import queue
import threading
from collections.abc import Callable, Sequence

from edgecam.errors import SourceError
from edgecam.media import NS, Packet


class DrivenProducer:
    """Implements the fan-out's Producer. ``step`` lets it read once, ``fail`` breaks it.

    The capture clock of its packets advances by ``interval`` a packet from 1 s; what was asked of
    it is in ``asked`` (keyframes), ``opened`` and ``closed``.
    """

    def __init__(self, interval: float = 1 / 30) -> None:
        self.asked: list[bool] = []
        self.opened = 0
        self.closed = 0
        self._interval = round(interval * NS)
        self._steps: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self._count = 0
        self._fresh = True
        self._stopping = False

    def step(self, count: int = 1) -> None:
        """Have ``count`` packets made."""
        for _ in range(count):
            self._steps.put(None)

    def fail(self, error: Exception) -> None:
        """Have the next read raise ``error``."""
        self._steps.put(error)

    def open(self) -> None:
        self.opened += 1
        self._fresh = True

    def read(self, keyframe: Callable[[], bool]) -> Sequence[Packet]:
        try:
            error = self._steps.get(timeout=0.02)
        except queue.Empty:
            return []
        if error is not None:
            raise error
        self.asked.append(keyframe())
        is_keyframe = self.asked[-1] or self._fresh
        self._fresh = False
        self._count += 1
        now = NS + self._count * self._interval
        return [Packet("video", b"%d" % self._count, now, is_keyframe)]

    def close(self) -> None:
        self.closed += 1

    def abandon(self) -> bool:
        return False


class BrokenProducer(DrivenProducer):
    """Can't be opened so many times, then can."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self._failures = failures

    def open(self) -> None:
        super().open()
        if self.opened <= self._failures:
            raise SourceError(f"no camera yet ({self.opened})")


class StuckProducer(DrivenProducer):
    """Its second read does not return before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck = threading.Event()
        self.let_go = threading.Event()
        self._reads = 0

    def read(self, keyframe: Callable[[], bool]) -> Sequence[Packet]:
        packets = super().read(keyframe)
        if packets:
            self._reads += 1
        if self._reads == 2:
            self.stuck.set()
            self.let_go.wait(10)
        return packets
