"""What can be done with the picture: bigger, saved, above other windows, by hand and by key."""

import asyncio
from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.chromium import chromium
from tests.browser.test_loading import FURNISHED
from tests.browser.watcher import Watcher, watcher
from tests.node import running_node

SCALE = """
() => new DOMMatrix(getComputedStyle(document.getElementById("video")).transform).a
"""
LOCKS = """
window.locks = [];
navigator.wakeLock.request = async (kind) => {
  const lock = new EventTarget();
  lock.kind = kind;
  lock.release = async () => {
    lock.released = true;
    lock.dispatchEvent(new Event("release"));
  };
  window.locks.push(lock);
  return lock;
};
"""
HELD = "() => window.locks.filter(({ released }) => !released).map(({ kind }) => kind)"


async def scale(page: Page) -> float:
    """How much bigger the picture is than its room."""
    return round(float(await page.evaluate(SCALE)), 3)


async def whole(watching: Watcher) -> Page:
    """The page, once it has all its parts."""
    await watching.until("live")
    await watching.page.wait_for_function(FURNISHED)
    return watching.page


async def test_the_picture_gets_bigger(tmp_path: Path) -> None:
    """By keys, wheel, mouse and menu; a button that says how much makes it whole again."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        watching = await watcher(browser, node.link)
        page = await whole(watching)
        back = page.get_by_role("button", name="Whole picture")
        await page.keyboard.press("+")
        await expect(back).to_contain_text("1.3×")
        assert await scale(page) == 1.25
        await page.keyboard.press("0")
        await expect(back).to_be_hidden()
        assert await scale(page) == 1

        await page.mouse.move(640, 400)
        await page.mouse.wheel(0, -300)
        await expect(back).to_be_visible()
        bigger = await scale(page)
        assert bigger > 1.5
        # It can be moved then, and no further than its edge.
        await page.mouse.down()
        await page.mouse.move(5_000, 400, steps=3)
        await page.mouse.up()
        left = "() => document.getElementById('video').getBoundingClientRect().left"
        assert round(await page.evaluate(left)) == 0
        await back.click()
        assert await scale(page) == 1

        await page.mouse.dblclick(320, 200)
        await expect(back).to_contain_text("2.5×")
        assert await watching.stamps(3)
        await page.mouse.dblclick(320, 200)
        await expect(back).to_be_hidden()

        await page.click("#more")
        await page.get_by_role("button", name="Bigger").click()
        assert await scale(page) == 1.25
        assert watching.complaints == []


async def test_two_fingers(tmp_path: Path) -> None:
    """Make it bigger, and two taps make it whole again."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca, touch=True) as browser:
        page = await whole(await watcher(browser, node.link))
        # The first touch brings the module.
        await page.touchscreen.tap(640, 300)
        await page.wait_for_function(
            "() => performance.getEntriesByType('resource')"
            ".some(({ name }) => name.endsWith('/lens/view.js'))"
        )
        await page.evaluate("() => import('/lens/view.js')")
        touch = await browser.new_cdp_session(page)
        for kind, apart in (("Start", 100), ("Move", 200), ("Move", 300)):
            points = [{"x": 640 - apart / 2, "y": 400, "id": 0}, {"x": 640 + apart / 2, "y": 400}]
            points[1]["id"] = 1
            await touch.send(
                "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points}
            )
        await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await expect(page.locator("#whole")).to_contain_text("3×")
        assert await scale(page) == 3


async def test_a_picture_is_saved(tmp_path: Path) -> None:
    """As big as it came, whatever part of it is seen; named by the camera and the time."""
    async with (
        running_node(tmp_path, camera__name="Front door") as node,
        chromium(tmp_path, node.ca) as browser,
    ):
        page = await whole(await watcher(browser, node.link))
        await page.keyboard.press("+")
        async with page.expect_download() as download:
            await page.keyboard.press("s")
        saved = await download.value
        assert saved.suggested_filename.startswith("Front door 20")
        assert saved.suggested_filename.endswith(".jpg")
        await expect(page.locator("#announce")).to_contain_text("Saved as Front door")
        file = await saved.path()
        size = await page.evaluate(
            """async (bytes) => {
              const blob = new Blob([new Uint8Array(bytes)], { type: "image/jpeg" });
              const { width, height } = await createImageBitmap(blob);
              return [width, height];
            }""",
            list(await asyncio.to_thread(file.read_bytes)),
        )
        assert size == [640, 360]


async def test_keys_can_be_switched_off(tmp_path: Path) -> None:
    """All of them, for good; the menu lists them and turns them on again."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await whole(await watcher(browser, node.link))
        await page.keyboard.press("?")
        await page.get_by_text("Keys", exact=True).click()
        await expect(page.locator("#tools dl")).to_contain_text("take a picture")
        await page.get_by_label("Single keys do something").uncheck()
        await page.keyboard.press("Escape")
        await expect(page.locator("#more")).to_be_focused()
        await page.reload()
        again = Watcher(page, [])
        await whole(again)
        for key in ("+", "m", "f", "?", "t"):
            await page.keyboard.press(key)
        assert await scale(page) == 1
        await expect(page.locator("#tools")).to_be_hidden()
        assert await page.evaluate("() => document.getElementById('video').muted")
        assert not await page.evaluate("() => document.fullscreenElement !== null")


async def test_the_screen_stays_on(tmp_path: Path) -> None:
    """While there is a live picture on it, and no longer."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        await browser.add_init_script(LOCKS)
        watching = await watcher(browser, node.link)
        page = await whole(watching)
        await page.wait_for_function("() => window.locks.length === 1")
        assert await page.evaluate(HELD) == ["screen"]
        await node.stop()
        await watching.until("reconnecting")
        assert await page.evaluate(HELD) == []


FLOATING = """
Object.defineProperty(document, "pictureInPictureEnabled", { value: true });
let floats = null;
Object.defineProperty(document, "pictureInPictureElement", { get: () => floats });
document.exitPictureInPicture = async () => {
  const left = floats;
  floats = null;
  left.dispatchEvent(new Event("leavepictureinpicture"));
};
HTMLVideoElement.prototype.requestPictureInPicture = async function () {
  if (this.disablePictureInPicture) throw new DOMException("no", "InvalidStateError");
  floats = this;
};
"""
FLOATS = "() => document.pictureInPictureElement !== null"


async def test_what_floats_is_live(tmp_path: Path) -> None:
    """Above other windows nothing says that a picture is old: so it does not stay there."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        # A browser without a screen has no other windows.
        await browser.add_init_script(FLOATING)
        watching = await watcher(browser, node.link)
        page = await whole(watching)
        await page.keyboard.press("p")
        await page.wait_for_function(FLOATS)
        await page.keyboard.press("p")
        await page.wait_for_function(f"() => !({FLOATS})()")
        # Of a page that is hidden nobody tells whether pictures come.
        await page.evaluate(
            "() => { document.getElementById('video').getVideoPlaybackQuality ="
            " () => ({ totalVideoFrames: 7 }); }"
        )
        await page.keyboard.press("p")
        await page.wait_for_function(FLOATS)
        await page.wait_for_function(f"() => !({FLOATS})()")
        assert (await watching.state())["phase"] == "live"
        await page.evaluate("() => delete document.getElementById('video').getVideoPlaybackQuality")
        await page.keyboard.press("p")
        await page.wait_for_function(FLOATS)
        await node.stop()
        await watching.until("reconnecting")
        assert not await page.evaluate(FLOATS)
