"""What the others call this viewer: given, changed in the middle of a call, refused."""

import json
from pathlib import Path

from playwright.async_api import Page, Route, WebSocketRoute, expect

import edgecam.web
from tests.browser.chromium import chromium
from tests.browser.test_cameras import side_by_side, two_cameras
from tests.browser.watcher import Watcher, watcher
from tests.node import running_node

FIELDS = (Path(edgecam.web.__file__).parent / "static" / "fields.js").read_text("utf-8")
REFUSED = "The camera has not accepted your name."
EMOJI = "Ana \U0001fae9 👩\u200d🚒"
"""The first is newer than the Unicode of Python 3.11."""


async def rename(page: Page, name: str) -> None:
    """Give the page another name."""
    # Before it controls anything, a click does nothing.
    await page.click("#watching[aria-controls]")
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name="Save").click()


async def watching(viewer: Watcher, *names: str) -> None:
    """Wait until those who watch the camera that the page shows are these."""
    await viewer.page.wait_for_function(
        "(names) => names === JSON.stringify("
        "  window.edgecam.state().camera?.watching.map((each) => each.name).sort())",
        arg=json.dumps(sorted(names), ensure_ascii=False, separators=(",", ":")),
    )


async def test_a_name_changes_and_nothing_else_does(tmp_path: Path) -> None:
    """All places are taken and somebody waits: who changes its name keeps its call."""
    async with (
        running_node(tmp_path, viewers__most=1, viewers__standing_offers=1) as node,
        chromium(tmp_path, node.ca) as browser,
    ):
        first = await watcher(browser, node.link)
        call = await first.live_in_call()
        second = await watcher(browser, node.url())
        await second.until("waiting")

        for name in ("Ana", EMOJI):
            await rename(first.page, name)
            await watching(first, name)
        assert (await first.state())["call"] == call
        assert (await second.state())["phase"] == "waiting"

        # The name is the browser's: the page beside it has it as well, and a page to come.
        await first.page.close()
        await second.until("live")
        await watching(second, EMOJI)
        await second.page.reload()
        await second.until("live")
        await watching(second, EMOJI)
        assert second.complaints == []


async def test_a_name_that_shows_nothing_takes_none_away(tmp_path: Path) -> None:
    """It is said; the name before stays, and what was typed, to be mended."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        viewer = await watcher(browser, node.link)
        page = viewer.page
        await viewer.until("live")
        await rename(page, "Ana")
        await watching(viewer, "Ana")
        await rename(page, "\u3164")
        await expect(page.locator("#people").get_by_text(REFUSED)).to_be_visible()
        assert await page.get_by_label("Your name").input_value() == "\u3164"
        assert await page.evaluate("() => localStorage.getItem('edgecam-name')") == "Ana"
        await watching(viewer, "Ana")


async def test_the_tiles_of_who_is_renamed(tmp_path: Path) -> None:
    """Each is a viewer of its own camera, and the same person."""
    async with (
        two_cameras(tmp_path) as (node, _),
        chromium(tmp_path, node.ca) as browser,
    ):
        viewer = await watcher(browser, node.link)
        tile = await side_by_side(viewer)
        call = await tile.evaluate("() => window.edgecam.state().call")
        await rename(viewer.page, "Ana")
        await watching(viewer, "Ana")
        await tile.wait_for_function(
            "() => window.edgecam.state().camera.watching.every((each) => each.name === 'Ana')"
        )
        assert await tile.evaluate("() => window.edgecam.state().call") == call


async def lax(route: Route) -> None:
    """A page whose idea of a name is another than the server's."""
    assert "MAX_NAME = 40" in FIELDS
    body = FIELDS.replace("MAX_NAME = 40", "MAX_NAME = 50")
    await route.fulfill(body=body, content_type="text/javascript")


async def test_a_name_that_is_refused_on_joining(tmp_path: Path) -> None:
    """It is forgotten, the page joins without it at once, and says so where another is given."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        await browser.route("**/fields.js", lax)
        viewer = await watcher(browser, node.link)
        page = viewer.page
        await viewer.until("live")
        await page.evaluate("() => localStorage.setItem('edgecam-name', 'x'.repeat(45))")
        # Were it to wait before it joins again, it would say meanwhile that it does.
        await page.add_init_script(
            "addEventListener('DOMContentLoaded', () => new MutationObserver(() => {"
            "  (window.phases ??= []).push(document.body.dataset.phase);"
            "}).observe(document.body, { attributeFilter: ['data-phase'] }))"
        )
        await page.reload()
        await viewer.until("live")
        await expect(page.locator("#people").get_by_text(REFUSED)).to_be_visible()
        assert "reconnecting" not in await page.evaluate("() => window.phases")
        assert await page.evaluate("() => localStorage.getItem('edgecam-name')") is None
        await page.get_by_label("Your name").fill("Ana")
        await page.get_by_role("button", name="Save").click()
        await watching(viewer, "Ana")
        await page.click("#watching")
        await expect(page.locator("#people").get_by_text(REFUSED)).to_be_hidden()


async def test_a_name_that_is_refused_later(tmp_path: Path) -> None:
    """The call goes on; what the others see is the browser again."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        await browser.route("**/fields.js", lax)
        viewer = await watcher(browser, node.link)
        call = await viewer.live_in_call()
        await rename(viewer.page, "Ana")
        await watching(viewer, "Ana")
        await viewer.page.evaluate("() => document.getElementById('name').maxLength = 50")
        await rename(viewer.page, "x" * 45)
        said = viewer.page.locator("#people").get_by_text(REFUSED)
        await expect(said).to_be_visible()
        await viewer.page.wait_for_function(
            "() => window.edgecam.state().camera.watching[0].name !== 'Ana'"
        )
        assert (await viewer.state())["call"] == call
        # What can't be seen is not sent at all.
        await viewer.page.keyboard.press("Escape")
        await rename(viewer.page, "\u2800")
        await expect(said).to_be_visible()


async def older(socket: WebSocketRoute) -> None:
    """A server that has not heard of changing a name."""
    server = socket.connect_to_server()

    def said(packet: str | bytes) -> None:
        if isinstance(packet, str) and packet.startswith('42/viewer,["name",'):
            refusal = {"code": "unknown-event", "message": "there is no such", "event": "name"}
            socket.send(f'42/viewer,["error",{json.dumps(refusal)}]')
        else:
            server.send(packet)

    socket.on_message(said)


async def test_an_older_server_learns_a_name_on_joining(tmp_path: Path) -> None:
    """The page joins anew, as it had to before."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        await browser.route_web_socket("**/socket.io/**", older)
        viewer = await watcher(browser, node.link)
        call = await viewer.live_in_call()
        await rename(viewer.page, "Ana")
        await watching(viewer, "Ana")
        assert (await viewer.state())["call"] != call
