"""Two cameras on one page: one at a time, side by side, and one that is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Frame, Page, expect

from tests.browser.chromium import chromium
from tests.browser.watcher import Watcher, watcher
from tests.node import Node, running_node


@asynccontextmanager
async def two_cameras(folder: Path) -> AsyncIterator[tuple[Node, Node]]:
    """A node with the page and a camera, and another that calls there."""
    for name in ("one", "two"):
        await asyncio.to_thread((folder / name).mkdir)
    async with running_node(folder / "one", camera__name="Front door") as page:
        code, output, errors = await page.command("caller", "add", "Garage")
        assert code == 0, errors
        file = folder / "caller.token"
        await asyncio.to_thread(_write, file, output)
        async with running_node(
            folder / "two",
            signaling__url=page.url().rstrip("/"),
            signaling__token_file=str(file),
            signaling__ca_file=str(page.ca),
        ) as camera:
            yield page, camera


def _write(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


async def showing(viewer: Watcher) -> str:
    """The name of the camera that the page shows."""
    state = await viewer.state()
    names = {it["camera"]: str(it["name"]) for it in state["cameras"]}
    return names[state["showing"]]


async def shows(viewer: Watcher, name: str) -> None:
    """Wait until the page shows live pictures of the camera of that name."""
    await expect(viewer.page.locator("#choose-name")).to_have_text(name)
    await viewer.until("live")
    assert await showing(viewer) == name
    assert await viewer.stamps(3)


async def choose(page: Page, name: str) -> None:
    """Choose from the list of cameras."""
    await page.click("#choose")
    await page.locator("#cameras").get_by_role("button", name=name).click()


async def frame_of(page: Page) -> Frame:
    """The page in the one tile there is, once it is live."""
    handle = await page.locator(".tile iframe").element_handle()
    frame = await handle.content_frame()
    assert frame is not None
    await frame.wait_for_function("() => window.edgecam?.state().phase === 'live'")
    return frame


async def side_by_side(viewer: Watcher) -> Frame:
    """Show the garage, and the front door beside it: its page."""
    await viewer.until("live")
    await choose(viewer.page, "Garage")
    await shows(viewer, "Garage")
    await choose(viewer.page, "Side by side")
    return await frame_of(viewer.page)


async def test_one_camera_at_a_time(tmp_path: Path) -> None:
    """Chosen from a list; the choice is in the address, and outlives a reload and a bookmark."""
    async with (
        two_cameras(tmp_path) as (node, _),
        chromium(tmp_path, node.ca) as browser,
    ):
        viewer = await watcher(browser, node.link)
        page = viewer.page
        await viewer.until("live")
        await choose(page, "Garage")
        await shows(viewer, "Garage")
        chosen = (await viewer.state())["showing"]
        assert page.url == node.url(f"/?camera={chosen}")

        await page.reload()
        await shows(viewer, "Garage")
        await choose(page, "Front door")
        await shows(viewer, "Front door")
        await page.close()

        again = await watcher(browser, node.url(f"/?camera={chosen}"))
        await shows(again, "Garage")
        assert again.complaints == []


async def test_side_by_side(tmp_path: Path) -> None:
    """Each in a call of its own: touching the small one makes it the one with the controls."""
    async with (
        two_cameras(tmp_path) as (node, _),
        chromium(tmp_path, node.ca) as browser,
    ):
        viewer = await watcher(browser, node.link)
        page = viewer.page
        await viewer.until("live")
        await choose(page, "Garage")
        await shows(viewer, "Garage")
        await choose(page, "Side by side")
        await expect(page.locator(".tile")).to_have_count(1)
        tile = await frame_of(page)
        assert "tile" in tile.url
        await expect(page.get_by_role("button", name="Show Front door")).to_be_visible()
        # The tile is the picture, and nothing to press; it is never heard.
        assert await tile.locator("#bar").is_hidden()
        assert await tile.evaluate("() => document.getElementById('video').muted")
        sizes = [await page.locator(each).bounding_box() for each in ("#stage", ".tile")]
        assert sizes[0]
        assert sizes[1]
        assert abs(sizes[0]["width"] - sizes[1]["width"]) < 8
        assert sizes[1]["x"] >= sizes[0]["x"] + sizes[0]["width"]

        await page.get_by_role("button", name="Show Front door").click()
        await shows(viewer, "Front door")
        await expect(page.get_by_role("button", name="Show Garage")).to_be_visible()
        await frame_of(page)

        # As it was, after a reload; and back to one.
        await page.reload()
        await shows(viewer, "Front door")
        await frame_of(page)
        await choose(page, "One at a time")
        await expect(page.locator(".tile")).to_have_count(0)
        await page.wait_for_function(
            "() => window.edgecam.state().cameras.every((each) => each.viewers <= 1)"
        )
        assert viewer.complaints == []


async def test_a_paused_picture_in_a_tile_is_a_touch_away(tmp_path: Path) -> None:
    """The touch that a browser wants before it plays; the next one chooses the tile."""
    async with (
        two_cameras(tmp_path) as (node, _),
        chromium(tmp_path, node.ca) as browser,
    ):
        viewer = await watcher(browser, node.link)
        page = viewer.page
        tile = await side_by_side(viewer)
        await tile.evaluate("() => document.getElementById('video').pause()")
        await tile.wait_for_function("() => window.edgecam.state().paused")

        await page.get_by_role("button", name="Show Front door").click()
        await tile.wait_for_function("() => window.edgecam.state().phase === 'live'")
        assert not await tile.evaluate("() => document.getElementById('video').paused")
        assert await showing(viewer) == "Garage"
        await page.get_by_role("button", name="Show Front door").click()
        await shows(viewer, "Front door")


FOCUSED = "() => document.activeElement?.textContent"


async def test_the_way_out_of_an_unknown_camera_stays_in_hand(tmp_path: Path) -> None:
    """Whoever is about to press it is not disturbed by what happens to the others."""
    async with (
        running_node(tmp_path, camera__name="Porch") as node,
        chromium(tmp_path, node.ca) as browser,
    ):
        viewer = await watcher(browser, node.link)
        await viewer.until("live")
        await viewer.page.goto(node.url("/?camera=camera-of-nobody"))
        way = viewer.page.get_by_role("button", name="Show Porch")
        await way.focus()
        other = await watcher(browser, node.url())
        await other.until("live")
        await viewer.page.wait_for_function("() => window.edgecam.state().cameras[0].viewers === 1")
        assert await viewer.page.evaluate(FOCUSED) == "Show Porch"
        await way.press("Enter")
        await viewer.until("live")


TILES = """
async (names) => {
  const { Tiles } = await import("/tiles.js");
  const tiles = new Tiles("Show {name}", () => {});
  return names.map((name) => {
    tiles.draw([{ camera: "camera-of-nobody", name }]);
    const button = document.querySelector(".tile button");
    return [button.textContent, button.getAttribute("aria-label")];
  });
}
"""


async def test_a_tile_is_called_what_its_camera_is(tmp_path: Path) -> None:
    """Also once that has another name."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        viewer = await watcher(browser, node.link)
        assert await viewer.page.evaluate(TILES, ["Front door", "Porch"]) == [
            ["Front door", "Show Front door"],
            ["Porch", "Show Porch"],
        ]


async def test_a_camera_that_is_away_is_named(tmp_path: Path) -> None:
    """In the list, and in place of its picture. The other's goes on; it comes back by itself."""
    async with (
        two_cameras(tmp_path) as (node, other),
        chromium(tmp_path, node.ca) as browser,
    ):
        viewer = await watcher(browser, node.link)
        page = viewer.page
        tile = await side_by_side(viewer)
        call = await tile.evaluate("() => window.edgecam.state().call")

        await other.stop()
        await viewer.until("waiting")
        await expect(page.locator("#message")).to_contain_text("Garage is away")
        await page.click("#choose")
        away = page.locator("#cameras").get_by_role("button", name="Garage")
        await expect(away).to_contain_text("Away")
        assert await tile.evaluate("() => window.edgecam.state().phase") == "live"
        assert await tile.evaluate("() => window.edgecam.state().call") == call

        await other.start()
        await shows(viewer, "Garage")
        assert await tile.evaluate("() => window.edgecam.state().call") == call


async def test_a_bookmark_of_a_camera_that_is_no_more(tmp_path: Path) -> None:
    """It is not waited for as one that is away; those that there are are a touch away."""
    async with (
        running_node(tmp_path, camera__name="Front door") as node,
        chromium(tmp_path, node.ca) as browser,
    ):
        viewer = await watcher(browser, node.link)
        await viewer.until("live")
        page = viewer.page
        await page.goto(node.url("/?camera=one-that-was-revoked"))
        await viewer.until("waiting")
        await expect(page.locator("#message")).to_contain_text("There is no such camera here")
        await page.get_by_role("button", name="Show Front door").click()
        await viewer.until("live")
        assert await viewer.stamps(3)
        own = (await viewer.state())["showing"]
        assert page.url == node.url(f"/?camera={own}")
        await expect(page.get_by_role("button", name="Show Front door")).to_have_count(0)


async def test_nobody_else_may_frame_the_page(tmp_path: Path) -> None:
    """The tiles are the page's own; a page of another origin gets nothing to see."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        viewer = await watcher(browser, node.link)
        await viewer.until("live")
        page = await browser.new_page()
        async with page.expect_console_message(lambda it: "frame-ancestors" in it.text):
            await page.set_content(f'<iframe src="{node.url()}"></iframe>')
        assert page.frames[1].url.startswith("chrome-error:")
