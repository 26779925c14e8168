"""The page and the signaling server as the node puts them together, without a camera."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.accounts.roles import ROLES, Whence
from edgecam.signaling.callers import Callers
from edgecam.signaling.cameras import Camera
from edgecam.signaling.desk import Desk
from edgecam.signaling.server import SignalingServer
from edgecam.signaling.tokens import bearer
from edgecam.web import assets
from edgecam.web.certificates import CertificateStore, Leaf, Names, server_context
from edgecam.web.local import add_page, control_app
from edgecam.web.server import WebServer, listen, listen_locally
from edgecam.web.sessions import COOKIE, admitted
from tests.ledger import PASSWORD, Times, open_ledger
from tests.sockets import PATIENCE, Socket, http_session

TOKEN = "a-token-that-callers-show"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CAMERA = Camera("camera-of-its-own", "Porch", own=True)

LOOP_TURNS = 200
"""What the server may take to notice that everybody has left, before it is stopped."""


class Clock:
    """Steady time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Door:
    """A page with its signaling server at ``url``, and the Unix socket ``local``.

    What ``viewer``, ``caller``, ``browser`` and ``raw`` return is closed with the door.
    """

    def __init__(self, folder: Path, tls: ssl.SSLContext, stack: AsyncExitStack) -> None:
        self.clock = Clock()
        self.times = Times()
        self.keeper = Doorkeeper(open_ledger(folder, self.times))
        self.local = folder / "signaling.sock"
        self.tls = tls
        self.leaf: ssl.SSLContext | None = None
        self.port = 0
        self.callers = Callers(folder / "callers.json", CAMERA, TOKEN)
        self.signaling = SignalingServer(
            partial(admitted, self.keeper.ledger),
            self.callers.admit,
            self.keeper.audience,
            now=self.clock,
            overdue_check=0.01,
        )
        self.keeper.changed = self.signaling.look_again
        self.web = WebServer(
            self.keeper,
            assets.load(),
            lambda request: self.callers.admit(bearer(request)) is not None,
            self.signaling.attach,
        )
        self.desk = Desk(self.callers, self.signaling)
        self._stack = stack

    @property
    def url(self) -> str:
        """The page's address."""
        return f"https://localhost:{self.port}/"

    async def stranger(self) -> aiohttp.ClientSession:
        """An HTTP client without a session."""
        return await self._stack.enter_async_context(http_session(self.tls))

    async def browser(self) -> aiohttp.ClientSession:
        """An HTTP client with a session."""
        http = await self.stranger()
        async with http.get(self.link()) as answer:
            assert answer.status == 200
        return http

    def link(self) -> str:
        """A new one-time link."""
        return f"{self.url}enter/{self.keeper.new_link()}"

    async def cookie(self, role: str = "admin") -> str:
        """A new session of that role, as the ``Cookie`` header that shows it."""
        return f"{COOKIE}={await self.secret(role)}"

    async def secret(self, role: str = "admin") -> str:
        """What a new session of that role is known by. There is an account called like the role
        then.
        """
        await self.account(role)
        return await self.keeper.sign_in(role, PASSWORD, Whence("127.0.0.1"))

    async def account(self, role: str = "admin") -> None:
        """Have an account of that role, called like it, with PASSWORD."""
        if not self.keeper.ledger.people.find(role):
            assert role in ROLES
            given = {"name": role, "role": role, "password": PASSWORD}
            await self.keeper.command("user-add", given)

    async def device(self) -> aiohttp.ClientSession:
        """An HTTP client at the Unix socket."""
        return await self._stack.enter_async_context(http_session(unix_path=str(self.local)))

    def socket(self, namespace: str, http: aiohttp.ClientSession, url: str = "") -> Socket:
        """A socket that has not connected yet."""
        socket = Socket(namespace, http, url or self.url)
        self._stack.push_async_callback(socket.close)
        return socket

    async def viewer(self, transport: str = "websocket", **auth: str) -> Socket:
        """A viewer that has joined, and said ``auth`` of itself."""
        socket = self.socket("/viewer", await self.browser())
        await socket.connect(auth or None, transport=transport)
        return socket

    async def caller(self, way: str = "unix", token: str = TOKEN) -> Socket:
        """A caller that has joined, by the way ``unix`` or ``tcp``."""
        if way == "unix":
            socket = self.socket("/caller", await self.device(), "http://edgecam")
        else:
            socket = self.socket("/caller", await self.stranger())
        await socket.connect({"token": token}, {"Authorization": f"Bearer {token}"})
        return socket

    async def said(self, request: bytes, tls: ssl.SSLContext | None = None) -> bytes:
        """What is answered to bytes that no HTTP client would send, until the server closes."""
        reader, writer = await asyncio.open_connection(
            "localhost", self.port, ssl=tls or self.tls, server_hostname="localhost"
        )
        writer.write(request)
        try:
            async with asyncio.timeout(PATIENCE):
                return await reader.read()
        finally:
            writer.close()

    async def raw(self) -> "Raw":
        """A viewer that has joined and says what it likes."""
        return await self.raw_of(await self.browser())

    async def raw_of(self, http: aiohttp.ClientSession) -> "Raw":
        """The same, with the session of ``http``."""
        address = f"{self.url}socket.io/?EIO=4&transport=websocket"
        raw = Raw(await self._stack.enter_async_context(http.ws_connect(address)))
        await raw.next()
        await raw.say("40/viewer,")
        await raw.next()
        return raw


class Raw:
    """A WebSocket at the signaling server, whose packets a test writes itself."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, packet: str | bytes) -> None:
        """Send an Engine.IO packet; bytes are an attachment."""
        if isinstance(packet, bytes):
            await self.socket.send_bytes(packet)
        else:
            await self.socket.send_str(packet)

    async def next(self, *, pong: bool = True) -> str | None:
        """The next packet; None once the server has closed. A ping is answered, if ``pong``."""
        async with asyncio.timeout(PATIENCE):
            message = await self.socket.receive()
        if pong and message.data == "2":
            await self.say("3")
        return message.data if message.type is aiohttp.WSMsgType.TEXT else None

    async def hear(self, event: str) -> Any:
        """The payload of the next ``event``; what comes before it is passed over."""
        while (packet := await self.next()) is not None:
            if packet.startswith("42/viewer,"):
                name, payload = json.loads(packet.removeprefix("42/viewer,"))
                if name == event:
                    return payload
        raise AssertionError(f"the server closed the socket instead of saying {event}")

    async def closed(self, *, pong: bool = True) -> None:
        """Wait until the server has closed the socket."""
        while await self.next(pong=pong) is not None:
            pass


@asynccontextmanager
async def open_door(folder: Path) -> AsyncIterator[Door]:
    """A door that is open, and shut at the end if the test did not."""
    leaf = await asyncio.to_thread(_certificate, folder)
    trust = await asyncio.to_thread(lambda: ssl.create_default_context(cafile=leaf.ca))
    async with AsyncExitStack() as outer:
        async with AsyncExitStack() as stack:
            door = await asyncio.to_thread(Door, folder, trust, stack)
            outer.push_async_callback(door.keeper.close)
            door.leaf = await asyncio.to_thread(server_context, leaf)
            site = await listen(door.web.app, "", 0, door.leaf)
            outer.push_async_callback(site.close)
            local = control_app(lambda: {"status": "as ever", "report": {}}, None)
            where = {"pin": leaf.pin}
            attach = door.signaling.attach
            add_page(local, door.desk, door.keeper, lambda: where | {"urls": [door.url]}, attach)
            outer.push_async_callback((await listen_locally(local, door.local)).close)
            door.port = site.port
            door.signaling.start()
            outer.push_async_callback(door.signaling.stop)
            yield door
        for _ in range(LOOP_TURNS):
            if not door.signaling._members:
                break
            await asyncio.sleep(0)


def _certificate(folder: Path) -> Leaf:
    return CertificateStore(folder / "tls").ensure(Names("localhost"))
