"""The HTTPS server: a few routes, a guard in front of all of them, and the signaling beside."""

import asyncio
import logging
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.errors import StartError
from edgecam.web import assets, watching, words
from edgecam.web.api import every
from edgecam.web.api.camera import CameraControls
from edgecam.web.connections import PATIENCE, Connections, Listener
from edgecam.web.entrance import Entrance
from edgecam.web.pages import page
from edgecam.web.pictures import Pictures
from edgecam.web.privacy import PrivacySwitch
from edgecam.web.routes import SOCKET_PATH, needed
from edgecam.web.sessions import FOR_PROGRAMS, admitted

logger = logging.getLogger(__name__)
http_logger = logging.getLogger(f"{__name__}.http")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; frame-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    # The page frames itself: a tile for each camera beside the one it shows.
    "X-Frame-Options": "SAMEORIGIN",
    # With less, browsers would call the origin of the page's own forms "null" (Fetch, 3.2).
    "Referrer-Policy": "same-origin",
    "Server": "edgecam",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
}
_PLAIN_ORIGIN = re.compile(r"http://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?")
MOST_BODY = 4_096
STOP_GRACE = 0.5
HANDSHAKE_DEADLINE = 10.0
SWEEP = 5.0
"""Seconds between two looks for connections that nobody uses."""

CONNECTIONS = web.AppKey("connections", Connections)
"""What limits those of an application."""


class WebServer:
    """Serves the page to whoever has a session or an API token, and to others what lets them in.

    ``admit_socket`` says whether a request without either may reach the signaling server all the
    same: a caller with its token. ``mount`` adds the signaling server's route.
    """

    def __init__(
        self,
        keeper: Doorkeeper,
        files: dict[str, assets.Asset],
        admit_socket: Callable[[web.Request], bool],
        mount: Callable[[web.Application], None],
    ) -> None:
        self._ledger = keeper.ledger
        self._files = files
        self._admit_socket = admit_socket
        self._entrance = Entrance(keeper)
        self._connections = Connections(time.monotonic)
        self.app = web.Application(middlewares=[self._guard], client_max_size=MOST_BODY)
        self.app[CONNECTIONS] = self._connections
        self.app.router.add_get("/health", self._health)
        self.app.router.add_get("/trusted", self._trusted)
        for path in ("/door.css", "/manifest.webmanifest", "/icons/{path}"):
            self.app.router.add_get(path, self._file)
        self._entrance.attach(self.app)
        watching.attach(self.app, keeper)
        every.attach(self.app, keeper)
        self.pictures = Pictures(keeper, SECURITY_HEADERS)
        self.pictures.attach(self.app)
        self.privacy = PrivacySwitch(keeper)
        self.privacy.attach(self.app)
        self.controls = CameraControls()
        self.controls.attach(self.app)
        mount(self.app)
        self.app.router.add_get("/{path:.*}", self._file)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        peer = request.transport.get_extra_info("peername") if request.transport else None
        with self._connections.answering(peer):
            return await self._answer(request, handler)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = self._refusal(request)
        if refused is not None:
            response: web.StreamResponse = refused
        else:
            try:
                # A body that never ends; what has none may take as long as it likes.
                async with asyncio.timeout(PATIENCE if request.can_read_body else None):
                    response = await handler(request)
            except TimeoutError:
                response = page(request, 408, "nothing")
            except web.HTTPException as error:
                response = page(request, error.status, _said(error))
                if "Allow" in error.headers:
                    response.headers["Allow"] = error.headers["Allow"]
            except Exception:
                if request.writer.output_size:
                    # Half an answer is out, or a WebSocket was open: there is nothing to add.
                    raise
                logger.exception("%s %r could not be answered", request.method, request.path)
                response = page(request, 500, "broken")
        if not response.prepared:
            for name, value in SECURITY_HEADERS.items():
                response.headers.setdefault(name, value)
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        """The answer to a request that may not pass; None if it may."""
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"https://{request.host}" and not _asks_trust(request):
            return page(request, 403, "another_site")
        resource = request.match_info.route.resource
        needs = needed(request.method, resource.canonical if resource else None)
        who = admitted(self._ledger, request)
        if needs is None or (who is not None and who.role >= needs):
            return None
        if who is not None:
            return page(request, 403, "not_yours")
        if request.path == SOCKET_PATH and self._admit_socket(request):
            return None
        response = self._entrance.signed_out(request)
        if request.path in FOR_PROGRAMS and response.status == 401:
            # RFC 9110, 15.5.2. Elsewhere browsers would ask for a password in their own way.
            response.headers["WWW-Authenticate"] = 'Basic realm="edgecam", charset="UTF-8"'
        return response

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _trusted(self, request: web.Request) -> web.Response:
        """Nothing: who gets it has trusted the certificate, and may know so at the same host."""
        headers = {"Cache-Control": "no-store", "Vary": "Origin"}
        if _asks_trust(request):
            headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        return web.Response(headers=headers)

    async def _file(self, request: web.Request) -> web.Response:
        asset = self._files.get(request.path)
        if asset is None:
            raise web.HTTPNotFound
        return assets.respond(asset, request)


class Site:
    """A listening server; ``close`` ends it. ``sweep`` is called now and then until then."""

    def __init__(
        self,
        runner: web.AppRunner,
        server: asyncio.Server,
        port: int,
        sweep: Callable[[], None] | None = None,
    ) -> None:
        self._runner = runner
        self._server = server
        self._sweep = sweep
        self._timer: asyncio.TimerHandle | None = None
        self.port = port
        self._again()

    async def close(self) -> None:
        """Stop listening and close every connection."""
        if self._timer is not None:
            self._timer.cancel()
        self._server.close()
        await self._runner.cleanup()

    def _again(self) -> None:
        if self._sweep is not None:
            self._sweep()
            self._timer = asyncio.get_running_loop().call_later(SWEEP, self._again)


async def listen(app: web.Application, host: str, port: int, tls: ssl.SSLContext) -> Site:
    """Serve ``app`` on ``host`` (empty: every address, IPv4 and IPv6), within the limits of its
    CONNECTIONS if it has any. StartError if it can't.
    """
    try:
        listener = await asyncio.to_thread(_listener, host, port)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        advice = "stop what uses it"
        if isinstance(error, PermissionError):
            advice = "allow it, for a service as docs/service.md says"
        raise StartError(
            f"port {port} on {host or 'every address'} can't be had ({reason}): "
            f"{advice}, or choose another with web.port and web.host"
        ) from error
    return await _serve_within_limits(app, listener, tls)


async def listen_plainly(
    app: web.Application, host: str, ports: Sequence[int], passed: socket.socket | None
) -> Site | None:
    """Serve ``app``, likewise, without TLS: on the socket ``passed`` by whoever started this
    process, else on the first of ``ports`` that can be had; None if none can.
    """
    if passed is not None:
        return await _serve_within_limits(app, passed, None)
    for port in ports:
        try:
            listener = await asyncio.to_thread(_listener, host, port)
        except OSError as error:
            logger.info("port %d can't be had for plain HTTP: %s", port, error.strerror)
        else:
            return await _serve_within_limits(app, listener, None)
    return None


async def listen_locally(app: web.Application, path: Path) -> Site:
    """Serve ``app`` on the Unix socket ``path``, for this user only; a dead one is replaced."""
    try:
        listener = await asyncio.to_thread(_local_listener, path)
    except OSError as error:
        raise StartError(
            f"the socket {path} can't be made ({error}): choose another folder with paths.runtime"
        ) from error
    return await _serve(app, listener, None)


def answers(path: Path) -> bool:
    """Whether somebody listens on the Unix socket ``path``."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


async def _serve_within_limits(
    app: web.Application, listener: socket.socket, tls: ssl.SSLContext | None
) -> Site:
    port = listener.getsockname()[1]
    connections = app.get(CONNECTIONS)
    if connections is None:
        return await _serve(app, listener, tls, port)
    return await _serve(app, Listener(listener, connections), tls, port, connections.sweep)


async def _serve(
    app: web.Application,
    listener: socket.socket,
    tls: ssl.SSLContext | None,
    port: int = 0,
    sweep: Callable[[], None] | None = None,
) -> Site:
    http_logger.addFilter(_is_about_us)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_GRACE, logger=http_logger)
    await runner.setup()
    if runner.server is None:
        raise StartError("the web server did not start: see the log")
    server = await asyncio.get_running_loop().create_server(
        runner.server,
        sock=listener,
        ssl=tls,
        ssl_handshake_timeout=HANDSHAKE_DEADLINE if tls else None,
    )
    return Site(runner, server, port, sweep)


def _is_about_us(record: logging.LogRecord) -> bool:
    """Whether it is about more than bytes that are no HTTP, which anybody can send all day."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def _local_listener(path: Path) -> socket.socket:
    if answers(path):
        raise StartError(f"another edgecam is running here: it answers on {path}")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(0o600)
    except OSError:
        listener.close()
        raise
    return listener


def _listener(host: str, port: int) -> socket.socket:
    if host:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    if socket.has_dualstack_ipv6():
        return socket.create_server(
            ("", port), family=socket.AF_INET6, backlog=128, dualstack_ipv6=True
        )
    return socket.create_server(("", port), backlog=128)


def _asks_trust(request: web.Request) -> bool:
    """Whether it is the page of plain HTTP, at this very host, that asks whether it is trusted."""
    origin = _PLAIN_ORIGIN.fullmatch(request.headers.get("Origin", ""))
    host = request.url.host
    return bool(
        origin and request.path == "/trusted" and origin[1].strip("[]").lower() == str(host).lower()
    )


def _said(error: web.HTTPException) -> words.Page:
    return "another_site" if isinstance(error, web.HTTPForbidden) else "nothing"
