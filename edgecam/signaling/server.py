"""The signaling server's sockets: python-socketio in front of ``calls``.

Handlers run one after the other and only decide; the ``outbox`` sends.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import socketio
from aiohttp import web
from engineio.async_socket import AsyncSocket
from socketio.exceptions import ConnectionRefusedError as Refused

from edgecam.accounts.audience import HELD, Audience
from edgecam.accounts.roles import Pass
from edgecam.errors import BadMessage
from edgecam.lifecycle import cancelled
from edgecam.limits import PerAddress, Seldom, TokenBucket
from edgecam.signaling.agents import described
from edgecam.signaling.calls import Calls
from edgecam.signaling.cameras import Camera
from edgecam.signaling.exchange import Delivery
from edgecam.signaling.gate import Gate, Visitor
from edgecam.signaling.members import (
    ADDRESS_CALLS_BURST,
    ADDRESS_CALLS_RATE,
    BURST,
    CALLER_BURST,
    CALLER_RATE,
    RATE,
    Member,
    Namespace,
    member,
)
from edgecam.signaling.messages import AskForFloor, Floor, Join, Message, Watcher
from edgecam.signaling.outbox import Outbox
from edgecam.signaling.packets import CheckedPacket
from edgecam.signaling.parser import MOST_MESSAGE, call_of, parse, parse_join
from edgecam.signaling.permissions import NEEDS

logger = logging.getLogger(__name__)

SOCKETS_PER_ADDRESS = 16
SOCKETS_PER_CAMERA = 4

PING_INTERVAL = 1.5
PING_TIMEOUT = 6.5
"""Seconds until a ping is sent, and until a socket that has not answered it is closed.

A Wi-Fi that pauses for three seconds makes TCP send again after 3 and then only after 6.2 seconds
(RFC 6298: the pause doubles from 0.2), so less would cost good viewers their calls. A viewer that
is gone is noticed sooner by its call, which then ends: see ``edgecam.peer.liveness``."""

IDLE_TIMEOUT = 2.5
"""The same for a viewer that has no call to lose: it would be handed an offer for nothing."""

OVERDUE_CHECK = 0.5
UNAUTHORIZED = "this needs a session or a caller token"
NEWS_PAUSE = 0.25
"""Seconds between two rounds of news about the cameras; the first is told at once."""


class SignalingServer:
    """Holds offers, hands them to viewers, relays; see ``docs/signaling.md``.

    ``admit_viewer`` says who a request comes from, if it may enter; ``admit_caller`` which camera a
    token stands for, if any. ``audience`` is told who is in a call, and says who may stay.
    ``start`` before the first request; ``stop`` tells everybody in a call why. ``now`` is any
    steady clock; every ``overdue_check`` seconds, late answers are looked for.
    """

    def __init__(
        self,
        admit_viewer: Callable[[web.Request], Pass | None],
        admit_caller: Callable[[str], Camera | None],
        audience: Audience,
        *,
        now: Callable[[], float] = time.monotonic,
        overdue_check: float = OVERDUE_CHECK,
    ) -> None:
        self.calls = Calls()
        self._now = now
        self._overdue_check = overdue_check
        self._admit_viewer = admit_viewer
        self._admit_caller = admit_caller
        self._audience = audience
        self._members: dict[str, Member] = {}
        self._addresses = PerAddress(SOCKETS_PER_ADDRESS)
        self._shares: dict[str, TokenBucket] = {}
        self._asked: dict[str, TokenBucket] = {}
        self._seldom = Seldom(logger)
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._sio = socketio.AsyncServer(
            async_mode="aiohttp",
            async_handlers=False,
            serializer=CheckedPacket,
            # It takes every request for plain HTTP; the guard in front knows the origin better.
            cors_allowed_origins=[],
            max_http_buffer_size=MOST_MESSAGE,
            ping_interval=PING_INTERVAL,
            ping_timeout=PING_TIMEOUT,
            namespaces=["/caller", "/viewer"],
        )
        self._outbox = Outbox(self._sio, self._members, self._unread)
        self._gate = Gate(self._sio.eio, now, self._close)
        for namespace in ("/caller", "/viewer"):
            self._register(namespace)

    def attach(self, app: web.Application) -> None:
        """Serve ``/socket.io/`` in ``app`` too."""
        self._sio.attach(app)

    def start(self) -> None:
        """Begin sending."""
        self._outbox.start()
        self._tasks = [
            asyncio.create_task(self._forget_overdue(), name="signaling-overdue"),
            asyncio.create_task(self._tell_news(), name="signaling-news"),
        ]

    async def stop(self) -> None:
        """Hang up every call, reason ``shutdown``, and close every socket. May come twice."""
        tasks, self._tasks = self._tasks, []
        if tasks:
            self._outbox.send(self.calls.everybody_hangs_up("shutdown"))
            for each in self._gate.visitors.values():
                self._outbox.cut(each.cut)
        for task in tasks:
            await cancelled(task)
        await self._outbox.stop()
        if self._sio.eio.service_task_handle is not None:
            await self._sio.shutdown()

    def know(self, camera: Camera) -> None:
        """Tell viewers of ``camera`` also while it is away."""
        self.calls.know(camera)
        self._send([])

    def forget(self, camera: str) -> None:
        """Close every socket of a camera that may call no more, and tell viewers."""
        for sid in self.calls.cameras.sockets(camera):
            self._disconnect(sid)
        self._shares.pop(camera, None)
        self.calls.forget(camera)
        self._send([])

    def look_again(self) -> None:
        """Close the sockets of viewers that may no longer do what they might when they came: their
        calls end with them.
        """
        for sid, each in list(self._members.items()):
            if each.admitted is not None and not self._audience.still(each.admitted):
                self._disconnect(sid)
        self._audience.look_again()

    def _register(self, namespace: Namespace) -> None:
        async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
            visitor = self._gate.visitors[self._sio.manager.eio_sid_from_sid(sid, namespace)]
            self._connect(namespace, sid, visitor, environ["aiohttp.request"], auth)

        async def disconnect(sid: str, reason: str) -> None:
            self._disconnect(sid)

        async def anything(event: str, sid: str, *payloads: Any) -> None:
            self._said(sid, event, payloads[0] if len(payloads) == 1 else payloads or None)

        self._sio.on("connect", connect, namespace)
        self._sio.on("disconnect", disconnect, namespace)
        self._sio.on("*", anything, namespace)

    def _connect(
        self, namespace: Namespace, sid: str, visitor: Visitor, request: web.Request, auth: Any
    ) -> None:
        address = visitor.address
        now = self._now()
        try:
            who = self._caller(auth) if namespace == "/caller" else self._viewer(request)
            join = Join() if isinstance(who, Camera) else parse_join(auth)
            if not self._tasks:
                raise BadMessage("shutdown", "the server is stopping")
            if visitor.member is not None or visitor.over:
                raise BadMessage("wrong-state", "a socket joins one namespace, once")
            if not self._addresses.take(address):
                raise BadMessage("too-many", "your address has too many connections")
        except BadMessage as error:
            text = "refused a %s from %s: %s"
            self._seldom.log(now, logging.WARNING, text, namespace[1:], address, error.code)
            visitor.over = True
            self._outbox.cut(visitor.cut)
            raise Refused(str(error), {"code": error.code}) from None
        visitor.member = sid
        calls = self._calls_of(address, now)
        if isinstance(who, Camera):
            visitor.share = self._share(who, now)
            self._members[sid] = member(namespace, address, visitor.cut, calls, now)
            self._caller_joined(sid, who)
        else:
            visitor.share = TokenBucket(BURST, RATE, now)
            self._members[sid] = member(namespace, address, visitor.cut, calls, now)
            self._members[sid].admitted = who
            made = described(request.headers.get("User-Agent", ""))
            watcher = Watcher(secrets.token_urlsafe(9), made)
            if held := self._audience.held(who):
                self.calls.hold(sid, now + held)
            self._send(self.calls.viewer_joined(sid, watcher, join, now, address))

    def _caller(self, auth: object) -> Camera:
        token = auth.get("token") if isinstance(auth, dict) else None
        camera = self._admit_caller(token) if isinstance(token, str) else None
        if camera is None:
            raise BadMessage("unauthorized", UNAUTHORIZED)
        return camera

    def _viewer(self, request: web.Request) -> Pass:
        admitted = self._admit_viewer(request)
        if admitted is None:
            raise BadMessage("unauthorized", UNAUTHORIZED)
        return admitted

    def _share(self, camera: Camera, now: float) -> TokenBucket | None:
        """A caller's, however many sockets it opens, one after the other or at once."""
        if camera.own:
            return None
        return self._shares.setdefault(camera.camera, TokenBucket(CALLER_BURST, CALLER_RATE, now))

    def _calls_of(self, address: str, now: float) -> TokenBucket:
        """What the viewers of an address may ask for, which outlives their sockets."""
        asked = self._asked.setdefault(
            address, TokenBucket(ADDRESS_CALLS_BURST, ADDRESS_CALLS_RATE, now)
        )
        there = {each.address for each in self._gate.visitors.values()}
        for other in self._asked.keys() - there:
            if now - self._asked[other].now >= ADDRESS_CALLS_BURST / ADDRESS_CALLS_RATE:
                # It is full again.
                del self._asked[other]
        return asked

    def _caller_joined(self, sid: str, camera: Camera) -> None:
        before = self.calls.cameras.sockets(camera.camera)
        if len(before) >= SOCKETS_PER_CAMERA:
            # Of one that comes again and again, the oldest is the likeliest to be gone.
            self._disconnect(before[0])
        self._send(self.calls.caller_joined(sid, camera))

    def _disconnect(self, sid: str) -> None:
        member = self._members.pop(sid, None)
        if member is None:
            return
        self._addresses.give_back(member.address)
        self._audience.go(member.watching or "")
        if self._tasks:
            # Who leaves the namespace leaves: a socket may not join again and again.
            self._outbox.cut(member.cut)
        if member.namespace == "/caller":
            self._send(self.calls.caller_left(sid, self._now()))
        else:
            self._send(self.calls.viewer_left(sid))

    def _unread(self, sid: str) -> None:
        self._close(self._gate.visitors[self._members[sid].cut.engine_id], "does not read")

    def _close(self, visitor: Visitor, why: str) -> None:
        """Close a socket that breaks the rules, joined or not."""
        visitor.over = True
        self._seldom.log(
            self._now(), logging.WARNING, "cut a socket of %s: it %s", visitor.address, why
        )
        if visitor.member in self._members:
            self._disconnect(visitor.member)
        else:
            self._outbox.cut(visitor.cut)

    def _said(self, sid: str, event: str, payload: object) -> None:
        member = self._members.get(sid)
        if member is None:
            return
        now = self._now()
        try:
            message = parse(event, payload)
            member.check_pace(message, now)
            if member.namespace == "/caller":
                self._send(self.calls.caller_said(sid, message, now))
            else:
                self._send(self._viewer_said(sid, member, event, message))
        except BadMessage as error:
            # When both sides hang up at once, the later one's call is no longer known.
            level = logging.DEBUG if error.code == "unknown-call" else logging.INFO
            self._seldom.log(now, level, "%s: %r: %s", member.kind, event[:32], error)
            told = {"code": error.code, "message": str(error), "event": event[:32]}
            call = call_of(payload)
            self._send([Delivery(sid, "error", told | ({"call": call} if call else {}))])

    def _viewer_said(
        self, sid: str, member: Member, event: str, message: Message
    ) -> list[Delivery]:
        needed = NEEDS.get(event)
        if needed is None or (member.admitted is not None and member.admitted.role >= needed):
            # What no viewer says is refused as such.
            return self.calls.viewer_said(sid, message, self._now())
        if isinstance(message, AskForFloor):
            refused = Floor(message.call, "refused", "role")
            return [Delivery(sid, "floor", refused.payload())]
        raise BadMessage("forbidden", f"this takes the role {needed}")

    def _send(self, deliveries: list[Delivery]) -> None:
        self._outbox.send(deliveries)
        if any(it.event in ("answer", "hangup") for it in deliveries):
            self._count_the_audience()
        if self.calls.has_news:
            self._news.set()

    def _count_the_audience(self) -> None:
        """Tell who is in a call now, and who no longer."""
        for sid, each in self._members.items():
            under_way = each.admitted is not None and self.calls.under_way(sid)
            if each.watching is not None and not under_way:
                self._audience.go(each.watching)
                each.watching = None
            elif each.watching is None and each.admitted is not None and under_way:
                end = partial(self._hang_up_on, sid)
                each.watching = self._audience.come(each.admitted, each.address, "call", end)

    def _hang_up_on(self, sid: str) -> None:
        """End that one's call; others of the same session or token get none for a while either."""
        ended = self._members.get(sid)
        if ended is None or ended.admitted is None:
            return
        for other, each in list(self._members.items()):
            if each.admitted is not None and each.admitted.id == ended.admitted.id:
                self.calls.hold(other, self._now() + HELD)
                self._send(self.calls.hang_up_on(other))

    async def _tell_news(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            self._outbox.send(self.calls.news())
            await asyncio.sleep(NEWS_PAUSE)

    async def _forget_overdue(self) -> None:
        loop = asyncio.get_running_loop()
        before = loop.time()
        while True:
            await asyncio.sleep(self._overdue_check)
            self._send(self.calls.overdue(self._now()))
            self.look_again()
            now = loop.time()
            if now - before < self._overdue_check + IDLE_TIMEOUT / 2:
                # Else this process stood still, and what they have answered is yet to be read.
                self._cut_the_idle()
                for each in self._gate.late(self._now()):
                    self._close(each, "joins nothing")
            before = now

    def _cut_the_idle(self) -> None:
        """Close the sockets of viewers that are gone while they have no call to lose."""
        for sid, each in list(self._members.items()):
            idle = each.namespace == "/viewer" and not self.calls.under_way(sid)
            if idle and _silence(self._sio.eio.sockets.get(each.cut.engine_id)) > IDLE_TIMEOUT:
                self._disconnect(sid)


def _silence(engine: AsyncSocket | None) -> float:
    """Seconds since the ping that a socket has not answered yet; 0 if it has."""
    return time.time() - engine.last_ping if engine is not None and engine.last_ping else 0.0
