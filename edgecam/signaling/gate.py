"""The Engine.IO sockets below the namespaces: each is counted, and so is every packet it sends."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import engineio
from aiohttp import web
from engineio.async_socket import AsyncSocket
from engineio.exceptions import EngineIOError, SocketIsClosedError
from engineio.packet import NOOP, PONG, Packet

from edgecam.limits import TokenBucket
from edgecam.signaling.members import BURST, RATE, Cut
from edgecam.signaling.outbox import MOST_UNSENT

JOIN_DEADLINE = 5.0
"""Seconds a socket has to join a namespace."""

ENGINES_PER_ADDRESS = 32
"""Sockets of an address, in a namespace or not: twice as many as may join."""

UNREADABLE = (EngineIOError, ValueError, LookupError, RecursionError, OSError, aiohttp.ClientError)
"""What the library raises for a request that it can't read, or that breaks off."""


@dataclass(slots=True)
class Visitor:
    """One Engine.IO socket. ``share``: what it may say; None: what it likes.

    ``member``: its name in the namespace that it has joined. ``over``: it is being closed, and what
    it says goes nowhere.
    """

    address: str
    cut: Cut
    since: float
    share: TokenBucket | None
    member: str | None = None
    over: bool = False


class Gate:
    """Watches the sockets of ``eio``; ``close`` is told which has to go, and why.

    Whatever arrives that is no Engine.IO packet is the end of its socket, without a trace in the
    log: the library would write one for each.
    """

    def __init__(
        self,
        eio: engineio.AsyncServer,
        now: Callable[[], float],
        close: Callable[[Visitor, str], None],
    ) -> None:
        self.visitors: dict[str, Visitor] = {}
        self._eio = eio
        self._now = now
        self._close = close
        self._came = eio.handlers["connect"]
        self._left = eio.handlers["disconnect"]
        eio.logger.addFilter(_is_about_us)
        eio.on("connect", self._connect)
        eio.on("disconnect", self._disconnect)

    def late(self, now: float) -> list[Visitor]:
        """Who has not joined a namespace in time."""
        there = self.visitors.values()
        return [
            each
            for each in there
            if each.member is None and not each.over and now - each.since >= JOIN_DEADLINE
        ]

    async def _connect(self, engine_id: str, environ: dict[str, Any]) -> None:
        request: web.Request = environ["aiohttp.request"]
        # A socket for both families calls an IPv4 address ::ffff:192.0.2.1 (RFC 4291, 2.5.5.2).
        address = (request.remote or "unix").removeprefix("::ffff:")
        websocket = request.headers.get("Upgrade", "").lower() == "websocket"
        cut = Cut(engine_id, request.transport if websocket else None)
        now = self._now()
        held = sum(each.address == address for each in self.visitors.values())
        visitor = Visitor(address, cut, now, TokenBucket(BURST, RATE, now))
        self.visitors[engine_id] = visitor
        self._watch(self._eio.sockets[engine_id], visitor)
        await self._came(engine_id, environ)
        if held >= ENGINES_PER_ADDRESS:
            self._close(visitor, "has too many sockets")

    async def _disconnect(self, engine_id: str, reason: str) -> None:
        self.visitors.pop(engine_id, None)
        await self._left(engine_id, reason)
        # The library trips over a POST to a socket that is closed and still listed.
        self._eio.sockets.pop(engine_id, None)

    def _watch(self, engine: AsyncSocket, visitor: Visitor) -> None:
        engine.receive = partial(self._receive, engine.receive, engine, visitor)
        engine.handle_post_request = partial(self._post, engine.handle_post_request, visitor)
        cannot_read = partial(self._cannot_read, visitor)
        talk = engine._websocket_handler  # noqa: SLF001 (nothing else sees what is not decoded)
        engine._websocket_handler = lambda socket: talk(_WebSocket(socket, cannot_read))  # noqa: SLF001

    async def _receive(
        self,
        receive: Callable[[Packet], Awaitable[None]],
        engine: AsyncSocket,
        visitor: Visitor,
        packet: Packet,
    ) -> None:
        # A ping that was sent is to be answered, however much else is said.
        if not (packet.packet_type == PONG and engine.last_ping):
            self._charge(engine, visitor, packet)
        if not visitor.over:
            await receive(packet)
        elif engine.upgraded:
            raise SocketIsClosedError

    def _charge(self, engine: AsyncSocket, visitor: Visitor, packet: Packet) -> None:
        if visitor.over:
            return
        if not _is_known(packet):
            self._cannot_read(visitor)
        elif visitor.share is not None and not visitor.share.take(self._now()):
            self._close(visitor, "floods")
        elif engine.queue.qsize() >= MOST_UNSENT:
            self._close(visitor, "does not read")

    async def _post(
        self,
        post: Callable[[dict[str, Any]], Awaitable[None]],
        visitor: Visitor,
        environ: dict[str, Any],
    ) -> None:
        try:
            await post(environ)
        except UNREADABLE:
            self._cannot_read(visitor)

    def _cannot_read(self, visitor: Visitor) -> None:
        if not visitor.over:
            self._close(visitor, "says what is no packet")


class _WebSocket:
    """The library's WebSocket, which ends for it at the first message that is no packet."""

    def __init__(self, socket: Any, cannot_read: Callable[[], None]) -> None:
        self._socket = socket
        self._cannot_read = cannot_read
        self.send = socket.send
        self.close = socket.close

    async def wait(self) -> str | bytes | None:
        data: str | bytes = await self._socket.wait()
        try:
            known = _is_known(Packet(encoded_packet=data))
        except (ValueError, RecursionError):
            known = False
        if known:
            return data
        self._cannot_read()
        return None


def _is_known(packet: Packet) -> bool:
    return packet.packet_type in range(NOOP + 1)


def _is_about_us(record: logging.LogRecord) -> bool:
    """Whether it is about more than a request that is wrong: anybody can send those, and a viewer
    does that polls once more after its session has ended.
    """
    return record.funcName != "_log_error_once"
