"""A thread that uses one device while it is wanted, and starts again when the device failed."""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from edgecam.errors import SinkError
from edgecam.lifecycle import Backoff, thread_end

logger = logging.getLogger(__name__)

STUCK = 3.0
"""Seconds a device may take to stop before its thread is given up: a console that changes its mode
takes one or two."""

STUCK_AT_STOP = 0.15
"""The same when the whole node stops."""

Work = Callable[[threading.Event, Callable[[str], None]], None]
"""Uses the device until the event is set, and tells why it can't play or show something, "" when it
does. SinkError: try again later."""


class Worker:
    """``run`` has to be running for anything to happen; its owner cancels it.

    ``on_state`` is called in the event loop: with the reason in words when the device fails, with
    "" when it works again.
    """

    def __init__(self, name: str, work: Work, on_state: Callable[[str], None]) -> None:
        self.name = name
        self._work = work
        self._on_state = on_state
        self._reason = ""
        self._wanted = asyncio.Event()
        self._unwanted = asyncio.Event()
        self._unwanted.set()
        self._stuck: asyncio.Future[SinkError | None] | None = None

    def want(self, wanted: bool) -> None:
        """Whether the device is to be used from now on."""
        if wanted:
            self._wanted.set()
            self._unwanted.clear()
        else:
            self._wanted.clear()
            self._unwanted.set()

    def _say(self, reason: str) -> None:
        if reason != self._reason:
            self._reason = reason
            self._on_state(reason)

    async def run(self) -> None:
        """Use the device while it is wanted, for ever."""
        backoff = Backoff(f"the {self.name}")
        while True:
            await self._wanted.wait()
            try:
                await self._turn(backoff)
            except SinkError as error:
                pause = backoff.failed(error)
                self._say(str(error))
                try:
                    async with asyncio.timeout(pause):
                        await self._unwanted.wait()
                except TimeoutError:
                    pass

    async def _turn(self, backoff: Backoff) -> None:
        """One run of the thread, until it is not wanted (returns) or fails (raises)."""
        if self._stuck is not None and not self._stuck.done():
            raise SinkError(f"the {self.name}'s driver is stuck: restart edgecam")
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[SinkError | None] = loop.create_future()
        stop = threading.Event()

        def told(reason: str) -> None:
            if not stop.is_set():
                backoff.worked()
                self._say(reason)

        def work() -> None:
            error = self._working(stop, lambda reason: loop.call_soon_threadsafe(told, reason))
            # A loop that is closed by now has nobody who waits.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(ended.set_result, error)

        threading.Thread(target=work, name=f"edgecam-{self.name}", daemon=True).start()
        unwanted = asyncio.ensure_future(self._unwanted.wait())
        try:
            await asyncio.wait((ended, unwanted), return_when=asyncio.FIRST_COMPLETED)
        finally:
            unwanted.cancel()
            stop.set()
            await self._until(ended)
        error = ended.result() if ended.done() else None
        if error is not None:
            raise error
        if self._stuck is not ended:
            # What could not be shown was shown to the end.
            self._say("")

    async def _until(self, ended: asyncio.Future[SinkError | None]) -> None:
        """Wait for the thread, whose last act is to set ``ended``."""

        def give_up() -> None:
            logger.error("the %s's driver is stuck and was given up", self.name)
            self._stuck = ended

        await thread_end(ended, STUCK, STUCK_AT_STOP, give_up)

    def _working(self, stop: threading.Event, told: Callable[[str], object]) -> SinkError | None:
        """The thread. The error that ended it, if one did."""
        last: str | None = None

        def tell(reason: str) -> None:
            nonlocal last
            if reason != last:
                last = reason
                told(reason)

        try:
            self._work(stop, tell)
        except SinkError as error:
            return error
        except Exception as error:
            logger.exception("%s: the driver broke", self.name)
            return SinkError(f"the {self.name}'s driver broke: {error!r}; see the log")
        return None
