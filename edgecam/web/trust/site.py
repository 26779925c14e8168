"""The HTTP server's application: GET and HEAD, for whoever asks by a name of this device."""

import asyncio
import ipaddress
import re
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlunsplit

from aiohttp import web

from edgecam.web.certificates import Leaf
from edgecam.web.connections import Connections
from edgecam.web.qr import qr
from edgecam.web.server import CONNECTIONS
from edgecam.web.trust import pages
from edgecam.web.trust.handouts import Handout, handouts
from edgecam.web.trust.platforms import chosen

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src {page}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Server": "edgecam",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


MOST, MOST_EACH = 64, 24
"""Connections: a few people at a time look at a page of four files."""


class TrustSite:
    """``app`` leads to trusting ``leaf``'s authority, and from there to HTTPS at ``port``.
    ``files`` are ``pages.load``'s.

    With a certificate made elsewhere there is nothing to trust: everything leads to HTTPS.
    """

    def __init__(self, leaf: Callable[[], Leaf], port: int, files: dict[str, str]) -> None:
        self._leaf = leaf
        self._port = port
        self._files = files
        self._handouts: tuple[str, dict[str, Handout]] = ("", {})
        self._connections = Connections(time.monotonic, MOST, MOST_EACH)
        self.app = web.Application(middlewares=[self._guard], client_max_size=1)
        self.app[CONNECTIONS] = self._connections
        self.app.router.add_get("/", self._page)
        self.app.router.add_get("/qr.svg", self._qr)
        self.app.router.add_get(r"/{path:edgecam\.(crt|pem|mobileconfig)}", self._handout)
        self.app.router.add_get(r"/{path:trust\.(css|js)}", self._file)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        peer = request.transport.get_extra_info("peername") if request.transport else None
        with self._connections.answering(peer):
            return await self._answer(request, handler)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        host = _host(request)
        if host is None:
            response: web.StreamResponse = _plain(400, "what host is this for?")
        elif request.method not in ("GET", "HEAD"):
            response = _plain(405, "GET or HEAD")
            response.headers["Allow"] = "GET, HEAD"
        elif elsewhere := self._elsewhere(request, host):
            response = web.Response(status=302, headers={"Location": elsewhere})
        else:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                response = _plain(error.status, "there is nothing here but /")
        response.headers.update(_HEADERS)
        policy = _POLICY.format(page=self._https(host).rstrip("/") if host else "'none'")
        response.headers["Content-Security-Policy"] = policy
        return response

    def _elsewhere(self, request: web.Request, host: str) -> str:
        """Where the request is to go instead; "" if it is right here.

        Right is a host that the certificate is good for, so that no name that somebody else has
        made point here is ever answered, and what is tried afterwards can work.
        """
        leaf = self._leaf()
        if not leaf.local:
            here = host if host in leaf.names or not leaf.names else _first(leaf.names)
            return self._https(here)
        if host in leaf.names:
            return ""
        good = [_reached(request), *(name for name in leaf.names if name.endswith(".local"))]
        known = next((each for each in good if each in leaf.names), "localhost")
        return _url("http", known, _port(request))

    async def _page(self, request: web.Request) -> web.Response:
        host = _host(request) or ""
        agent = request.headers.get("User-Agent", "")
        text = pages.page(
            self._files,
            request.headers.get("Accept-Language", ""),
            chosen(request.query.get("for", ""), agent),
            pages.Camera(
                page=self._https(host),
                address=self._photographed(request, host),
                fingerprint=self._leaf().fingerprint,
            ),
        )
        response = web.Response(text=text, content_type="text/html")
        response.headers["Vary"] = "Accept-Language, User-Agent"
        return response

    async def _qr(self, request: web.Request) -> web.Response:
        image = qr(self._photographed(request, _host(request) or ""))
        return web.Response(body=image, content_type="image/svg+xml")

    async def _handout(self, request: web.Request) -> web.Response:
        leaf = self._leaf()
        made_of, ready = self._handouts
        if made_of != leaf.fingerprint:
            ready = handouts(await asyncio.to_thread(leaf.ca.read_bytes))
            self._handouts = (leaf.fingerprint, ready)
        handout = ready[request.path]
        response = web.Response(body=handout.body, content_type=handout.content_type)
        # Not as an attachment where the browser itself is to take it.
        response.headers["Content-Disposition"] = f'inline; filename="{handout.name}"'
        return response

    async def _file(self, request: web.Request) -> web.Response:
        kind = "text/css" if request.path.endswith(".css") else "text/javascript"
        return web.Response(text=self._files[request.path[1:]], content_type=kind)

    def _https(self, host: str) -> str:
        return _url("https", host, self._port)

    def _photographed(self, request: web.Request, host: str) -> str:
        """An address of this page that a phone can open: by number, as some can't by name."""
        leaf, reached = self._leaf(), _reached(request)
        numbers = [each for each in (reached, *leaf.names) if _is_of_the_lan(each)]
        good = [each for each in numbers if each in leaf.names]
        best = min(good, key=lambda each: ":" in each, default=host)
        return _url("http", best, _port(request))


def _host(request: web.Request) -> str | None:
    """The host that the request names, without brackets; None if it names none or nonsense."""
    found = _HOST.fullmatch(request.headers.get("Host", ""))
    if found is None:
        return None
    host = found[1].strip("[]").lower().rstrip(".")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None if found[1].startswith("[") else host


def _reached(request: web.Request) -> str:
    """The address of this device that the request came to."""
    name = request.transport.get_extra_info("sockname") if request.transport else None
    if not isinstance(name, tuple):
        return ""
    address = ipaddress.ip_address(str(name[0]).partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)


def _port(request: web.Request) -> int:
    """The port by which it was reached."""
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return int(name[1]) if isinstance(name, tuple) else 80


def _is_of_the_lan(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not address.is_loopback and not (address.version == 6 and address.is_link_local)


def _first(names: tuple[str, ...]) -> str:
    return next((name for name in names if "*" not in name), names[0].removeprefix("*."))


def _url(scheme: str, host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[scheme]
    return urlunsplit((scheme, name if port == usual else f"{name}:{port}", "/", "", ""))


def _plain(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"{text}\n")
