"""A Socket.IO client that keeps what it hears, for tests of either side of the signaling."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import AF_INET
from typing import Any

import aiohttp
import socketio

from edgecam.lifecycle import cancelled

PATIENCE = 15.0
"""Seconds until a test that waits for a message gives up; no test depends on its length."""


class Socket:
    """One socket in one namespace. Messages wait in the order they came.

    Its end is the message ``disconnect``, a refusal the message ``connect_error``.
    """

    def __init__(self, namespace: str, http: aiohttp.ClientSession, url: str) -> None:
        self.namespace = namespace
        self._url = url
        self._inbox: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self._client = socketio.AsyncClient(
            reconnection=False, http_session=http, handle_sigint=False
        )
        self._client.on("*", self._hear, namespace)
        for event in ("connect_error", "disconnect"):
            self._client.on(event, lambda told, event=event: self._hear(event, told), namespace)

    async def connect(
        self,
        auth: Any = None,
        headers: dict[str, str] | None = None,
        *,
        transport: str = "websocket",
    ) -> None:
        """Join the namespace; ConnectionError of socketio if that is refused."""
        await self._client.connect(
            self._url,
            headers=headers or {},
            auth=auth,
            transports=[transport],
            namespaces=[self.namespace],
            wait_timeout=PATIENCE,
        )

    async def say(self, event: str, payload: Any = None) -> None:
        """Send a message; a tuple is several payloads, None is no payload."""
        await self._client.emit(event, payload, self.namespace)

    async def next(self) -> tuple[str, Any]:
        """The next message: event and payload."""
        async with asyncio.timeout(PATIENCE):
            return await self._inbox.get()

    async def hear(self, event: str) -> Any:
        """The payload of the next message, which has to be ``event``.

        Lists of cameras, which come whenever something changes, are passed over unasked.
        """
        heard, payload = await self.next()
        while heard == "cameras" != event:
            heard, payload = await self.next()
        assert heard == event, f"{heard} {payload!r} instead of {event}"
        return payload

    async def hear_until(self, event: str) -> Any:
        """The payload of the next ``event``; what comes before it is passed over."""
        while (message := await self.next())[0] != event:
            pass
        return message[1]

    def cut(self) -> None:
        """Be gone as a killed process is. To be closed all the same."""
        self._client.eio.ws._response.connection.transport.abort()

    async def close(self) -> None:
        """Leave. May be called twice."""
        engine = self._client.eio
        tasks = [task for task in (engine.read_loop_task, engine.write_loop_task) if task]
        if engine.current_transport == "polling":
            # The library would wait for an answer to its last poll, which no server gives.
            await engine.disconnect(abort=True)
        else:
            await self._client.shutdown()
        # It forgets to end its write loop when the server was first to close.
        for task in tasks:
            await cancelled(task)

    def _hear(self, event: str, *payloads: Any) -> None:
        # Once refused, the library would wait for its write loop, which sits out a time-out of 9 s.
        if event == "connect_error" and self._client.eio.write_loop_task:
            self._client.eio.write_loop_task.cancel()
        self._inbox.put_nowait((event, payloads[0] if payloads else None))


@asynccontextmanager
async def http_session(
    tls: Any = True, unix_path: str | None = None
) -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client with cookies of its own that trusts ``tls``, or calls at a Unix socket."""
    connector: aiohttp.BaseConnector
    if unix_path:
        connector = aiohttp.UnixConnector(unix_path)
    else:
        # One family, so that one client is one address, whatever localhost stands for.
        connector = aiohttp.TCPConnector(ssl=tls, family=AF_INET)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session
