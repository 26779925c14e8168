"""Light viewers: real calls that receive and count, and decode nothing."""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from edgecam.web.sessions import COOKIE
from tests.node import Node

FOLDER = Path(__file__).parent / "viewers"
REPLY_DEADLINE = 90.0


class ViewersError(Exception):
    """The viewers can't run, or one of them was refused or lost its call."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What one viewer has received so far; ``longestGapMs`` between two frames since last asked;
    ``firstFrameMs`` from its beginning to connect.
    """

    packets: int
    bytes: int
    frames: int
    audio: int
    lost: int
    longestGapMs: int  # noqa: N815 - as viewers.js says it
    firstFrameMs: int  # noqa: N815


class LightViewers:
    """A process of viewers of one node."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def grow(self, viewers: int) -> None:
        """Have so many viewers, each with its first frame received."""
        await self._ask({"viewers": viewers})

    async def storm(self, viewers: int, within: float) -> list[Counts]:
        """Have so many come ``within`` seconds, and wait until each has its first frame."""
        found = await self._ask({"storm": viewers, "withinMs": 1_000 * within})
        return [Counts(**one) for one in found]

    async def count(self) -> list[Counts]:
        """What each has received."""
        return [Counts(**one) for one in await self._ask({"count": True})]

    async def _ask(self, command: dict[str, Any]) -> list[dict[str, int]]:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise ViewersError("the viewers have no standard input and output")
        process.stdin.write(json.dumps(command).encode() + b"\n")
        async with asyncio.timeout(REPLY_DEADLINE):
            line = await process.stdout.readline()
        if not line:
            raise ViewersError(f"the viewers ended with exit code {await process.wait()}")
        reply = json.loads(line)
        if "error" in reply:
            raise ViewersError(reply["error"])
        viewers: list[dict[str, int]] = reply["viewers"]
        return viewers


@asynccontextmanager
async def light_viewers(node: Node) -> AsyncIterator[LightViewers]:
    """No viewers yet, of ``node``, all with one session."""
    if not (FOLDER / "node_modules" / "node-datachannel").is_dir():
        raise ViewersError("the light viewers are not installed: run tests/bench/viewers/setup")
    about = {"url": node.url(), "cookie": await session_cookie(node), "ca": str(node.ca)}
    try:
        process = await asyncio.create_subprocess_exec(
            *("node", "viewers.js"),
            cwd=FOLDER,
            env=os.environ | {"EDGECAM_BENCH": json.dumps(about)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise ViewersError("Node.js is missing: run tests/bench/viewers/setup") from error
    try:
        yield LightViewers(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def session_cookie(node: Node) -> str:
    """A session, by a new one-time link, as the ``Cookie`` header that shows it."""
    local = aiohttp.UnixConnector(str(node.local_socket))
    async with (
        aiohttp.ClientSession(connector=local) as session,
        session.post("http://edgecam/link") as response,
    ):
        links: list[str] = (await response.json())["links"]
    link = next(link for link in links if "//localhost" in link)
    context = ssl.create_default_context(cafile=node.ca)
    async with aiohttp.ClientSession() as session, session.get(link, ssl=context) as response:
        if COOKIE not in response.cookies:
            raise ViewersError(f"the one-time link opened no session: HTTP {response.status}")
        return f"{COOKIE}={response.cookies[COOKIE].value}"
