"""One run of a producer, in a thread of its own."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from edgecam.errors import SourceError
from edgecam.media import Packet

logger = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that abandoning waits for a thread that is just closing its producer."""


class Producer(Protocol):
    """A source with its encoder, used by one thread. Any SourceError is a failure to start again.

    ``read`` blocks until there are packets; ``keyframe`` is asked, as late as can be, whether the
    picture about to be encoded has to be one. The first packet after ``open`` is a keyframe.
    ``close`` may follow a failed ``open``. ``abandon`` is for another thread while ``read`` hangs:
    should it be the encoder that does, everything else is let go of, so that a third thread may
    open it anew, and that is True.
    """

    def open(self) -> None: ...

    def read(self, keyframe: Callable[[], bool]) -> Sequence[Packet]: ...

    def close(self) -> None: ...

    def abandon(self) -> bool: ...


class Run:
    """From opening ``producer`` until it is closed. ``turns`` counts how often it was read from;
    ``stop`` tells the thread to end, which is for ``ended`` to say.
    """

    def __init__(
        self,
        name: str,
        producer: Producer,
        keyframe: Callable[[], bool],
        ended: asyncio.Future[SourceError | None],
    ) -> None:
        self.ended = ended
        self.stop = threading.Event()
        self.turns = 0
        self.abandoned = False
        self._name = name
        self._producer = producer
        self._keyframe = keyframe
        self._closing = threading.Lock()

    def work(self, deliver: Callable[[Sequence[Packet]], object]) -> SourceError | None:
        """The thread: read and deliver until told to stop. The error that ended it, if one did."""
        try:
            try:
                self._producer.open()
                while not self.stop.is_set():
                    packets = self._producer.read(self._keyframe)
                    self.turns += 1
                    if packets and not self.stop.is_set():
                        deliver(packets)
            finally:
                self._close()
        except SourceError as error:
            return error
        except Exception as error:
            logger.exception("%s: the driver broke", self._name)
            return SourceError(f"the {self._name}'s driver broke: {error!r}; see the log")
        return None

    def abandon(self) -> bool:
        """Have the thread go on hanging, without what another needs. Blocks; whether that was
        possible.
        """
        self.stop.set()
        if not self._closing.acquire(timeout=PATIENCE):
            return False
        try:
            self.abandoned = self._producer.abandon()
        except SourceError:
            logger.debug("%s: could not be abandoned", self._name, exc_info=True)
        finally:
            self._closing.release()
        return self.abandoned

    def _close(self) -> None:
        with self._closing:
            # By now it is another thread's.
            if not self.abandoned:
                self._producer.close()
