"""The HTTPS server where it meets the network: ports, TLS, bytes that are no HTTP."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from edgecam.errors import StartError
from edgecam.web.server import listen, listen_locally
from tests.door import Door, open_door

POLL = "socket.io/?EIO=4&transport=polling"


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


async def health(door: Door) -> int:
    """What a stranger who asks how the node is gets."""
    async with (await door.stranger()).get(f"{door.url}health") as answer:
        return answer.status


@pytest.mark.parametrize(
    "header",
    [
        b"Authorization: Bearer \xff\xfe",
        b"Cookie: __Host-edgecam=\xff.1.\xff",
        b"Cookie: \xff=\xff; ;;=; __Host-edgecam",
        b"Origin: \xff",
        b"If-None-Match: \xff",
        b"Accept-Encoding: \xff",
        b"Authorization: Bearer",
        b"Authorization: Basic " + b"=" * 1_000,
    ],
)
@pytest.mark.parametrize("path", ["/", "/" + POLL, "/enter/\udcff", "/enter/%ff"])
async def test_headers_of_strange_bytes(
    door: Door, header: bytes, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """They are refused like any stranger, with no trace in the log."""
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode(
        errors="surrogateescape"
    )
    answer = await door.said(request + header + b"\r\n\r\n")
    assert answer[9:12] in (b"400", b"401", b"403")
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_request_without_a_host(door: Door) -> None:
    """A name that the request does not call the node by is another site's."""
    answer = await door.said(b"GET / HTTP/1.0\r\nOrigin: https://localhost\r\n\r\n")
    assert b" 403 " in answer.split(b"\r\n")[0]


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
    ids=["header", "headers", "line", "nonsense"],
)
async def test_huge_requests(door: Door, request_: bytes) -> None:
    """Too much before the body is refused, and the next stranger is served."""
    answer = await door.said(request_)
    assert answer.startswith(b"HTTP/1.")
    assert answer[9:10] == b"4"
    assert await health(door) == 200


async def test_old_tls_is_refused(door: Door) -> None:
    """TLS 1.2 and 1.3 are spoken, and nothing older."""
    request = b"GET /health HTTP/1.0\r\n\r\n"
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        door.tls.minimum_version = door.tls.maximum_version = version
        assert b" 200 " in await door.said(request)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await door.said(request, old)


async def test_a_port_in_use(door: Door) -> None:
    """It is said which, and which option chooses another."""
    with pytest.raises(StartError, match=rf"port {door.port} .* web\.port"):
        await listen(web.Application(), "", door.port, door.tls)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "::zz"])
async def test_an_address_that_is_not_here(door: Door, host: str) -> None:
    """That is said as well."""
    with pytest.raises(StartError, match="can't be had"):
        await listen(web.Application(), host, 0, door.tls)


async def test_the_local_socket_is_private(door: Door) -> None:
    """Nobody else on the device may connect, and a second node may not take it over."""
    assert (await asyncio.to_thread(door.local.stat)).st_mode & 0o777 == 0o600
    with pytest.raises(StartError, match="another edgecam is running here"):
        await listen_locally(web.Application(), door.local)
    async with (await door.device()).post("http://edgecam/link") as answer:
        links = (await answer.json())["links"]
    async with (await door.stranger()).get(links[0]) as answer:
        assert answer.status == 200


async def test_a_dead_local_socket_is_replaced(tmp_path: Path) -> None:
    """What a node that was killed left behind is no obstacle."""
    path = tmp_path / "signaling.sock"
    for _ in range(2):
        site = await listen_locally(web.Application(), path)
        await asyncio.to_thread(path.rename, tmp_path / "aside")
        await site.close()
        await asyncio.to_thread((tmp_path / "aside").rename, path)


async def test_a_local_socket_that_can_not_be(tmp_path: Path) -> None:
    """A path too long, or below nothing: said in words that name the option."""
    for path in (tmp_path / ("x" * 200), tmp_path / "nothing" / "x", tmp_path):
        with pytest.raises(StartError, match=r"paths\.runtime"):
            await listen_locally(web.Application(), path)
