"""As much of WebDriver BiDi (W3C) as a test needs to drive a browser, over its own WebSocket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import aiohttp

from edgecam.lifecycle import cancelled

Event = Callable[[dict[str, Any]], None]


class BidiError(Exception):
    """The browser refused a command, or is gone."""


class Session:
    """One session: commands and their results, events and who listens to them."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._results: dict[int, asyncio.Future[Any]] = {}
        self._listeners: dict[str, list[Event]] = {}

    async def command(self, method: str, **parameters: Any) -> Any:
        """The result of a command; BidiError if the browser refuses it."""
        number = next(self._numbers)
        result = self._results[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        return await result

    async def listen(self, event: str, heard: Event) -> None:
        """Have ``heard`` called with every ``event``."""
        if event not in self._listeners:
            self._listeners[event] = []
            await self.command("session.subscribe", events=[event])
        self._listeners[event].append(heard)

    async def receive(self) -> None:
        """Take what the browser says until it closes the connection."""
        async for message in self._socket:
            said = message.json()
            if said["type"] == "event":
                for heard in self._listeners.get(said["method"], []):
                    heard(said["params"])
                continue
            result = self._results.pop(said["id"])
            if result.cancelled():
                continue
            if said["type"] == "success":
                result.set_result(said["result"])
            else:
                result.set_exception(BidiError(f"{said['error']}: {said['message']}"))
        for result in self._results.values():
            if not result.done():
                result.set_exception(BidiError("the browser is gone"))


@asynccontextmanager
async def session(address: str) -> AsyncIterator[Session]:
    """A new session at the browser that listens at ``address``. Certificates are verified."""
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{address}/session", max_msg_size=0) as socket,
    ):
        opened = Session(socket)
        receiving = asyncio.create_task(opened.receive())
        try:
            await opened.command("session.new", capabilities={})
            yield opened
        finally:
            await cancelled(receiving)
