"""The device's side: offers that stand at the signaling server, and the calls they become."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from edgecam.errors import BadMessage
from edgecam.lifecycle import Backoff, cancelled, either
from edgecam.logfields import about
from edgecam.peer.peer import Peer
from edgecam.signaling.messages import (
    MOST_TEXT,
    Answer,
    Hangup,
    Listen,
    Message,
    Offer,
    Status,
    Taken,
    Trickle,
    Watcher,
)

logger = logging.getLogger(__name__)

ANSWER_DEADLINE = 12.0
"""Longer than the server's, which knows better when the viewer was handed the offer."""

CONNECT_DEADLINE = 15.0

CLOSE_DEADLINE = 1.0
"""Seconds that ended calls get to take leave when stopping; a TURN server may not answer."""

MOST_UNREAD = 128
"""Messages about one call that may wait; the server lets no more than half of them through."""

Emit = Callable[[str, dict[str, Any]], Awaitable[None]]
MakePeer = Callable[[], Awaitable[Peer]]
IceServers = tuple[dict[str, Any], ...]


class Call:
    """One peer and what the other side has said about it so far."""

    def __init__(self, name: str, peer: Peer) -> None:
        self.name = name
        self.peer = peer
        self.taken = asyncio.Event()
        self.viewer: Watcher | None = None
        self.answered = asyncio.Event()
        self.inbox: asyncio.Queue[Answer | Listen | Trickle | Hangup] = asyncio.Queue(MOST_UNREAD)
        self.reason = ""
        self.told = False
        self.task: asyncio.Task[None] | None = None

    @property
    def log_fields(self) -> dict[str, str]:
        """What lines of the log about this call are about."""
        return {"CALL": self.name} | ({"VIEWER": self.viewer.viewer} if self.viewer else {})

    def hang_up(self, reason: str, *, told: bool = False) -> None:
        """End the call; the first reason counts. ``told``: the other side knows."""
        if not self.reason:
            self.reason, self.told = reason, told
        self.peer.ended.set()


class Caller:
    """Keeps offers standing while connected, and every call it has under its eyes.

    ``connected`` and ``disconnected`` are told by the socket, ``said`` hands on what the server
    says. ``ready`` is set once the first offer stands: from then on a viewer can be answered. Each
    call is one task; a call that fails ends alone. ``ice_servers`` are the viewer's, or make them
    for each offer anew.
    """

    def __init__(
        self,
        make_peer: MakePeer,
        most: int,
        standing: int,
        ice_servers: IceServers | Callable[[], IceServers],
    ) -> None:
        self._make_peer = make_peer
        self._most = most
        self._standing = standing
        self._ice_servers = ice_servers
        self._calls: dict[str, Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._emit: Emit | None = None
        self._generation = 0
        self._failures: dict[str, str] = {}
        self._told: Status | None = None
        self._changed = asyncio.Event()
        self.ready = asyncio.Event()

    @property
    def viewers(self) -> int:
        """Calls that a viewer has taken."""
        return sum(call.taken.is_set() for call in self._calls.values())

    @property
    def calls(self) -> list[Call]:
        """Every call, standing offers among them."""
        return list(self._calls.values())

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong, a sentence each."""
        away = () if self._emit else ("not connected to the signaling server",)
        return away + tuple(reason for reason in self._failures.values() if reason)

    def connected(self, emit: Emit) -> None:
        """The socket to the server is open; ``emit`` sends through it."""
        self._emit = emit
        self._told = None
        self._changed.set()

    def disconnected(self) -> None:
        """The socket is gone, and with it the server's knowledge of every call."""
        self._emit = None
        self._generation += 1
        for call in self.calls:
            call.hang_up("caller-left")

    def addresses_changed(self) -> None:
        """Withdraw the offers that stand: they name addresses that are gone or miss new ones."""
        self._generation += 1
        for call in self.calls:
            if not call.taken.is_set():
                call.hang_up("stale")

    def resize(self, most: int, standing: int) -> None:
        """Have ``most`` viewers and ``standing`` offers from now on; who watches may stay."""
        self._most, self._standing = most, standing
        offers = [call for call in self.calls if not call.taken.is_set()]
        for call in offers[max(0, min(standing, most - self.viewers)) :]:
            call.hang_up("stale")
        self._changed.set()

    async def replace(self, old: Peer, new: Peer) -> bool:
        """Offer ``new`` in the place of ``old``; False, and nothing done, if that stands no more.

        From then on ``new`` is this caller's to close.
        """
        for call in self.calls:
            standing = not (call.taken.is_set() or old.ended.is_set() or self._emit is None)
            if call.peer is old and standing:
                await self._stand(new)
                call.hang_up("stale")
                return True
        return False

    def source_failed(self, source: str, reason: str) -> None:
        """Tell the viewers why ``source`` delivers nothing; an empty reason: it does again."""
        self._failures[source] = reason
        self._changed.set()

    def said(self, message: Message) -> None:
        """The server's message about one of the calls."""
        if isinstance(message, (Taken, Answer, Listen, Trickle, Hangup)):
            call = self._calls.get(message.call)
            if call is None:
                return
            if isinstance(message, Taken):
                call.viewer = message.viewer
                call.taken.set()
                self._changed.set()
            elif call.inbox.full():
                call.hang_up("failed")
            else:
                call.inbox.put_nowait(message)

    async def run(self) -> None:
        """Keep offers standing and the server told, until cancelled; then end every call."""
        backoff = Backoff("making an offer")
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                try:
                    await self._tell()
                    while self._emit is not None and self._missing() > 0:
                        await self._place()
                    self._failures.pop("offers", None)
                    await self._tell()
                    backoff.worked()
                except Exception as error:
                    logger.debug("an offer could not be made", exc_info=True)
                    if isinstance(error, OSError) and not self._calls:
                        self._failures["offers"] = f"{error}"
                    await asyncio.sleep(backoff.failed(error))
                    self._changed.set()
        finally:
            await self._end_all()

    def _missing(self) -> int:
        standing = sum(not call.taken.is_set() for call in self._calls.values())
        return min(self._standing, self._most - self.viewers) - standing

    async def _place(self) -> None:
        """Make one more offer stand."""
        generation = self._generation
        peer = await self._make_peer()
        if generation == self._generation:
            await self._stand(peer)
        else:
            # Its addresses are old, or whoever was to hear of it is gone.
            self._own(peer.close(), "close a peer")

    async def _stand(self, peer: Peer) -> None:
        call = Call(secrets.token_urlsafe(12), peer)
        self._calls[call.name] = call
        call.task = self._own(self._run_call(call), f"call-{call.name}")
        servers = self._ice_servers() if callable(self._ice_servers) else self._ice_servers
        await self._send("offer", Offer(call.name, peer.sdp, servers).payload())
        for candidate in (*peer.candidates, None):
            await self._send("candidate", Trickle(call.name, candidate).payload())
        self.ready.set()

    def _own(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run_call(self, call: Call) -> None:
        about(**call.log_fields)
        listening = asyncio.create_task(self._listen(call), name=f"listen-{call.name}")
        try:
            await either(call.taken, call.peer.ended)
            about(**call.log_fields)
            async with asyncio.timeout(ANSWER_DEADLINE):
                await either(call.answered, call.peer.ended)
            async with asyncio.timeout(CONNECT_DEADLINE):
                await either(call.peer.connected, call.peer.ended)
            if call.peer.connected.is_set():
                logger.info("viewer connected: call %s", call.name)
            await call.peer.ended.wait()
        except TimeoutError:
            call.hang_up("timeout")
        finally:
            await cancelled(listening)
            call.hang_up("lost")
            try:
                if not call.told:
                    await self._send("hangup", Hangup(call.name, call.reason).payload())
            finally:
                # Its place is free: a relay that is down makes closing take a minute.
                self._gone(call)
                await call.peer.close()
        if call.taken.is_set():
            dropped = call.peer.dropped
            logger.info("viewer left: call %s, %s, %d dropped", call.name, call.reason, dropped)

    async def _listen(self, call: Call) -> None:
        """Act on what the viewer says, for as long as the call lasts."""
        while not call.peer.ended.is_set():
            message = await call.inbox.get()
            about(**call.log_fields)
            try:
                match message:
                    case Hangup(reason=reason):
                        call.hang_up(reason, told=True)
                    case Answer(sdp=sdp, listen=listen):
                        await call.peer.answer(sdp, listen=listen)
                        call.answered.set()
                    case Listen(on=on):
                        call.peer.listen(on)
                    case Trickle(candidate=candidate):
                        call.peer.add_candidate(candidate)
            except BadMessage as error:
                logger.info("call %s: %s", call.name, error)
                if isinstance(message, Answer) and not call.answered.is_set():
                    call.hang_up(error.code)
            except Exception:
                logger.exception("call %s broke", call.name)
                call.hang_up("failed")

    def _gone(self, call: Call) -> None:
        self._calls.pop(call.name, None)
        self._changed.set()

    async def _tell(self) -> None:
        status = self.status
        if status != self._told and self._emit is not None:
            await self._send("status", status.payload())
            self._told = status

    @property
    def status(self) -> Status:
        """What the server is told."""
        failed = {source: reason for source, reason in self._failures.items() if reason}
        message = "; ".join(failed.values())[:MOST_TEXT]
        if "camera" in failed or "offers" in failed:
            return Status("failed", message, self.viewers, self._most)
        if self.viewers >= self._most:
            taken = message or f"all {self._most} places are taken"
            return Status("full", taken, self.viewers, self._most)
        return Status("ready", message, self.viewers, self._most)

    async def _send(self, event: str, payload: dict[str, Any]) -> None:
        if self._emit is not None:
            await self._emit(event, payload)

    async def _end_all(self) -> None:
        for call in self.calls:
            call.hang_up("shutdown")
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_DEADLINE)
        for task in list(self._tasks):
            await cancelled(task)
