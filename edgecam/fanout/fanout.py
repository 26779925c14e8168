"""Runs one producer while somebody subscribes, and hands what it makes to all of them."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Literal, Protocol

from edgecam.errors import SourceError
from edgecam.fanout.keyframes import KeyframeGate
from edgecam.fanout.subscription import Subscription
from edgecam.lifecycle import Backoff, either, thread_end
from edgecam.media import Packet, capture_clock

logger = logging.getLogger(__name__)

STUCK = 3.0
"""Seconds a source may take to stop before its thread is given up."""

STUCK_AT_STOP = 0.3
"""The same when the whole node stops."""

State = Literal["idle", "starting", "live", "failed"]


class Producer(Protocol):
    """A source with its encoder, used by one thread. Any SourceError is a failure to start again.

    ``read`` blocks until there are packets; ``keyframe`` is asked, as late as can be, whether the
    picture about to be encoded has to be one. The first packet after ``open`` is a keyframe.
    ``close`` may follow a failed ``open``.
    """

    def open(self) -> None: ...

    def read(self, keyframe: Callable[[], bool]) -> Sequence[Packet]: ...

    def close(self) -> None: ...


class Fanout:
    """One encode, any number of viewers.

    ``run`` has to be running for packets to flow. ``on_state`` is called in the event loop with
    the new state and, when it is "failed", the reason in words: that is how a failure reaches
    every viewer, whose subscriptions stay and go on when the source is back. ``life`` changes with
    every packet and every change of state.
    """

    def __init__(
        self,
        name: str,
        producer: Producer,
        queue: int,
        on_state: Callable[[State, str], None] = lambda state, reason: None,
    ) -> None:
        self.name = name
        self.state: State = "idle"
        self.reason = ""
        self.gate = KeyframeGate()
        self.dropped_by_the_gone = 0
        self.delivered_bytes = 0
        self.life = 0
        self._producer = producer
        self._queue = queue
        self._on_state = on_state
        self._stuck: asyncio.Future[SourceError | None] | None = None
        self._subscriptions: set[Subscription] = set()
        self._demand = asyncio.Event()
        self._no_demand = asyncio.Event()
        self._no_demand.set()
        self._again = asyncio.Event()

    @property
    def subscribers(self) -> int:
        """How many subscribe now."""
        return len(self._subscriptions)

    @property
    def due(self) -> bool:
        """Whether there ought to be a sign of life soon: while it is wanted and has not failed, and
        when its driver is stuck for good.
        """
        return self._stuck_now or bool(self._subscriptions and self.state in ("starting", "live"))

    @property
    def dropped(self) -> int:
        """Packets dropped so far because a subscriber was slow, all subscribers together."""
        return self.dropped_by_the_gone + sum(s.dropped for s in self._subscriptions)

    def subscribe(self) -> Subscription:
        """A new subscription; the source opens if it is the first."""
        subscription = Subscription(self._queue, self.gate.request, self._leave)
        self._subscriptions.add(subscription)
        self._demand.set()
        self._no_demand.clear()
        return subscription

    async def run(self) -> None:
        """Produce while there is demand, for ever; its owner cancels it."""
        backoff = Backoff(self.name)
        while True:
            await self._demand.wait()
            try:
                await self._produce(backoff)
            except SourceError as error:
                pause = backoff.failed(error)
                self._become("failed", str(error))
                await self._pause(pause)
            else:
                self._become("idle")

    def try_again(self) -> None:
        """What it failed for may be over: have it not wait any longer."""
        self._again.set()

    async def _pause(self, seconds: float) -> None:
        self._again.clear()
        try:
            async with asyncio.timeout(seconds):
                await either(self._no_demand, self._again)
        except TimeoutError:
            pass

    async def _produce(self, backoff: Backoff) -> None:
        """One run of the producer's thread, until demand ends (returns) or it fails (raises)."""
        self._raise_if_stuck()
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[SourceError | None] = loop.create_future()
        stop = threading.Event()

        def deliver(packets: Sequence[Packet]) -> None:
            if stop.is_set():
                return
            if self.state != "live":
                backoff.worked()
                self._become("live")
            self.life += 1
            for packet in packets:
                self.delivered_bytes += len(packet.data)
                for subscription in self._subscriptions:
                    subscription.push(packet)

        def finish(error: SourceError | None) -> None:
            ended.set_result(error)

        def work() -> None:
            error = self._work(stop, lambda packets: loop.call_soon_threadsafe(deliver, packets))
            loop.call_soon_threadsafe(finish, error)

        self._become("starting")
        # The thread's lines of the log are about what this task's are.
        run = copy_context().run
        threading.Thread(target=run, args=(work,), name=f"edgecam-{self.name}", daemon=True).start()
        try:
            await self._while_wanted(ended)
        finally:
            stop.set()
            await self._until(ended)
        self._raise_if_stuck()
        error = ended.result()
        if error is not None:
            raise error

    async def _while_wanted(self, ended: asyncio.Future[SourceError | None]) -> None:
        """Wait until nobody subscribes, or the thread has ended by itself."""
        while not ended.done() and self._subscriptions:
            no_demand = asyncio.ensure_future(self._no_demand.wait())
            try:
                await asyncio.wait((ended, no_demand), return_when=asyncio.FIRST_COMPLETED)
            finally:
                no_demand.cancel()

    async def _until(self, ended: asyncio.Future[SourceError | None]) -> None:
        """Wait for the thread, whose last act is to set ``ended``."""

        def give_up() -> None:
            logger.error("the %s's driver is stuck and was given up", self.name)
            self._stuck = ended

        await thread_end(ended, STUCK, STUCK_AT_STOP, give_up)

    def _work(
        self, stop: threading.Event, deliver: Callable[[Sequence[Packet]], object]
    ) -> SourceError | None:
        """The thread: read and deliver until told to stop. The error that ended it, if one did."""
        try:
            try:
                self._producer.open()
                while not stop.is_set():
                    packets = self._producer.read(self._take_keyframe)
                    if packets:
                        deliver(packets)
            finally:
                self._producer.close()
        except SourceError as error:
            return error
        except Exception as error:
            logger.exception("%s: the driver broke", self.name)
            return SourceError(f"the {self.name}'s driver broke: {error!r}; see the log")
        return None

    def _raise_if_stuck(self) -> None:
        if self._stuck_now:
            raise SourceError(f"the {self.name}'s driver is stuck: restart edgecam")

    @property
    def _stuck_now(self) -> bool:
        return self._stuck is not None and not self._stuck.done()

    def _take_keyframe(self) -> bool:
        return self.gate.take(capture_clock())

    def _become(self, state: State, reason: str = "") -> None:
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            self.life += 1
            self._on_state(state, reason)

    def _leave(self, subscription: Subscription) -> None:
        self._subscriptions.discard(subscription)
        self.dropped_by_the_gone += subscription.dropped
        if not self._subscriptions:
            self._demand.clear()
            self._no_demand.set()
