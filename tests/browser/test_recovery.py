"""How the page finds its way back: when it tries, and when it has slept."""

import asyncio
import signal
from pathlib import Path

from playwright.async_api import Request, WebSocket

from tests.browser.chromium import chromium
from tests.browser.watcher import watcher
from tests.node import running_node

LOOKS = """
async (looks) => {
  const { Stillness } = await import("/wake.js");
  const stillness = new Stillness(0, 0);
  return looks.map(([wall, steady]) => stillness.look(wall, steady));
}
"""

SET_CLOCK = "() => { const now = Date.now; Date.now = () => now() + 3_600_000; }"

TICKS = """
async (count) => {
  for (; count > 0; count--) await new Promise((next) => setTimeout(next, 1_000));
}
"""


async def test_no_websocket_is_tried_before_the_server_is_there(tmp_path: Path) -> None:
    """Browsers make one wait the longer the more have failed; a plain request costs nothing."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        await page.until("live")
        sockets: list[WebSocket] = []
        failed = asyncio.Semaphore(0)

        def note(request: Request) -> None:
            if request.url.endswith("/health"):
                failed.release()

        # Playwright can't take the list's own method.
        page.page.on("websocket", lambda socket: sockets.append(socket))  # noqa: PLW0108
        page.page.on("requestfailed", note)

        await node.kill()
        for _ in range(3):
            await failed.acquire()
        assert sockets == []
        await node.start()
        await page.until("live")

        assert sockets


async def test_sleep_shows_on_whichever_clock_went_on(tmp_path: Path) -> None:
    """Computers differ in which that is. An ordinary tick, and a late one, are no sleep."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        looks = [
            [1_000, 1_000],
            [4_000, 4_000],
            [10_000, 5_000],
            [11_000, 12_000],
            [12_000, 13_000],
        ]
        stood = await page.page.evaluate(LOOKS, looks)
        assert stood == [1_000, 3_000, 6_000, 7_000, 1_000]


async def test_a_clock_that_is_set_costs_no_call(tmp_path: Path) -> None:
    """It looks like sleep, but the pictures go on."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        call = await page.live_in_call()
        await page.page.evaluate(SET_CLOCK)
        await page.page.evaluate(TICKS, 4)
        assert await page.stamps(5)
        assert (await page.state())["call"] == call


async def test_who_wakes_up_to_no_pictures_calls_again_at_once(tmp_path: Path) -> None:
    """The socket is open for all the page knows; it is not believed."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        await page.until("live")
        node.process.send_signal(signal.SIGSTOP)
        await page.page.evaluate(SET_CLOCK)

        await page.until("reconnecting")
        # Else it would have waited for the call to be frozen.
        assert (await page.state())["reason"] is None
        node.process.send_signal(signal.SIGCONT)
        await page.until("live")
