"""An admin's panel in a real browser: who may come in is decided on the page."""

from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.chromium import chromium
from tests.browser.test_loading import FURNISHED
from tests.browser.watcher import Watcher, watcher
from tests.ledger import PASSWORD
from tests.node import Node, running_node

OTHER = "another one of those"


async def signed_up(watching: Watcher, node: Node) -> Page:
    """The page of Ana, who has made the first account."""
    page = watching.page
    await page.get_by_label("Set-up code").fill(node.set_up_code)
    await page.get_by_label("Name", exact=True).fill("Ana")
    await page.get_by_label("A password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await watching.until("live")
    return page


async def settings(page: Page, which: str = "") -> None:
    """Open them, at the page called so."""
    await page.wait_for_function(FURNISHED)
    await page.click("#more")
    await page.get_by_role("button", name="Account and settings").click()
    if which:
        await page.get_by_role("button", name=which, exact=True).click()
        await expect(page.get_by_role("heading", name=which, exact=True)).to_be_visible()


async def sure(page: Page, name: str) -> None:
    """Press a button that asks, twice."""
    button = page.get_by_role("button", name=name)
    await button.click()
    await expect(button).to_have_text("Sure?")
    await button.click()


async def test_people_are_let_in(tmp_path: Path) -> None:
    """Made on the page, let do more there, and removed, which ends their call."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        watching = await watcher(browser, node.url())
        page = await signed_up(watching, node)
        await settings(page, "People")
        await page.get_by_label("Name", exact=True).fill("Ana")
        await page.get_by_label("New password", exact=True).last.fill(OTHER)
        await page.get_by_role("button", name="Add somebody").click()
        await expect(page.get_by_role("alert").last).to_contain_text("of that name already")
        await page.get_by_label("Name", exact=True).fill("Bruno")
        await page.get_by_role("button", name="Add somebody").click()
        await expect(page.get_by_label("Role: Bruno")).to_have_value("viewer")
        await page.get_by_label("Role: Bruno").select_option("operator")
        await expect(page.get_by_label("Role: Bruno")).to_have_value("operator")
        _, out, _ = await node.command("user", "list")
        assert "Bruno\toperator" in out

        await page.get_by_label("Role: Ana").select_option("viewer")
        await expect(page.get_by_role("alert").first).to_contain_text("the only admin")
        await expect(page.get_by_label("Role: Ana")).to_have_value("admin")
        await sure(page, "Remove: Bruno")
        await expect(page.get_by_label("Role: Bruno")).to_be_hidden()

        await page.get_by_role("button", name="Log", exact=True).click()
        await expect(page.locator("#settings .log")).to_contain_text("Removed an account")
        # Once a touch beside them closes them, the keys are the page's again.
        await page.mouse.click(5, 400)
        await expect(page.locator("#settings")).to_be_hidden()
        await expect(page.locator("#more")).to_be_focused()


async def test_a_guest_is_invited(tmp_path: Path) -> None:
    """By a link that is shown once; revoked, it ends the guest's call."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path / "host", node.ca) as host,
        chromium(tmp_path / "guest", node.ca) as elsewhere,
    ):
        watching = await watcher(host, node.url())
        page = await signed_up(watching, node)
        await settings(page, "Guest links")
        await page.get_by_label("For whom").fill("Oma")
        await page.get_by_role("button", name="Make a guest link").click()
        shown = page.get_by_label("Link for Oma")
        link = await shown.input_value()
        assert link.startswith(f"{node.url()}guest/")
        await page.get_by_role("button", name="Show its QR code").click()
        photographed = page.get_by_role("img", name="QR code of the link for Oma")
        await expect(photographed).to_have_js_property("complete", value=True)
        assert await photographed.evaluate("(image) => image.naturalWidth > 0")

        guest = await watcher(elsewhere, link)
        await guest.page.get_by_role("button", name="Watch").click()
        await guest.until("live")
        # A guest has no say in who else comes in.
        await settings(guest.page)
        await expect(guest.page.get_by_text("You are Oma, Viewer.")).to_be_visible()
        await expect(guest.page.get_by_role("button", name="People", exact=True)).to_be_hidden()
        assert await guest.page.locator("#settings nav button").count() == 1

        await page.get_by_role("button", name="Signed in", exact=True).click()
        await expect(page.locator("#settings li")).to_have_count(2)
        await page.get_by_role("button", name="Guest links", exact=True).click()
        await expect(shown).to_be_hidden()
        await sure(page, "Revoke: Oma")
        await guest.until("needs-login")
        await watching.until("live")


async def test_an_ended_session_ends_the_call(tmp_path: Path) -> None:
    """Of the one browser, while the other goes on."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path / "one", node.ca) as one,
        chromium(tmp_path / "other", node.ca) as other,
    ):
        watching = await watcher(one, node.url())
        page = await signed_up(watching, node)
        guest = await watcher(other, await node.new_link())
        await guest.until("live")
        await settings(page, "Signed in")
        await sure(page, "Sign out: Whoever is at the device")
        await guest.until("needs-login")
        await expect(page.locator("#settings li")).to_have_count(1)
        assert await watching.stamps(3)


async def test_another_password(tmp_path: Path) -> None:
    """With the one before; the call is back by itself, and the new one lets in."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        watching = await watcher(browser, node.url())
        page = await signed_up(watching, node)
        call = await watching.live_in_call()
        await settings(page)
        await page.get_by_label("Password until now").fill("not that one")
        await page.get_by_label("New password").fill(OTHER)
        await page.get_by_role("button", name="Change the password").click()
        await expect(page.get_by_role("alert").last).to_contain_text("is not right")
        await page.get_by_label("Password until now").fill(PASSWORD)
        await page.get_by_role("button", name="Change the password").click()
        await expect(page.get_by_label("New password")).to_have_value("")
        await page.wait_for_function(
            "(before) => window.edgecam.state().phase === 'live'"
            " && window.edgecam.state().call !== before",
            arg=call,
        )
        await page.get_by_role("button", name="Sign out", exact=True).first.click()
        await page.get_by_label("Name").fill("Ana")
        await page.get_by_label("Password").fill(OTHER)
        await page.keyboard.press("Enter")
        await watching.until("live")


async def test_the_privacy_switch(tmp_path: Path) -> None:
    """Whoever watches is told that camera and microphone are off; the same call goes on after."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        watching = await watcher(browser, node.url())
        page = await signed_up(watching, node)
        await settings(page, "Watching now")
        await page.get_by_role("button", name="Turn on: Privacy switch").click()
        closed = page.get_by_text("Camera and microphone are closed", exact=True)
        await expect(closed).to_be_visible()
        await expect(page.locator("#message-title")).to_have_text("Camera and microphone are off")
        await page.get_by_role("button", name="Turn off: Privacy switch").click()
        await expect(page.get_by_role("button", name="Turn on: Privacy switch")).to_be_visible()
        await page.get_by_role("button", name="Close").click()
        await watching.until("live")
        assert await watching.stamps(3)
