"""The camera is adjusted on the page, and the picture shows it."""

import asyncio
import json
from pathlib import Path

from playwright.async_api import Page, Route, expect

from tests.browser.chromium import chromium
from tests.browser.test_loading import FURNISHED
from tests.browser.watcher import watcher
from tests.node import Node, running_node

BRIGHT = 140
LUMA = """
() => {
  const video = document.getElementById("video");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [64, 36];
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 64, 36);
  const { data } = context.getImageData(0, 0, 64, 36);
  return data.reduce((sum, value, at) => (at % 4 === 3 ? sum : sum + value), 0) / (64 * 36 * 3);
}
"""
BRIGHTER = f"() => ({LUMA.strip()})() > {BRIGHT}"
DARKER = f"() => ({LUMA.strip()})() < {BRIGHT - 40}"


async def panel(page: Page) -> None:
    """Open it by the menu."""
    await page.wait_for_function(FURNISHED)
    await page.click("#more")
    await page.get_by_role("button", name="Adjust the camera").click()
    await expect(page.get_by_role("region", name="Adjust the camera")).to_be_focused()


async def values(node: Node) -> dict[str, str]:
    """As the command line has them."""
    _, out, _ = await node.command("camera")
    rows = [line.split("\t") for line in out.splitlines()]
    return {row[0]: row[1] for row in rows}


async def test_brightness(tmp_path: Path) -> None:
    """Set by keys, seen in the picture, by others, and after a restart; until it is reset."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        watching, other = await watcher(browser, node.link), await watcher(browser, node.url())
        for each in (watching, other):
            await each.until("live")
        page = watching.page
        assert await page.evaluate(LUMA) < BRIGHT - 40
        await panel(other.page)
        await panel(page)
        brightness = page.get_by_label("Brightness")
        await expect(brightness).to_have_attribute("aria-valuetext", "0%")
        await brightness.focus()
        await page.keyboard.press("End")
        for _ in range(20):
            await page.keyboard.press("ArrowLeft")
        await expect(brightness).to_have_attribute("aria-valuetext", "80%")
        await page.wait_for_function(BRIGHTER)
        await other.page.bring_to_front()
        await expect(other.page.get_by_label("Brightness")).to_have_attribute(
            "aria-valuetext", "80%"
        )
        await page.bring_to_front()
        assert (await values(node))["brightness"] == "80"

        await node.stop()
        await node.start()
        await watching.until("live")
        await page.wait_for_function(BRIGHTER)
        await expect(brightness).to_have_attribute("aria-valuetext", "80%")
        await page.get_by_role("button", name="Reset to defaults").click()
        await page.wait_for_function(DARKER)
        await expect(brightness).to_have_attribute("aria-valuetext", "0%")
        await expect(page.locator("#announce")).to_contain_text("The camera is as it comes")

        await page.keyboard.press("Escape")
        await expect(page.locator("#adjust")).to_be_hidden()
        await expect(page.locator("#more")).to_be_focused()


async def test_dragging(tmp_path: Path) -> None:
    """What the hand leaves last is what counts, and few messages are sent."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        watching = await watcher(browser, node.link)
        await watching.until("live")
        page = watching.page
        await panel(page)
        posts: list[str] = []
        page.on("request", lambda it: posts.append(it.method) if it.method == "POST" else None)
        zoom = page.get_by_label("Zoom of the camera")
        box = await zoom.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2
        async with page.expect_response(lambda it: '"zoom":4}' in (it.request.post_data or "")):
            await page.mouse.move(box["x"] + 10, y)
            await page.mouse.down()
            await page.mouse.move(box["x"] + box["width"] - 1, y, steps=100)
            await page.mouse.up()
        await expect(zoom).to_have_attribute("aria-valuetext", "4 ×")
        assert (await values(node))["zoom"] == "4"
        assert len(posts) < 80
        assert watching.complaints == []


async def test_a_slow_answer(tmp_path: Path) -> None:
    """Doesn't take back what was changed while it was on its way."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        watching = await watcher(browser, node.link)
        await watching.until("live")
        page = watching.page
        asked, answered = asyncio.Event(), asyncio.Event()

        async def slowly(route: Route) -> None:
            if route.request.method == "POST" and not asked.is_set():
                asked.set()
                await answered.wait()
            await route.continue_()

        await panel(page)
        brightness = page.get_by_label("Brightness")
        await expect(brightness).to_have_attribute("aria-valuetext", "0%")
        await page.route("**/api/camera/controls", slowly)
        await brightness.focus()
        await page.keyboard.press("ArrowRight")
        await asked.wait()
        await page.keyboard.press("ArrowRight")
        async with page.expect_response(lambda it: it.request.method == "POST"):
            answered.set()
        async with page.expect_response(
            lambda it: '"brightness":3' in (it.request.post_data or "")
        ):
            await page.keyboard.press("ArrowRight")
        await expect(brightness).to_have_attribute("aria-valuetext", "3%")


async def test_not_for_everybody(tmp_path: Path) -> None:
    """A viewer's menu doesn't have it."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        _, out, _ = await node.command("link", "add", "Oma")
        link = next(line.strip() for line in out.splitlines() if "//localhost" in line)
        watching = await watcher(browser, link)
        await watching.page.get_by_role("button").first.click()
        await watching.until("live")
        page = watching.page
        await page.wait_for_function(FURNISHED)
        async with page.expect_response(lambda it: it.url.endswith("/api/me")):
            await page.click("#more")
        await expect(page.get_by_role("button", name="Bigger")).to_be_visible()
        await expect(page.get_by_role("button", name="Adjust the camera")).to_be_hidden()
        assert watching.complaints == []


TOLD = {
    "camera": "",
    "device": "a camera on USB",
    "controls": [
        {"name": "focus-area", "kind": "area", "fixed": False},
        {"name": "focus-once", "kind": "button", "fixed": False},
        {
            "name": "Smile detection",
            "kind": "choice",
            "fixed": False,
            "value": "Grin",
            "default": "Grin",
            "choices": ["Grin", "off"],
        },
        {
            "name": "exposure-auto",
            "kind": "switch",
            "fixed": False,
            "value": True,
            "default": True,
        },
        {
            "name": "exposure-time",
            "kind": "number",
            "fixed": True,
            "value": 10_000,
            "default": 10_000,
            "least": 100,
            "most": 1_000_000,
            "step": 1,
            "unit": "µs",
        },
    ],
}


async def test_every_kind(tmp_path: Path) -> None:
    """Built from what is reported, in the browser's language; where one taps is in the picture."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        watching = await watcher(browser, node.link)
        await watching.until("live")
        page = watching.page
        told = TOLD | {"camera": (await watching.state())["showing"]}
        await page.route(
            "**/api/camera/controls", lambda route: route.fulfill(json=told, status=200)
        )
        await panel(page)
        exposure = page.get_by_label("Exposure time")
        await expect(exposure).to_be_disabled()
        await expect(exposure).to_have_attribute("aria-valuetext", "10,000 µs")
        await expect(exposure).to_have_value("500")
        await expect(page.get_by_label("Automatic exposure")).to_be_checked()
        await expect(page.get_by_label("Smile detection")).to_have_value("Grin")
        async with page.expect_request("**/api/camera/controls") as pressed:
            await page.get_by_role("button", name="Focus once").click()
        assert (await pressed.value).post_data_json == {"set": {"focus-once": True}}
        async with page.expect_request("**/api/camera/controls") as chosen:
            await page.get_by_label("Smile detection").select_option("Off")
        assert (await chosen.value).post_data_json == {"set": {"Smile detection": "off"}}
        aim = page.get_by_role("button", name="Focus where I tap")
        await aim.click()
        await expect(aim).to_have_attribute("aria-pressed", "true")
        size = page.viewport_size
        assert size is not None
        async with page.expect_request(lambda it: "focus-area" in (it.post_data or "")) as tapped:
            await page.mouse.click(size["width"] / 4, size["height"] / 2)
        x, y = json.loads((await tapped.value).post_data or "")["set"]["focus-area"]
        assert (round(x, 1), round(y, 1)) in {(0.2, 0.5), (0.3, 0.5)}
        await aim.click()
        await expect(aim).to_have_attribute("aria-pressed", "false")
        async with page.expect_request(lambda it: "focus-area" in (it.post_data or "")) as keyed:
            await aim.press("Enter")
        assert (await keyed.value).post_data_json == {"set": {"focus-area": [0.5, 0.5]}}
        assert watching.complaints == []
