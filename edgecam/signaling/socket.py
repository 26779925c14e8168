"""The caller's socket to the signaling server, opened again whenever it closes."""

import asyncio
import logging
import random
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import socketio
from engineio.exceptions import ConnectionError as EngineError
from socketio.exceptions import ConnectionError as SocketError

from edgecam.errors import BadMessage
from edgecam.lifecycle import FIRST_PAUSE, Backoff
from edgecam.limits import Seldom
from edgecam.signaling.messages import Message
from edgecam.signaling.moves import Moves
from edgecam.signaling.parser import MOST_MESSAGE, parse
from edgecam.signaling.pins import PinnedKey

logger = logging.getLogger(__name__)

CONNECT_DEADLINE = 3
LONGEST_PAUSE = 1.0
"""Together below five: so much later than the network, the camera is back at the latest."""

LEAVING = 0.1
ATTEMPTS = 3
NAMESPACE = "/caller"
UNAUTHORIZED = 401

FAILURES: tuple[type[Exception], ...] = (SocketError, aiohttp.ClientError, OSError)
"""What a connection that can't be made, or is lost, raises."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to call: a Unix socket of this device, or a URL with who vouches for it.

    That is the CA in ``ca_file``, or else the system's; or ``pin``, which is the server's key.
    """

    token: str
    unix_path: Path | None = None
    url: str = ""
    ca_file: Path | None = None
    pin: str = ""


Emit = Callable[[str, dict[str, Any]], Awaitable[None]]


class Listener(Protocol):
    """Who is told what the socket does."""

    def connected(self, emit: Emit) -> None: ...

    def disconnected(self) -> None: ...

    def said(self, message: Message) -> None: ...


async def keep_connected(server: Server, listener: Listener, moves: Moves | None = None) -> None:
    """Stay connected until cancelled, then disconnect; ``listener`` hears of both."""
    name = f"signaling server {server.url or server.unix_path}"
    backoff = Backoff(name, LONGEST_PAUSE)
    moves = moves or Moves()
    while True:
        try:
            await _connect_once(server, listener, backoff.worked, moves)
            # Not a failure to connect: if one follows, its reason is news.
            logger.warning("%s: the connection is lost; connecting again", name)
            await asyncio.sleep(FIRST_PAUSE * random.uniform(0.75, 1))
        except FAILURES as error:
            await asyncio.sleep(backoff.failed(_behind(error)))


async def _connect_once(
    server: Server, listener: Listener, worked: Callable[[], None], moves: Moves
) -> None:
    """Connect, and stay so until the connection is lost; raise when there can be none.

    Engine.IO's own tasks may swallow a cancellation or sit out a time-out. They are never awaited
    without a limit, so that neither can keep this one from ending.
    """
    refusals: list[str] = []
    gone = asyncio.Event()
    told = False

    def lost() -> None:
        nonlocal told
        gone.set()
        if told:
            told = False
            listener.disconnected()

    answers: list[aiohttp.ClientResponse] = []
    session = aiohttp.ClientSession(
        connector=await _connector(server), trace_configs=[_collecting(answers)]
    )
    async with session:
        client = socketio.AsyncClient(
            reconnection=False,
            http_session=session,
            handle_sigint=False,
            websocket_extra_options={"max_msg_size": MOST_MESSAGE},
        )
        hear = partial(_said, listener, Seldom(logger))
        client.on("*", lambda event, *payloads: hear(event, payloads), NAMESPACE)
        client.on("connect_error", lambda told=None: refusals.append(_reason(told)), NAMESPACE)
        client.on("disconnect", lambda *_: lost(), NAMESPACE)
        connecting = asyncio.create_task(_join(client, server))
        try:
            await asyncio.wait((connecting,), timeout=CONNECT_DEADLINE)
            if not connecting.done():
                raise SocketError(refusals[0] if refusals else "the server does not answer")
            if refusals:
                raise SocketError(refusals[0]) from connecting.exception()
            connecting.result()
            worked()
            told = True
            listener.connected(_emitter(client))
            moves.watch(_own_address(client), lost)
            try:
                await gone.wait()
            finally:
                moves.watch(None, lost)
                lost()
        finally:
            await _leave(client, connecting)
            for answer in answers:
                # Engine.IO forgets a connection whose first packet it does not understand.
                answer.close()


def _collecting(answers: list[aiohttp.ClientResponse]) -> aiohttp.TraceConfig:
    """For a session whose every response is to be among ``answers``."""

    async def collect(
        _session: object, _context: object, end: aiohttp.TraceRequestEndParams
    ) -> None:
        answers.append(end.response)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(collect)
    return trace


async def _join(client: socketio.AsyncClient, server: Server) -> None:
    try:
        await client.connect(
            server.url or "http://edgecam",
            headers={"Authorization": f"Bearer {server.token}"},
            auth={"token": server.token},
            transports=["websocket"],
            namespaces=[NAMESPACE],
            wait_timeout=CONNECT_DEADLINE,
        )
    except FAILURES:
        raise
    except Exception as error:
        # Engine.IO raises what it stumbles over when the first packet is none of its own.
        raise SocketError("the server does not speak Socket.IO") from error


def _own_address(client: socketio.AsyncClient) -> str | None:
    """The address this end of the connection has; None of a Unix socket."""
    name = client.eio.ws.get_extra_info("sockname")
    return name[0] if isinstance(name, tuple) else None


async def _leave(client: socketio.AsyncClient, connecting: asyncio.Task[None]) -> None:
    """Say goodbye, then end what is left, each for LEAVING seconds at most."""
    if client.connected:
        goodbye = asyncio.create_task(client.disconnect())
        await asyncio.wait((goodbye,), timeout=LEAVING)
        goodbye.cancel()
    # One may swallow a cancellation, or leave another behind.
    for _ in range(ATTEMPTS):
        tasks = [connecting, client.eio.read_loop_task, client.eio.write_loop_task]
        left = [task for task in tasks if task is not None and not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=LEAVING)
    if connecting.done() and not connecting.cancelled():
        # Whoever waits has been told; what it raises is no news.
        connecting.exception()


def _emitter(client: socketio.AsyncClient) -> Emit:
    async def emit(event: str, payload: dict[str, Any]) -> None:
        if client.connected:
            await client.emit(event, payload, NAMESPACE)

    return emit


async def _connector(server: Server) -> aiohttp.BaseConnector:
    if server.unix_path is not None:
        return aiohttp.UnixConnector(str(server.unix_path))
    if server.pin:
        return aiohttp.TCPConnector(ssl=PinnedKey(server.pin))
    try:
        trusted = await asyncio.to_thread(ssl.create_default_context, cafile=server.ca_file)
    except OSError as error:
        raise SocketError(f"signaling.ca_file can't be used: {server.ca_file}: {error}") from error
    return aiohttp.TCPConnector(ssl=trusted)


def _behind(error: Exception) -> Exception:
    """What broke the connection, where Socket.IO and Engine.IO only say that something did."""
    cause: BaseException | None = error
    while isinstance(cause, (SocketError, EngineError)):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, aiohttp.WSServerHandshakeError) and cause.status == UNAUTHORIZED:
        return Exception("the server does not know this caller token, or no longer does")
    told: Exception = cause if isinstance(cause, FAILURES) else error
    return told


def _reason(told: Any) -> str:
    message = told.get("message") if isinstance(told, dict) else told
    return f"{message}"[:200]


def _said(listener: Listener, log: Seldom, event: str, payloads: tuple[Any, ...]) -> None:
    payload = payloads[0] if len(payloads) == 1 else None
    if event == "error":
        # When both sides hang up at once, the later one's call is no longer known.
        crossed = isinstance(payload, dict) and payload.get("code") == "unknown-call"
        level = logging.DEBUG if crossed else logging.WARNING
        now = time.monotonic()
        log.log(now, level, "the signaling server refused a message: %.200s", payload)
        return
    try:
        listener.said(parse(event, payload))
    except BadMessage as error:
        text = "the signaling server said something odd: %s"
        log.log(time.monotonic(), logging.WARNING, text, error)
