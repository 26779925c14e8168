"""A browser in a process of its own: ``python -m tests.network.browse ADDRESS CA FOLDER``.

It opens the one-time link (or, with a session in FOLDER, the page) and prints a line of JSON for
each change of the page's state: ``phase``, ``call``, ``reason`` and ``at``, on the clock that all
processes share; also with the first picture after the browser stood still. SIGTERM closes the tab.
"""

import argparse
import asyncio
import json
import signal
import time
from pathlib import Path
from urllib.parse import urljoin

from playwright.async_api import ConsoleMessage, Page

from tests.browser.chromium import chromium

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


async def browse(address: str, ca: Path, folder: Path) -> None:
    """Watch until told to leave."""
    leave = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave.set)
    async with chromium(folder, ca) as browser:
        page = await browser.new_page()
        page.on("console", _note)
        await page.add_init_script(REPORT)
        await page.goto(address)
        while not await _loaded(page):
            await page.goto(urljoin(address, "/"))
        await leave.wait()
        await page.close()


async def _loaded(page: Page) -> bool:
    """Whether all of it could be loaded: Chromium fails requests as it finds out about networks."""
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
    parser.add_argument("address")
    parser.add_argument("ca", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    asyncio.run(browse(arguments.address, arguments.ca, arguments.folder))
