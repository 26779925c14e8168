"""What a first visit costs a phone's contract."""

import re
from pathlib import Path

from tests.browser.chromium import chromium
from tests.browser.test_loading import FURNISHED
from tests.browser.watcher import watcher
from tests.node import running_node

BUDGET = 60_000
"""Bytes, compressed, of the page and all its files, without the headers of HTTP."""

FETCHED = """
() => performance.getEntries()
  .filter(({ entryType }) => entryType === "navigation" || entryType === "resource")
  .filter(({ name }) => !name.includes("/socket.io/?") && !name.endsWith("/health"))
  .map(({ name, encodedBodySize, decodedBodySize }) => [name, encodedBodySize, decodedBodySize])
"""


async def test_a_first_visit_is_small(tmp_path: Path) -> None:
    """With an empty cache, until the page is whole: the picture and all that comes beside it."""
    async with (
        running_node(tmp_path, speaker__driver="null") as node,
        chromium(tmp_path, node.ca) as browser,
    ):
        page = await watcher(browser, node.link)
        await page.until("live")
        await page.page.wait_for_function(FURNISHED)
        told = await page.page.evaluate(FETCHED)
    # What is loaded early and then used is told twice.
    fetched = {name: (encoded, decoded) for name, encoded, decoded in told}
    names = list(fetched)
    assert any(name.endswith("/main.js") for name in names)
    assert any(name.endswith("/furnish.js") for name in names)
    # A size that the browser does not tell would be none.
    assert all(encoded > 0 for encoded, _ in fetched.values())
    written = [sizes for name, sizes in fetched.items() if not name.endswith(".png")]
    assert all(encoded < decoded for encoded, decoded in written if decoded > 2_000)
    assert sum(encoded for encoded, _ in fetched.values()) < BUDGET, fetched
    # What nobody has asked for yet is not there.
    assert not [name for name in names if re.search("/(settings|lens|tools|tiles)/", name)]
