"""What a page makes of the codecs it is offered, in a Chromium that has them all, or pretends."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.chromium import chromium
from tests.browser.watcher import watcher
from tests.node import running_node

UNHEARD_OF = """
const { setRemoteDescription } = RTCPeerConnection.prototype;
RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
  const changed = sdp.replaceAll(/(a=rtpmap:\\d+ )(H264|VP8)/g, "$1X-$2");
  return setRemoteDescription.call(this, { type, sdp: changed });
};
"""
"""A browser that knows neither codec, and refuses the video as browsers do."""

NO_H264 = UNHEARD_OF.replace("H264|VP8", "H264")

TELL = """
async ([offer, answer]) => {
  const { videoCodecs, lacksH264 } = await import("/codecs.js");
  return [videoCodecs(offer), videoCodecs(answer), lacksH264(offer, answer)];
}
"""

SOUND = "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 opus/48000/2\r\n"


def video(*codecs: str, port: int = 9) -> str:
    """A video section with so many codecs."""
    lines = [f"a=rtpmap:{97 + number} {codec}/90000" for number, codec in enumerate(codecs)]
    return "\r\n".join([f"m=video {port} UDP/TLS/RTP/SAVPF 97", *lines, ""])


DESCRIPTIONS: list[tuple[str, str, Any]] = [
    (video("H264", "VP8"), video("H264", "VP8"), [["h264", "vp8"], ["h264", "vp8"], False]),
    (video("H264", "VP8"), video("VP8"), [["h264", "vp8"], ["vp8"], True]),
    (video("H264", "VP8") + SOUND, video("VP8") + SOUND, [["h264", "vp8"], ["vp8"], True]),
    (video("VP8", "VP9"), video("VP8"), [["vp8", "vp9"], ["vp8"], False]),
    (video("H264", "VP8"), video("VP8", port=0), [["h264", "vp8"], [], False]),
    # A section to talk on follows the one that is watched.
    (video("H264", "VP8") + video("H264"), video("VP8") + video("H264"), None),
    (SOUND, SOUND, [[], [], False]),
    ("", "", [[], [], False]),
]


async def test_the_codecs_of_a_description(tmp_path: Path) -> None:
    """Those of the first video section, unless it is refused; other people's cameras, too."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        for offer, answer, expected in DESCRIPTIONS:
            told = await page.page.evaluate(TELL, ["v=0\r\n" + offer, "v=0\r\n" + answer])
            assert told == (expected or [["h264", "vp8"], ["vp8"], True])


async def test_a_browser_with_neither_codec_is_told_so(tmp_path: Path) -> None:
    """In plain words, and for good; the device says nothing else."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        await browser.add_init_script(UNHEARD_OF)
        page = await watcher(browser, node.link)
        await page.until("unsupported")
        assert await page.text("#badge") == "Not supported"
        await page.page.wait_for_function("() => window.edgecam.state().call === null")
        assert "It has neither H.264 nor VP8" in await page.text("#message")


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en-US", "This browser cannot play H.264"),
        ("pt-BR", "Este navegador não reproduz H.264"),
    ],
)
async def test_vp8_is_played_and_its_cost_told(tmp_path: Path, locale: str, said: str) -> None:
    """It is on the screen with the other things to read, and steps aside with them."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path, node.ca, locale=locale) as browser,
    ):
        await browser.add_init_script(NO_H264)
        page = await watcher(browser, node.link, idle=True)
        await page.page.set_viewport_size({"width": 390, "height": 844})
        await page.until("live")
        assert await page.stamps(5)
        cost = page.page.locator("#cost")
        await expect(cost).to_contain_text(said)
        box = await cost.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        await expect(cost).to_have_css("opacity", "0")
        await page.page.mouse.move(100, 100)
        await expect(cost).to_have_css("opacity", "1")


async def test_the_video_is_as_phones_want_it(tmp_path: Path) -> None:
    """In the page instead of full screen, and muted in the HTML: else iOS does not begin."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        for attribute in ("playsinline", "muted", "autoplay"):
            assert await page.page.get_attribute("#video", attribute) == ""


async def test_full_hd_is_played(tmp_path: Path) -> None:
    """Level 4.0 is offered and the browser answers with a level of its own, 3.1."""
    async with (
        running_node(tmp_path, camera__width=1920, camera__height=1080) as node,
        chromium(tmp_path, node.ca) as browser,
    ):
        page = await watcher(browser, node.link)
        await page.until("live")
        size = await page.page.evaluate("() => document.getElementById('video').videoWidth")
        assert size == 1920
        assert await page.page.text_content("#cost") == ""
