"""The picture for what speaks HTTP alone: one, or one after the other (multipart/x-mixed-replace).

Who reads them is in the audience and takes a place, like whoever has a call.
"""

import asyncio
import logging
import math
import socket
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.accounts.roles import Pass
from edgecam.errors import NoPlace, SourceError
from edgecam.limits import Seldom
from edgecam.media import Packet
from edgecam.stills.stills import Reader, Stills
from edgecam.web.sessions import admitted, token_besides, whence

logger = logging.getLogger(__name__)

BOUNDARY = "edgecam-picture"
READ_DEADLINE = 10.0
"""Seconds a reader may take for one picture."""

MOST_UNSENT = 131_072
"""Bytes on their way to a reader."""

LINGER = 30.0
"""Seconds after a single picture in which whoever had it counts as watching."""

AGAIN = 10
"""Seconds after which it is worth asking again."""


class _NotNowError(Exception):
    """There is no picture, for a reason in words; it may be asked for ``again`` in seconds."""

    def __init__(self, reason: str, again: int = AGAIN) -> None:
        super().__init__(reason)
        self.again = again


class Pictures:
    """Handlers of those routes. ``stills`` is None until there is a camera; ``headers`` are those
    of every answer.
    """

    def __init__(self, keeper: Doorkeeper, headers: Mapping[str, str]) -> None:
        self.stills: Stills | None = None
        self._ledger = keeper.ledger
        self._audience = keeper.audience
        self._headers = headers
        self._seldom = Seldom(logger)
        self._lingering: dict[tuple[str, str], tuple[str, asyncio.TimerHandle]] = {}

    def attach(self, app: web.Application) -> None:
        """Serve them in ``app``."""
        # Not HEAD: it would take a picture for nobody.
        app.router.add_get("/snapshot.jpg", _explained(self._snapshot), allow_head=False)
        app.router.add_get("/stream.mjpg", _explained(self._stream), allow_head=False)

    async def _snapshot(self, request: web.Request) -> web.StreamResponse:
        who, stills = self._let_in(request)
        self._linger(who, whence(request).address)
        try:
            packet = await stills.picture()
        except (NoPlace, SourceError) as error:
            raise _NotNowError(str(error)) from error
        headers = {"Cache-Control": "no-store"} | _embedding(request)
        return web.Response(body=packet.data, content_type="image/jpeg", headers=headers)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        who, stills = self._let_in(request)
        address = whence(request).address
        try:
            with stills.reader() as reader:
                id_ = self._audience.come(who, address, "mjpeg", lambda: _cut(request, reader))
                try:
                    first = await reader.next()
                    return await self._sent(request, reader, first)
                finally:
                    self._audience.go(id_)
        except (NoPlace, SourceError) as error:
            raise _NotNowError(str(error)) from error

    async def _sent(
        self, request: web.Request, reader: Reader, first: Packet
    ) -> web.StreamResponse:
        """Send pictures until there are no more, or they are not read."""
        response = web.StreamResponse(headers={**self._headers, **_embedding(request)})
        response.headers["Content-Type"] = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        response.headers["Cache-Control"] = "no-store"
        response.force_close()
        if request.transport is not None:
            # What waits in the kernel is shown late: megabytes, if it may.
            connection = request.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_UNSENT)
        await response.prepare(request)
        packet = first
        try:
            while True:
                async with asyncio.timeout(READ_DEADLINE):
                    await response.write(_part(packet))
                packet = await reader.next()
        except SourceError:
            # An end in good order would still show the last picture, as does this one.
            pass
        except TimeoutError:
            _cut(request, reader)
            now = asyncio.get_running_loop().time()
            text = "cut a reader of pictures at %s: it does not read"
            self._seldom.log(now, logging.WARNING, text, whence(request).address)
        except ConnectionError:
            pass
        return response

    def _let_in(self, request: web.Request) -> tuple[Pass, Stills]:
        who = admitted(self._ledger, request)
        if who is None:
            raise _NotNowError("the right to it has just ended")
        if held := self._audience.held(who):
            raise _NotNowError("an administrator has ended this", math.ceil(held))
        if self.stills is None:
            raise _NotNowError("there is no camera at this node, or it is just starting")
        return who, self.stills

    def _linger(self, who: Pass, address: str) -> None:
        """Have it in the audience for a while; who asks again in time stays there."""
        key = (who.id, address)
        loop = asyncio.get_running_loop()
        id_, timer = self._lingering.get(key, ("", None))
        if timer is not None:
            timer.cancel()
        else:
            id_ = self._audience.come(who, address, "snapshot", lambda: self._gone(key))
        self._lingering[key] = (id_, loop.call_later(LINGER, self._gone, key))

    def _gone(self, key: tuple[str, str]) -> None:
        id_, timer = self._lingering.pop(key, ("", None))
        if timer is not None:
            timer.cancel()
        self._audience.go(id_)


def _part(packet: Packet) -> bytes:
    length = len(packet.data)
    head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + packet.data + b"\r\n"


def _cut(request: web.Request, reader: Reader) -> None:
    """End it at once, whatever is still to be sent."""
    reader.end("an administrator has ended this, or the right to it has")
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()


def _embedding(request: web.Request) -> dict[str, str]:
    """Whoever shows a token may show the picture in a page of another site."""
    return {"Cross-Origin-Resource-Policy": "cross-origin"} if token_besides(request) else {}


def _explained(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def explaining(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except _NotNowError as reason:
            headers = {"Retry-After": str(reason.again), "Cache-Control": "no-store"}
            return web.Response(status=503, text=f"no picture: {reason}\n", headers=headers)

    return explaining
