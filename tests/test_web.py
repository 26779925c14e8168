"""The HTTPS server over real sockets: who sees what, and what every answer says about itself."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from edgecam.accounts.book import MOST_SECRET
from edgecam.signaling.parser import MOST_MESSAGE
from edgecam.web import assets
from edgecam.web.server import SECURITY_HEADERS, WebServer, listen
from edgecam.web.sessions import COOKIE
from tests.door import BEARER, Door, open_door

POLL = "socket.io/?EIO=4&transport=polling"
PATHS = ["", "index.html", "main.js", "vendor/socket.io.esm.min.js", "nothing", POLL, "enter", "x/"]
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


async def status(
    http: aiohttp.ClientSession, url: str, method: str = "GET", **headers: str
) -> tuple[int, str]:
    """What a request is answered with: status and text. Checks the headers of every answer."""
    async with http.request(method, url, headers=headers) as answer:
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers.getall(name) == [value]
        return answer.status, await answer.text()


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_without_a_session(door: Door, path: str) -> None:
    """Every address says the same to strangers: 401, and how to get in."""
    http = await door.stranger()
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        code, text = await status(http, door.url + path, method)
        assert code == 401
        assert ("edgecam link" in text) == (method != "HEAD")


async def test_health_is_for_everybody(door: Door) -> None:
    """It says that the node lives and nothing else."""
    assert await status(await door.stranger(), f"{door.url}health") == (200, '{"status": "ok"}')


async def test_the_link_opens_once(door: Door) -> None:
    """It sets a cookie that no script reads and no other site's request carries."""
    http = await door.stranger()
    link = door.link()
    async with http.get(link) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert 'http-equiv="refresh"' in await answer.text()
        cookie = answer.cookies[COOKIE]
        raw = answer.headers["Set-Cookie"]
    assert COOKIE == "__Host-edgecam"
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/"
    assert "domain" not in raw.lower()
    assert (await status(http, door.url))[0] == 200
    assert (await status(await door.stranger(), link))[0] == 403


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
async def test_only_opening_a_link_uses_it_up(door: Door, method: str) -> None:
    """A programme that only asks whether the address exists does not."""
    http = await door.stranger()
    link = door.link()
    assert (await status(http, link, method))[0] in (401, 405)
    assert (await status(http, link))[0] == 200


@pytest.mark.parametrize("code", ["", "x", "%00", "%ff", "ü", "a/b", "..%2f", "x" * 4_000])
async def test_links_nobody_made(door: Door, code: str) -> None:
    """They open nothing."""
    code_, text = await status(await door.stranger(), f"{door.url}enter/{code}")
    assert code_ in (401, 403)
    assert "Set-Cookie" not in text


async def forged(door: Door) -> dict[str, str]:
    """Cookies that are no session here."""
    good = await door.secret()
    ended = await door.secret()
    await door.keeper.command("session-revoke", {})
    door.times.now -= 40 * 24 * 3_600
    expired = await door.secret()
    door.times.now += 40 * 24 * 3_600
    still = await door.secret()
    return {
        "revoked": good,
        "revoked too": ended,
        "expired": expired,
        "tampered": still[:-1] + ("0" if still[-1] != "0" else "1"),
        "cut": still[: len(still) // 2],
        "oversized": still + "0" * MOST_SECRET,
        "empty": "",
        "of another kind": f"{still}.1800000000.{'0' * 64}",
    }


async def test_bad_cookies(door: Door) -> None:
    """Forged, expired, tampered with, oversized: each is as good as none."""
    for cookie in (await forged(door)).values():
        for path in ("", POLL):
            code, _ = await status(
                await door.stranger(), door.url + path, Cookie=f"{COOKIE}={cookie}"
            )
            assert code == 401


async def test_sessions_survive_a_restart(tmp_path: Path) -> None:
    """A browser that was let in stays in when the node has started again; nowhere else."""
    async with open_door(tmp_path) as door:
        headers = {"Cookie": await door.cookie()}
    await asyncio.to_thread((tmp_path / "other").mkdir)
    for folder, code in ((tmp_path, 200), (tmp_path / "other", 401)):
        async with open_door(folder) as again:
            assert (await status(await again.stranger(), again.url, **headers))[0] == code


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost:{port}",
        "https://localhost:1",
        "https://localhost",
        "null",
        "",
        "https://localhost:{port}.evil.example",
        "https://localhost:{port}/",
    ],
)
async def test_other_sites(door: Door, origin: str) -> None:
    """With a session, with a caller's token or without: another origin gets 403."""
    origin = origin.format(port=door.port)
    for path in ("", "health", POLL, f"enter/{door.keeper.new_link()}"):
        for http in (await door.browser(), await door.stranger()):
            url = door.url + path
            assert (await status(http, url, Origin=origin, **BEARER))[0] == 403
            assert (await status(http, url, "OPTIONS", Origin=origin))[0] == 403
            assert (await status(http, url, "POST", Origin=origin))[0] == 403
    http = await door.browser()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(f"{door.url}socket.io/?EIO=4&transport=websocket", origin=origin)
    assert refused.value.status == 403


async def test_its_own_origin(door: Door) -> None:
    """The page's own requests and sockets are let in."""
    http = await door.browser()
    origin = door.url.rstrip("/")
    assert (await status(http, door.url, Origin=origin))[0] == 200
    assert (await status(http, door.url + POLL, Origin=origin))[0] == 200
    address = f"{door.url}socket.io/?EIO=4&transport=websocket"
    async with http.ws_connect(address, origin=origin) as socket:
        assert (await socket.receive_str()).startswith("0{")


async def test_no_other_site_is_invited(door: Door) -> None:
    """No answer of the signaling server carries a CORS header."""
    http = await door.browser()
    for headers in ({}, {"Origin": door.url.rstrip("/")}):
        async with http.get(door.url + POLL, headers=headers) as answer:
            assert not [name for name in answer.headers if name.lower().startswith("access-c")]


async def test_the_policy(door: Door) -> None:
    """Scripts, styles and connections from here only, framed by itself alone, never guessed at."""
    http = await door.browser()
    for path in ("", "nothing", "health", POLL, "socket.io/?EIO=3", "enter/x"):
        async with http.get(door.url + path) as answer:
            assert answer.headers["Content-Security-Policy"] == CSP
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
            assert answer.headers["Server"] == "edgecam"
            # Who has not trusted the CA yet would be locked out by it.
            assert "Strict-Transport-Security" not in answer.headers


async def test_files_are_compressed_and_kept(door: Door) -> None:
    """Gzip for who takes it; 304 for who has the file already."""
    http = await door.browser()
    async with http.get(f"{door.url}style.css", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.content_type == "text/css"
        body, tag = await answer.read(), answer.headers["ETag"]
    async with http.get(f"{door.url}style.css", headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert await answer.read() == body
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        async with http.get(f"{door.url}style.css", headers={"If-None-Match": known}) as answer:
            assert answer.status == 304
            assert answer.headers["ETag"] == tag
            assert await answer.read() == b""
    async with http.get(f"{door.url}style.css", headers={"If-None-Match": '"other"'}) as answer:
        assert answer.status == 200


async def test_who_has_the_files_asks_for_the_page_alone(door: Door) -> None:
    """It names them by what is in all of them, so that they may be kept for ever."""
    http = await door.browser()
    async with http.get(door.url) as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        page = await answer.text()
    # What strangers may have, too, has one name for all.
    named = set(re.findall(r' (?:href|src)="([^/"][^"]*)"', page))
    assert len(named) > 10
    editions = {name.partition("/")[0] for name in named}
    assert len(editions) == 1
    for name in named | {f"{editions.pop()}/call.css"}:
        async with http.get(door.url + name) as answer:
            assert answer.status == 200
            assert "immutable" in answer.headers["Cache-Control"]
        async with http.get(door.url + name.partition("/")[2]) as plain:
            assert plain.headers["Cache-Control"] == "no-cache"
            assert plain.headers["ETag"] == answer.headers["ETag"]


def test_what_the_first_picture_needs_is_asked_for_at_once() -> None:
    """All modules that ``main.js`` begins with are preloaded, and none that can come later."""
    files = assets.load()
    page = files["/index.html"].body.decode()
    preloaded = set(re.findall(r'rel="modulepreload" href="([^"]+)"', page))
    needed, found = set(), {"main.js"}
    while found:
        name = found.pop()
        needed.add(name)
        if not name.startswith("vendor/"):
            source = files[f"/{name}"].body.decode()
            found |= (
                set(re.findall(r'^(?:import|\}) .*from "\./(.+)";$', source, re.MULTILINE)) - needed
            )
    words = {name for name in preloaded if name.startswith("languages")}
    assert preloaded - words == needed


def test_every_file_is_what_it_says() -> None:
    """What is kept compressed is the file, and each has a type that browsers run or show."""
    for path, asset in assets.load().items():
        assert asset.gzipped is None or gzip.decompress(asset.gzipped) == asset.body
        if path.endswith(".js"):
            assert asset.content_type == "text/javascript"


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/vendor/../../server.py",
        "/vendor//..//../server.py",
        "//etc/passwd",
        "/etc/passwd",
        "/index.html%00",
        "/index.html/",
        "/vendor",
        "/vendor/",
        "/\\..\\server.py",
        "/%ff%fe",
        "/enter/../session.key",
        "/health/../main.js/x",
    ],
)
async def test_there_is_nothing_else(door: Door, path: str) -> None:
    """No path leads out of the page's files."""
    cookie = await door.cookie()
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n"
    answer = await door.said(request.encode() + b"Connection: close\r\n\r\n")
    assert answer.split(b"\r\n")[0] == b"HTTP/1.1 404 Not Found"
    assert CSP.encode() in answer


async def test_methods(door: Door) -> None:
    """HEAD is GET without a body; what changes things is not allowed, and what is, is said."""
    http = await door.browser()
    assert await status(http, door.url, "HEAD") == (200, "")
    for method in ("POST", "PUT", "DELETE", "PATCH", "PROPFIND"):
        async with http.request(method, door.url) as answer:
            assert answer.status == 405
            assert answer.headers["Allow"] == "GET,HEAD"
    assert (await status(http, door.url + POLL, "DELETE"))[0] == 405


async def test_something_broke(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """What nobody thought of is one answer like any other, and one trace in the log."""

    async def broken(request: web.Request) -> web.Response:
        raise RuntimeError("nobody thought of it")

    def mount(app: web.Application) -> None:
        app.router.add_get("/broken", broken)

    server = WebServer(door.keeper, {}, lambda _: False, mount)
    assert door.leaf is not None
    site = await listen(server.app, "", 0, door.leaf)
    http = await door.browser()
    try:
        code, text = await status(http, f"https://localhost:{site.port}/broken")
    finally:
        await site.close()
    assert code == 500
    assert "nobody thought of it" not in text
    assert len([record for record in caplog.records if record.exc_info]) == 1


async def test_a_body_too_large_for_the_signaling(door: Door) -> None:
    """What is posted there ends where messages end, and the socket with it."""
    http = await door.browser()
    async with http.get(door.url + POLL) as answer:
        url = f"{door.url}{POLL}&sid={json.loads((await answer.text())[1:])['sid']}"
    polled, posted = await asyncio.gather(
        http.get(url), http.post(url, data="4" + "x" * MOST_MESSAGE)
    )
    assert await polled.text() == "1"
    posted.release()
    async with http.get(url) as again:
        assert again.status == 400
    assert (await status(http, url))[0] == 400
