"""Trusting a camera in real browsers: what the CA is good for, and what it can't be used for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from playwright.async_api import Error, Page, expect

from edgecam.web.certificates import CertificateStore, Leaf, Names, server_context
from edgecam.web.server import listen
from tests.browser.bidi import BidiError
from tests.browser.chromium import chromium
from tests.browser.firefox import Preferences, firefox
from tests.forgery import forge
from tests.node import Node, running_node

pytestmark = pytest.mark.timeout(300)

FORGED = "bank.example"
LANGUAGE = {"en-US": "This browser trusts the camera.", "pt-BR": "Este navegador confia na câmera."}
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.4 Safari/605.1.15"


@pytest.mark.parametrize("locale", LANGUAGE)
async def test_a_browser_that_trusts_is_told_so(tmp_path: Path, locale: str) -> None:
    """In its language; then the camera's page opens without a warning."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path, node.ca, locale=locale) as browser,
    ):
        page = await browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        await page.goto(trust_url(node))
        await expect(page.get_by_role("status")).to_have_text(LANGUAGE[locale])
        assert await page.locator("img").evaluate("(image) => image.naturalWidth") > 0
        assert await fits(page)
        await page.locator("#open").click()
        await page.wait_for_url(node.url())
        assert complaints == [
            text for text in complaints if "401" in text
        ]  # the sign-in page's own status


async def test_a_browser_that_does_not(tmp_path: Path) -> None:
    """It is shown the way for its system, or for another if wished, and the file can be had."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path, await another_ca(tmp_path)) as browser,
    ):
        page = await browser.new_page()
        await page.set_viewport_size({"width": 360, "height": 740})
        await page.goto(trust_url(node))
        await expect(page.get_by_role("status")).to_contain_text("does not trust the camera yet")
        await expect(page.locator("[aria-current]")).to_have_text("Linux")
        await expect(page.locator("ol")).to_contain_text("certutil -d")
        for name in ("iPhone, iPad", "Mac", "Android", "Windows", "Firefox", "Linux"):
            await page.get_by_role("link", name=name, exact=True).click()
            await expect(page.locator("[aria-current]")).to_have_text(name)
            assert await fits(page)
        await page.get_by_role("link", name="Windows").click()
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Get the certificate").click()
        assert (await download.value).suggested_filename.startswith("edgecam-local-ca-")


async def test_an_ipad_says_it_is_a_mac(tmp_path: Path) -> None:
    """It has a screen to touch, which no Mac has."""
    async with (
        running_node(tmp_path) as node,
        chromium(tmp_path, node.ca, f"--user-agent={MAC}", touch=True) as browser,
    ):
        page = await browser.new_page()
        await page.goto(trust_url(node))
        await page.wait_for_url("**/?for=ios")


async def test_chromium_believes_no_forgery(tmp_path: Path) -> None:
    """Whoever steals the CA's key gets nowhere with another site's name or a public address."""
    ca = await asyncio.to_thread(made, tmp_path)
    rules = f"MAP {FORGED} 127.0.0.1, MAP porch-cam.local 127.0.0.1, MAP 8.8.8.8 127.0.0.1"
    async with chromium(tmp_path, ca.ca, f"--host-resolver-rules={rules}") as browser:
        for name in (FORGED, "8.8.8.8"):
            page = await browser.new_page()
            async with served(await asyncio.to_thread(forge, ca, name)) as port:
                with pytest.raises(Error, match="ERR_CERT_"):
                    await page.goto(f"https://{name}:{port}/")
        for name in ("porch-cam.local", "127.0.0.1"):
            page = await browser.new_page()
            async with served(await asyncio.to_thread(forge, ca, name)) as port:
                answer = await page.goto(f"https://{name}:{port}/")
                assert answer is not None
                assert answer.status == 200


async def test_firefox_believes_no_forgery(tmp_path: Path) -> None:
    """Likewise."""
    ca = await asyncio.to_thread(made, tmp_path)
    local: Preferences = {"network.dns.localDomains": f"{FORGED},porch-cam.local"}
    async with firefox(tmp_path, ca.ca, local) as browser:
        async with served(await asyncio.to_thread(forge, ca, FORGED)) as port:
            with pytest.raises(BidiError, match="SEC_ERROR_CERT_NOT_IN_NAME_SPACE"):
                await browser.watcher(f"https://{FORGED}:{port}/")
        for name in ("porch-cam.local", "127.0.0.1"):
            async with served(await asyncio.to_thread(forge, ca, name)) as port:
                await browser.watcher(f"https://{name}:{port}/")


def made(folder: Path) -> Leaf:
    """A certificate and its authority."""
    return CertificateStore(folder / "tls").ensure(Names("porch-cam"))


async def another_ca(folder: Path) -> Path:
    """The certificate of another camera's authority."""
    return (await asyncio.to_thread(made, folder / "another")).ca


@asynccontextmanager
async def served(leaf: Leaf) -> AsyncIterator[int]:
    """A page under that certificate; its port."""

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>hello</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", hello)
    site = await listen(app, "127.0.0.1", 0, await asyncio.to_thread(server_context, leaf))
    try:
        yield site.port
    finally:
        await site.close()


def trust_url(node: Node) -> str:
    """Where the node shows the way, at localhost."""
    return f"http://localhost:{urlsplit(node.trust).port}/"


async def fits(page: Page) -> bool:
    """Whether nothing sticks out at the side."""
    return bool(await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))
