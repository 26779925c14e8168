"""The servers that are compared, each with one live stream and a page to watch it on."""

import asyncio
import shutil
import socket
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

SETTLE = 1.2
"""Seconds between two calls of a server that does not say when it is ready. Janus asks its source
for no more than one keyframe a second."""


@dataclass(frozen=True, slots=True)
class Server:
    """``page``: where the stream is watched, for who came in by ``link``, if there is one;
    ``away``: a light page of the same site, where to wait until ``left`` returns.
    """

    page: str
    away: str
    left: Callable[[], Awaitable[None]]
    link: str | None = None


class Ports:
    """Ports that stay the same for a whole run, as a browser keeps what it knows by the port."""

    def __init__(self) -> None:
        self.edgecam = free_port(socket.SOCK_STREAM)
        self.site = free_port(socket.SOCK_STREAM)
        self.api = free_port(socket.SOCK_STREAM)
        self.rtp = free_port()
        self.rtcp = free_port()


@asynccontextmanager
async def edgecam(folder: Path, ports: Ports, picture: VideoFormat) -> AsyncIterator[Server]:
    """A whole node. Somebody else watches, so that its camera runs as everybody's does."""
    options = plan.options(2, picture) | {"web__port": ports.edgecam}
    async with running_node(folder, **options) as node, light_viewers(node) as viewers:
        await viewers.grow(1)

        async def left() -> None:
            await joins.ready(node, 1)

        yield Server(node.url(), node.url("/health"), left, node.link)


@asynccontextmanager
async def janus(folder: Path, ports: Ports, picture: VideoFormat) -> AsyncIterator[Server]:
    """Janus's streaming plugin, and a page that speaks Janus's protocol by WebSocket."""
    program = shutil.which("janus")
    if program is None:
        raise ServerError("Janus is not installed: apt-get install janus")
    async with AsyncExitStack() as stack:
        written = Path(stack.enter_context(TemporaryDirectory(prefix="edgecam-bench-")))
        configure_janus(written, ports.api, ports.rtp, transport="websockets", rtcp=ports.rtcp)
        null = asyncio.subprocess.DEVNULL
        server = await stack.enter_async_context(
            fanout.process(program, "-F", str(written), stdout=null, stderr=null)
        )
        await listening(server, ports.api)
        await stack.enter_async_context(_site(ports.site))
        await stack.enter_async_context(_fed(picture, ports.rtp, ports.rtcp))
        yield _at(ports.site, f"janus.html?port={ports.api}")


@asynccontextmanager
async def pion(folder: Path, ports: Ports, picture: VideoFormat) -> AsyncIterator[Server]:
    """A server on pion, with its own web server."""
    if not WHEP.exists():
        raise ServerError("the server on pion was not built: see tests/bench/fanout/setup")
    async with AsyncExitStack() as stack:
        site = Path(stack.enter_context(TemporaryDirectory(prefix="edgecam-bench-")))
        for file in (*SITE.iterdir(), STAMP):
            (site / file.name).symlink_to(file)
        server = await stack.enter_async_context(
            fanout.process(
                *(str(WHEP), str(ports.rtp), str(ports.site), str(site)),
                stdin=asyncio.subprocess.PIPE,
            )
        )
        await listening(server, ports.site)
        await stack.enter_async_context(_fed(picture, ports.rtp, ports.rtp))
        yield _at(ports.site, "pion.html")


def _at(port: int, page: str) -> Server:
    async def left() -> None:
        await asyncio.sleep(SETTLE)

    # What is served on loopback is a secure context without TLS (W3C secure-contexts, 3.1).
    site = f"http://{LOOPBACK}:{port}"
    return Server(f"{site}/{page}", f"{site}/away.html", left)


@asynccontextmanager
async def _site(port: int) -> AsyncIterator[None]:
    """The page, for a server that has none."""
    app = web.Application()
    app.router.add_get("/stamp.js", _stamp)
    app.router.add_static("/", SITE)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield
    finally:
        await runner.cleanup()


async def _stamp(request: web.Request) -> web.FileResponse:
    return web.FileResponse(STAMP)


@asynccontextmanager
async def _fed(picture: VideoFormat, rtp: int, rtcp: int) -> AsyncIterator[None]:
    """The stream on its way to those ports."""
    numbers = (picture.width, picture.height, picture.rate, plan.BITRATES[picture], rtp, rtcp)
    command = (sys.executable, "-m", "tests.bench.peers.source", *map(str, numbers))
    async with fanout.process(*command, stdout=asyncio.subprocess.PIPE) as source:
        if source.stdout is None or not await source.stdout.readline():
            raise ServerError(f"the source ended with exit code {await source.wait()}")
        yield


SERVERS: dict[str, Callable[[Path, Ports, VideoFormat], AbstractAsyncContextManager[Server]]] = {
    "edgecam": edgecam,
    "janus": janus,
    "pion": pion,
}
"""By the name in the tables. The first is the one that the others are compared to."""
