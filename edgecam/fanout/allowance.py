"""How much a viewer may be sent whose link can't carry everything."""

from edgecam.media import NS, Packet

SAVED = 2
"""Seconds of it that can be saved up, after which a keyframe is worth asking for: the keyframe is
everybody's, and one that comes more often would cost the others more than it gives."""


class Allowance:
    """``rate`` bits a second on the capture clock, saved up for SAVED seconds at most."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._saved = 0.0
        self._now: int | None = None
        self._asked: int | None = None

    @property
    def full(self) -> bool:
        """No more can be saved."""
        return self._saved >= self.rate * SAVED

    def asks(self) -> bool:
        """Whether a keyframe is to be asked for: all is saved, and the last time is long ago."""
        now = self._now or 0
        if not self.full or (self._asked is not None and now - self._asked < SAVED * NS):
            return False
        self._asked = now
        return True

    def earn(self, now_ns: int) -> None:
        """It is ``now_ns`` on the capture clock."""
        before = self._now if self._now is not None else now_ns
        self._now = now_ns
        self._saved = min(self.rate * SAVED, self._saved + self.rate * (now_ns - before) / NS)

    def spend(self, packet: Packet) -> bool:
        """Whether ``packet`` is within it, and then it is spent.

        A keyframe is once all is saved that can be, however large it is: the debt is paid off
        before the next.
        """
        bits = 8 * len(packet.data)
        if bits > self._saved and not (packet.keyframe and self.full):
            return False
        self._saved -= bits
        return True
