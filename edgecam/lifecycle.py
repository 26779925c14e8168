"""Starting and stopping: parts stop in reverse order, a deadline each, and none hides another."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 10.0
MOST_DOUBLINGS = 10


class Lifecycle:
    """The parts that run, in the order they started.

    ``stop`` may be called twice; what a part raises while stopping is logged, never passed on.
    """

    def __init__(self) -> None:
        self._parts: list[tuple[str, Callable[[], Awaitable[None]], float]] = []

    def started(self, name: str, stop: Callable[[], Awaitable[None]], deadline: float) -> None:
        """``name`` runs; ``stop`` ends it within ``deadline`` seconds or is cancelled."""
        self._parts.append((name, stop, deadline))

    async def stop(self) -> None:
        """Stop everything, the newest first."""
        while self._parts:
            name, stop, deadline = self._parts.pop()
            try:
                async with asyncio.timeout(deadline):
                    await stop()
            except TimeoutError:
                logger.error("%s did not stop within %g s and was given up", name, deadline)
            except Exception:
                logger.exception("%s failed while stopping", name)


class Backoff:
    """Pauses that double from FIRST_PAUSE to ``longest`` seconds, each shortened at random.

    The first failure of a row is logged as a warning and the recovery once; what is between, at
    debug level.
    """

    def __init__(self, what: str, longest: float = LONGEST_PAUSE) -> None:
        self._what = what
        self._longest = longest
        self._failures = 0

    def failed(self, error: Exception) -> float:
        """Note a failure; the seconds to wait before trying again."""
        level = logging.DEBUG if self._failures else logging.WARNING
        logger.log(level, "%s: %s; trying again", self._what, error)
        pause: float = min(self._longest, FIRST_PAUSE * 2 ** min(self._failures, MOST_DOUBLINGS))
        self._failures += 1
        return pause * random.uniform(0.75, 1)

    def worked(self) -> None:
        """Note that it works."""
        if self._failures:
            logger.warning("%s: works again after %d failures", self._what, self._failures)
            self._failures = 0


async def whenever(
    due: asyncio.Event, work: Callable[[], Awaitable[None]], backoff: Backoff
) -> None:
    """Do ``work`` whenever it is ``due``, until cancelled; what fails is done again after a pause.

    The pause ends early when the work is due again, but is never below FIRST_PAUSE.
    """
    while True:
        await due.wait()
        due.clear()
        try:
            await work()
            backoff.worked()
        except Exception as error:
            logger.debug("what was due has failed", exc_info=True)
            pause = backoff.failed(error)
            await asyncio.sleep(FIRST_PAUSE)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0, pause - FIRST_PAUSE)):
                    await due.wait()
            due.set()


async def cancelled(task: asyncio.Task[None] | None) -> None:
    """Cancel ``task`` and wait until it has ended; what it raises is its owner's to have logged."""
    if task is None:
        return
    task.cancel()
    await asyncio.wait([task])


async def thread_end(
    ended: asyncio.Future[Any], patience: float, hurry: float, give_up: Callable[[], None]
) -> None:
    """Wait until a thread has set ``ended``, for ``patience`` seconds; then ``give_up``.

    Who cancels this is told so only afterwards, ``hurry`` seconds later at most: whatever the
    thread uses must never be used by two.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    cancelled: asyncio.CancelledError | None = None
    while not ended.done():
        left = until - loop.time()
        if left <= 0:
            give_up()
            break
        try:
            await asyncio.wait((ended,), timeout=left)
        except asyncio.CancelledError as error:
            cancelled = error
            until = min(until, loop.time() + hurry)
    if cancelled is not None:
        raise cancelled


async def either(one: asyncio.Event, other: asyncio.Event) -> None:
    """Wait until one of two events is set."""
    waits = [asyncio.ensure_future(event.wait()) for event in (one, other)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


class Runs(Protocol):
    """What has a ``run`` that never ends by itself."""

    async def run(self) -> None: ...


async def together(*parts: Runs | None) -> None:
    """Run those there are."""
    await asyncio.gather(asyncio.Event().wait(), *(part.run() for part in parts if part))
