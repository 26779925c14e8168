"""When something goes away: the page says so, shows nothing old as live, and comes back."""

import signal
from pathlib import Path

from tests.browser.chromium import chromium
from tests.browser.watcher import watcher
from tests.node import running_node


async def test_the_device_restarts_under_an_open_page(tmp_path: Path) -> None:
    """The page is told why, and has its picture back without a touch."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        call = await page.live_in_call()

        assert await node.stop() == 0
        await page.until("reconnecting")
        assert "restart" in (await page.text("#message")).lower()
        await node.start()
        await page.until("live")

        assert (await page.state())["call"] != call
        assert await page.stamps(5)


async def test_the_power_is_cut_under_an_open_page(tmp_path: Path) -> None:
    """Nobody says goodbye; the page notices, says so, and comes back when the device does."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        await page.until("live")

        await node.kill()
        await page.until("reconnecting")
        await node.start()
        await page.until("live")

        assert await page.stamps(5)


async def test_a_picture_that_has_stopped_is_not_shown_as_live(tmp_path: Path) -> None:
    """A device that hangs keeps its sockets open; only the pictures say that it does."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        await page.until("live")

        node.process.send_signal(signal.SIGSTOP)
        await page.until("stale")
        assert "LIVE" not in await page.text("#badge")
        assert "old" in await page.text("#badge")
        opacity = await page.page.evaluate(
            "() => getComputedStyle(document.getElementById('video')).filter"
        )
        assert opacity != "none"
        node.process.send_signal(signal.SIGCONT)
        await page.until("live")


SHOWN_AGAIN = """
() => {
  delete document.hidden;
  document.dispatchEvent(new Event("visibilitychange"));
  return window.edgecam.state().phase;
}
"""


async def test_a_page_that_is_shown_again_does_not_call_an_old_picture_live(tmp_path: Path) -> None:
    """It hid while the device hung: what is on the screen is old from the first moment."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        await page.stamps(5)
        # Headless Chromium shows every page; this is what a hidden one sees of itself.
        await page.page.evaluate(
            "() => Object.defineProperty(document, 'hidden', {get: () => true, configurable: true})"
        )
        node.process.send_signal(signal.SIGSTOP)
        before = await page.page.evaluate("() => performance.now()")
        await page.page.wait_for_function(f"() => performance.now() > {before} + 1500")
        assert (await page.state())["phase"] == "live"

        assert await page.page.evaluate(SHOWN_AGAIN) == "stale"
        node.process.send_signal(signal.SIGCONT)
        await page.until("live")


async def test_full_means_waiting_in_line(tmp_path: Path) -> None:
    """The second viewer is told that the places are taken, and gets the first that is free."""
    async with (
        running_node(tmp_path, viewers__most=1, viewers__standing_offers=1) as node,
        chromium(tmp_path, node.ca) as browser,
    ):
        first = await watcher(browser, node.link)
        await first.until("live")
        second = await watcher(browser, node.url())
        await second.until("waiting")
        assert (await second.state())["reason"] == "full"
        assert "taken" in await second.text("#message")

        await first.page.close()
        await second.until("live")


async def test_without_a_session_there_is_a_door(tmp_path: Path) -> None:
    """The page, its files and its socket are refused in words that say how to get in."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await browser.new_page()
        answer = await page.goto(node.url())
        assert answer is not None
        assert answer.status == 401
        assert "edgecam link" in await page.inner_text("body")

        inside = await watcher(browser, node.link)
        await inside.until("live")
        used = await browser.new_page()
        answer = await used.goto(node.link)
        assert answer is not None
        assert answer.status == 403


async def test_a_session_that_ends_is_not_a_loop(tmp_path: Path) -> None:
    """Cookies gone, device restarted: the page says how to get in instead of trying for ever."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        await page.until("live")
        await browser.clear_cookies()
        await node.stop()
        await node.start()
        await page.until("needs-login")
        assert "edgecam link" in await page.text("#message")
