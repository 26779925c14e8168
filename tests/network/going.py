"""Coming and going: a camera, a page elsewhere and a viewer's browser, each with a cable.

What happens to them is here; ``test_coming_and_going`` says what has to come of it, and
``tests.bench.going`` how long that takes.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.network.lab import Namespace, Process, edgecam, namespaces, running
from tests.sockets import PATIENCE

CAMERA, MOVED = "10.77.1.2", "10.77.1.22"
VIEWER, ELSEWHERE = "10.77.1.3", "10.77.1.33"
PAGE = "10.77.1.4"
GATEWAY = "10.77.1.254"


Watched = AbstractAsyncContextManager[tuple["Process", "Browser"]]


class Cable:
    """A cable between ``space`` and a switch."""

    def __init__(self, switch: Namespace, space: Namespace, address: str, port: str) -> None:
        self.space, self.port, self.address = space, port, address
        self._switch = switch
        self._far = f"{space.name[-6:]}-{port}"
        space.ip(
            "link", "add", port, "type", "veth", "peer", "name", self._far, "netns", switch.name
        )
        space.ip("addr", "add", f"{address}/24", "dev", port)
        space.ip("link", "set", port, "up")
        # Chromium looks for its own address by the way to the world.
        space.ip("route", "replace", "default", "via", GATEWAY, "dev", port)
        self.replug()
        switch.ip("link", "set", self._far, "up")

    def pull(self) -> None:
        """Pull it out of the switch: the other end has no carrier."""
        self._switch.ip("link", "set", self._far, "down")

    def push(self) -> None:
        """Put it in again."""
        self._switch.ip("link", "set", self._far, "up")

    def mute(self) -> None:
        """Lose whatever is sent either way, without anybody noticing; ``replug`` ends it."""
        self._switch.ip("link", "set", self._far, "nomaster")

    def replug(self) -> None:
        """Let through what is sent."""
        self._switch.ip("link", "set", self._far, "master", "switch")

    def squeeze(self, rate: str, queue: int) -> None:
        """Let no more than ``rate`` through to the end that is not the switch, behind a queue of
        ``queue`` bytes (tc-tbf(8)); ``release`` ends it.
        """
        self._tc("add", "tbf", "rate", rate, "burst", "8k", "limit", f"{queue}")

    def release(self) -> None:
        """Let everything through again."""
        self._tc("del")

    def _tc(self, verb: str, *qdisc: str) -> None:
        where = ("ip", "netns", "exec", self._switch.name)
        command = (*where, "tc", "qdisc", verb, "dev", self._far, "root", *qdisc)
        subprocess.run(command, check=True, capture_output=True)

    def lose_address(self) -> None:
        """Take the address away from the end that is not the switch."""
        self.space.ip("addr", "flush", "dev", self.port)
        self.space.ip("link", "set", self.port, "down")


@dataclass(frozen=True)
class Lan:
    """Three hosts at one switch."""

    switch: Namespace
    camera: Cable
    viewer: Cable
    page: Cable

    def plug(self, space: Namespace, address: str) -> Cable:
        """One more cable to a host that has one: Ethernet beside Wi-Fi."""
        return Cable(self.switch, space, address, "eth1")


@contextmanager
def switched() -> Iterator[Lan]:
    """A camera, a viewer and a page elsewhere at one switch; removed at the end."""
    with namespaces("switch", "camera", "viewer", "page") as (switch, camera, viewer, page):
        switch.ip("link", "add", "switch", "type", "bridge")
        switch.ip("link", "set", "switch", "up")
        ends = ((camera, CAMERA), (viewer, VIEWER), (page, PAGE))
        cables = (Cable(switch, space, address, "eth0") for space, address in ends)
        yield Lan(switch, *cables)


async def do(*steps: Callable[[], None]) -> None:
    """Change something about a network or a process."""
    for step in steps:
        await asyncio.to_thread(step)


class Browser:
    """A Chromium that watches; what its page says is read in order.

    ``at``: when it said what was read last, as time.monotonic() has it.
    """

    def __init__(self, process: Process, folder: Path) -> None:
        self.process = process
        self.at = 0.0
        self._folder = folder
        self._read = 0

    async def until(self, right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The page's next state that is ``right``."""
        while True:
            line = await self.process.said('"phase"', self._read)
            self._read = self.process.log.index(line, self._read) + 1
            state: dict[str, Any] = json.loads(line)
            self.at = state["at"]
            if right(state):
                return state

    async def live(self, *, other_than: str | None = None) -> str:
        """Wait for a picture, of a call ``other_than`` that; the name of its call."""
        async with asyncio.timeout(2 * PATIENCE):
            state = await self.until(
                lambda state: state["phase"] == "live" and state["call"] != other_than
            )
        return str(state["call"])

    def freeze(self) -> None:
        """Stop the whole browser, as a sleeping laptop does."""
        os.killpg(self._group, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.killpg(self._group, signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash does."""
        os.killpg(self._group, signal.SIGKILL)

    @property
    def _group(self) -> int:
        profile = f"--user-data-dir={self._folder / 'profile'}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if profile in (process / "cmdline").read_bytes().split(b"\0"):
                    return os.getpgid(int(process.name))
            except OSError:
                continue
        raise ProcessLookupError("the browser is gone")


@asynccontextmanager
async def browser(space: Namespace, link: str, ca: Path, folder: Path) -> AsyncIterator[Browser]:
    """A browser in ``space`` that opens ``link``."""
    command = (sys.executable, "-m", "tests.network.browse", link, str(ca), str(folder))
    async with running(space, *command) as process:
        it = Browser(process, folder)
        try:
            yield it
        finally:
            with suppress(ProcessLookupError):
                await asyncio.to_thread(it.kill)


async def link(node: Process, address: str) -> str:
    """The one-time link at ``address``, once the node can be watched."""
    found = await node.said(f"//{address}:")
    await node.said("SHA-256")
    return found.strip()


@asynccontextmanager
async def watched(lan: Lan, folder: Path, **options: Any) -> AsyncIterator[tuple[Process, Browser]]:
    """A camera with a page of its own, and a browser that shows it."""
    state = folder / "camera"
    async with edgecam(lan.camera.space, state, **options) as camera:
        address = await link(camera, CAMERA)
        ca = state / "tls" / "ca.crt"
        async with browser(lan.viewer.space, address, ca, folder / "browser") as viewer:
            yield camera, viewer


@asynccontextmanager
async def elsewhere(lan: Lan, folder: Path) -> AsyncIterator[tuple[Process, Browser]]:
    """A camera that calls at a page elsewhere, and a browser at that page."""
    state = folder / "page"
    async with edgecam(lan.page.space, state, "serve") as page:
        address = await link(page, PAGE)
        ca = state / "tls" / "ca.crt"
        there: dict[str, Any] = {
            "signaling__url": f"https://{PAGE}:8443",
            "signaling__token_file": state / "caller.token",
            "signaling__ca_file": ca,
        }
        async with (
            edgecam(lan.camera.space, folder / "camera", **there) as camera,
            browser(lan.viewer.space, address, ca, folder / "browser") as viewer,
        ):
            await camera.said("calls at the signaling server elsewhere")
            yield page, viewer
