"""A page of which something did not come, as when the network changes while it is loaded."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from edgecam.web.assets import Asset
from tests.browser.bidi import BidiError
from tests.browser.chromium import chromium
from tests.browser.firefox import firefox
from tests.browser.watcher import Watcher, watcher
from tests.door import Door, open_door
from tests.node import running_node


class Failing:
    """Requests that fail, the first so many, as without a network."""

    def __init__(self, times: int) -> None:
        self.left = times

    async def __call__(self, route: Route) -> None:
        if self.left == 0:
            await route.continue_()
            return
        self.left -= 1
        await route.abort()


FURNISHED = "() => document.body?.dataset.panel === ''"
LOADS = "() => performance.getEntriesByType('navigation')[0].type"
# Of what only call.css says, something that holds.
STYLED = "() => getComputedStyle(document.getElementById('people')).position === 'absolute'"

LATE = {"languages.js": 2, "pt-BR.js*": 1, "furnish.js": 1, "cameras.js": 1, "call.css": 1}
"""What comes late, and how often it is asked for at first: some of it is preloaded."""


@pytest.mark.parametrize("file", LATE)
async def test_what_comes_late_is_asked_for_again(tmp_path: Path, file: str) -> None:
    """The call goes on, and the page is whole in the end."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path, node.ca, locale="pt-BR") as browser,
    ):
        failing = Failing(LATE[file])
        await browser.route(f"**/{file}", failing)
        page = await watcher(browser, node.link)
        call = await page.live_in_call()
        await page.page.wait_for_function(FURNISHED)
        await expect(page.page.locator("html")).to_have_attribute("lang", "pt-BR")
        await page.page.click("#watching")
        await expect(page.page.locator("#people")).to_be_visible()
        assert await page.page.evaluate(STYLED)
        assert failing.left == 0
        assert (await page.state())["call"] == call
        assert await page.page.evaluate(LOADS) == "navigate"


@pytest.mark.parametrize("file", ["main.js", "session.js", "socket.io.esm.min.js", "style.css"])
async def test_a_page_whose_own_part_is_missing_is_loaded_anew(tmp_path: Path, file: str) -> None:
    """Without a touch, and once."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        first = await watcher(browser, node.link)
        await first.until("live")
        # Twice: what is to be loaded early may be asked for early as well.
        failing = Failing(2 if file.endswith(".js") else 1)
        await browser.route(f"**/{file}", failing)
        page = await watcher(browser, node.url())
        await page.page.wait_for_function(f"() => ({LOADS})() === 'reload'")
        await page.until("live")
        assert await page.stamps(3)


async def test_what_can_not_be_had_has_the_page_loaded_anew(tmp_path: Path) -> None:
    """As it is for a browser that remembers what failed."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        first = await watcher(browser, node.link)
        await first.until("live")
        await browser.route("**/furnish.js", Failing(4))
        page = await watcher(browser, node.url())
        await page.page.wait_for_function(f"() => ({LOADS})() === 'reload'")
        await page.until("live")
        await page.page.wait_for_function(FURNISHED)


FOREIGN = """
() => new Promise((failed) => {
  const script = document.createElement("script");
  script.onerror = () => failed(true);
  script.src = "https://extension.invalid/inject.js";
  document.head.append(script);
})
"""


async def test_what_others_put_into_the_page_may_fail(tmp_path: Path) -> None:
    """A browser's extension, whose script our policy does not let in, costs no call."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        call = await page.live_in_call()
        await page.page.clock.install()
        assert await page.page.evaluate(FOREIGN)
        # Longer than the pause before a page is loaded anew.
        await page.page.clock.run_for(5_000)
        assert await page.stamps(3)
        assert (await page.state())["call"] == call


async def test_a_page_of_which_nothing_came_offers_to_be_loaded_again(tmp_path: Path) -> None:
    """Even without any script; and says nothing of it otherwise."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        await page.until("live")
        await expect(page.page.locator("#again")).to_be_hidden()
        await browser.route("**/*.js", Failing(-1))
        await page.page.reload()
        again = page.page.get_by_role("link", name="Load this page again")
        await expect(again).to_be_visible(timeout=60_000)
        await browser.unroute("**/*.js")
        await again.click()
        await page.until("live")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("file", ["session.js", "cameras.js", "furnish.js", "languages.js"])
async def test_firefox_remembers_what_failed(tmp_path: Path, file: str) -> None:
    """A module that failed once fails until the page is loaded anew, which it is."""
    async with (
        open_door(tmp_path) as door,
        firefox(tmp_path, tmp_path / "tls" / "ca.crt") as browser,
    ):
        door.web._files = Flaky(door, lambda path: path.endswith(f"/{file}"))
        page = await browser.watcher(door.link())
        await furnished_anew(page)
        assert (await page.state())["phase"] == "waiting"


async def furnished_anew(page: Watcher) -> None:
    """Wait until the page has been loaded anew, and is whole."""
    while True:
        # The page that was asked may go away meanwhile.
        with contextlib.suppress(BidiError):
            await page.page.wait_for_function(f"() => ({LOADS})() === 'reload'")
            await page.page.wait_for_function(FURNISHED)
            return


class Flaky(dict[str, Asset]):
    """The files of a door, of which one is not there the first time."""

    def __init__(self, door: Door, missing: Callable[[str], bool]) -> None:
        super().__init__(door.web._files)
        self._missing = missing
        self._missed = False

    def get(self, path: str, default: Asset | None = None) -> Asset | None:  # type: ignore[override]
        if self._missing(path) and not self._missed:
            self._missed = True
            return default
        return super().get(path, default)
