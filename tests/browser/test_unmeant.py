"""Nothing of the viewer's is on unmeant: by a touch, a key, after sleep, at another camera."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.chromium import chromium
from tests.browser.microphone import microphone
from tests.browser.test_talking import GIVEN, OPEN, is_off, is_on, nobody_talks, talker
from tests.browser.watcher import watcher
from tests.node import running_node, serving_node

IS_IDLE = "() => document.body.dataset.idle === 'true'"
NO_METER = """
AudioContext.prototype.createMediaStreamSource = () => {
  throw new DOMException("another rate", "NotSupportedError");
};
"""
# A camera that grants whatever it is asked for, when `answer` is called.
TALK = """
async () => {
  const { Talk } = await import("/talk/talk.js");
  const asked = [];
  const sender = { replaceTrack: async () => {}, getParameters: () => ({ encodings: [] }),
    setParameters: async () => {} };
  const uplink = { audio: sender, video: null };
  const session = { uplink, askForFloor: (want) => asked.push(want) };
  const talk = new Talk(session, () => {});
  let call = 0;
  const live = (showing) => ({ phase: "live", call: `call-${++call}`, showing, floor: null,
    camera: { talk: { audio: true, video: false }, floor: [] } });
  const away = (state) => ({ ...state, phase: "lost", call: null });
  const granted = (state) => {
    return { ...state, floor: { call: state.call, state: "granted", reason: "" } };
  };
  window.talking = { talk, asked, live, away, granted };
}
"""


async def centre(page: Page, selector: str) -> tuple[float, float]:
    """Where to touch."""
    box = await page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("touch", [True, False])
async def test_what_can_not_be_seen_can_not_be_pressed(tmp_path: Path, touch: bool) -> None:
    """The touch that brings the faded bar back does nothing else; the next one does."""
    async with (
        running_node(tmp_path, speaker__driver="null") as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path), touch=touch) as browser,
    ):
        viewer = await talker(browser, node.link, idle=True)
        page = viewer.page
        await page.wait_for_function(IS_IDLE)
        at = await centre(page, "#talk")
        if touch:
            await page.touchscreen.tap(*at)
        else:
            # The pointer stands there as the bar fades: no move wakes it before the click.
            await page.mouse.move(*at)
            await page.wait_for_function(IS_IDLE)
            await page.mouse.down()
            await page.mouse.up()
        await page.wait_for_function("() => document.body.dataset.idle === 'false'")
        await is_off(page, "#talk")
        assert await page.evaluate(GIVEN) == 0

        tap = page.touchscreen.tap if touch else page.mouse.click
        await page.keyboard.press("Shift")
        await tap(*await centre(page, "#talk"))
        await is_on(page, "#talk")
        # What is on stays to be seen, and one touch turns it off, idle or not.
        await page.wait_for_function(IS_IDLE)
        at = await centre(page, "#talk")
        await tap(*at)
        await is_off(page, "#talk")
        assert await page.evaluate(OPEN) == []


async def test_a_key_lets_go_whatever_is_pressed_with_it(tmp_path: Path) -> None:
    """Shift makes another letter of it, a command swallows its end, a held Enter comes again."""
    async with (
        running_node(tmp_path, speaker__driver="null") as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path)) as browser,
    ):
        viewer = await talker(browser, node.link)
        page = viewer.page
        keys = page.keyboard
        await keys.down("t")
        await is_on(page, "#talk")
        await keys.down("Shift")
        await keys.up("T")
        await keys.up("Shift")
        await is_off(page, "#talk")

        for command in ("Meta", "Control", "Alt"):
            await keys.down("t")
            await is_on(page, "#talk")
            await keys.down(command)
            await is_off(page, "#talk")
            await keys.up(command)
            await keys.up("t")
            await is_off(page, "#talk")

        await nobody_talks(viewer)
        before = await page.evaluate(GIVEN)
        await page.focus("#talk")
        for _ in range(4):
            await keys.down("Enter")
        await keys.up("Enter")
        await is_on(page, "#talk")
        assert await page.evaluate(GIVEN) == before + 1


PRESSED_BY_A_SCREEN_READER = """
(selector) => {
  // As Firefox does it: like a mouse, but by no pointer.
  const click = { bubbles: true, cancelable: true, detail: 1, pointerType: "" };
  document.querySelector(selector).dispatchEvent(new PointerEvent("click", click));
}
"""


async def test_what_a_screen_reader_presses_is_meant(tmp_path: Path) -> None:
    """It has no pointer that could have gone down elsewhere, and holds nothing."""
    async with (
        running_node(tmp_path, speaker__driver="null") as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path)) as browser,
    ):
        page = (await talker(browser, node.link)).page
        # A touch before, of something else.
        await page.mouse.move(200, 200)
        await page.mouse.down()
        await page.evaluate(PRESSED_BY_A_SCREEN_READER, "#talk")
        await is_on(page, "#talk")
        await page.evaluate(PRESSED_BY_A_SCREEN_READER, "#talk")
        await is_off(page, "#talk")
        await page.evaluate(PRESSED_BY_A_SCREEN_READER, "#sound")
        await expect(page.locator("#sound")).to_have_attribute("data-on", "true")
        await page.mouse.up()


SIGN_IS_SEEN = """
() => {
  for (const panel of document.querySelectorAll(".panel")) {
    panel.hidden = false;
    panel.style.minHeight = "20rem";
  }
  const { left, top, width, height } = document.getElementById("sign").getBoundingClientRect();
  return document.elementFromPoint(left + width / 2, top + height / 2).closest("#sign") !== null;
}
"""


async def test_nothing_lies_over_the_sign(tmp_path: Path) -> None:
    """It says what is on, whatever is open beside it."""
    async with (
        running_node(tmp_path, speaker__driver="null") as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path)) as browser,
    ):
        page = (await talker(browser, node.link)).page
        await page.click("#talk")
        await is_on(page, "#talk")
        assert await page.evaluate(SIGN_IS_SEEN)


async def test_no_meter_no_matter(tmp_path: Path) -> None:
    """A browser that can't measure how loud a microphone is lets its owner talk all the same."""
    async with (
        running_node(tmp_path, speaker__driver="null") as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path)) as browser,
    ):
        await browser.add_init_script(NO_METER)
        viewer = await talker(browser, node.link)
        await viewer.page.click("#talk")
        await is_on(viewer.page, "#talk")
        await expect(viewer.page.locator("#sign")).to_contain_text("Your microphone is on")
        await expect(viewer.page.locator("#meter")).to_be_hidden()
        await expect(viewer.page.locator("#announce")).to_contain_text("Your microphone is on")


async def open_talk(page: Page) -> None:
    """A talk of its own in the page, without a device, and hands-free in a first call."""
    await page.evaluate(TALK)
    await page.evaluate(
        """() => {
          const { talk, live } = window.talking;
          window.talking.now = live("camera-a");
          talk.follow(window.talking.now);
          talk.dispatch({ type: "toggle" });
        }"""
    )


async def state_of(page: Page) -> dict[str, Any]:
    """What is on, why not, and what the camera was asked for."""
    found: dict[str, Any] = await page.evaluate(
        """() => {
          const { talk, asked } = window.talking;
          return { voice: talk.state.voice, note: talk.state.note?.code ?? null, asked };
        }"""
    )
    return found


async def test_hands_free_does_not_follow_to_another_camera(tmp_path: Path) -> None:
    """It comes back with the same camera, known by its ID or not known; with another it is off."""
    async with (
        serving_node(tmp_path) as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path)) as browser,
    ):
        page = (await watcher(browser, node.link)).page
        await open_talk(page)
        for showing, voice in (("camera-a", "free"), (None, "free"), ("camera-a", "free")):
            await page.evaluate(
                "(showing) => { const { talk, live, away, now } = window.talking;"
                "talk.follow(away(now)); talk.follow(window.talking.now = live(showing)); }",
                showing,
            )
            assert (await state_of(page))["voice"] == voice
        await page.evaluate("() => window.talking.talk.follow(window.talking.live('camera-b'))")
        found = await state_of(page)
        assert (found["voice"], found["note"]) == ("off", "elsewhere")


@pytest.mark.parametrize(("minutes", "voice"), [(0, "free"), (10, "off")])
async def test_who_slept_talks_no_more(tmp_path: Path, minutes: int, voice: str) -> None:
    """A laptop that was shut with the microphone on, and opened: its call may be back at once."""
    async with (
        serving_node(tmp_path) as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path)) as browser,
    ):
        page = (await watcher(browser, node.link)).page
        await open_talk(page)
        # The first thing that happens may be the new call, before any timer.
        await page.evaluate(
            """(minutes) => {
              const { talk, live } = window.talking;
              const now = Date.now;
              Date.now = () => now() + 60_000 * minutes;
              talk.follow(live("camera-a"));
            }""",
            minutes,
        )
        found = await state_of(page)
        assert (found["voice"], found["note"]) == (voice, None if voice == "free" else "slept")


async def test_a_floor_that_nobody_wants_any_more_is_given_back(tmp_path: Path) -> None:
    """The others are not to wait until it lapses."""
    async with (
        serving_node(tmp_path) as node,
        chromium(tmp_path, node.ca, *await microphone(tmp_path)) as browser,
    ):
        page = (await watcher(browser, node.link)).page
        await open_talk(page)
        await page.wait_for_function("() => window.talking.asked.length === 1")
        await page.evaluate(
            """() => {
              const { talk, now, granted } = window.talking;
              talk.dispatch({ type: "hush" });
              talk.follow(granted(now));
            }"""
        )
        assert (await state_of(page))["asked"] == [True, False, False]
