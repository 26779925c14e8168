"""The viewer is heard and seen at the device: a real microphone button, a real loudspeaker file."""

from pathlib import Path

import av
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.chromium import chromium
from tests.browser.microphone import CAMERA, arrives, is_filled, microphone
from tests.browser.watcher import Watcher, watcher
from tests.node import running_node

# Notes every track that the page is given, to see what becomes of it.
NOTE_TRACKS = """
window.given = [];
const devices = navigator.mediaDevices;
const ask = devices.getUserMedia.bind(devices);
devices.getUserMedia = async (wishes) => {
  const stream = await ask(wishes);
  window.given.push(...stream.getTracks());
  return stream;
};
"""
WATCHED_BY = """
(who) => window.edgecam?.state().camera?.watching?.some(({ name }) => name === who)
"""

OPEN = "() => window.given.filter((track) => track.readyState === 'live').map(({kind}) => kind)"
GIVEN = "() => window.given.length"


async def talker(browser: BrowserContext, address: str, *, idle: bool = False) -> Watcher:
    """A page that shows the picture and has a microphone to offer."""
    await browser.add_init_script(NOTE_TRACKS)
    page = await watcher(browser, address, idle=idle)
    await page.until("live")
    await expect(page.page.locator("#talk")).to_be_visible()
    return page


async def is_on(page: Page, button: str) -> None:
    """Wait until the microphone, or the camera, is on, and says so."""
    await expect(page.locator(button)).to_have_attribute("data-state", "on")


async def is_off(page: Page, button: str) -> None:
    """Wait until it is off, for the browser too."""
    await expect(page.locator(button)).to_have_attribute("data-state", "off")


async def test_who_holds_the_button_is_heard(tmp_path: Path) -> None:
    """Nothing is opened before; let go, and the microphone is off for the browser as well."""
    voice = tmp_path / "voice.wav"
    async with (
        running_node(tmp_path, speaker__driver="file", speaker__device=str(voice)) as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path)) as browser,
    ):
        viewer = await talker(browser, node.link)
        page = viewer.page
        await expect(page.locator("#picture")).to_be_hidden()
        assert await page.evaluate(GIVEN) == 0

        await page.hover("#talk")
        await page.mouse.down()
        pressed = await page.evaluate("() => performance.now()")
        await is_on(page, "#talk")
        await expect(page.locator("#sign")).to_contain_text("Your microphone is on")
        await arrives(voice)
        assert await page.evaluate(OPEN) == ["audio"]
        await page.wait_for_function(
            "() => document.querySelector('#meter rect:last-child').getAttribute('width') > 10"
        )
        # All that may have taken less time than a tap.
        await page.wait_for_function(f"() => performance.now() > {pressed} + 500")
        await page.mouse.up()
        await is_off(page, "#talk")
        await expect(page.locator("#sign")).to_be_hidden()
        assert await page.evaluate(OPEN) == []
        await nobody_talks(viewer)

        # By key, until the page loses the attention of who holds it.
        await page.keyboard.down("t")
        await is_on(page, "#talk")
        await page.evaluate("() => window.dispatchEvent(new Event('blur'))")
        await is_off(page, "#talk")
        await page.keyboard.up("t")
        await is_off(page, "#talk")
        assert await page.evaluate(OPEN) == []
        assert viewer.complaints == []


async def nobody_talks(viewer: Watcher) -> None:
    """Wait until the device says that the floor is free."""
    await viewer.page.wait_for_function("() => window.edgecam.state().camera.floor.length === 0")


async def test_a_tap_leaves_the_microphone_on(tmp_path: Path) -> None:
    """Until the next one. It comes back with the next call, as that was not the user's doing."""
    voice = tmp_path / "voice.wav"
    async with (
        running_node(tmp_path, speaker__driver="file", speaker__device=str(voice)) as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path)) as browser,
    ):
        viewer = await talker(browser, node.link)
        page = viewer.page
        await page.click("#talk")
        await is_on(page, "#talk")
        await arrives(voice)

        await node.stop()
        await viewer.until("reconnecting")
        await expect(page.locator("#sign")).to_contain_text("Off until the connection is back")
        assert await page.evaluate(OPEN) == []
        await node.start()
        await viewer.until("live")
        await is_on(page, "#talk")
        await arrives(voice)

        await page.click("#talk")
        await is_off(page, "#talk")
        assert await page.evaluate(OPEN) == []
        # Enter, and what a screen reader does, can't be held: it is a switch then.
        await page.focus("#talk")
        await page.keyboard.press("Enter")
        await is_on(page, "#talk")
        await page.keyboard.press("Enter")
        await is_off(page, "#talk")


async def test_one_talks_and_the_other_is_told(tmp_path: Path) -> None:
    """By name, before and after asking; a name is text, whatever is in it."""
    async with (
        running_node(tmp_path, speaker__driver="null") as node,
        chromium(tmp_path / "one", node.ca, *await microphone(tmp_path / "one")) as one,
        chromium(tmp_path / "two", node.ca, *await microphone(tmp_path / "two")) as two,
    ):
        ana = await talker(one, node.link)
        other = await talker(two, await node.new_link())
        await ana.page.click("#watching")
        name = ana.page.get_by_label("Your name")
        await name.press_sequentially("tfm ")
        assert await ana.page.evaluate("() => document.fullscreenElement === null")
        assert await ana.page.evaluate("() => document.getElementById('video').muted")
        assert await ana.page.evaluate(GIVEN) == 0
        await name.fill("  Ana <b>Lúcia</b> ")
        await ana.page.get_by_role("button", name="Save").click()
        await other.page.click("#watching")
        people = other.page.locator("#people li")
        await expect(people.filter(has_text="Ana <b>Lúcia</b>")).to_be_visible()
        assert await other.page.locator("#people li b").count() == 0
        await expect(people.filter(has_text="you")).to_have_count(1)
        await expect(people.filter(has_text="Chrome · Linux")).to_contain_text("you")

        await ana.page.click("#talk")
        await is_on(ana.page, "#talk")
        await expect(people.filter(has_text="Ana")).to_contain_text("talking")
        await expect(other.page.locator("#speaker")).to_have_text("Ana <b>Lúcia</b> is talking")
        await expect(ana.page.locator("#speaker")).to_be_hidden()

        await other.page.keyboard.press("Escape")
        await other.page.click("#talk")
        sign = other.page.locator("#sign")
        await expect(sign).to_contain_text("Ana <b>Lúcia</b> is talking")
        await expect(sign).to_contain_text("Try again")
        await is_off(other.page, "#talk")
        assert await other.page.evaluate(OPEN) == []

        await ana.page.click("#talk")
        await expect(other.page.locator("#speaker")).to_be_hidden()
        await expect(sign).to_be_hidden()
        await other.page.click("#talk")
        await is_on(other.page, "#talk")

        # The name is kept for the next visit.
        await ana.page.reload()
        await ana.page.wait_for_function(WATCHED_BY, arg="Ana <b>Lúcia</b>")


async def test_who_is_silent_is_told_that_it_was_turned_off(tmp_path: Path) -> None:
    """The device takes the floor away; the microphone goes off with it, and stays off."""
    async with (
        running_node(tmp_path, speaker__driver="null", talk__silence=2) as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path, hertz=0)) as browser,
    ):
        viewer = await talker(browser, node.link)
        await viewer.page.click("#talk")
        await is_on(viewer.page, "#talk")
        await expect(viewer.page.locator("#sign")).to_contain_text("nothing was heard")
        await is_off(viewer.page, "#talk")
        assert await viewer.page.evaluate(OPEN) == []


async def test_the_viewer_is_seen_at_the_device(tmp_path: Path) -> None:
    """Chromium's own picture, which is green, small, and light to decode."""
    seen = tmp_path / "seen.mkv"
    async with (
        running_node(tmp_path, screen__driver="file", screen__device=str(seen)) as node,
        chromium(tmp_path, node.ca, *CAMERA) as browser,
    ):
        await browser.add_init_script(NOTE_TRACKS)
        viewer = await watcher(browser, node.link)
        page = viewer.page
        await viewer.until("live")
        await expect(page.locator("#picture")).to_be_visible()
        await expect(page.locator("#talk")).to_be_hidden()
        await page.get_by_role("button", name="Turn your camera on").click()
        await is_on(page, "#picture")
        await expect(page.locator("#sign")).to_contain_text("Your camera is on")
        await expect(page.locator("#preview")).to_be_visible()
        await is_filled(seen, 50_000)
        await page.get_by_role("button", name="Turn your camera off").click()
        await is_off(page, "#picture")
        await expect(page.locator("#preview")).to_be_hidden()
        assert await page.evaluate(OPEN) == []
        assert viewer.complaints == []
        await node.stop()

    with av.open(str(seen)) as file:
        pictures = list(file.decode(video=0))
    assert pictures
    assert pictures[-1].width <= 640
    # Green is what is neither blue nor red.
    blue, red = (bytes(plane) for plane in pictures[-1].planes[1:])
    assert sum(blue) / len(blue) < 110
    assert sum(red) / len(red) < 110


async def test_a_refusal_is_told_in_words(tmp_path: Path) -> None:
    """Who denies the microphone, or has none, reads what to do; nothing is on, nobody waits."""
    async with running_node(tmp_path, speaker__driver="null") as node:
        # Nobody is there to be asked, which counts as a no.
        async with chromium(tmp_path / "no", node.ca, CAMERA[0]) as browser:
            viewer = await talker(browser, node.link)
            await viewer.page.click("#talk")
            sign = viewer.page.locator("#sign")
            await expect(sign).to_contain_text("does not allow the microphone")
            await expect(sign).to_contain_text("Allow it")
            await is_off(viewer.page, "#talk")
            assert (await viewer.state())["floor"] is None
        async with chromium(tmp_path / "none", node.ca, CAMERA[1]) as browser:
            viewer = await talker(browser, await node.new_link())
            await viewer.page.click("#talk")
            sign = viewer.page.locator("#sign")
            await expect(sign).to_contain_text("No microphone was found")
            await is_off(viewer.page, "#talk")


async def test_a_camera_that_plays_nothing_offers_no_buttons(tmp_path: Path) -> None:
    """Without loudspeaker and screen there is nothing to press, by key neither."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path)) as browser,
    ):
        await browser.add_init_script(NOTE_TRACKS)
        viewer = await watcher(browser, node.link)
        await viewer.until("live")
        await expect(viewer.page.locator("#quality")).to_be_visible()
        await expect(viewer.page.locator("#talk")).to_be_hidden()
        await expect(viewer.page.locator("#picture")).to_be_hidden()
        await viewer.page.keyboard.press("t")
        assert await viewer.page.evaluate(GIVEN) == 0
