"""Debian's Firefox, trusting one node's CA and nothing else about it.

It has no geckodriver there, and Playwright drives a Firefox of its own only: so by WebDriver BiDi.
"""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.async_api import Page

from edgecam.lifecycle import cancelled
from tests.browser.bidi import BidiError, Session, session
from tests.browser.trust import trust
from tests.browser.watcher import SHOWN, Watcher

EXECUTABLE = shutil.which("firefox-esr") or shutil.which("firefox")
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
PATIENCE = 60.0
"""Seconds that Firefox may take to start, to load a page, or to get where a test waits for it."""

Preferences = dict[str, str | bool | int]

PREFERENCES: Preferences = {
    # Nothing is fetched from the internet: above all not the plugin that plays H.264.
    "media.gmp-manager.url": "",
    "media.gmp-provider.enabled": False,
    "app.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.server": "",
    # Nothing but the page that is watched.
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "intl.accept_languages": "en-US",
}


class Window:
    """A tab, answering those of Playwright's calls that a Watcher makes of a Page."""

    def __init__(self, browser: Session, context: str) -> None:
        self._browser = browser
        self._context = context

    async def evaluate(self, function: str, given: Any = None) -> Any:
        """What a JavaScript function returns, or its promise resolves to, as JSON."""
        result = await self._browser.command(
            "script.callFunction",
            functionDeclaration=(
                f"async (given) => JSON.stringify(await ({function})(JSON.parse(given)))"
            ),
            arguments=[{"type": "string", "value": json.dumps(given)}],
            awaitPromise=True,
            target={"context": self._context},
        )
        if result["type"] == "exception":
            raise BidiError(result["exceptionDetails"]["text"])
        value = result["result"].get("value")
        return None if value is None else json.loads(value)

    async def wait_for_function(self, function: str) -> None:
        """Wait until a JavaScript function returns something true."""
        async with asyncio.timeout(PATIENCE):
            await self.evaluate(
                "async () => {"
                f"  while (!(await ({function})()))"
                "    await new Promise((next) => setTimeout(next, 20));"
                "}"
            )

    async def inner_text(self, selector: str) -> str:
        """What is written in the first element that fits, once the page shows it."""
        await self.wait_for_function(SHOWN)
        text: str = await self.evaluate("(it) => document.querySelector(it).innerText", selector)
        return text

    async def click(self, selector: str) -> None:
        """Move the mouse there and press its button, as a user would who sees it."""
        await self.wait_for_function(SHOWN)
        found = await self._browser.command(
            "browsingContext.locateNodes",
            context=self._context,
            locator={"type": "css", "value": selector},
        )
        there = {"type": "element", "element": {"sharedId": found["nodes"][0]["sharedId"]}}
        await self._browser.command(
            "input.performActions",
            context=self._context,
            actions=[
                {
                    "type": "pointer",
                    "id": "mouse",
                    "actions": [
                        {"type": "pointerMove", "x": 0, "y": 0, "origin": there},
                        {"type": "pointerDown", "button": 0},
                        {"type": "pointerUp", "button": 0},
                    ],
                }
            ],
        )

    async def set_viewport_size(self, size: dict[str, int]) -> None:
        """Lay the page out for a screen of that size."""
        await self._browser.command(
            "browsingContext.setViewport", context=self._context, viewport=size
        )

    async def close(self) -> None:
        """Close the tab."""
        await self._browser.command("browsingContext.close", context=self._context)


class Firefox:
    """A browser that runs."""

    def __init__(self, browser: Session) -> None:
        self._browser = browser

    async def watcher(self, address: str) -> Watcher:
        """A new page at ``address``, be it a one-time link or the page itself."""
        made = await self._browser.command("browsingContext.create", type="tab")
        context = made["context"]
        complaints: list[str] = []
        arrived = asyncio.Event()

        def note(entry: dict[str, Any]) -> None:
            if entry["source"].get("context") == context and entry["level"] in ("warn", "error"):
                complaints.append(entry["text"])

        def note_load(loaded: dict[str, Any]) -> None:
            if loaded["context"] == context and "/enter/" not in loaded["url"]:
                arrived.set()

        await self._browser.listen("log.entryAdded", note)
        await self._browser.listen("browsingContext.load", note_load)
        await self._browser.command(
            "browsingContext.navigate", context=context, url=address, wait="interactive"
        )
        async with asyncio.timeout(PATIENCE):
            await arrived.wait()
        return Watcher(cast("Page", Window(self._browser, context)), complaints)


@asynccontextmanager
async def firefox(
    folder: Path, ca: Path, preferences: Preferences | None = None
) -> AsyncIterator[Firefox]:
    """A browser with a fresh profile in ``folder``. TLS is verified for real, against ``ca``.

    ``preferences`` go before ours. It has no plugin and so no H.264.
    """
    if EXECUTABLE is None:
        pytest.fail("firefox is missing: apt install firefox-esr")
    profile = folder / "firefox"
    await trust(profile, ca)
    chosen = PREFERENCES | (preferences or {})
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in chosen.items()]
    await asyncio.to_thread((profile / "user.js").write_text, "\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        *(EXECUTABLE, "--headless", "--no-remote", "--profile", str(profile)),
        *("--remote-debugging-port", "0"),
        env={**os.environ, "HOME": str(profile)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    reading = None
    try:
        async with asyncio.timeout(PATIENCE):
            address = await _address(process.stderr)
        reading = asyncio.create_task(_read_on(process.stderr))
        async with session(address) as browser:
            yield Firefox(browser)
            await browser.command("browser.close")
    finally:
        if reading is None or process.returncode is None:
            process.kill()
        await process.wait()
        await cancelled(reading)


async def _address(said: asyncio.StreamReader) -> str:
    """Where the browser listens."""
    heard = ""
    while line := (await said.readline()).decode(errors="replace"):
        heard += line
        if found := LISTENING.search(line):
            return found[1]
    raise AssertionError(f"Firefox did not start: {heard}")


async def _read_on(said: asyncio.StreamReader) -> None:
    """Let the browser say what it likes: a pipe that is full would stop it."""
    while await said.read(65_536):
        pass
