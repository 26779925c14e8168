"""A browser in a process of its own: ``python -m tests.bench.squeeze.watch LINK CA FOLDER``.

It opens the page and, from the first picture on, prints a line of JSON every second: ``offset`` of
its clock, ``at`` by that, ``pictures`` presented since the last line as ``watch.js`` has them, and
``received`` bytes so far. SIGTERM ends it.
"""

import argparse
import asyncio
import json
import signal
from pathlib import Path
from urllib.parse import urljoin

from edgecam.web.sessions import COOKIE
from tests.bench.clocks import offset
from tests.browser.chromium import chromium
from tests.network.browse import loaded, session

SCRIPT = (Path(__file__).parent / "watch.js").read_text()

TAKE = """async () => {
  const stats = await window.edgecam.stats();
  const video = stats.find((s) => s.type === "inbound-rtp" && s.kind === "video");
  const at = performance.timeOrigin + performance.now();
  return { at, pictures: window.watched.splice(0), received: video?.bytesReceived ?? 0 };
}"""


async def watch(link: str, ca: Path, folder: Path) -> None:
    """Watch until told to leave."""
    leave = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave.set)
    home = urljoin(link, "/")
    async with chromium(folder, ca) as browser:
        value = await session(link, ca)
        await browser.add_cookies([{"name": COOKIE, "value": value, "url": home}])
        page = await browser.new_page()
        while not await loaded(page, home):
            pass
        await page.wait_for_function("() => window.edgecam.state().phase === 'live'")
        off = await offset(page)
        await page.evaluate(SCRIPT)
        while not leave.is_set():
            taken = await page.evaluate(TAKE)
            print(json.dumps({"offset": off.ms, **taken}), flush=True)
            try:
                async with asyncio.timeout(1):
                    await leave.wait()
            except TimeoutError:
                pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("link")
    parser.add_argument("ca", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    asyncio.run(watch(arguments.link, arguments.ca, arguments.folder))
