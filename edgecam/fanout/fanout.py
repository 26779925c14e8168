"""Runs one producer while somebody subscribes, and hands what it makes to all of them."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import copy_context
from typing import Literal

from edgecam.errors import Hangs, SourceError
from edgecam.fanout.handover import Handover
from edgecam.fanout.healing import Healing
from edgecam.fanout.keyframes import KeyframeGate
from edgecam.fanout.run import Producer, Run
from edgecam.fanout.stall import LOOK, Stall
from edgecam.fanout.subscription import Subscription
from edgecam.lifecycle import Backoff, either, thread_end
from edgecam.media import Packet, capture_clock

logger = logging.getLogger(__name__)

STUCK = 3.0
"""Seconds a source may take to stop before its thread is given up."""

STUCK_AT_STOP = 0.3
"""The same when the whole node stops."""

MOST_ABANDONED = 2
"""Encoders that may hang at a time, each with its thread; with more, a new process has to do."""

State = Literal["idle", "starting", "live", "failed"]


class Fanout:
    """One encode, any number of viewers.

    ``run`` has to be running for packets to flow. ``on_state`` is called in the event loop with
    the new state and, when it is "failed", the reason in words: that is how a failure reaches
    every viewer, whose subscriptions stay and go on when the source is back. ``life`` changes with
    every packet and, unless it hangs, every change of state.

    A thread that no longer gets on is noticed within two seconds. If it is the encoder that hangs,
    it gets another and its subscribers a keyframe, and how its thread ends is ``abandoned``; if it
    is the device, nothing but a new process helps, and until then a sign of life is ``due``.
    ``healing`` counts what was done.
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
        self.healing = Healing()
        self._producer = producer
        self._queue = queue
        self._on_state = on_state
        self._stuck: asyncio.Future[SourceError | None] | None = None
        self._hangs = False
        self.abandoned: list[asyncio.Future[SourceError | None]] = []
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
        wanted = self._hangs or self.state in ("starting", "live")
        return self._stuck_now or bool(self._subscriptions and wanted)

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
                self._failed(error)
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
        run = Run(self.name, self._producer, self._take_keyframe, loop.create_future())
        self.healing.begins_anew()

        def deliver(packets: Sequence[Packet]) -> None:
            if run.stop.is_set():
                return
            if self.state != "live":
                backoff.worked()
                self.healing.worked()
                self._hangs = False
                self._become("live")
            self.life += 1
            for packet in packets:
                self.delivered_bytes += len(packet.data)
                for subscription in self._subscriptions:
                    subscription.push(packet)

        def finish(error: SourceError | None) -> None:
            run.ended.set_result(error)

        handover = Handover(deliver)

        def work() -> None:
            error = run.work(handover.put)
            # Whoever was given up may return when the loop has long been closed.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(finish, error)

        self._become("starting")
        # The thread's lines of the log are about what this task's are.
        copied = copy_context().run
        threading.Thread(
            target=copied, args=(work,), name=f"edgecam-{self.name}", daemon=True
        ).start()
        try:
            await self._while_wanted(run)
        finally:
            run.stop.set()
            try:
                if not run.abandoned:
                    await self._until(run.ended)
            finally:
                handover.close()
        self._raise_if_stuck()
        error = run.ended.result()
        if error is not None:
            raise error

    async def _while_wanted(self, run: Run) -> None:
        """Wait until nobody subscribes, or the thread has ended by itself. Hangs if it does."""
        loop = asyncio.get_running_loop()
        stall, hangs = Stall(), loop.create_future()
        looks: list[asyncio.TimerHandle] = []

        def look() -> None:
            if self.state == "live" and stall.look(run.turns):
                hangs.set_result(None)
            else:
                looks[:] = [loop.call_later(LOOK, look)]

        look()
        try:
            while self._subscriptions and not (run.ended.done() or hangs.done()):
                no_demand = asyncio.ensure_future(self._no_demand.wait())
                try:
                    await asyncio.wait(
                        (run.ended, no_demand, hangs), return_when=asyncio.FIRST_COMPLETED
                    )
                finally:
                    no_demand.cancel()
        finally:
            looks[0].cancel()
        if hangs.done():
            raise await self._healed(run)

    async def _healed(self, run: Run) -> Hangs:
        """Of a thread that hangs: tell, and go on without it if it is the encoder's doing."""
        error = Hangs(f"the {self.name} hangs: nothing has come for two seconds")
        self._failed(error)
        self.abandoned = [ended for ended in self.abandoned if not ended.done()]
        if len(self.abandoned) < MOST_ABANDONED and await asyncio.to_thread(run.abandon):
            self.abandoned.append(run.ended)
            self.healing.only_encoder = True
            logger.info("it is the %s's encoder that hangs: it gets another", self.name)
        return error

    async def _until(self, ended: asyncio.Future[SourceError | None]) -> None:
        """Wait for the thread, whose last act is to set ``ended``."""

        def give_up() -> None:
            logger.error("the %s's driver is stuck and was given up", self.name)
            self._stuck = ended

        await thread_end(ended, STUCK, STUCK_AT_STOP, give_up)

    def _raise_if_stuck(self) -> None:
        if self._stuck_now:
            raise Hangs(f"the {self.name}'s driver is stuck: edgecam has to be restarted")

    @property
    def _stuck_now(self) -> bool:
        return self._stuck is not None and not self._stuck.done()

    def _take_keyframe(self) -> bool:
        return self.gate.take(capture_clock())

    def _failed(self, error: SourceError) -> None:
        if (self.state, self.reason) != ("failed", str(error)):
            self.healing.failed(str(error))
        self._hangs = isinstance(error, Hangs)
        self._become("failed", str(error))

    def _become(self, state: State, reason: str = "") -> None:
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            # Trying again is no sign of life.
            self.life += not self._hangs
            self._on_state(state, reason)

    def _leave(self, subscription: Subscription) -> None:
        self._subscriptions.discard(subscription)
        self.dropped_by_the_gone += subscription.dropped
        if not self._subscriptions:
            self._demand.clear()
            self._no_demand.set()
