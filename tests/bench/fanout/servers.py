"""The servers that are compared: each a process that makes offers and sends one stream."""

import asyncio
import json
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from tests.bench.fanout.feeder import PAYLOAD_TYPE

FOLDER = Path(__file__).parent
PION = FOLDER / "pion" / "pion"
PATIENCE = 30.0

NO_AES = {
    "OPENSSL_ia32cap": "~0x200000200000000:~0x20000000000",
    "NSS_DISABLE_HW_AES": "1",
    "NSS_DISABLE_PCLMUL": "1",
    "GODEBUG": "cpu.aes=off,cpu.pclmulqdq=off",
}
"""Has OpenSSL (OPENSSL_ia32cap(3)), NSS, which Debian's libsrtp takes, and Go do without the
processor's AES and carry-less multiplication."""


class ServerError(Exception):
    """A server can't be had on this machine, or has ended."""


class Lines:
    """A process that answers each line of JSON by one."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Its answer."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(command).encode() + b"\n")
        async with asyncio.timeout(2 * PATIENCE):
            line = await process.stdout.readline()
        if not line:
            raise ServerError(f"a process ended with exit code {await process.wait()}")
        said: dict[str, Any] = json.loads(line)
        if "error" in said:
            raise ServerError(said["error"])
        return said


@asynccontextmanager
async def lines(
    *command: str, environ: dict[str, str] | None = None, folder: Path | None = None
) -> AsyncIterator[Lines]:
    """``command``, killed at the end."""
    async with process(
        *command,
        environ=environ,
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**22,
    ) as started:
        yield Lines(started)


@asynccontextmanager
async def process(
    *command: str, environ: dict[str, str] | None = None, **options: Any
) -> AsyncIterator[asyncio.subprocess.Process]:
    """``command``, killed at the end."""
    started = await asyncio.create_subprocess_exec(
        *command, env=os.environ | (environ or {}), **options
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


@dataclass(frozen=True, slots=True)
class Running:
    """A server: ``join`` has one more viewer, whose answer to an offer is what is passed.

    ``played``: seconds of the processor's time that the process has spent on playing the stream. A
    process of its own does that for those that are fed, and is not counted.
    """

    pid: int
    join: Callable[[Callable[[str], Awaitable[str]]], Awaitable[None]]
    played: Callable[[], Awaitable[float]]


Answer = Callable[[str], Awaitable[str]]


def speaking(process: Lines, *, plays: bool = False) -> Running:
    """One that makes offers and takes answers by lines of JSON, and maybe plays the stream."""

    async def join(answer: Answer) -> None:
        offer = await process.ask({"offer": True})
        sdp = await answer(offer["sdp"])
        await process.ask({"call": offer["call"], "answer": sdp})

    async def played() -> float:
        seconds: float = (await process.ask({"played": True}))["seconds"]
        return seconds

    return Running(process.pid, join, played if plays else nothing)


async def nothing() -> float:
    """None of its own time goes into playing."""
    return 0.0


@asynccontextmanager
async def edgecam(file: Path, environ: dict[str, str], send_path: str) -> AsyncIterator[Running]:
    """This very edgecam."""
    command = (sys.executable, "-m", "tests.bench.fanout.device", str(file), send_path)
    async with lines(*command, environ=environ) as device:
        yield speaking(device, plays=True)


@asynccontextmanager
async def pion(file: Path, environ: dict[str, str]) -> AsyncIterator[Running]:
    """A fan-out in Go."""
    if not PION.exists():
        raise ServerError("pion's fan-out was not built: see tests/bench/fanout/setup")
    port = free_port()
    async with lines(str(PION), str(port), environ=environ) as server, feeding(file, port):
        yield speaking(server)


@asynccontextmanager
async def janus(file: Path, environ: dict[str, str], threads: int) -> AsyncIterator[Running]:
    """Janus's streaming plugin, with so many helper threads and event loops; 0: its default."""
    program = shutil.which("janus")
    if program is None:
        raise ServerError("Janus is not installed: apt-get install janus")
    api, rtp = free_port(socket.SOCK_STREAM), free_port()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="edgecam-bench-")))
        configure_janus(folder, api, rtp, threads=threads)
        null = asyncio.subprocess.DEVNULL
        server = await stack.enter_async_context(
            process(program, "-F", str(folder), environ=environ, stdout=null, stderr=null)
        )
        http = await stack.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{api}"))
        await listening(server, api)
        await stack.enter_async_context(feeding(file, rtp))
        yield Running(server.pid, lambda answer: _watch(http, answer), nothing)


def configure_janus(
    folder: Path,
    api: int,
    rtp: int,
    *,
    threads: int = 0,
    transport: str = "http",
    rtcp: int = 0,
    certificate: tuple[Path, Path] | None = None,
) -> None:
    """Write its configuration: one mountpoint, one plugin, one transport, on loopback.

    With ``rtcp``, a port, the source is asked for keyframes, and viewers may set a playout delay.
    With a ``certificate`` and its key, WebSockets are by TLS.
    """
    # As Debian installs it.
    (installed,) = Path("/usr/lib").glob("*/janus")
    for kind, plugin in (("plugins", "streaming"), ("transports", transport)):
        (folder / kind).mkdir(parents=True)
        (folder / kind / f"libjanus_{plugin}.so").symlink_to(
            installed / kind / f"libjanus_{plugin}.so"
        )
    loops = f"event_loops = {threads}" if threads else ""
    (folder / "janus.jcfg").write_text(f"""
general: {{
    plugins_folder = "{folder}/plugins"
    transports_folder = "{folder}/transports"
    debug_level = 2
    session_timeout = 0
    {loops}
}}
""")
    (folder / "janus.transport.http.jcfg").write_text(f"""
general: {{ base_path = "/janus" http = true port = {api} ip = "127.0.0.1" https = false }}
admin: {{ admin_http = false }}
""")
    own, other = ("wss", "ws") if certificate else ("ws", "wss")
    leaf, key = certificate or ("", "")
    certificates = f'certificates: {{ cert_pem = "{leaf}" cert_key = "{key}" }}' if leaf else ""
    (folder / "janus.transport.websockets.jcfg").write_text(f"""
general: {{ {own} = true {own}_port = {api} {own}_ip = "127.0.0.1" {other} = false }}
admin: {{ admin_ws = false }}
{certificates}
""")
    helpers = f"threads = {threads}" if threads else ""
    feedback = f"rtcpport = {rtcp}" if rtcp else ""
    delay = "playoutdelay_ext = true" if rtcp else ""
    profile = "profile-level-id=42e028;packetization-mode=1"
    (folder / "janus.plugin.streaming.jcfg").write_text(f"""
bench: {{
    type = "rtp"
    id = 1
    {helpers}
    {delay}
    media = ({{ type = "video" mid = "v" port = {rtp} {feedback} pt = {PAYLOAD_TYPE}
        codec = "h264" fmtp = "{profile}" }})
}}
""")


async def _watch(http: aiohttp.ClientSession, answer: Answer) -> None:
    """https://janus.conf.meetecho.com/docs/streaming.html: watch, be offered, start."""

    async def ask(path: str, message: dict[str, Any]) -> dict[str, Any]:
        message["transaction"] = token_hex(6)
        async with http.post(f"/janus{path}", json=message) as response:
            said: dict[str, Any] = await response.json()
        if said["janus"] == "error":
            raise ServerError(f"Janus: {said['error']['reason']}")
        return said

    async def event() -> dict[str, Any]:
        while True:
            async with http.get(f"{session}?maxev=1") as response:
                said: dict[str, Any] = await response.json()
            if said["janus"] == "event":
                return said

    number = (await ask("", {"janus": "create"}))["data"]["id"]
    session = f"/janus/{number}"
    plugin = {"janus": "attach", "plugin": "janus.plugin.streaming"}
    handle = (await ask(f"/{number}", plugin))["data"]["id"]
    await ask(f"/{number}/{handle}", {"janus": "message", "body": {"request": "watch", "id": 1}})
    offer = await event()
    if "jsep" not in offer:
        raise ServerError(f"Janus made no offer: {offer}")
    jsep = {"type": "answer", "sdp": await answer(offer["jsep"]["sdp"])}
    start = {"janus": "message", "body": {"request": "start"}, "jsep": jsep}
    await ask(f"/{number}/{handle}", start)
    await event()


async def listening(server: asyncio.subprocess.Process, port: int) -> None:
    """Wait until there is somebody at ``port`` of loopback. ServerError if ``server`` ends."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if server.returncode is not None:
                raise ServerError(f"a server ended with exit code {server.returncode}")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return


@asynccontextmanager
async def feeding(file: Path, port: int) -> AsyncIterator[None]:
    """RTP of the stream to ``port``."""
    command = (sys.executable, "-m", "tests.bench.fanout.feeder", str(file), str(port))
    async with process(*command):
        yield


def free_port(kind: int = socket.SOCK_DGRAM) -> int:
    """A port of loopback that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


Server = Callable[[Path, dict[str, str]], Any]

SERVERS: dict[str, Server] = {
    "edgecam": lambda file, environ: edgecam(file, environ, "shared"),
    "aiortc": lambda file, environ: edgecam(file, environ, "stock"),
    "janus": lambda file, environ: janus(file, environ, 0),
    "janus, threads": lambda file, environ: janus(file, environ, 2),
    "pion": pion,
}
"""By the name in the tables. The first is the one that the others are compared to."""
