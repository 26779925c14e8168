"""Watching: the page in a real Chromium, which verifies the node's certificate for real."""

import asyncio
import itertools
from pathlib import Path

from tests.browser.chromium import chromium
from tests.browser.watcher import watcher
from tests.node import running_node

PHONE = {"width": 390, "height": 844}


async def test_picture_and_sound_reach_the_page(tmp_path: Path) -> None:
    """The stamp is read back from the decoded picture, the tone and the beep are heard."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        await page.until("live")
        stamps = await page.stamps(30)
        await page.page.click("#sound")
        assert await page.hears(440)
        assert await page.hears(1000)
        assert await page.text("#badge") == "LIVE"
        assert page.complaints == []

    frames = [stamp["frame"] for stamp in stamps]
    assert frames == sorted(set(frames))
    captured = [stamp["captured"] for stamp in stamps]
    for earlier, later in itertools.pairwise(captured):
        assert later > earlier


async def test_three_browsers_share_one_encode(tmp_path: Path) -> None:
    """They see the same pictures; one who leaves doesn't disturb the others."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path / "one", node.ca) as one,
        chromium(tmp_path / "two", node.ca) as two,
        chromium(tmp_path / "three", node.ca) as three,
    ):
        # A browser each, as one browser presents only the page in front.
        pages = [await watcher(browser, await node.new_link()) for browser in (one, two, three)]
        for page in pages:
            await page.until("live")
        seen = await asyncio.gather(*(page.stamps(60) for page in pages))
        assert set.intersection(*({stamp["frame"] for stamp in stamps} for stamps in seen))

        await pages[0].page.close()
        assert await pages[1].stamps(10)
        assert await pages[2].stamps(10)


async def test_who_joins_in_the_middle_sees_the_picture(tmp_path: Path) -> None:
    """No keyframe comes by itself for minutes; the one who joins gets one made."""
    async with (
        running_node(tmp_path, encode__keyframe_interval=300) as node,
        chromium(tmp_path, node.ca) as browser,
    ):
        first = await watcher(browser, node.link)
        await first.stamps(20)
        second = await watcher(browser, node.url())
        await second.until("live")
        assert await second.stamps(5)


async def test_a_killed_browser_frees_its_place(tmp_path: Path) -> None:
    """With one place only, the next viewer gets in as soon as the last is gone for good."""
    async with (
        running_node(tmp_path, viewers__most=1, viewers__standing_offers=1) as node,
        chromium(tmp_path / "one", node.ca) as browser,
        chromium(tmp_path / "two", node.ca) as other,
    ):
        await (await watcher(browser, node.link)).until("live")
        page = await watcher(other, await node.new_link())
        await page.until("waiting")
        assert (await page.state())["reason"] == "full"
        await _kill(tmp_path / "one")
        await page.until("live")


async def _kill(profile: Path) -> None:
    """Kill the browser that uses ``profile``, as a crash would."""
    process = await asyncio.create_subprocess_exec("pkill", "-KILL", "-f", str(profile / "profile"))
    assert await process.wait() == 0


async def test_sound_and_full_screen_are_a_touch_away(tmp_path: Path) -> None:
    """Muted at first, as browsers want it; one click each, and one key."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        await page.until("live")
        video = page.page.locator("#video")
        assert await video.evaluate("video => video.muted")

        await page.page.click("#sound")
        assert not await video.evaluate("video => video.muted")
        await page.page.keyboard.press("m")
        assert await video.evaluate("video => video.muted")

        await page.page.click("#fullscreen")
        await page.page.wait_for_function("() => document.fullscreenElement !== null")
        await page.page.keyboard.press("f")
        await page.page.wait_for_function("() => document.fullscreenElement === null")


async def test_it_fits_a_phone(tmp_path: Path) -> None:
    """Nothing is wider than the screen, and every control is on it."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        await page.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        await page.until("live")
        assert await page.page.evaluate("() => document.documentElement.scrollWidth") <= 390
        for control in ("#sound", "#fullscreen", "#badge"):
            box = await page.page.locator(control).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
            assert box["y"] + box["height"] <= PHONE["height"]
