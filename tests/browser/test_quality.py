"""Which of the picture's sizes comes is the viewer's to choose, in the call that is under way."""

from pathlib import Path

from playwright.async_api import expect

from tests.browser.chromium import chromium
from tests.browser.test_tools import whole
from tests.browser.watcher import watcher
from tests.node import running_node

WIDTH = "(width) => document.getElementById('video').videoWidth === width"
CALL = "() => edgecam.state().call"


async def test_a_smaller_picture_and_back(tmp_path: Path) -> None:
    """The picture changes, the call stays; what was chosen is good for the next call as well."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path, node.ca) as browser,
    ):
        watching = await watcher(browser, node.link)
        page = await whole(watching)
        await page.wait_for_function(WIDTH, arg=640)
        call = await page.evaluate(CALL)
        await page.get_by_role("button", name="More").click()
        size = page.get_by_label("Size of the picture")
        await expect(size).to_have_value("auto")

        await size.select_option("small")
        await page.wait_for_function(WIDTH, arg=320)
        await expect(page.get_by_text("It is small now.")).to_be_visible()
        await size.select_option("main")
        await page.wait_for_function(WIDTH, arg=640)
        await expect(page.get_by_text("It is small now.")).to_be_hidden()
        assert await page.evaluate(CALL) == call

        await size.select_option("small")
        await page.wait_for_function(WIDTH, arg=320)
        await node.stop()
        await node.start()
        await page.wait_for_function("(call) => edgecam.state().call !== call", arg=call)
        await watching.until("live")
        await page.wait_for_function(WIDTH, arg=320)


async def test_where_there_is_one_size(tmp_path: Path) -> None:
    """Nothing is offered."""
    async with (
        running_node(tmp_path, encode__small="off") as node,
        chromium(tmp_path, node.ca) as browser,
    ):
        watching = await watcher(browser, node.link)
        page = await whole(watching)
        await page.get_by_role("button", name="More").click()
        await expect(page.get_by_role("button", name="Take a picture")).to_be_visible()
        await expect(page.get_by_label("Size of the picture")).to_be_hidden()
