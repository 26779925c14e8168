"""The HTTPS server: a few routes, a guard in front of all of them, and the signaling beside."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from edgecam.errors import StartError
from edgecam.web import assets, words
from edgecam.web.sessions import COOKIE, SESSION_AGE, Sessions

logger = logging.getLogger(__name__)
http_logger = logging.getLogger(f"{__name__}.http")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SOCKET_PATH = "/socket.io/"
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; frame-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    # The page frames itself: a tile for each camera beside the one it shows.
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Server": "edgecam",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
}
MOST_BODY = 4_096
STOP_GRACE = 0.5
HANDSHAKE_DEADLINE = 10.0

_PAGE = """<!doctype html><html lang="{lang}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<title>edgecam</title>{head}
<h1>{title}</h1><p>{text}</p></html>"""


class WebServer:
    """Serves the page to whoever has a session.

    ``admit_socket`` says whether a request without a session may reach the signaling server all
    the same: a caller with its token. ``mount`` adds the signaling server's route.
    """

    def __init__(
        self,
        sessions: Sessions,
        files: dict[str, assets.Asset],
        admit_socket: Callable[[web.Request], bool],
        mount: Callable[[web.Application], None],
    ) -> None:
        self._sessions = sessions
        self._files = files
        self._admit_socket = admit_socket
        self.app = web.Application(middlewares=[self._guard], client_max_size=MOST_BODY)
        self.app.router.add_get("/health", self._health)
        # Not HEAD: asking whether a link exists would use it up.
        self.app.router.add_get("/enter/{code}", self._enter, allow_head=False)
        mount(self.app)
        self.app.router.add_get("/{path:.*}", self._file)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = self._refusal(request)
        if refused is not None:
            response: web.StreamResponse = refused
        else:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                response = _words(request, error.status, "nothing")
                if "Allow" in error.headers:
                    response.headers["Allow"] = error.headers["Allow"]
            except Exception:
                if request.writer.output_size:
                    # Half an answer is out, or a WebSocket was open: there is nothing to add.
                    raise
                logger.exception("%s %r could not be answered", request.method, request.path)
                response = _words(request, 500, "broken")
        if not response.prepared:
            response.headers.update(SECURITY_HEADERS)
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        """The answer to a request that may not pass; None if it may."""
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"https://{request.host}":
            return _words(request, 403, "another_site")
        if request.path == "/health" or request.path.startswith("/enter/"):
            return None
        if self._sessions.admits(request):
            return None
        if request.path == SOCKET_PATH and self._admit_socket(request):
            return None
        return _words(request, 401, "signed_out")

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _enter(self, request: web.Request) -> web.Response:
        cookie = self._sessions.redeem(request.match_info["code"])
        if cookie is None:
            return _words(request, 403, "used_up")
        # A redirect would still count as coming from wherever the link was, and a strict cookie
        # would not be sent; a page that moves on by itself is the site's own.
        response = _words(request, 200, "welcome", refresh=True)
        response.set_cookie(
            COOKIE, cookie, max_age=SESSION_AGE, secure=True, httponly=True, samesite="Strict"
        )
        return response

    async def _file(self, request: web.Request) -> web.Response:
        asset = self._files.get(request.path)
        if asset is None:
            raise web.HTTPNotFound
        return assets.respond(asset, request)


class Site:
    """A listening server; ``close`` ends it."""

    def __init__(self, runner: web.AppRunner, server: asyncio.Server, port: int) -> None:
        self._runner = runner
        self._server = server
        self.port = port

    async def close(self) -> None:
        """Stop listening and close every connection."""
        self._server.close()
        await self._runner.cleanup()


async def listen(app: web.Application, host: str, port: int, tls: ssl.SSLContext) -> Site:
    """Serve ``app`` on ``host`` (empty: every address, IPv4 and IPv6). StartError if it can't."""
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
    return await _serve(app, listener, tls, listener.getsockname()[1])


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


async def _serve(
    app: web.Application, listener: socket.socket, tls: ssl.SSLContext | None, port: int = 0
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
    return Site(runner, server, port)


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


def _words(
    request: web.Request, status: int, page: words.Page, *, refresh: bool = False
) -> web.Response:
    """A page of few words, in the language that the request wishes for."""
    lang = words.choose(request.headers.get("Accept-Language", ""))
    title, text = words.WORDS[lang][page]
    head = '<meta http-equiv="refresh" content="0;url=/">' if refresh else ""
    body = _PAGE.format(lang=lang, head=head, title=escape(title), text=text)
    return web.Response(
        status=status, text=body, content_type="text/html", headers={"Cache-Control": "no-store"}
    )
