"""The servers that are compared, each with one live stream and a page to watch it on."""

import asyncio
import shutil
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from edgecam.media import VideoFormat
from tests.bench import joins, plan
from tests.bench.fanout import servers as fanout
from tests.bench.fanout.servers import ServerError, configure_janus, free_port, listening
from tests.bench.light import light_viewers
from tests.node import running_node

SITE = Path(__file__).parent / "site"
STAMP = Path(__file__).parents[3] / "edgecam" / "web" / "static" / "stamp.js"
WHEP = fanout.FOLDER / "pion" / "whep" / "whep"
LOOPBACK = "127.0.0.1"

SETTLE = 2.2
"""Seconds between two calls of a server that does not say when it is ready. Janus asks its source
for no more than one keyframe a second, and for one that the browser wanted meanwhile after that."""


@dataclass(frozen=True, slots=True)
class Server:
    """``page``: where the stream is watched, for who came in by ``link``, if there is one;
    ``away``: a light page of the same site, where to wait until ``left`` returns.
    """

    page: str
    away: str
    left: Callable[[], Awaitable[None]]
    link: str | None = None


class Place:
    """Where a run's servers are. Ports stay the same, as a browser keeps what it knows by them.

    ``tls``: not only edgecam serves its page by TLS, but all do, with edgecam's certificate.
    """

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        self.folder = folder
        self.edgecam = free_port(socket.SOCK_STREAM)
        self.site = free_port(socket.SOCK_STREAM)
        self.api = free_port(socket.SOCK_STREAM)
        self.rtp = free_port()
        self.rtcp = free_port()
        kept = folder / "state" / "tls"
        self.certificate = (kept / "leaf.crt", kept / "leaf.key") if tls else None

    def server(self, page: str) -> Server:
        """The one whose ``page`` is on the port ``site``."""

        async def left() -> None:
            await asyncio.sleep(SETTLE)

        # What is served on loopback is a secure context without TLS too (W3C secure-contexts, 3.1).
        site = f"{'https' if self.certificate else 'http'}://{LOOPBACK}:{self.site}"
        return Server(f"{site}/{page}", f"{site}/away.html", left)


@asynccontextmanager
async def edgecam(place: Place, picture: VideoFormat) -> AsyncIterator[Server]:
    """A whole node. Somebody else watches, so that its camera runs as everybody's does."""
    options = plan.options(2, picture) | {"web__port": place.edgecam}
    async with running_node(place.folder, **options) as node, light_viewers(node) as viewers:
        await viewers.grow(1)

        async def left() -> None:
            await joins.ready(node, 1)

        yield Server(node.url(), node.url("/health"), left, node.link)


@asynccontextmanager
async def janus(place: Place, picture: VideoFormat) -> AsyncIterator[Server]:
    """Janus's streaming plugin, and a page that speaks Janus's protocol by WebSocket."""
    program = shutil.which("janus")
    if program is None:
        raise ServerError("Janus is not installed: apt-get install janus")
    async with AsyncExitStack() as stack:
        written = Path(stack.enter_context(TemporaryDirectory(prefix="edgecam-bench-")))
        configure_janus(
            *(written, place.api, place.rtp),
            transport="websockets",
            rtcp=place.rtcp,
            certificate=place.certificate,
        )
        null = asyncio.subprocess.DEVNULL
        server = await stack.enter_async_context(
            fanout.process(program, "-F", str(written), stdout=null, stderr=null)
        )
        await listening(server, place.api)
        await stack.enter_async_context(_site(place))
        await stack.enter_async_context(_fed(picture, place.rtp, place.rtcp))
        yield place.server(f"janus.html?port={place.api}")


@asynccontextmanager
async def pion(place: Place, picture: VideoFormat) -> AsyncIterator[Server]:
    """A server on pion, with its own web server."""
    if not WHEP.exists():
        raise ServerError("the server on pion was not built: see tests/bench/fanout/setup")
    async with AsyncExitStack() as stack:
        site = Path(stack.enter_context(TemporaryDirectory(prefix="edgecam-bench-")))
        for file in (*SITE.iterdir(), STAMP):
            (site / file.name).symlink_to(file)
        server = await stack.enter_async_context(
            fanout.process(
                *(str(WHEP), str(place.rtp), str(place.site), str(site)),
                *map(str, place.certificate or ()),
                stdin=asyncio.subprocess.PIPE,
            )
        )
        await listening(server, place.site)
        await stack.enter_async_context(_fed(picture, place.rtp, place.rtp))
        yield place.server("pion.html")


@asynccontextmanager
async def _site(place: Place) -> AsyncIterator[None]:
    """The page, for a server that has none."""
    tls = None
    if place.certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*place.certificate)
    app = web.Application()
    app.router.add_get("/stamp.js", _stamp)
    app.router.add_static("/", SITE)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, place.site, ssl_context=tls).start()
        yield
    finally:
        await runner.cleanup()


async def _stamp(request: web.Request) -> web.FileResponse:
    return web.FileResponse(STAMP)


@asynccontextmanager
async def _fed(picture: VideoFormat, rtp: int, rtcp: int) -> AsyncIterator[None]:
    """The stream on its way to those place."""
    numbers = (picture.width, picture.height, picture.rate, plan.BITRATES[picture], rtp, rtcp)
    command = (sys.executable, "-m", "tests.bench.peers.source", *map(str, numbers))
    async with fanout.process(*command, stdout=asyncio.subprocess.PIPE) as source:
        if source.stdout is None or not await source.stdout.readline():
            raise ServerError(f"the source ended with exit code {await source.wait()}")
        yield


SERVERS: dict[str, Callable[[Place, VideoFormat], AbstractAsyncContextManager[Server]]] = {
    "edgecam": edgecam,
    "janus": janus,
    "pion": pion,
}
"""By the name in the tables. The first is the one that the others are compared to."""
