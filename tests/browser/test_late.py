"""Pictures that come, but late, are not shown as live."""

from pathlib import Path

from playwright.async_api import expect

from tests.browser.chromium import chromium
from tests.browser.watcher import watcher
from tests.node import running_node

SLOW = """
window.delay = 0;
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration) {
    super({ ...configuration, encodedInsertableStreams: true });
    this.addEventListener("track", ({ receiver }) => hold(receiver.createEncodedStreams()));
  }
};
// Ever later by a little, as behind a queue that fills; at once when it is emptied.
async function hold({ readable, writable }) {
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  let [held, last] = [0, 0];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held = Math.min(window.delay, held + 20);
    last = Math.max(last, performance.now() + held);
    setTimeout(() => writer.write(value), last - performance.now());
  }
}
"""
"""Encoded pictures wait in the browser before they are decoded, as long as a test says."""

LATE = "(late) => (window.edgecam.state().late !== null) === late"


async def test_pictures_that_lag(tmp_path: Path) -> None:
    """The badge says by how much, and that they are live again; the call is the same."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        await browser.add_init_script(SLOW)
        watching = await watcher(browser, node.link)
        call = await watching.live_in_call()
        badge = watching.page.locator("#badge-text")
        await expect(badge).to_have_text("Live")
        await watching.page.evaluate("() => { window.delay = 2_500; }")
        await watching.page.wait_for_function(LATE, arg=True)
        await expect(badge).to_contain_text("s late")
        await expect(watching.page.locator("#message-title")).to_have_text("The picture is delayed")
        assert await watching.stamps(3)
        await watching.page.evaluate("() => { window.delay = 0; }")
        await watching.page.wait_for_function(LATE, arg=False)
        await watching.until("live")
        await expect(badge).to_have_text("Live")
        assert (await watching.state())["call"] == call
