"""What one viewer has still to be sent."""

import asyncio
from collections import deque
from collections.abc import Callable

from edgecam.media import Packet


class Subscription:
    """A bounded queue that begins, and after an overflow begins again, at a keyframe.

    It is demand from the moment it exists, so that the camera warms up, but holds nothing before
    the first ``get``: what was encoded before a viewer could be sent anything is no use to it.
    """

    def __init__(
        self, size: int, want_keyframe: Callable[[], None], leave: Callable[["Subscription"], None]
    ) -> None:
        self._size = size
        self._want_keyframe = want_keyframe
        self._leave = leave
        self._queue: deque[Packet] = deque()
        self._ready = asyncio.Event()
        self._reading = False
        self._waiting_for_keyframe = True
        self._began = False
        self.closed = False
        self.dropped = 0

    async def get(self) -> Packet | None:
        """The next packet, as soon as there is one; None once closed. One reader at a time."""
        if not self._reading:
            self._reading = True
            self._want_keyframe()
        while not self._queue:
            if self.closed:
                return None
            self._ready.clear()
            await self._ready.wait()
        return self._queue.popleft()

    def push(self, packet: Packet) -> None:
        """Queue ``packet``, or count it as dropped until the next keyframe."""
        if self.closed or not self._reading:
            return
        if packet.keyframe and self._waiting_for_keyframe:
            self._waiting_for_keyframe = False
            self._began = True
        elif self._waiting_for_keyframe:
            self.dropped += self._began
            return
        if len(self._queue) >= self._size:
            self._overflow()
            if not packet.keyframe:
                self.dropped += 1
                return
            self._waiting_for_keyframe = False
        self._queue.append(packet)
        self._ready.set()

    def want_keyframe(self) -> None:
        """The viewer can't go on decoding: it joined or it lost a packet."""
        if not self.closed:
            self._want_keyframe()

    def close(self) -> None:
        """Leave. May be called twice; a waiting ``get`` returns None."""
        if not self.closed:
            self.closed = True
            self._queue.clear()
            self._ready.set()
            self._leave(self)

    def _overflow(self) -> None:
        self.dropped += len(self._queue)
        self._queue.clear()
        self._waiting_for_keyframe = True
        self._want_keyframe()
