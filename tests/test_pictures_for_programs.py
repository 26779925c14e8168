"""OctoPrint and Home Assistant get their pictures: asked just as they ask, by the same libraries.

OctoPrint: src/octoprint/plugins/classicwebcam/__init__.py. Home Assistant: in
homeassistant/components, mjpeg/{camera,config_flow}.py and generic/{camera,config_flow}.py.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

from tests.node import Node, running_node
from tests.test_stills import decoded

pytestmark = [
    # Each asks for it by a switch of its own, and is told by the library.
    pytest.mark.filterwarnings("ignore:Unverified HTTPS request"),
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated"),
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated"),
    pytest.mark.timeout(120),
]


@dataclass
class Camera:
    """A node, and the token that an operator's program has."""

    node: Node
    token: str

    @property
    def still(self) -> str:
        """One picture."""
        return self.node.url("/snapshot.jpg")

    @property
    def stream(self) -> str:
        """One after the other."""
        return self.node.url("/stream.mjpg")


@pytest.fixture
async def camera(tmp_path: Path) -> AsyncIterator[Camera]:
    """It runs."""
    async with running_node(tmp_path, microphone__driver="none") as node:
        _, told, _ = await node.command("token", "add", "printer", "--role", "operator")
        yield Camera(node, told.strip().splitlines()[-1])


def octoprint_takes(url: str, **params: Any) -> bytes:
    """A snapshot, with its settings as OctoPrint has them at first."""
    response = requests.get(url, stream=True, timeout=5, **params)
    response.raise_for_status()
    return b"".join(response.iter_content(chunk_size=1024))


async def test_octoprint(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots in each of its ways but digest, which it is refused; verified or not."""
    bearer = {"Authorization": f"Bearer {camera.token}"}
    basic = HTTPBasicAuth("printer", camera.token)

    async def take(url: str, **params: Any) -> bytes:
        return await asyncio.to_thread(octoprint_takes, url, **params)

    for picture in (
        await take(f"{camera.still}?token={camera.token}", verify=False),
        await take(camera.still, verify=False, auth=basic),
        await take(camera.still, verify=False, headers=bearer),
    ):
        assert decoded(picture).width == 640
    digest = HTTPDigestAuth("printer", camera.token)
    with pytest.raises(requests.HTTPError, match="401"):
        await take(camera.still, verify=False, auth=digest)
    with pytest.raises(requests.exceptions.SSLError):
        await take(camera.still, verify=True, auth=basic)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(camera.node.ca))
    assert decoded(await take(camera.still, verify=True, auth=basic)).width == 640


def validated(url: str, name: str, password: str, way: str = "basic") -> str:
    """By which authentication Home Assistant's form for an MJPEG camera can read ``url``."""
    auth = HTTPBasicAuth(name, password) if way == "basic" else HTTPDigestAuth(name, password)
    response = requests.get(url, auth=auth, stream=True, timeout=10, verify=False)
    if response.status_code == 401:
        response.close()
        return validated(url, name, password, "digest") if way == "basic" else "invalid_auth"
    response.raise_for_status()
    response.close()
    return way


def extracted(stream: Iterable[bytes]) -> bytes:
    """The first picture in a stream, as its MJPEG camera finds it."""
    data = b""
    for chunk in stream:
        data += chunk
        end, start = data.find(b"\xff\xd9"), data.find(b"\xff\xd8")
        if end != -1 and start != -1:
            return data[start : end + 2]
    raise AssertionError("the stream has ended without a picture")


def still_of_stream(url: str, name: str, password: str) -> bytes:
    """A still for its MJPEG camera that has the address of the stream alone."""
    auth = HTTPBasicAuth(name, password)
    request = requests.get(url, auth=auth, stream=True, timeout=10, verify=False)
    with closing(request) as response:
        return extracted(response.iter_content(102_400))


async def test_home_assistants_mjpeg_camera(camera: Camera) -> None:
    """Its form takes both addresses; stills and the stream come by them."""
    assert await asyncio.to_thread(validated, camera.stream, "ha", camera.token) == "basic"
    assert await asyncio.to_thread(validated, camera.still, "ha", camera.token) == "basic"
    assert await asyncio.to_thread(validated, camera.still, "ha", "wrong") == "invalid_auth"
    still = await asyncio.to_thread(still_of_stream, camera.stream, "ha", camera.token)
    assert decoded(still).width == 640

    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    auth = aiohttp.BasicAuth("ha", password=camera.token)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=unverified)) as http:
        async with http.get(camera.still, auth=auth) as answer:
            assert decoded(await answer.read()).width == 640
        async with http.get(camera.stream, auth=auth) as answer:
            # Passed on as it is to whoever looks.
            assert answer.headers["Content-Type"].startswith("multipart/x-mixed-replace")
            passed = b""
            while passed.count(b"\xff\xd9") < 2:
                passed += await answer.content.read(102_400)
    assert decoded(extracted([passed])).width == 640


async def test_home_assistants_generic_camera(camera: Camera) -> None:
    """A still for each look; digest, which can be chosen there, is refused."""
    client = await asyncio.to_thread(httpx.AsyncClient, verify=False)
    async with client as http:
        basic = httpx.BasicAuth(username="ha", password=camera.token)
        for _ in range(2):
            answer = await http.get(camera.still, auth=basic, timeout=10)
            assert decoded(answer.raise_for_status().content).width == 640
            assert answer.headers["Content-Type"] == "image/jpeg"
        digest = httpx.DigestAuth(username="ha", password=camera.token)
        assert (await http.get(camera.still, auth=digest, timeout=10)).status_code == 401


async def test_a_viewers_token_is_not_enough_for_stills(camera: Camera) -> None:
    """It may watch the stream; the form would say that it can't connect."""
    _, told, _ = await camera.node.command("token", "add", "screen", "--role", "viewer")
    token = told.strip().splitlines()[-1]
    assert await asyncio.to_thread(validated, camera.stream, "ha", token) == "basic"
    with pytest.raises(requests.HTTPError, match="403"):
        await asyncio.to_thread(validated, camera.still, "ha", token)
