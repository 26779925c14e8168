"""The device's side: offers that stand at the signaling server, and the calls they become."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import replace
from typing import Any

from edgecam.errors import BadMessage
from edgecam.lifecycle import Backoff, cancelled, either, whenever
from edgecam.limits import Seldom
from edgecam.logfields import about
from edgecam.media import EncodedBy
from edgecam.peer.peer import Peer
from edgecam.signaling.call import COMINGS_A_SECOND, COMINGS_AT_ONCE, COSTLY, THIN, About, Call
from edgecam.signaling.lending import IceServers, Lending
from edgecam.signaling.messages import (
    Answer,
    AskForFloor,
    Floor,
    Hangup,
    Message,
    Offer,
    Renamed,
    RenditionNow,
    Status,
    Taken,
    Trickle,
)
from edgecam.signaling.status import status_of
from edgecam.signaling.talking import TalkBack, Talking

logger = logging.getLogger(__name__)

ANSWER_DEADLINE = 12.0
"""Longer than the server's, which knows better when the viewer was handed the offer."""

CONNECT_DEADLINE = 15.0

TELL_PAUSE = 0.1
"""Seconds between two statuses; the first is told at once. Viewers can make news all day, and who
tells too much is cut off."""

CLOSE_DEADLINE = 1.0
"""Seconds that ended calls get to take leave when stopping; a TURN server may not answer."""

Emit = Callable[[str, dict[str, Any]], Awaitable[None]]
MakePeer = Callable[[], Awaitable[Peer]]

NO_TALK_BACK = TalkBack()


class Caller:
    """Keeps offers standing while connected, and every call it has under its eyes.

    ``connected`` and ``disconnected`` are told by the socket, ``said`` hands on what the server
    says. ``ready`` is set once the first offer stands: from then on a viewer can be answered. Each
    call is one task; a call that fails ends alone. ``ice_servers`` are the viewer's, or make them
    for each offer anew: then no offer stands for longer than half the life of its credentials.
    ``talk_back``: whether and for how long viewers can be heard.
    """

    def __init__(
        self,
        make_peer: MakePeer,
        most: int,
        standing: int,
        ice_servers: IceServers | Callable[[], IceServers] | Lending,
        talk_back: TalkBack = NO_TALK_BACK,
    ) -> None:
        self._make_peer = make_peer
        self._most, self._standing = most, standing
        self._others = 0
        self._lending = ice_servers if isinstance(ice_servers, Lending) else Lending(ice_servers)
        self._calls: dict[str, Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._emit: Emit | None = None
        self._generation = 0
        self._failures: dict[str, str] = {}
        self._talking = Talking(talk_back)
        self._granted = asyncio.Event()
        self._told: Status | None = None
        self.encoder: EncodedBy | None = None
        self._unsaid: dict[str, None] = {}
        self._comings = Seldom(logger, COMINGS_AT_ONCE, COMINGS_A_SECOND)
        self._refusals = Seldom(logger)
        self._untold = asyncio.Event()
        self._wanting = asyncio.Event()
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
        away = "" if self._emit else "not connected to the signaling server"
        return tuple(reason for reason in (away, *self._failures.values()) if reason)

    def connected(self, emit: Emit) -> None:
        """The socket to the server is open; ``emit`` sends through it."""
        self._emit = emit
        self._told = None
        self._change()

    def disconnected(self) -> None:
        """The socket is gone, and with it every call.

        The server may find out much later; once there is a new connection it is told.
        """
        self._emit = None
        self._generation += 1
        for call in self.calls:
            self._unsaid[call.name] = None
            call.hang_up("caller-left")

    def addresses_changed(self, now: Collection[str]) -> None:
        """The host's addresses are ``now`` these: nobody is to be left with one that is gone.

        That goes for the viewers, too, that were handed an offer in the moment of the change.
        """
        self.offer_anew()
        for call in self.calls:
            if call.taken.is_set() and not call.peer.outlives(now):
                call.hang_up("stale")

    def offer_anew(self) -> None:
        """Withdraw the offers that stand: they name addresses that are gone or miss new ones."""
        self._generation += 1
        self._change()
        for call in self.calls:
            if not call.taken.is_set():
                call.hang_up("stale")

    def resize(self, most: int, standing: int) -> None:
        """Have ``most`` viewers and ``standing`` offers from now on; who watches may stay."""
        self._most, self._standing = most, standing
        self.make_room(self._others)

    def make_room(self, others: int) -> None:
        """So many places are taken by ``others``, who need no call."""
        self._others = others
        for call in [call for call in self.calls if not call.taken.is_set()][self._room() :]:
            call.hang_up("stale")
        self._change()

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
        self._change()

    def said(self, message: Message) -> None:
        """The server's message about one of the calls."""
        if isinstance(message, Taken | Renamed | About):
            call = self._calls.get(message.call)
            if call is None:
                return
            if isinstance(message, Taken):
                call.viewer = message.viewer
                call.taken.set()
                self._change()
            elif isinstance(message, Renamed):
                call.viewer = message.viewer
                self._change()
            elif call.inbox.full():
                call.hang_up("failed")
            else:
                call.inbox.put_nowait(message)

    async def run(self) -> None:
        """Keep offers standing and the server told, until cancelled; then end every call.

        Neither waits for the other, nor does news wait until a pause after a failure is over.
        """
        tell = whenever(self._untold, self._tell, Backoff("telling the signaling server"))
        offer = whenever(self._wanting, self._offer, Backoff("making an offer"))
        work = (tell, offer, self._watch_floor(), self._watch_age())
        tasks = [asyncio.create_task(each) for each in work]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                await cancelled(task)
            await self._end_all()

    def _change(self) -> None:
        """The server is to be told, or an offer is wanting, or may be possible now."""
        self._untold.set()
        self._wanting.set()

    async def _tell(self) -> None:
        """Say which calls of the connection before are over, and how this one does."""
        while (emit := self._emit) is not None and self._unsaid:
            name = next(iter(self._unsaid))
            await emit("hangup", Hangup(name, "caller-left").payload())
            if self._emit is emit:
                self._unsaid.pop(name)
                self._wanting.set()
        status = self.status
        if status != self._told and (emit := self._emit) is not None:
            await emit("status", status.payload())
            if self._emit is emit:
                self._told = status
            await asyncio.sleep(TELL_PAUSE)

    async def _offer(self) -> None:
        """Make offers stand until none is missing; before, the server must know which are over."""
        try:
            while self._emit is not None and not self._unsaid and self._missing() > 0:
                await self._place()
        except OSError as error:
            if not self._calls:
                self._failed_to_offer(f"{error}")
            raise
        if self._calls:
            self._failed_to_offer("")

    def _failed_to_offer(self, reason: str) -> None:
        self._failures["offers"] = reason
        self._untold.set()

    def _missing(self) -> int:
        standing = sum(not call.taken.is_set() for call in self._calls.values())
        return self._room() - standing

    def _room(self) -> int:
        """Offers that may stand."""
        return max(0, min(self._standing, self._most - self.viewers - self._others))

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
        peer.on_thin = lambda thin: self._note(self._comings, THIN[thin], call.name)
        peer.on_rendition = lambda sent: self._own(
            self._send("rendition", RenditionNow(call.name, sent).payload()), "tell of a rendition"
        )
        self._calls[call.name] = call
        call.task = self._own(self._run_call(call), f"call-{call.name}")
        servers, call.lent = self._lending.lend()
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
                self._note(self._comings, "viewer connected: call %s", call.name)
                if call.peer.video == "vp8":
                    self._note(self._comings, COSTLY, call.name)
            await call.peer.ended.wait()
        except TimeoutError:
            call.hang_up("timeout")
        finally:
            await cancelled(listening)
            call.hang_up("lost")
            self._release(call)
            try:
                if not call.told:
                    await self._send("hangup", Hangup(call.name, call.reason).payload())
            finally:
                # Its place is free: a relay that is down makes closing take a minute.
                self._gone(call)
                await call.peer.close()
        if call.taken.is_set():
            text = "viewer left: call %s, %s, %d dropped"
            self._note(self._comings, text, call.name, call.reason, call.peer.dropped)

    async def _listen(self, call: Call) -> None:
        """Act on what the viewer says, for as long as the call lasts."""
        while not call.peer.ended.is_set():
            message = await call.inbox.get()
            about(**call.log_fields)
            try:
                if isinstance(message, AskForFloor):
                    floor = self._floor_for(call, want=message.want)
                    await self._send("floor", floor.payload())
                else:
                    await call.act(message)
            except BadMessage as error:
                self._note(self._refusals, "call %s: %s", call.name, error)
                if isinstance(message, Answer) and not call.answered.is_set():
                    call.hang_up(error.code)
            except Exception:
                logger.exception("call %s broke", call.name)
                call.hang_up("failed")

    def _floor_for(self, call: Call, *, want: bool) -> Floor:
        """What to answer a viewer that wants the floor, or no longer."""
        if not want:
            self._release(call)
            return Floor(call.name, "released", "bye")
        received = call.peer.received if call.answered.is_set() else None
        now = asyncio.get_running_loop().time()
        answer = self._talking.asked(call.name, received, call.asks, now)
        if answer.state == "granted":
            self._granted.set()
            self._change()
        return answer

    def _release(self, call: Call) -> None:
        if self._talking.release(call.name):
            self._change()

    async def _watch_floor(self) -> None:
        """Take the floor from whoever is silent, for as long as the caller runs."""
        now = asyncio.get_running_loop().time
        while True:
            self._granted.clear()
            try:
                async with asyncio.timeout_at(self._talking.due()):
                    await self._granted.wait()
            except TimeoutError:
                call = self._calls.get(self._talking.silent(now()) or "")
                if call is not None:
                    self._release(call)
                    told = self._send("floor", Floor(call.name, "released", "silent").payload())
                    self._own(told, "tell of the floor")

    async def _watch_age(self) -> None:
        """Offer anew what has stood for half as long as its credentials hold."""
        while True:
            await asyncio.sleep(self._lending.check)
            for call in self.calls:
                if self._lending.outlived(call.lent) and not call.taken.is_set():
                    call.hang_up("stale")

    def _gone(self, call: Call) -> None:
        self._calls.pop(call.name, None)
        self._change()

    @property
    def status(self) -> Status:
        """What the server is told."""
        told = status_of(self.calls, self._most, self._failures, self._talking, self._others)
        return replace(told, encoder=self.encoder)

    def _note(self, seldom: Seldom, text: str, *values: object) -> None:
        """Log what a viewer can make happen as often as it likes."""
        seldom.log(asyncio.get_running_loop().time(), logging.INFO, text, *values)

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
