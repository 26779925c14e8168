"""JPEGs for any number of readers, made once and only while somebody reads."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edgecam.errors import NoPlace, SourceError
from edgecam.fanout.fanout import Fanout, State
from edgecam.fanout.run import Producer
from edgecam.fanout.subscription import Subscription
from edgecam.media import NS, Packet, capture_clock

QUEUE = 2
"""Pictures a reader may lag: each stands alone, so that the newest is as good as any."""

FIRST = 10.0
"""Seconds until the first picture: a camera on USB takes two or three to begin."""

SILENCE = 5.0
"""Seconds after the last picture in which another has to come."""


class Reader:
    """One who reads pictures; ``end`` may come from whoever hangs up on it."""

    def __init__(self, subscription: Subscription) -> None:
        self.packets = subscription
        self._patience = FIRST
        self._reason = "the picture has ended"

    async def next(self) -> Packet:
        """The next picture. SourceError, with the reason, if none comes."""
        try:
            async with asyncio.timeout(self._patience):
                packet = await self.packets.get()
        except TimeoutError as error:
            raise SourceError("the camera delivers no picture") from error
        if packet is None:
            raise SourceError(self._reason)
        self._patience = SILENCE
        return packet

    def end(self, reason: str) -> None:
        """There will be no more for it; the first reason counts."""
        if not self.packets.closed:
            self._reason = reason
            self.packets.close()


class Stills:
    """Pictures out of ``producer``, ``rate`` a second while anybody reads, and one at once for whom
    comes.

    ``run`` has to be running. When the camera fails every reader ends, and so it does with the
    node: nobody is left with an old picture. ``free`` says how many places there are for one more
    reader, ``counted`` is told how many there are.
    """

    def __init__(
        self, producer: Producer, rate: int, free: Callable[[], int], counted: Callable[[int], None]
    ) -> None:
        self.fanout = Fanout("JPEG", producer, QUEUE, self._told)
        self._life_ns = NS // rate
        self._free = free
        self._counted = counted
        self._readers: set[Reader] = set()
        self._last: Packet | None = None

    async def run(self) -> None:
        """Read while somebody wants to; its owner cancels it."""
        try:
            await self.fanout.run()
        finally:
            self._end("the node is stopping")

    async def picture(self) -> Packet:
        """The present picture, fresh or of this very moment's reading.

        NoPlace if all are taken, SourceError if there is none: never an old one.
        """
        last = self._last
        if last is not None and capture_clock() - last.capture_ns < self._life_ns:
            return last
        with self.reader() as reader:
            self._last = await reader.next()
            return self._last

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """One who reads as long as this lasts, in one of the places. NoPlace if all are taken."""
        if self._free() < 1:
            raise NoPlace("all places for viewers are taken")
        reader = Reader(self.fanout.subscribe())
        self._readers.add(reader)
        self._counted(len(self._readers))
        try:
            yield reader
        finally:
            reader.end("")
            self._readers.discard(reader)
            self._counted(len(self._readers))

    def _told(self, state: State, reason: str) -> None:
        if state == "failed":
            self._end(reason)

    def _end(self, reason: str) -> None:
        self._last = None
        for reader in list(self._readers):
            reader.end(reason)
