"""The page speaks the language its browser prefers."""

import signal
from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.browser.chromium import chromium, open_page
from tests.browser.watcher import watcher
from tests.node import running_node

PHONE: ViewportSize = {"width": 390, "height": 844}

CHOOSE = """
async (wishes) => {
  const { choose } = await import("/languages.js");
  return choose(wishes, ["en", "pt-BR"]);
}
"""

WISHES: list[tuple[list[str], str]] = [
    (["pt-BR"], "pt-BR"),
    (["pt"], "pt-BR"),
    (["pt-br"], "pt-BR"),
    (["pt-PT", "en"], "pt-BR"),
    (["de-DE", "de", "pt", "en"], "pt-BR"),
    (["en-US", "pt-BR"], "en"),
    (["en-GB"], "en"),
    (["de"], "en"),
    (["ptx"], "en"),
    ([], "en"),
]

# Whatever the page may come to, said in Portuguese and compared with all the texts there are.
FOREIGN = r"""
async () => {
  const { complete, load } = await import("/languages.js");
  const language = await load(["pt-BR"]);
  await complete(language);
  const { cost, wordsFor, watching } = await import("/words.js");
  const { talkWords, talking } = await import("/talk/words.js");
  const { SILENT } = await import("/talk/floor.js");
  const { INITIAL } = await import("/state.js");
  const texts = (value) =>
    typeof value === "string" ? [value] : Object.values(value).flatMap(texts);
  const known = texts(language).map((text) => text.replace(/\{\w+\}/g, "7"));
  const phases = ["connecting", "waiting", "answering", "live", "stale", "lost", "reconnecting",
    "needs-login", "unsupported", "ended"];
  const reasons = [null, "unheard-of", "constructor", "forbidden", "webrtc", "h264", "codecs",
    ...["waiting", "lost", "reconnecting"].flatMap((key) => Object.keys(language[key]))];
  const camera = { message: "", viewers: 7, places: 7 };
  const cameras = [null, { ...camera, state: "ready" }, { ...camera, state: "failed" },
    { ...camera, state: "failed", message: "unplugged" },
    { ...camera, state: "failed", privacy: true }];
  const said = new Set();
  for (const phase of phases) for (const reason of reasons) for (const camera of cameras) {
    for (const paused of [false, true]) {
      const named = { cameras: [{ camera: "7", name: "7" }], showing: paused ? "7" : null };
      for (const which of [{ paused, costly: paused }, named, { late: 7 }]) {
        const state = { ...INITIAL, phase, reason, camera, ...which, call: "call", age: 7 };
        const { badge, title, detail } = wordsFor(state, language);
        const others = [watching(state, language), cost(state, language)];
        for (const text of [badge, title, detail, ...others]) said.add(text);
      }
    }
  }
  const people = [{ viewer: "a", name: "7" }, { viewer: "b", name: "" }];
  const speakers = [[], ["me"], ["a"], ["b"], Array(8).fill("a")];
  const codes = ["busy", "refused", "released", "elsewhere", "slept",
    ...Object.keys(language.talk.audio)];
  const notes = codes.flatMap((code) => ["audio", "video"].flatMap((kind) =>
    ["silent", "role", "unheard-of"].map((reason) => ({ code, kind, reason }))));
  const both = [true, false].flatMap((audio) => [true, false].map((video) => ({ audio, video })));
  const talks = [
    ...notes.map((note) => ({ note })),
    ...["off", "held", "free"].flatMap((voice) => [true, false].flatMap((picture) =>
      ["asked", "granted"].flatMap((floor) => [null, "call"].flatMap((call) =>
        both.map((open) => ({ voice, picture, floor, call, open, allowed: open })))))),
  ];
  for (const floor of speakers) for (const talk of talks) {
    const camera = { watching: people, floor };
    const { title, detail } = talkWords({ ...SILENT, ...talk }, camera, "me", language);
    for (const text of [title, detail, talking(camera, "me", language)]) said.add(text);
  }
  // What is written on something, and stands there for good.
  const { talk, people: who, cameras: which, quality, figures, speaker } = language;
  const { more, adjust, keys, settings } = language;
  const labels = [which, who, quality, figures, more, adjust, keys, settings, talk.preview,
    speaker.nameless,
    ...Object.keys(talk).filter((key) => /^(voice|picture)-/.test(key)).map((key) => talk[key])];
  const written = labels.flatMap(texts).map((text) => text.replace(/\{\w+\}/g, "7"));
  const somebody = speaker.one.replace("{name}", speaker.nameless);
  const server = [somebody, "", "Unplugged.", `Unplugged. ${language.waiting.failed[1]}`];
  return {
    foreign: [...said].filter((text) => !known.includes(text) && !server.includes(text)),
    unsaid: known.filter((text) => !said.has(text) && !written.includes(text)),
  };
}
"""


async def test_a_brazilian_reads_portuguese(tmp_path: Path) -> None:
    """Live, stale and in line; what is only heard or pointed at is Portuguese as well."""
    async with (
        running_node(tmp_path, viewers__most=1, viewers__standing_offers=1) as node,
        chromium(tmp_path, node.ca, locale="pt-BR") as browser,
    ):
        page = await watcher(browser, node.link)
        await page.page.set_viewport_size(PHONE)
        await page.until("live")
        await expect(page.page.locator("html")).to_have_attribute("lang", "pt-BR")
        assert await page.text("#badge") == "AO VIVO"
        await expect(page.page.locator("#watching")).to_have_text("1 de 1 assistindo")
        await expect(page.page.get_by_label("Imagem ao vivo da câmera")).to_be_visible()
        assert await page.page.text_content("#play") == "Reproduzir"
        assert await page.page.get_attribute("#sound", "title") == "Som (m)"
        assert await page.page.get_attribute("#fullscreen", "title") == "Tela cheia (f)"
        await _fits(page.page)

        await page.page.get_by_role("button", name="Ativar som").click()
        await page.page.get_by_role("button", name="Silenciar").click()
        await page.page.get_by_role("button", name="Tela cheia", exact=True).click()
        await page.page.get_by_role("button", name="Sair da tela cheia").click()
        await page.page.wait_for_function("() => document.fullscreenElement === null")

        node.process.send_signal(signal.SIGSTOP)
        await page.until("stale")
        assert (await page.text("#badge")).startswith("Imagem de ")
        assert "A imagem parou" in await page.text("#message")
        assert await page.page.text_content("#announce p:last-child") == "A imagem parou"
        assert (await page.page.title()).startswith("Imagem de ")
        node.process.send_signal(signal.SIGCONT)
        await page.until("live")

        second = await watcher(browser, node.url())
        await second.until("waiting")
        assert await second.text("#badge") == "Aguardando"
        assert "você está na fila" in await second.text("#message")
        assert second.complaints == []


async def _fits(page: Page) -> None:
    """Nothing of the bar is outside the screen, cut off, or on a second line."""
    for control in ("#watching", "#sound", "#fullscreen", "#badge"):
        box = await page.locator(control).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert await page.eval_on_selector(control, "it => it.scrollWidth <= it.clientWidth")


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
async def test_everybody_else_reads_english(tmp_path: Path, locale: str) -> None:
    """Also who prefers a language there is nothing for; nothing is asked for in vain."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path, node.ca, locale=locale) as browser,
    ):
        await open_page(browser, node.link)
        page = await watcher(browser, node.url())
        await page.until("live")
        await expect(page.page.locator("html")).to_have_attribute("lang", "en")
        assert await page.text("#badge") == "LIVE"
        await expect(page.page.get_by_label("Live picture from the camera")).to_be_visible()
        await page.page.get_by_role("button", name="Full screen", exact=True).click()
        await expect(page.page.get_by_role("button", name="Leave full screen")).to_be_visible()
        assert page.complaints == []


async def test_the_first_wish_there_is_something_for(tmp_path: Path) -> None:
    """A preference for a region finds the language in another region, and else the next wish."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        for wishes, tag in WISHES:
            assert await page.page.evaluate(CHOOSE, wishes) == tag, wishes


async def test_no_state_speaks_another_language(tmp_path: Path) -> None:
    """Whatever happens, for whatever reason; only what the camera says is left as it came."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path, node.ca, locale="pt-BR") as browser,
    ):
        page = await watcher(browser, node.link)
        found = await page.page.evaluate(FOREIGN)
        assert found["foreign"] == []
        # The rest is on the buttons and in the document, for good.
        assert set(found["unsaid"]) <= {
            *("pt-BR", "Imagem ao vivo da câmera", "Reproduzir", "Som (m)", "Tela cheia (f)"),
            *("Ativar som", "Silenciar", "Tela cheia", "Sair da tela cheia"),
            "Carregar esta página de novo",
        }


async def test_a_language_that_cannot_be_had_is_no_reason_to_show_nothing(tmp_path: Path) -> None:
    """Without its file the page speaks English, and plays."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path, node.ca, locale="pt-BR") as browser,
    ):
        await browser.route("**/pt-BR.js*", lambda route: route.abort())
        page = await watcher(browser, node.link)
        await page.until("live")
        await page.page.wait_for_function("() => document.body.dataset.phase === 'live'")
        await expect(page.page.locator("html")).to_have_attribute("lang", "en")
        assert await page.text("#badge") == "LIVE"
