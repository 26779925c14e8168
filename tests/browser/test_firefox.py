"""The page in a real Firefox, which has no H.264 and verifies the node's certificate for real."""

from pathlib import Path

from tests.browser.firefox import firefox
from tests.node import running_node


async def test_picture_and_sound_reach_the_page(tmp_path: Path) -> None:
    """x"""
    async with running_node(tmp_path) as node, firefox(tmp_path, node.ca) as browser:
        page = await browser.watcher(node.link)
        try:
            await page.until("live")
        finally:
            print(await page.state(), page.complaints, node.log_file)
        stamps = await page.stamps(30)
        print(stamps)
        assert await page.hears(440)
        assert await page.hears(1000)
        assert page.complaints == []
