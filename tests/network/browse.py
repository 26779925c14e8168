"""A browser in a process of its own: ``python -m tests.network.browse LINK CA FOLDER``.

It opens the page with the session that the one-time link gives, and prints a line of JSON for each
change of the page's state: ``phase``, ``call``, ``reason`` and ``at``, on the clock that all
processes share; also with the first picture after the browser stood still. SIGTERM closes the tab.
"""

import argparse
import asyncio
import json
import signal
import ssl
import time
from pathlib import Path
from urllib.parse import urljoin

from playwright.async_api import ConsoleMessage, Error, Page

from edgecam.web.sessions import COOKIE
from tests.browser.chromium import chromium
from tests.sockets import http_session

REPORT = """
let last = "", ticked = Infinity;
setInterval(() => {
  if (performance.now() - ticked > 1000) {
    document.getElementById("video").requestVideoFrameCallback(() => (last = ""));
  }
  ticked = performance.now();
  const { phase, call, reason } = window.edgecam?.state() ?? {};
  const now = JSON.stringify({ phase, call, reason });
  if (phase && now !== last) console.debug("STATE " + now);
  last = now;
}, 20);
"""


async def browse(link: str, ca: Path, folder: Path) -> None:
    """Watch until told to leave."""
    leave = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave.set)
    home = urljoin(link, "/")
    async with chromium(folder, ca) as browser:
        await browser.add_cookies([{"name": COOKIE, "value": await session(link, ca), "url": home}])
        page = await browser.new_page()
        page.on("console", _note)
        await page.add_init_script(REPORT)
        while not await loaded(page, home):
            pass
        await leave.wait()
        await page.close()


async def session(link: str, ca: Path) -> str:
    """What the cookie is. Not by the browser: it may fail to open a link that opens once."""
    tls = await asyncio.to_thread(ssl.create_default_context, cafile=ca)
    async with http_session(tls) as http, http.get(link) as answer:
        answer.raise_for_status()
        return answer.cookies[COOKIE].value


async def loaded(page: Page, home: str) -> bool:
    """Whether all of it could be loaded: Chromium fails requests as it finds out about networks."""
    try:
        await page.goto(home)
    except Error as error:
        print(error.message, flush=True)
        return False
    loaded = asyncio.ensure_future(page.wait_for_function("() => window.edgecam"))
    failed = asyncio.ensure_future(page.wait_for_event("requestfailed"))
    await asyncio.wait((loaded, failed), return_when=asyncio.FIRST_COMPLETED)
    for task in (loaded, failed):
        task.cancel()
    await asyncio.gather(loaded, failed, return_exceptions=True)
    return loaded.done() and not loaded.cancelled() and loaded.exception() is None


def _note(message: ConsoleMessage) -> None:
    """Print what the page reports; and all else it says, for whom a test fails."""
    text = message.text
    if text.startswith("STATE "):
        text = json.dumps(json.loads(text.removeprefix("STATE ")) | {"at": time.monotonic()})
    print(text, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("link")
    parser.add_argument("ca", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    asyncio.run(browse(arguments.link, arguments.ca, arguments.folder))
