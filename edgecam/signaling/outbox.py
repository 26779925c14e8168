"""What is to be sent: by one task, so that what is decided first is sent first."""

import asyncio
import logging
from collections.abc import Callable, Mapping

import socketio

from edgecam.lifecycle import cancelled
from edgecam.signaling.exchange import Delivery
from edgecam.signaling.members import Cut, Member

logger = logging.getLogger(__name__)

MOST_UNSENT = 256
"""Messages that wait for a socket to take them; a call with all its candidates is a quarter."""

CUT_GRACE = 0.2
"""Seconds a socket that is cut has to take what it was sent before."""


class Outbox:
    """Sends to ``members`` through ``sio``; ``unread`` is told of one that does not read.

    Once it has stopped, messages go nowhere, and sockets are still closed.
    """

    def __init__(
        self,
        sio: socketio.AsyncServer,
        members: Mapping[str, Member],
        unread: Callable[[str], None],
    ) -> None:
        self._sio = sio
        self._members = members
        self._unread = unread
        self._items: asyncio.Queue[Delivery | Cut] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._cutting: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin sending."""
        self._task = asyncio.create_task(self._send_all(), name="signaling-outbox")

    async def stop(self) -> None:
        """Send what is there and close what is to be closed. May come twice."""
        if self._task is not None:
            await self._items.join()
            task, self._task = self._task, None
            await cancelled(task)
        if self._cutting:
            await asyncio.wait(self._cutting)

    def send(self, deliveries: list[Delivery]) -> None:
        """Send these, in order."""
        for delivery in deliveries:
            self._items.put_nowait(delivery)

    def cut(self, cut: Cut) -> None:
        """Close a socket, after what it is to be sent."""
        if self._task is None:
            self._cut_soon(cut)
        else:
            self._items.put_nowait(cut)

    async def _send_all(self) -> None:
        while True:
            item = await self._items.get()
            try:
                if isinstance(item, Cut):
                    self._cut_soon(item)
                else:
                    await self._deliver(item)
            except Exception:
                logger.exception("a message could not be sent")
            finally:
                self._items.task_done()

    async def _deliver(self, delivery: Delivery) -> None:
        member = self._members.get(delivery.to)
        if member is None:
            return
        engine = self._sio.eio.sockets.get(member.cut.engine_id)
        if engine is not None and engine.queue.qsize() >= MOST_UNSENT:
            self._unread(delivery.to)
            return
        await self._sio.emit(
            delivery.event, delivery.payload, to=delivery.to, namespace=member.namespace
        )

    def _cut_soon(self, cut: Cut) -> None:
        task = asyncio.create_task(self._cut(cut), name="signaling-cut")
        self._cutting.add(task)
        task.add_done_callback(self._cutting.discard)

    async def _cut(self, cut: Cut) -> None:
        """Close a socket; waiting for it to take what it was sent is nobody else's business."""
        engine = self._sio.eio.sockets.get(cut.engine_id)
        try:
            async with asyncio.timeout(CUT_GRACE):
                # Engine.IO lets nobody fetch by long polling what waits in a socket it has closed.
                if engine is not None:
                    await engine.queue.join()
                await self._sio.eio.disconnect(cut.engine_id)
        except TimeoutError:
            if cut.transport is not None:
                cut.transport.abort()
            elif engine is not None:
                await engine.close(wait=False)
        except Exception:
            logger.exception("a socket could not be closed")
        else:
            if cut.transport is not None:
                cut.transport.close()
