"""Plain HTTP over a real socket: what it serves, to whom, and that it serves nothing else."""

import asyncio
import plistlib
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import get_args

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from edgecam.service.activation import passed_socket
from edgecam.web.certificates import CertificateStore, Leaf, Names
from edgecam.web.server import listen_plainly
from edgecam.web.trust import pages
from edgecam.web.trust.handouts import handouts
from edgecam.web.trust.platforms import PLATFORMS, Platform, chosen, recognised
from edgecam.web.trust.site import MOST_EACH, TrustSite
from edgecam.web.trust.words import STEPS, WORDS
from tests.door import open_door
from tests.sockets import PATIENCE

NAMES = Names("porch-cam", ("192.168.7.20",))
FILES = ("edgecam.crt", "edgecam.pem", "edgecam.mobileconfig")
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"


class Way:
    """The way to trust ``leaf``, at ``port`` of this machine."""

    def __init__(self, http: aiohttp.ClientSession, leaf: Leaf, port: int) -> None:
        self.leaf = leaf
        self.port = port
        self._http = http

    async def ask(
        self, path: str = "", host: str = "localhost", method: str = "GET", **headers: str
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        """The answer to a request that says it is for ``host``."""
        async with self._http.request(
            method,
            f"http://127.0.0.1:{self.port}/{path}",
            headers={"Host": f"{host}:{self.port}"} | headers,
            allow_redirects=False,
        ) as answer:
            return answer, await answer.read()


@asynccontextmanager
async def open_way(folder: Path, *, local: bool = True) -> AsyncIterator[Way]:
    """A way that is open."""
    made = await asyncio.to_thread(CertificateStore(folder / "tls").ensure, NAMES)
    leaf = replace(made, local=local)
    files = await asyncio.to_thread(pages.load)
    site = await listen_plainly(TrustSite(lambda: leaf, 8443, files).app, "127.0.0.1", [0], None)
    assert site is not None
    async with AsyncExitStack() as stack:
        stack.push_async_callback(site.close)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Way(http, leaf, site.port)


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Way]:
    """The way to trust a certificate made here."""
    async with open_way(tmp_path) as way:
        yield way


async def test_the_page(way: Way) -> None:
    """The right steps for the one who asks, the fingerprint, and where the camera is."""
    answer, body = await way.ask(**{"User-Agent": IPHONE, "Accept-Language": "pt"})
    text = body.decode()
    assert answer.status == 200
    assert '<html lang="pt-BR">' in text
    assert 'href="/edgecam.mobileconfig"' in text
    assert way.leaf.fingerprint in re.sub(r"(?<=[0-9A-F]{2}) (?=[0-9A-F]{2})", ":", text)
    assert 'href="https://localhost:8443/"' in text
    assert "style=" not in text
    assert "<script>" not in text


@pytest.mark.parametrize(
    "path", ["", *FILES, "qr.svg", "trust.css", "trust.js", "nothing", "../pages.py", "trust.py"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
async def test_every_answer(way: Way, path: str, method: str) -> None:
    """No cookie, nothing kept, nothing inline; reading is all there is."""
    answer, body = await way.ask(path, method=method)
    known = path in ("", *FILES, "qr.svg", "trust.css", "trust.js")
    assert answer.status == (405 if method not in ("GET", "HEAD") else 200 if known else 404)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Server"] == "edgecam"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert "connect-src https://localhost:8443;" in policy
    assert "unsafe" not in policy
    assert bool(body) == (method != "HEAD")
    assert answer.status == 200 or len(body) < 100


@pytest.mark.parametrize(
    "host", ["porch-cam", "porch-cam.local", "PORCH-CAM.local.", "192.168.7.20"]
)
async def test_hosts_of_this_device(way: Way, host: str) -> None:
    """Whatever the certificate is good for."""
    assert (await way.ask(host=host))[0].status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "porch-cam.fritz.box", "porch-cam.local.evil.example", "8.8.8.8"]
)
async def test_other_hosts(way: Way, host: str) -> None:
    """Nothing is served under another's name: on to where the certificate is good."""
    for path in ("", "edgecam.crt", "nothing"):
        answer, body = await way.ask(path, host)
        assert (answer.status, body) == (302, b"")
        assert answer.headers["Location"] == f"http://127.0.0.1:{way.port}/"


@pytest.mark.parametrize("host", ["", "a b", "[::1", "[porch-cam]", "x/y", "a@b", "ü", "x" * 300])
async def test_nonsense_for_a_host(way: Way, host: str) -> None:
    """It is refused, and not repeated."""
    reader, writer = await asyncio.open_connection("127.0.0.1", way.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: " + host.encode() + b"\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        said = await reader.read()
    writer.close()
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"Location" not in said


async def test_the_files_are_the_authority(way: Way) -> None:
    """Each holds its certificate, and none its key."""
    ca = x509.load_pem_x509_certificate(await asyncio.to_thread(way.leaf.ca.read_bytes))
    der, pem, profile = [await way.ask(name) for name in FILES]
    assert x509.load_der_x509_certificate(der[1]) == ca
    assert x509.load_pem_x509_certificate(pem[1]) == ca
    (payload,) = plistlib.loads(profile[1])["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.security.root"
    assert x509.load_der_x509_certificate(payload["PayloadContent"]) == ca
    assert der[0].content_type == "application/x-x509-ca-cert"
    assert profile[0].content_type == "application/x-apple-aspen-config"
    for answer, body in (der, pem, profile):
        assert b"PRIVATE" not in body
        assert 'filename="edgecam-local-ca-porch-cam-' in answer.headers["Content-Disposition"]


async def test_the_profile_is_the_same_each_time(way: Way) -> None:
    """So that a phone replaces it instead of having it twice; another authority's is another."""
    pem = await asyncio.to_thread(way.leaf.ca.read_bytes)
    assert handouts(pem) == handouts(pem)
    shown = plistlib.loads((await way.ask("edgecam.mobileconfig"))[1])
    content = x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()
    assert content[:16] in shown["PayloadIdentifier"]


async def test_with_a_certificate_of_ones_own(tmp_path: Path) -> None:
    """There is nothing to trust: everything leads to the page itself."""
    async with open_way(tmp_path, local=False) as way:
        for path in ("", *FILES, "nothing"):
            answer, body = await way.ask(path, "porch-cam.local")
            assert (answer.status, body) == (302, b"")
            assert answer.headers["Location"] == "https://porch-cam.local:8443/"
        assert "evil" not in (await way.ask(host="evil.example"))[0].headers["Location"]


@pytest.mark.parametrize(
    ("agent", "platform"),
    [
        (IPHONE, "ios"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.4 Safari/605.1.15", "macos"),
        ("Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0.0.0 Mobile Safari/537.36", "android"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Firefox/140.0", "windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36", "linux"),
        ("curl/8.0", "linux"),
        ("", "linux"),
        ("\x00" * 4_000, "linux"),
    ],
)
def test_platforms_are_recognised(agent: str, platform: Platform) -> None:
    """And somebody's choice counts for more, if it is one."""
    assert recognised(agent) == platform
    assert chosen("<script>", agent) == platform
    assert [chosen(each, agent) for each in PLATFORMS] == list(PLATFORMS)


@pytest.mark.parametrize("lang", WORDS)
def test_each_language_says_it_all(lang: str) -> None:
    """The same steps, with the same icons, files and commands, in other words."""
    english = STEPS["en"]
    assert WORDS[lang].keys() == WORDS["en"].keys()
    assert STEPS[lang].keys() == english.keys() == set(get_args(Platform))
    for platform in PLATFORMS:
        for (icon, text), (same_icon, same) in zip(
            STEPS[lang][platform], english[platform], strict=True
        ):
            assert icon == same_icon
            assert re.findall(r"\{\w+\}|</?\w+>", text) == re.findall(r"\{\w+\}|</?\w+>", same)
            assert lang == "en" or text != same


async def test_trust_is_seen_at_the_same_host_only(tmp_path: Path) -> None:
    """The page of plain HTTP may know whether HTTPS is trusted; other sites learn nothing."""
    async with open_door(tmp_path) as door:
        http = await door.stranger()
        for origin, status, allowed in (
            ("http://localhost", 200, "http://localhost"),
            ("http://localhost:8080", 200, "http://localhost:8080"),
            ("http://evil.example", 403, None),
            ("http://localhost.evil.example", 403, None),
            ("https://localhost", 403, None),
            ("null", 403, None),
        ):
            async with http.get(f"{door.url}trusted", headers={"Origin": origin}) as answer:
                assert answer.status == status
                assert answer.headers.get("Access-Control-Allow-Origin") == allowed
                assert answer.headers.get("Access-Control-Allow-Credentials") is None
        async with http.get(f"{door.url}health", headers={"Origin": "http://localhost"}) as answer:
            assert answer.status == 403


async def test_ports(tmp_path: Path) -> None:
    """The next one is taken where the first can't be had; without any, the camera goes on."""
    async with open_way(tmp_path) as way:
        app = TrustSite(lambda: way.leaf, 8443, await asyncio.to_thread(pages.load)).app
        assert await listen_plainly(app, "127.0.0.1", [way.port], None) is None
        site = await listen_plainly(app, "127.0.0.1", [way.port, 0], None)
        assert site is not None
        assert site.port != way.port
        await site.close()


def test_a_socket_that_was_passed() -> None:
    """Only what is meant for this very process is taken."""
    assert passed_socket({}) is None
    assert passed_socket({"LISTEN_PID": "1", "LISTEN_FDS": "1"}) is None


async def test_it_is_served_on_a_passed_socket(tmp_path: Path) -> None:
    """Whoever may open port 80 can hand it to a node that may not."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = await asyncio.to_thread(CertificateStore(tmp_path / "tls").ensure, NAMES)
        files = await asyncio.to_thread(pages.load)
        listener.setblocking(False)
        app = TrustSite(lambda: made, 8443, files).app
        site = await listen_plainly(app, "", [1], listener)
        assert site is not None
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{site.port}/") as answer,
        ):
            assert answer.status == 200
        await site.close()


async def test_connections_are_limited(way: Way) -> None:
    """Who opens many without a word is cut off; the page is there all the same."""
    streams = [await asyncio.open_connection("127.0.0.1", way.port) for _ in range(MOST_EACH + 5)]
    async with asyncio.timeout(PATIENCE):
        for reader, _ in streams[-5:]:
            assert await reader.read() == b""
    for _, writer in streams:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    assert (await way.ask())[0].status == 200
