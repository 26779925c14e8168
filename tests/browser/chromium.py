"""Debian's Chromium, trusting one node's CA and nothing else about it."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright

from tests.browser.trust import trust

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser")


@asynccontextmanager
async def chromium(
    folder: Path, ca: Path, *flags: str, locale: str = "en-US", touch: bool = False
) -> AsyncIterator[BrowserContext]:
    """A browser with a fresh profile in ``folder``. TLS is verified for real, against ``ca``.

    ``locale`` is the one language it prefers, whatever the system's is. With ``touch`` it has a
    screen to touch.

    No permission is faked: Chromium hides its addresses behind ``.local`` names, as it does for
    everybody who has not granted camera or microphone.
    """
    if EXECUTABLE is None:
        pytest.fail("chromium is missing: apt install chromium")
    home = folder / "home"
    await trust(home / ".pki" / "nssdb", ca)
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=EXECUTABLE,
            args=[*FLAGS, *flags],
            env={**os.environ, "HOME": str(home)},
            ignore_default_args=["--mute-audio"],
            viewport={"width": 1280, "height": 800},
            locale=locale,
            has_touch=touch,
        )
        try:
            yield context
        finally:
            await context.close()


async def open_page(context: BrowserContext, link: str) -> Page:
    """A page that came in by the one-time ``link``."""
    page = await context.new_page()
    await page.goto(link)
    await page.wait_for_url(lambda url: "/enter/" not in url)
    return page
