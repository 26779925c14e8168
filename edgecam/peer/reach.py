"""Asking a STUN or TURN server whether it serves us, which aioice does in silence."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from aioice import stun
from aioice.turn import TurnTransport, create_turn_endpoint
from aiortc.rtcicetransport import parse_stun_turn_uri

Found = TypeVar("Found")

LOOK = 3.0
"""Seconds a server may take to answer when it is looked at; no offer waits for that."""

LEAVE = 0.1
"""Seconds the TURN server may take to let go, when stopping."""

_FORBIDDEN = 403
"""Says a TURN server that lets nobody send to itself; another refusal means that it forgot us."""


async def first(
    urls: tuple[str, ...], ask: Callable[[str], Awaitable[tuple[str, Found]]]
) -> tuple[str, Found]:
    """What ``ask`` gives for the first server that answers; OSError with a word on each."""
    problems: list[str] = []
    for url in urls:
        try:
            async with asyncio.timeout(LOOK):
                return await ask(url)
        except TimeoutError:
            problems.append(f"{url} does not answer")
        except stun.TransactionFailed as error:
            problems.append(f"{url} {_refusal(error)}")
        except (OSError, stun.TransactionError) as error:
            problems.append(f"{url} can't be used ({error})")
    raise OSError("; ".join(problems))


async def ask_stun(url: str) -> tuple[str, None]:
    """Whether the STUN server at ``url`` answers; the URL with the address it does so at."""
    parsed = parse_stun_turn_uri(url)
    host, port = parsed["host"], parsed["port"]
    address = await _ipv4(host)
    if address is None:
        raise OSError("it has no IPv4 address")
    loop = asyncio.get_running_loop()
    transport, question = await loop.create_datagram_endpoint(
        _Question, remote_addr=(address, port)
    )
    try:
        await question.transaction.run()
    finally:
        transport.close()
    return f"stun:{address}:{port}", None


async def allocate(
    url: str, login: tuple[str, str], lost: Callable[[], None]
) -> tuple[str, "Allocation"]:
    """An allocation at ``url``, and the URL with the address it was made at.

    ``lost`` is called when the server may have forgotten it.
    """
    parsed = parse_stun_turn_uri(url)
    scheme, host, port, by = (parsed[key] for key in ("scheme", "host", "port", "transport"))
    # A certificate is for a name; and aioice takes IPv6 addresses by name only.
    address = host if scheme == "turns" else await _ipv4(host) or host
    _, allocation = await create_turn_endpoint(
        lambda: Allocation(lost),
        (address, port),
        *login,
        channel_refresh_time=0,
        ssl=True if scheme == "turns" else None,
        transport=by,
    )
    return f"{scheme}:{address}:{port}?transport={by}", allocation


class Allocation(asyncio.DatagramProtocol):
    """An allocation of our own at the TURN server, to know when it has forgotten us."""

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost
        self._gone = asyncio.Event()
        self._turn: TurnTransport

    def connection_made(self, transport: Any) -> None:
        self._turn = transport

    def beat(self) -> None:
        """Bind a channel anew; whether the relay then lets us send to itself doesn't matter."""
        self._turn.sendto(b"", self._turn.get_extra_info("sockname"))

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, stun.TransactionFailed) and exc.response.error_code == _FORBIDDEN:
            return
        self._lost()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set()
        self._lost()

    async def close(self) -> None:
        """Let go. A server that does not answer is not waited for."""
        self._lost = lambda: None
        self._turn.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE):
                await self._gone.wait()


class _Question(asyncio.DatagramProtocol):
    """One STUN binding request, and whether there was a response."""

    transport: asyncio.DatagramTransport

    def __init__(self) -> None:
        self.request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        self.transaction: stun.Transaction

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.transaction = stun.Transaction(self.request, ("", 0), self)

    def send_stun(self, message: stun.Message, addr: tuple[str, int]) -> None:
        self.transport.sendto(bytes(message))

    def datagram_received(self, data: bytes, addr: Any) -> None:
        with suppress(ValueError):
            message = stun.parse_message(data)
            if message.transaction_id == self.request.transaction_id:
                self.transaction.response_received(message, addr)


async def _ipv4(host: str) -> str | None:
    """An IPv4 address of ``host``, None if it has only others; OSError if it has none.

    Looked up in a thread that nobody waits for: a resolver that hangs must not hold up a stop.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str | OSError | None] = loop.create_future()

    def settle(found: str | OSError | None) -> None:
        if not answer.done():
            answer.set_result(found)

    def look() -> None:
        found: str | OSError | None
        try:
            addresses = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
            ipv4 = (str(to[0]) for family, _, _, _, to in addresses if family == socket.AF_INET)
            found = next(ipv4, None)
        except (OSError, UnicodeError) as error:
            found = OSError(f"the name does not resolve: {error}")
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=look, name=f"look up {host}", daemon=True).start()
    try:
        async with asyncio.timeout(LOOK / 2):
            found = await answer
    except TimeoutError:
        raise OSError("no name server answers") from None
    if isinstance(found, OSError):
        raise found
    return found


def _refusal(error: stun.TransactionFailed) -> str:
    code = error.response.error_code
    if code == 401:
        return (
            "refuses the credentials: see ice.turn_username and ice.turn_credential, "
            "or ice.turn_secret_file and this device's clock"
        )
    return f"refuses: {error}"
