"""Nothing stands in the way of whoever uses the page otherwise, as far as axe-core tells."""

import contextlib
from pathlib import Path

import pytest
from playwright.async_api import Error

from tests.browser.bidi import BidiError
from tests.browser.chromium import chromium
from tests.browser.firefox import firefox
from tests.browser.microphone import CAMERA
from tests.browser.test_loading import FURNISHED
from tests.browser.watcher import SHOWN, Watcher, watcher
from tests.ledger import PASSWORD
from tests.node import Node, running_node

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"

LOOK = """
async () => {
  const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((it) => [id, it.html, it.failureSummary]));
}
"""
SMALL = """
() => [...document.querySelectorAll("button, input, select, summary, a")]
  .filter((it) => it.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((it) => !it.closest("label") && getComputedStyle(it).pointerEvents !== "none")
  .map((it) => [it.id || it.textContent.trim(), it.getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 44 || height < 44)
  .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)
"""


def axe() -> str:
    """A function that brings it into a page, past the page's policy."""
    if not AXE.exists():
        pytest.fail("axe-core is missing: run tests/browser/axe/setup")
    return f"() => {{ {AXE.read_text('utf-8')} }}"


TALKS = "() => document.getElementById('talk').dataset.state === 'on'"
OPEN_SETTINGS = "() => [...document.querySelectorAll('#tools .wide')].at(-1).click()"
ADJUST = """
async () => {
  const button = () => [...document.querySelectorAll("#tools > button")].at(-2);
  while (button().hidden) await new Promise((next) => setTimeout(next, 20));
  button().click();
}
"""
HAS_PAGES = "() => document.querySelectorAll('#settings nav button').length > 5"
PAGES = "() => document.querySelectorAll('#settings nav button').length"
OPEN_PAGE = """
async (at) => {
  const button = document.querySelectorAll("#settings nav button")[at];
  button.click();
  const title = () => document.querySelector("#settings h3")?.textContent;
  while (title() !== button.textContent) await new Promise((next) => setTimeout(next, 20));
  for (const each of document.querySelectorAll("#settings details")) each.open = true;
}
"""


class Looked:
    """What is wrong with a page, scene by scene."""

    def __init__(self) -> None:
        self.wrong: dict[str, list[object]] = {}
        self._axe = axe()

    async def at(self, scene: str, page: Watcher) -> None:
        """Look now."""
        await page.page.wait_for_function(SHOWN)
        # Of a page nobody touches the bar fades.
        await page.page.evaluate("() => document.dispatchEvent(new Event('pointermove'))")
        if not await page.page.evaluate("() => 'axe' in window"):
            await page.page.evaluate(self._axe)
        self.wrong[scene] = await page.page.evaluate(LOOK) + await page.page.evaluate(SMALL)

    async def at_all_of(self, page: Watcher, node: Node) -> None:
        """Look at what a page comes to, from its first picture to the node's end."""
        await page.until("live")
        await page.page.wait_for_function(FURNISHED)
        await page.page.wait_for_function("() => !document.getElementById('quality').hidden")
        await self.at("live", page)
        await page.page.click("#talk")
        await page.page.wait_for_function(TALKS)
        await self.at("talking", page)
        await page.page.click("#talk")
        await page.page.click("#watching")
        await self.at("people", page)
        await page.page.click("#more")
        await page.page.wait_for_function("() => document.querySelector('#tools summary')")
        await page.page.evaluate("() => (document.querySelector('#tools details').open = true)")
        await self.at("menu", page)
        await page.page.evaluate(ADJUST)
        await page.page.wait_for_function("() => document.querySelector('#adjust input')")
        await self.at("adjusting", page)
        await page.page.click("#adjust .shut")
        await page.page.evaluate(OPEN_SETTINGS)
        await page.page.wait_for_function(HAS_PAGES)
        for number in range(await page.page.evaluate(PAGES)):
            await page.page.evaluate(OPEN_PAGE, number)
            await self.at(f"settings {number}", page)
        await page.page.evaluate("() => document.getElementById('settings').close()")
        await node.stop()
        await page.until("reconnecting")
        await self.at("lost", page)


@pytest.fixture
def looked() -> Looked:
    """Nothing yet."""
    return Looked()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("colours", ["dark", "light"])
async def test_chromium(tmp_path: Path, looked: Looked, colours: str) -> None:
    """In both colours, on a phone's screen."""
    async with (
        running_node(tmp_path, speaker__driver="null") as node,
        chromium(tmp_path, node.ca, *CAMERA) as browser,
    ):
        page = await watcher(browser, node.url())
        await page.page.set_viewport_size({"width": 390, "height": 844})
        await page.page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
        await looked.at("set-up", page)
        await page.page.get_by_label("Set-up code").fill(node.set_up_code)
        await page.page.get_by_label("Name", exact=True).fill("Ana")
        await page.page.get_by_label("A password").fill(PASSWORD)
        await page.page.keyboard.press("Enter")
        await looked.at_all_of(page, node)
    assert {scene: wrong for scene, wrong in looked.wrong.items() if wrong} == {}


@pytest.mark.timeout(300)
async def test_firefox(tmp_path: Path, looked: Looked) -> None:
    """As wide as it is."""
    allowed = {"media.navigator.streams.fake": True, "media.navigator.permission.disabled": True}
    async with (
        running_node(tmp_path, speaker__driver="null") as node,
        firefox(tmp_path, node.ca, dict(allowed)) as browser,
    ):
        page = await browser.watcher(node.url())
        await looked.at("set-up", page)
        made = {"code": node.set_up_code, "name": "Ana", "password": PASSWORD}
        await page.page.evaluate(SET_UP, made)
        stranger = await browser.watcher(node.url("/"))
        await looked.at_all_of(stranger, node)
    assert {scene: wrong for scene, wrong in looked.wrong.items() if wrong} == {}


SET_UP = """
async (form) => {
  await fetch("/set-up", { method: "POST", body: new URLSearchParams(form) });
}
"""
SIGN_OUT = "async () => { await fetch('/sign-out', { method: 'POST' }); }"


@pytest.mark.parametrize("which", ["chromium", "firefox"])
async def test_signing_in(tmp_path: Path, looked: Looked, which: str) -> None:
    """The form that everybody begins with."""
    async with running_node(tmp_path) as node:
        if which == "firefox":
            async with firefox(tmp_path, node.ca) as firefox_:
                await look_at_the_form(looked, await firefox_.watcher(node.url()), node)
        else:
            async with chromium(tmp_path, node.ca) as chromium_:
                await look_at_the_form(looked, await watcher(chromium_, node.url()), node)
    assert looked.wrong == {"sign-in": []}


async def look_at_the_form(looked: Looked, page: Watcher, node: Node) -> None:
    """Have an account, sign out, and look at the form in the page that was there before."""
    form = {"code": node.set_up_code, "name": "Ana", "password": PASSWORD}
    await page.page.evaluate(SET_UP, form)
    await page.page.evaluate(SIGN_OUT)
    await page.page.evaluate("() => { setTimeout(() => location.reload(), 0); }")
    has_password = "() => !document.querySelector('[name=code]') && document.forms.length === 1"
    while not await asked(page, has_password):
        pass
    await looked.at("sign-in", page)


async def asked(page: Watcher, function: str) -> bool:
    """What a page that may be going away answers."""
    with contextlib.suppress(BidiError, Error):
        return bool(await page.page.evaluate(function))
    return False
