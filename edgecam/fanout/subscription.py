"""What one viewer has still to be sent."""

import asyncio
from collections import deque
from collections.abc import Callable

from edgecam.fanout.allowance import Allowance
from edgecam.media import NS, Packet


class Subscription:
    """A bounded queue that begins, and after an overflow begins again, at a keyframe.

    It asks for a keyframe the moment it exists. Until the first ``get`` it holds the newest
    keyframe and what followed, so that whoever then reads begins at once; if that gets to be more
    than ``size``, it is too old to begin with, and the first ``get`` asks again.

    With an ``allowance``, in bits a second of the capture clock, it is thinned: no more than that
    comes in, in runs from a keyframe on.
    """

    def __init__(
        self, size: int, want_keyframe: Callable[[], None], leave: Callable[["Subscription"], None]
    ) -> None:
        self._size = size
        self._want_keyframe = want_keyframe
        self._leave = leave
        self.waiting: deque[Packet] = deque()
        """What ``take`` has still to give. For others to look at only."""
        self._ready = asyncio.Event()
        self._tell: Callable[[], None] = self._ready.set
        self._reading = False
        self._broken = True
        self._began = False
        self._asked = False
        self._allowance: Allowance | None = None
        self._skipping_ns = 0
        self._skip_until_ns = 0
        self.closed = False
        self.dropped = 0
        self.want_keyframe()

    @property
    def allowance(self) -> float | None:
        """Bits a second; None: everything comes in."""
        return self._allowance.rate if self._allowance is not None else None

    @allowance.setter
    def allowance(self, rate: float | None) -> None:
        if rate is not None and self._allowance is not None:
            self._allowance.rate = rate
            return
        was, self._allowance = self._allowance, None if rate is None else Allowance(rate)
        if was is not None and self._broken and self._reading:
            self._asked = False
            self.want_keyframe()

    async def get(self) -> Packet | None:
        """The next packet, as soon as there is one; None once closed. One reader at a time."""
        self._read()
        self._tell = self._ready.set
        while not self.waiting:
            if self.closed:
                return None
            self._ready.clear()
            await self._ready.wait()
        return self.waiting.popleft()

    def read_by(self, ready: Callable[[], None]) -> None:
        """Have ``ready`` called when there is something to ``take``, and when it is closed.

        For a reader that doesn't wait: packets are pushed in the event loop, and it reads them in
        that very call.
        """
        self._tell = ready

    def take(self) -> Packet | None:
        """The next packet, None if there is none now. The first counts as the first ``get``."""
        if not self._reading:
            self._read()
        return self.waiting.popleft() if self.waiting else None

    def push(self, packet: Packet) -> None:
        """Queue ``packet``; drop it if it doesn't fit, or if a keyframe is missing before it."""
        if self.closed:
            return
        if self._skipping_ns and self._skips(packet):
            return
        if self._allowance is not None and not self._may_pass(packet, self._allowance):
            return
        if packet.keyframe:
            self._asked = False
            if self._broken or not self._reading:
                self.waiting.clear()
                self._broken = False
                self._began = self._reading or self._began
        if self._broken:
            self._drop(1)
            return
        if len(self.waiting) >= self._size:
            self._drop(len(self.waiting))
            self.waiting.clear()
            self._broken = not packet.keyframe
            if self._broken:
                self._drop(1)
                if self._reading:
                    self.want_keyframe()
                return
        self.waiting.append(packet)
        self._tell()

    def want_keyframe(self) -> None:
        """The viewer can't go on decoding: it lost a packet. Asked once until one has come.

        One who is thinned gets the next when there is allowance for it.
        """
        if self._allowance is not None:
            self._broken = True
        elif not self.closed and not self._asked:
            self._asked = True
            self._want_keyframe()

    def skip(self, seconds: float) -> None:
        """Let nothing in for so long on the capture clock; then it goes on at a keyframe."""
        self._skipping_ns = round(seconds * NS)
        self._skip_until_ns = 0

    def close(self) -> None:
        """Leave. May be called twice; a waiting ``get`` returns None."""
        if not self.closed:
            self.closed = True
            self.waiting.clear()
            self._tell()
            self._leave(self)

    def _skips(self, packet: Packet) -> bool:
        self._skip_until_ns = self._skip_until_ns or packet.capture_ns + self._skipping_ns
        if packet.capture_ns < self._skip_until_ns:
            self._broken = True
            self._drop(1)
            return True
        self._skipping_ns = 0
        self._asked = False
        self.want_keyframe()
        return False

    def _may_pass(self, packet: Packet, allowance: Allowance) -> bool:
        """Whether ``packet`` is within the ``allowance``. If not, a keyframe has to come."""
        allowance.earn(packet.capture_ns)
        if (packet.keyframe or not self._broken) and allowance.spend(packet):
            return True
        self._broken = True
        if allowance.asks():
            self._want_keyframe()
        self._drop(1)
        return False

    def _read(self) -> None:
        """Somebody reads from now on."""
        if not self._reading:
            self._reading = True
            self._began = not self._broken
            if self._broken:
                self.want_keyframe()

    def _drop(self, count: int) -> None:
        """Count what a reader was too slow for; before it has a keyframe, nothing is lost."""
        if self._reading and self._began:
            self.dropped += count
