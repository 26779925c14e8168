"""The caller's socket to the signaling server, opened again whenever it closes."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import socketio
from socketio.exceptions import ConnectionError as SocketError

from edgecam.errors import BadMessage
from edgecam.lifecycle import Backoff, cancelled
from edgecam.signaling.messages import MOST_MESSAGE, Message, parse

logger = logging.getLogger(__name__)

CONNECT_DEADLINE = 5
NAMESPACE = "/caller"


@dataclass(frozen=True, slots=True)
class Server:
    """Where to call: a Unix socket of this device, or a URL with who vouches for it."""

    token: str
    unix_path: Path | None = None
    url: str = ""
    ca_file: Path | None = None


class Listener(Protocol):
    """Who is told what the socket does."""

    def connected(self, emit: Callable[[str, dict[str, Any]], Awaitable[None]]) -> None: ...

    def disconnected(self) -> None: ...

    def said(self, message: Message) -> None: ...


async def keep_connected(server: Server, listener: Listener) -> None:
    """Stay connected until cancelled, then disconnect; ``listener`` hears of both."""
    backoff = Backoff(f"signaling server {server.url or server.unix_path}")
    while True:
        try:
            await _connect_once(server, listener, backoff.worked)
            raise SocketError("the server closed the connection")
        except (SocketError, aiohttp.ClientError, OSError, TimeoutError) as error:
            await asyncio.sleep(backoff.failed(error))


async def _connect_once(server: Server, listener: Listener, worked: Callable[[], None]) -> None:
    async with aiohttp.ClientSession(connector=_connector(server)) as session:
        client = socketio.AsyncClient(
            reconnection=False,
            http_session=session,
            handle_sigint=False,
            websocket_extra_options={"max_msg_size": MOST_MESSAGE},
        )
        refusals: list[str] = []
        client.on("*", lambda event, *payloads: _said(listener, event, payloads), NAMESPACE)
        client.on("connect_error", lambda told=None: refusals.append(_reason(told)), NAMESPACE)
        try:
            await client.connect(
                server.url or "http://edgecam",
                headers={"Authorization": f"Bearer {server.token}"},
                auth={"token": server.token},
                transports=["websocket"],
                namespaces=[NAMESPACE],
                wait_timeout=CONNECT_DEADLINE,
            )
            worked()

            async def emit(event: str, payload: dict[str, Any]) -> None:
                if client.connected:
                    await client.emit(event, payload, NAMESPACE)

            listener.connected(emit)
            try:
                await client.wait()
            finally:
                listener.disconnected()
        except SocketError as error:
            raise SocketError(refusals[0] if refusals else str(error)) from error
        finally:
            await client.shutdown()
            # It leaves these to time out when the server refuses and closes at once.
            await cancelled(client.eio.read_loop_task)
            await cancelled(client.eio.write_loop_task)


def _connector(server: Server) -> aiohttp.BaseConnector:
    if server.unix_path is not None:
        return aiohttp.UnixConnector(str(server.unix_path))
    return aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=server.ca_file))


def _reason(told: Any) -> str:
    message = told.get("message") if isinstance(told, dict) else told
    return f"{message}"[:200]


def _said(listener: Listener, event: str, payloads: tuple[Any, ...]) -> None:
    payload = payloads[0] if len(payloads) == 1 else None
    if event == "error":
        logger.warning("the signaling server refused a message: %.200s", payload)
        return
    try:
        listener.said(parse(event, payload))
    except BadMessage as error:
        logger.warning("the signaling server said something odd: %s", error)
