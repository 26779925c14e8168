"""The signaling server's sockets: python-socketio in front of ``calls``.

Handlers run one after the other and only decide; one task sends everything, so that what is
decided first is sent first.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import socketio
from aiohttp import web
from engineio.async_socket import AsyncSocket
from socketio.exceptions import ConnectionRefusedError as Refused

from edgecam.errors import BadMessage
from edgecam.lifecycle import cancelled
from edgecam.limits import PerAddress, TokenBucket
from edgecam.signaling.calls import Calls, Delivery
from edgecam.signaling.messages import AskForCall
from edgecam.signaling.packets import CheckedPacket
from edgecam.signaling.parser import MOST_MESSAGE, call_of, parse

logger = logging.getLogger(__name__)

Namespace = Literal["/caller", "/viewer"]

BURST = 200
RATE = 50.0
CALLS_BURST = 5
CALLS_RATE = 1.0
SOCKETS_PER_ADDRESS = 16
MOST_UNSENT = 256
"""Messages that wait for a socket to take them; a call with all its candidates is a quarter."""

CUT_GRACE = 0.2
"""Seconds a socket that is cut has to take what it was sent before."""

PING_INTERVAL = 1.5
PING_TIMEOUT = 6.5
"""Seconds until a ping is sent, and until a socket that has not answered it is closed.

A Wi-Fi that pauses for three seconds makes TCP send again after 3 and then only after 6.2 seconds
(RFC 6298: the pause doubles from 0.2), so less would cost good viewers their calls. A viewer that
is gone is noticed sooner by its call, which then ends: see ``edgecam.peer.liveness``."""

IDLE_TIMEOUT = 2.5
"""The same for a viewer that has no call to lose: it would be handed an offer for nothing."""

OVERDUE_CHECK = 0.5


@dataclass(slots=True)
class Member:
    """One open socket of a namespace."""

    namespace: Namespace
    address: str
    bucket: TokenBucket
    asking: TokenBucket
    cut: "Cut"


@dataclass(frozen=True, slots=True)
class Cut:
    """A socket to be closed once what was sent to it before is out; ``transport`` goes with it.

    Engine.IO only asks the other side to close, which one that floods would not do.
    """

    engine_id: str
    transport: asyncio.Transport | None


class SignalingServer:
    """Holds offers, hands them to viewers, relays; see ``docs/signaling.md``.

    ``admit_viewer`` and ``admit_caller`` say whether a request (and, for a caller, the token it
    showed) may enter. ``start`` before the first request; ``stop`` tells everybody in a call why.
    ``now`` is any steady clock; every ``overdue_check`` seconds, late answers are looked for.
    """

    def __init__(
        self,
        admit_viewer: Callable[[web.Request], bool],
        admit_caller: Callable[[str], bool],
        *,
        now: Callable[[], float] = time.monotonic,
        overdue_check: float = OVERDUE_CHECK,
    ) -> None:
        self.calls = Calls()
        self._now = now
        self._overdue_check = overdue_check
        self._admit_viewer = admit_viewer
        self._admit_caller = admit_caller
        self._members: dict[str, Member] = {}
        self._addresses = PerAddress(SOCKETS_PER_ADDRESS)
        self._outbox: asyncio.Queue[Delivery | Cut] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._cutting: set[asyncio.Task[None]] = set()
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
        for namespace in ("/caller", "/viewer"):
            self._register(namespace)

    def attach(self, app: web.Application) -> None:
        """Serve ``/socket.io/`` in ``app`` too."""
        self._sio.attach(app)

    def start(self) -> None:
        """Begin sending."""
        self._tasks = [
            asyncio.create_task(self._send_all(), name="signaling-outbox"),
            asyncio.create_task(self._forget_overdue(), name="signaling-overdue"),
        ]

    async def stop(self) -> None:
        """Hang up every call, reason ``shutdown``, and close every socket. May come twice."""
        tasks, self._tasks = self._tasks, []
        if tasks:
            self._send(self.calls.everybody_hangs_up("shutdown"))
            for member in self._members.values():
                self._outbox.put_nowait(member.cut)
            await self._outbox.join()
            for task in tasks:
                await cancelled(task)
        if self._cutting:
            await asyncio.wait(self._cutting)
        if self._sio.eio.service_task_handle is not None:
            await self._sio.shutdown()

    def _register(self, namespace: Namespace) -> None:
        async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
            self._connect(namespace, sid, environ["aiohttp.request"], auth)

        async def disconnect(sid: str, reason: str) -> None:
            self._disconnect(sid)

        async def anything(event: str, sid: str, *payloads: Any) -> None:
            self._said(sid, event, payloads[0] if len(payloads) == 1 else payloads or None)

        self._sio.on("connect", connect, namespace)
        self._sio.on("disconnect", disconnect, namespace)
        self._sio.on("*", anything, namespace)

    def _connect(self, namespace: Namespace, sid: str, request: web.Request, auth: Any) -> None:
        # A socket for both families calls an IPv4 address ::ffff:192.0.2.1 (RFC 4291, 2.5.5.2).
        address = (request.remote or "unix").removeprefix("::ffff:")
        websocket = request.headers.get("Upgrade", "").lower() == "websocket"
        cut = Cut(
            self._sio.manager.eio_sid_from_sid(sid, namespace),
            request.transport if websocket else None,
        )
        allowed = (
            self._admit_caller(_token(auth))
            if namespace == "/caller"
            else self._admit_viewer(request)
        )
        if not allowed:
            logger.warning("refused a %s from %s: not authorized", namespace[1:], address)
            self._outbox.put_nowait(cut)
            raise Refused("this needs a session or a caller token", {"code": "unauthorized"})
        if not self._tasks:
            self._cut_soon(cut)
            raise Refused("the server is stopping", {"code": "shutdown"})
        if not self._addresses.take(address):
            logger.warning("refused a %s from %s: too many sockets", namespace[1:], address)
            self._outbox.put_nowait(cut)
            raise Refused("your address has too many connections", {"code": "too-many"})
        now = self._now()
        self._members[sid] = Member(
            namespace,
            address,
            TokenBucket(BURST, RATE, now),
            TokenBucket(CALLS_BURST, CALLS_RATE, now),
            cut,
        )
        if namespace == "/caller":
            self._send(self.calls.caller_joined(sid))
        else:
            self._send(self.calls.viewer_joined(sid, now))

    def _disconnect(self, sid: str) -> None:
        member = self._members.pop(sid, None)
        if member is None:
            return
        self._addresses.give_back(member.address)
        # Who leaves the namespace leaves: a socket may not join again and again.
        self._outbox.put_nowait(member.cut)
        if member.namespace == "/caller":
            self._send(self.calls.caller_left(sid))
        else:
            self._send(self.calls.viewer_left(sid))

    def _said(self, sid: str, event: str, payload: object) -> None:
        member = self._members.get(sid)
        if member is None:
            return
        now = self._now()
        # A caller has shown its token, and says more the more viewers come.
        if member.namespace == "/viewer" and not member.bucket.take(now):
            logger.warning("cut a flooding %s at %s", member.namespace[1:], member.address)
            self._disconnect(sid)
            return
        try:
            message = parse(event, payload)
            if isinstance(message, AskForCall) and not member.asking.take(now):
                raise BadMessage("too-many", "ask for another call once a second at most")
            if member.namespace == "/caller":
                self._send(self.calls.caller_said(sid, message, now))
            else:
                self._send(self.calls.viewer_said(sid, message, now))
        except BadMessage as error:
            who, level = member.namespace[1:], logging.INFO
            if error.code == "unknown-call":
                # Both sides hung up at once.
                level = logging.DEBUG
            logger.log(level, "%s at %s: %r: %s", who, member.address, event[:32], error)
            told = {"code": error.code, "message": str(error), "event": event[:32]}
            call = call_of(payload)
            self._send([Delivery(sid, "error", told | ({"call": call} if call else {}))])

    def _send(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            self._outbox.put_nowait(delivery)

    async def _send_all(self) -> None:
        while True:
            item = await self._outbox.get()
            try:
                if isinstance(item, Cut):
                    self._cut_soon(item)
                else:
                    await self._deliver(item)
            except Exception:
                logger.exception("a message could not be sent")
            finally:
                self._outbox.task_done()

    async def _deliver(self, delivery: Delivery) -> None:
        member = self._members.get(delivery.to)
        if member is None:
            return
        engine = self._sio.eio.sockets.get(member.cut.engine_id)
        if engine is not None and engine.queue.qsize() >= MOST_UNSENT:
            logger.warning("cut a %s at %s: it does not read", member.namespace[1:], member.address)
            self._disconnect(delivery.to)
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

    async def _forget_overdue(self) -> None:
        loop = asyncio.get_running_loop()
        before = loop.time()
        while True:
            await asyncio.sleep(self._overdue_check)
            self._send(self.calls.overdue(self._now()))
            now = loop.time()
            if now - before < self._overdue_check + IDLE_TIMEOUT / 2:
                # Else this process stood still, and what they have answered is yet to be read.
                self._cut_the_idle()
            before = now

    def _cut_the_idle(self) -> None:
        """Close the sockets of viewers that are gone while they have no call to lose."""
        for sid, member in list(self._members.items()):
            idle = member.namespace == "/viewer" and not self.calls.under_way(sid)
            if idle and _silence(self._sio.eio.sockets.get(member.cut.engine_id)) > IDLE_TIMEOUT:
                self._disconnect(sid)


def _silence(engine: AsyncSocket | None) -> float:
    """Seconds since the ping that a socket has not answered yet; 0 if it has."""
    return time.time() - engine.last_ping if engine is not None and engine.last_ping else 0.0


def _token(auth: object) -> str:
    token = auth.get("token") if isinstance(auth, dict) else None
    return token if isinstance(token, str) else ""
