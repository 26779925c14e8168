"""The page in a real Firefox, which has no H.264 and verifies the node's certificate for real."""

import asyncio
import itertools
import signal
from pathlib import Path

import pytest

from edgecam.web.certificates import CertificateStore, Names
from tests.browser.bidi import BidiError
from tests.browser.chromium import chromium
from tests.browser.firefox import Preferences, firefox
from tests.browser.watcher import Watcher, watcher
from tests.node import running_node

pytestmark = pytest.mark.timeout(300)

COST = "This browser cannot play H.264: the camera encodes VP8 for it"

# Without a device for sound, Firefox runs no AudioContext; what it decoded it tells all the same.
HEAR = """
async ([least, most]) => {
  for (;;) {
    const stats = await window.edgecam.stats();
    const sound = stats.find(({ type, kind }) => type === "inbound-rtp" && kind === "audio");
    if (least < sound?.audioLevel && sound.audioLevel < most) return true;
    await new Promise((next) => setTimeout(next, 20));
  }
}
"""
CODEC = """
async () => {
  const stats = await window.edgecam.stats();
  const video = stats.find(({ type, kind }) => type === "inbound-rtp" && kind === "video");
  return stats.find(({ id }) => id === video.codecId).mimeType;
}
"""

NOTHING_BY_ITSELF: Preferences = {"media.autoplay.default": 5, "media.autoplay.blocking_policy": 2}
"""Not even what is muted, and nothing but a touch at the moment of playing helps."""

BEEP, TONE = [0.3, 0.5], [0.01, 0.1]
"""The loudness of the virtual microphone's sounds, 40 % and 2 % of full scale, with some room."""


async def test_picture_and_sound_reach_the_page(tmp_path: Path) -> None:
    """The stamp is read back from the decoded picture, the tone and the beep are heard."""
    async with running_node(tmp_path) as node, firefox(tmp_path, node.ca) as browser:
        page = await browser.watcher(node.link)
        await page.until("live")
        stamps = await page.stamps(30)
        assert await page.text("#badge") == "LIVE"
        await page.page.click("#sound")
        assert await page.page.evaluate(HEAR, BEEP)
        assert await page.page.evaluate(HEAR, TONE)
        assert page.complaints == []

    frames = [stamp["frame"] for stamp in stamps]
    assert frames == sorted(set(frames))
    for earlier, later in itertools.pairwise(stamp["captured"] for stamp in stamps):
        assert later > earlier


async def test_what_it_costs_is_said(tmp_path: Path) -> None:
    """On the page, and once a call in the log: Firefox plays VP8."""
    async with running_node(tmp_path) as node, firefox(tmp_path, node.ca) as browser:
        page = await browser.watcher(node.link)
        await page.until("live")
        assert await codec(page) == "video/VP8"
        assert await page.page.inner_text("#cost") == f"{COST}, at the cost of its processor."
        call = (await page.state())["call"]
        log = await asyncio.to_thread(lambda: node.log)
    told = [line for line in log.splitlines() if "VP8" in line]
    assert len(told) == 1
    assert f"call {call}: that browser can't play H.264" in told[0]


async def codec(page: Watcher) -> str:
    """What a page decodes its picture with."""
    found: str = await page.page.evaluate(CODEC)
    return found


async def test_chromium_and_firefox_watch_one_camera(tmp_path: Path) -> None:
    """Each in its codec, the same pictures; only one of them costs the camera more."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path, node.ca) as one,
        firefox(tmp_path, node.ca) as other,
    ):
        pages = [await watcher(one, node.link), await other.watcher(await node.new_link())]
        for page in pages:
            await page.until("live")
        seen = await asyncio.gather(*(page.stamps(60) for page in pages))
        first, second = ({stamp["frame"] for stamp in stamps} for stamps in seen)
        assert first & second
        assert [await codec(page) for page in pages] == ["video/H264", "video/VP8"]
        assert await pages[0].page.text_content("#cost") == ""


async def test_the_device_restarts_under_an_open_page(tmp_path: Path) -> None:
    """The page is told why, and has its picture back without a touch."""
    async with running_node(tmp_path) as node, firefox(tmp_path, node.ca) as browser:
        page = await browser.watcher(node.link)
        call = await page.live_in_call()

        assert await node.stop() == 0
        await page.until("reconnecting")
        assert "restart" in (await page.text("#message")).lower()
        await node.start()
        await page.until("live")

        assert (await page.state())["call"] != call
        assert await page.stamps(5)


async def test_a_picture_that_has_stopped_is_not_shown_as_live(tmp_path: Path) -> None:
    """A device that hangs keeps its sockets open; only the pictures say that it does."""
    async with running_node(tmp_path) as node, firefox(tmp_path, node.ca) as browser:
        page = await browser.watcher(node.link)
        await page.until("live")

        node.process.send_signal(signal.SIGSTOP)
        await page.until("stale")
        assert "old" in await page.text("#badge")
        node.process.send_signal(signal.SIGCONT)
        await page.until("live")


async def test_without_vp8_the_page_says_what_is_missing(tmp_path: Path) -> None:
    """The operator may have switched it off; the black picture of a refusal is not called live."""
    async with (
        running_node(tmp_path, encode__vp8="off") as node,
        firefox(tmp_path, node.ca) as browser,
    ):
        page = await browser.watcher(node.link)
        await page.until("unsupported")
        assert "cannot play H.264" in await page.text("#message")
        assert await page.text("#badge") == "Not supported"


async def test_half_the_size(tmp_path: Path) -> None:
    """For a small processor: a quarter of the pixels, and the stamp can still be read."""
    async with (
        running_node(tmp_path, encode__vp8="half", camera__width=1280, camera__height=720) as node,
        firefox(tmp_path, node.ca) as browser,
    ):
        page = await browser.watcher(node.link)
        await page.until("live")
        assert await page.stamps(5)
        assert await page.page.evaluate("() => document.getElementById('video').videoWidth") == 640


async def test_nothing_may_play_by_itself(tmp_path: Path) -> None:
    """As on an iPhone that saves its battery: the page says so, and a touch is enough."""
    async with (
        running_node(tmp_path) as node,
        firefox(tmp_path, node.ca, NOTHING_BY_ITSELF) as browser,
    ):
        page = await browser.watcher(node.link)
        await page.page.wait_for_function("() => window.edgecam.state().paused")
        assert "paused the picture" in await page.text("#message")
        assert await page.text("#play") == "Play"
        await page.page.click("#play")
        await page.until("live")
        assert await page.stamps(5)


async def test_a_certificate_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Nothing of the above proves anything about TLS unless this holds."""
    store = CertificateStore(tmp_path / "another" / "tls")
    leaf = await asyncio.to_thread(store.ensure, Names("localhost"))
    async with running_node(tmp_path) as node, firefox(tmp_path, leaf.ca) as browser:
        with pytest.raises(BidiError, match="SEC_ERROR_UNKNOWN_ISSUER"):
            await browser.watcher(node.link)
