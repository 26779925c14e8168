"""A caller that isn't ours: a page in Chromium that calls with its own camera and microphone."""

from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext

from tests.browser.chromium import chromium
from tests.browser.watcher import Watcher, watcher
from tests.node import Node, serving_node

CALLER = (Path(__file__).parent / "caller.js").read_text()
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""Chromium's own camera and microphone that need no hardware: a pattern that moves, and beeps."""

NAME = "A camera in a browser"

BEEP = 400
"""Hertz of what that microphone hears."""

PICTURES = """
async (count) => {
  const video = document.getElementById("video");
  while (count--) await new Promise((next) => video.requestVideoFrameCallback(next));
  return [video.videoWidth, video.videoHeight];
}
"""
"""Waits for so many pictures to be presented; their size."""


async def calling(context: BrowserContext, node: Node) -> Watcher:
    """A page of the node's origin that has an offer standing."""
    caller = await watcher(context, await node.new_link())
    # Any page will do, except the one that would answer.
    await caller.page.goto(node.url("/nothing"))
    _, token, _ = await node.command("caller", "add", NAME)
    await caller.page.evaluate(CALLER, token.strip())
    return caller


def complaints(page: Watcher) -> list[str]:
    """What went wrong in a page, but for files that it asked for and that aren't there."""
    return [text for text in page.complaints if not text.startswith("Failed to load resource")]


async def hears(caller: Watcher, event: str, call: str) -> dict[str, Any]:
    """Wait until the caller has heard ``event`` about ``call``; its payload."""
    handle = await caller.page.wait_for_function(
        "([event, call]) => caller.heard.find((it) => it.event === event && it.call === call)",
        arg=[event, call],
    )
    payload: dict[str, Any] = await handle.json_value()
    return payload


async def test_a_browser_calls_with_its_own_camera(tmp_path: Path) -> None:
    """Who waited is offered the call at once, and sees and hears the caller's camera."""
    async with (
        serving_node(tmp_path) as node,
        chromium(tmp_path / "camera", node.ca, *CAMERA) as camera,
        chromium(tmp_path / "screen", node.ca) as screen,
    ):
        page = await watcher(screen, node.link)
        await page.until("waiting")
        assert (await page.state())["reason"] == "no-caller"

        caller = await calling(camera, node)
        call = await page.live_in_call()
        size = await page.page.evaluate(PICTURES, 20)
        assert size == await caller.page.evaluate("() => caller.size")
        assert await page.hears(BEEP)
        shown = (await page.state())["camera"]
        said = {"state": "ready", "message": "a camera in a browser", "viewers": 1, "places": 4}
        assert shown == shown | said
        assert await caller.page.evaluate("(call) => caller.connection(call)", call) == "connected"
        taken = await hears(caller, "taken", call)
        assert taken["viewer"]["name"] == "Chrome · Linux"
        _, listed, _ = await node.command("caller", "list")
        assert listed.startswith(f"{NAME}\tready\t")
        assert await page.text("#badge") == "LIVE"
        assert complaints(page) == []
        assert complaints(caller) == []


async def test_a_browser_hangs_up_and_is_hung_up_on(tmp_path: Path) -> None:
    """After the caller's hangup comes its next offer; both learn that the other has left."""
    async with (
        serving_node(tmp_path) as node,
        chromium(tmp_path / "camera", node.ca, *CAMERA) as camera,
        chromium(tmp_path / "screen", node.ca) as screen,
    ):
        caller = await calling(camera, node)
        page = await watcher(screen, node.link)
        first = await page.live_in_call()

        await caller.page.evaluate("(call) => caller.hangUp(call)", first)
        await page.page.wait_for_function(
            "(call) => ![null, call].includes(edgecam.state().call)", arg=first
        )
        second = await page.live_in_call()
        assert second != first

        await page.page.close()
        assert (await hears(caller, "hangup", second))["reason"] in ("bye", "viewer-left")

        other = await watcher(screen, node.url())
        await other.until("live")
        await caller.page.close()
        await other.until("waiting")
        assert (await other.state())["reason"] == "no-caller"
