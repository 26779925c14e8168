"""The door in a real browser: its forms, by hand and keyboard, and what they lead to."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.chromium import chromium
from tests.browser.firefox import firefox
from tests.browser.watcher import watcher
from tests.door import open_door
from tests.ledger import PASSWORD
from tests.node import running_node


async def test_the_first_evening(tmp_path: Path) -> None:
    """From the set-up code to the page, out again and in with the password; nothing complains."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        viewer = await watcher(browser, node.url())
        page = viewer.page
        assert await styled(page)
        await page.get_by_label("Set-up code").fill(node.set_up_code.lower())
        await page.get_by_label("Name", exact=True).fill("Ana")
        await page.get_by_label("A password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await viewer.until("live")
        assert page.url == node.url()

        await page.click("#watching[aria-controls]")
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_label("Password").fill("a password that is wrong")
        await page.get_by_label("Name").fill("ana")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text("not right")
        await page.get_by_label("Name").fill("ana")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await viewer.until("live")
        # What browsers say of each answer that is 401.
        assert [it for it in viewer.complaints if "401" not in it] == []


async def styled(page: Page) -> bool:
    """Whether the style sheet, which a stranger may have, has come."""
    width = await page.evaluate("() => getComputedStyle(document.querySelector('main')).maxWidth")
    return str(width) != "none"


async def test_a_session_that_is_revoked(tmp_path: Path) -> None:
    """The call under way is over at once, also for the camera, and the page says how to get in."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        viewer = await watcher(browser, node.link)
        await viewer.until("live")
        assert (await node.command("session", "revoke", "--all"))[0] == 0
        await viewer.until("needs-login")
        assert "sign in" in await viewer.text("#message")
        while not (await node.command("status"))[1].startswith("nobody watches"):
            pass
        await viewer.page.reload()
        assert "edgecam link" in await viewer.page.inner_text("body")


async def test_a_guest(tmp_path: Path) -> None:
    """A link that asks, in the guest's language, and opens once."""
    async with (
        open_door(tmp_path) as door,
        chromium(tmp_path, tmp_path / "tls" / "ca.crt", locale="pt-BR") as browser,
    ):
        given = {"name": "Oma", "role": "viewer", "seconds": 3_600, "uses": 1}
        code = (await door.keeper.command("link-add", given))["code"]
        viewer = await watcher(browser, f"{door.url}guest/{code}")
        await viewer.page.get_by_role("button", name="Assistir").click()
        await viewer.until("waiting")


@pytest.mark.timeout(300)
async def test_firefox_sends_the_forms(tmp_path: Path) -> None:
    """With the origin that the server asks for."""
    async with (
        open_door(tmp_path) as door,
        firefox(tmp_path, tmp_path / "tls" / "ca.crt") as browser,
    ):
        code = door.keeper.new_set_up_code()
        page = await browser.watcher(door.url)
        await page.page.evaluate(SET_UP, {"code": code, "name": "Ana", "password": PASSWORD})
        await page.until("waiting")


SET_UP = """
(fields) => {
  for (const [name, value] of Object.entries(fields))
    document.querySelector(`[name=${name}]`).value = value;
  document.querySelector("form").requestSubmit();
}
"""
