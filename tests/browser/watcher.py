"""What a test asks of an open page."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Error, Page

READ_STAMPS = """
async (count) => {
  const { StampReader } = await import("/stamp.js");
  const video = document.getElementById("video");
  const reader = new StampReader(video);
  const found = [];
  while (found.length < count) {
    await new Promise((next) => video.requestVideoFrameCallback(next));
    const stamp = reader.read();
    // By the time one picture's callback runs, the next may already be the one that is shown.
    if (stamp && stamp.frame !== found.at(-1)?.frame) found.push(stamp);
  }
  return found;
}
"""

HEAR = """
async (hertz) => {
  const audio = new AudioContext();
  await audio.resume();
  const source = audio.createMediaStreamSource(document.getElementById("video").srcObject);
  const analyser = audio.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  source.connect(analyser);
  const levels = new Float32Array(analyser.frequencyBinCount);
  const bin = (of) => Math.round((of * analyser.fftSize) / audio.sampleRate);
  const heard = () => {
    analyser.getFloatFrequencyData(levels);
    const floor = levels.slice(bin(3000), bin(6000)).reduce((a, b) => Math.max(a, b), -200);
    return levels[bin(hertz)] > Math.max(floor + 20, -80);
  };
  while (!heard()) await new Promise((next) => setTimeout(next, 20));
  await audio.close();
  return true;
}
"""


# The bar of a page that nobody touches fades, and can't be pressed then.
SHOWN = """
() => getComputedStyle(document.querySelector("main") ?? document.body).visibility === "visible"
"""

HAND_ON_THE_MOUSE = """
setInterval(() => document.dispatchEvent(new Event("pointermove")), 1_000);
"""


@dataclass
class Watcher:
    """One page, and what it complained about."""

    page: Page
    complaints: list[str]

    async def until(self, phase: str) -> None:
        """Wait until the page is in ``phase``."""
        await self.page.wait_for_function(f"() => window.edgecam?.state().phase === '{phase}'")

    async def state(self) -> dict[str, Any]:
        """The page's state."""
        state: dict[str, Any] = await self.page.evaluate("() => window.edgecam.state()")
        return state

    async def stamps(self, count: int) -> list[dict[str, int]]:
        """The stamps of the next pictures that are presented."""
        stamps: list[dict[str, int]] = await self.page.evaluate(READ_STAMPS, count)
        return stamps

    async def hears(self, hertz: int) -> bool:
        """Wait until a tone of ``hertz`` stands out in what the page receives."""
        return bool(await self.page.evaluate(HEAR, hertz))

    async def text(self, selector: str) -> str:
        """What is written in ``selector``, once the page shows more than the picture."""
        await self.page.wait_for_function(SHOWN)
        return (await self.page.inner_text(selector)).strip()

    async def live_in_call(self) -> str:
        """Wait for the picture; the name of its call."""
        await self.until("live")
        return str((await self.state())["call"])


async def watcher(context: BrowserContext, address: str, *, idle: bool = False) -> Watcher:
    """A new page at ``address``, be it a one-time link or the page itself. ``idle``: once it is
    open, nobody moves the mouse.
    """
    page = await context.new_page()
    if not idle:
        await page.add_init_script(HAND_ON_THE_MOUSE)
    complaints: list[str] = []

    def note_message(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def note_error(error: Error) -> None:
        complaints.append(str(error))

    page.on("console", note_message)
    page.on("pageerror", note_error)
    await page.goto(address)
    if "/enter/" in address:
        await page.wait_for_url(lambda url: "/enter/" not in url)
    return Watcher(page, complaints)
