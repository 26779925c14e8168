"""A Chromium that opens pages as somebody does, with as little looking on as can be.

It is driven by the bare DevTools protocol, of which only the domains Page and Runtime are used.
What drives browsers for tests also records every request of a page (the domain Network), which on
a small machine makes the page slower.
https://chromedevtools.github.io/devtools-protocol/
"""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from tests.browser.chromium import EXECUTABLE, FLAGS
from tests.browser.trust import trust

PATIENCE = 30.0
POLL = 0.05


class BrowserError(Exception):
    """There is no Chromium, it refused, or the page threw."""


class Evaluates(Protocol):
    """A page, whoever drives it: what the JavaScript function ``expression`` returns of ``arg``."""

    async def evaluate(self, expression: str, arg: Any = None) -> Any: ...


class Tab:
    """The one tab there is. One call at a time."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._asked = 0
        self._loaded = ""

    async def prepare(self, script: str) -> None:
        """Have every page run ``script`` before its own, from now on."""
        await self._ask("Page.enable")
        await self._ask("Page.setLifecycleEventsEnabled", enabled=True)
        await self._ask("Page.addScriptToEvaluateOnNewDocument", source=script)

    async def open(self, url: str) -> None:
        """Go to ``url``, until it has loaded. BrowserError if it can't be."""
        told = await self._ask("Page.navigate", url=url)
        if "errorText" in told:
            raise BrowserError(f"{url} could not be opened: {told['errorText']}")
        async with asyncio.timeout(PATIENCE):
            while self._loaded != told["loaderId"]:
                await self._next_load()

    async def enter(self, link: str) -> None:
        """Come in by the one-time ``link``."""
        await self.open(link)
        # What it leads to moves on to the page by itself.
        async with asyncio.timeout(PATIENCE):
            await self._next_load()

    async def evaluate(self, expression: str, arg: Any = None) -> Any:
        """What the function ``expression`` returns of ``arg``, awaited if it is a promise."""
        called = f"({expression}\n)({json.dumps(arg)})"
        told = await self._ask(
            "Runtime.evaluate", expression=called, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in told:
            thrown = told["exceptionDetails"]
            raise BrowserError(thrown.get("exception", {}).get("description") or thrown["text"])
        return told["result"].get("value")

    async def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._asked += 1
        await self._socket.send_json({"id": self._asked, "method": method, "params": parameters})
        while True:
            said = await self._next()
            if said.get("id") != self._asked:
                self._note(said)
                continue
            if "error" in said:
                raise BrowserError(f"{method}: {said['error']['message']}")
            result: dict[str, Any] = said["result"]
            return result

    async def _next_load(self) -> None:
        before = self._loaded
        while self._loaded == before:
            self._note(await self._next())

    async def _next(self) -> dict[str, Any]:
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise BrowserError("Chromium has ended")
        said: dict[str, Any] = message.json()
        return said

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("method") == "Page.lifecycleEvent" and event["params"]["name"] == "load":
            self._loaded = event["params"]["loaderId"]


@asynccontextmanager
async def opener(folder: Path, ca: Path, script: str) -> AsyncIterator[Tab]:
    """A tab of a Chromium with a fresh profile in ``folder``, which verifies TLS against ``ca``.

    Every page runs ``script`` before its own.
    """
    if EXECUTABLE is None:
        raise BrowserError("chromium is missing: apt install chromium")
    home, profile = folder / "home", folder / "profile"
    await trust(home / ".pki" / "nssdb", ca)
    null = asyncio.subprocess.DEVNULL
    browser = await asyncio.create_subprocess_exec(
        *(EXECUTABLE, *FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0"),
        *("--window-size=1280,800", "--lang=en-US", "--password-store=basic", "about:blank"),
        env={**os.environ, "HOME": str(home)},
        start_new_session=True,
        stdin=null,
        stdout=null,
        stderr=null,
    )
    try:
        port = await _port(browser, profile / "DevToolsActivePort")
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
            http.ws_connect(await _page(http), max_msg_size=0) as socket,
        ):
            tab = Tab(socket)
            await tab.prepare(script)
            yield tab
    finally:
        await _end(browser)


async def _port(browser: asyncio.subprocess.Process, file: Path) -> int:
    """The one that Chromium chose, which it writes into its profile."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if browser.returncode is not None:
                raise BrowserError(f"Chromium ended with exit code {browser.returncode}")
            written = await asyncio.to_thread(lambda: file.exists() and file.read_text())
            if written:
                return int(written.split()[0])
            await asyncio.sleep(POLL)


async def _page(http: aiohttp.ClientSession) -> str:
    async with asyncio.timeout(PATIENCE):
        while True:
            async with http.get("/json/list") as response:
                targets = await response.json()
            for target in targets:
                if target["type"] == "page":
                    url: str = target["webSocketDebuggerUrl"]
                    return url
            await asyncio.sleep(POLL)


async def _end(browser: asyncio.subprocess.Process) -> None:
    """With all its processes, so that nobody writes to the profile any more."""
    if browser.returncode is None:
        browser.terminate()
    try:
        async with asyncio.timeout(PATIENCE):
            await browser.wait()
    except TimeoutError:
        pass
    try:
        while True:
            # The group that it began with its session.
            os.killpg(browser.pid, signal.SIGKILL)
            await asyncio.sleep(POLL)
    except ProcessLookupError:
        await browser.wait()
