"""A caller at another's server, which it knows by its key."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from edgecam import lifecycle
from edgecam.lifecycle import Backoff, cancelled
from edgecam.signaling.messages import Message
from edgecam.signaling.pins import PinMismatch, PinnedKey
from edgecam.signaling.socket import Emit, Server, keep_connected
from edgecam.web.certificates import CertificateStore, Leaf, Names, server_context, swap
from edgecam.web.server import listen
from tests.door import CAMERA, TOKEN, Door, open_door
from tests.sockets import PATIENCE, http_session

OTHER = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


class Listener:
    """Counts how often it was connected."""

    def __init__(self) -> None:
        self.connections: asyncio.Queue[Emit] = asyncio.Queue()

    def connected(self, emit: Emit) -> None:
        self.connections.put_nowait(emit)

    def disconnected(self) -> None:
        pass

    def said(self, message: Message) -> None:
        pass


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        door.signaling.know(CAMERA)
        yield door


async def certificate(door: Door, *hosts: str) -> Leaf:
    """The door's certificate, made anew if its names change."""
    store = CertificateStore(door.local.parent / "tls")
    return await asyncio.to_thread(store.ensure, Names("localhost", hosts))


async def viewer_sees(door: Door, state: str) -> None:
    """Wait until a viewer is told that the camera is in that ``state``."""
    viewer = await door.viewer()
    while (await viewer.hear_until("cameras"))["cameras"][0]["state"] != state:
        pass


async def test_a_caller_that_knows_the_key(door: Door) -> None:
    """It needs no CA; nor anything new when the server's certificate is renewed."""
    first = await certificate(door)
    for leaf in (first, await certificate(door, "192.168.7.1")):
        assert leaf.pin == first.pin
        assert door.leaf is not None
        await asyncio.to_thread(swap, door.leaf, leaf)
        listener = Listener()
        server = Server(TOKEN, url=door.url, pin=first.pin)
        task = asyncio.create_task(keep_connected(server, listener))
        await listener.connections.get()
        await viewer_sees(door, "ready")
        await cancelled(task)
        await viewer_sees(door, "away")


async def test_a_server_with_another_key(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told nothing, the token least of all; the log says what key it has."""
    monkeypatch.setattr(lifecycle, "FIRST_PAUSE", 0.001)
    asked: list[web.Request] = []
    tried = asyncio.Semaphore(0)
    failed = Backoff.failed

    def note_failure(self: Backoff, error: Exception) -> float:
        tried.release()
        return failed(self, error)

    monkeypatch.setattr(Backoff, "failed", note_failure)

    @web.middleware
    async def note(request: web.Request, handler: Any) -> web.StreamResponse:
        asked.append(request)
        response: web.StreamResponse = await handler(request)
        return response

    app = web.Application(middlewares=[note])
    assert door.leaf is not None
    site = await listen(app, "", 0, door.leaf)
    listener = Listener()
    server = Server(TOKEN, url=f"https://localhost:{site.port}/", pin=OTHER)
    task = asyncio.create_task(keep_connected(server, listener))
    try:
        async with asyncio.timeout(PATIENCE):
            for _ in range(3):
                await tried.acquire()
    finally:
        await cancelled(task)
        await site.close()
    assert asked == []
    assert listener.connections.empty()
    said = [record.message for record in caplog.records if record.levelname == "WARNING"]
    pin = (await certificate(door)).pin
    assert sum(pin in message for message in said) == 1


@pytest.mark.parametrize("year", [2040, 2027])
async def test_names_and_dates_do_not_matter(tmp_path: Path, year: int) -> None:
    """A certificate not valid yet, for other names: the key is the server's, and that is all."""
    made = datetime(year, 1, 1, tzinfo=UTC)
    store = CertificateStore(tmp_path / "tls", lambda: made)
    leaf = await asyncio.to_thread(store.ensure, Names("elsewhere.example"))
    app = web.Application()
    site = await listen(app, "", 0, await asyncio.to_thread(server_context, leaf))
    url = f"https://127.0.0.2:{site.port}/"
    try:
        async with http_session(PinnedKey(leaf.pin)) as http, http.get(url) as answer:
            assert answer.status == 404
        async with http_session(PinnedKey(OTHER)) as http:
            with pytest.raises(PinMismatch):
                await http.get(url)
        async with http_session() as http:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await http.get(url)
    finally:
        await site.close()


async def test_a_refused_server_costs_nothing(tmp_path: Path) -> None:
    """Each refusal closes the connection that it refuses."""
    store = CertificateStore(tmp_path / "tls")
    leaf = await asyncio.to_thread(store.ensure, Names("localhost"))
    site = await listen(web.Application(), "", 0, await asyncio.to_thread(server_context, leaf))
    try:
        async with http_session(PinnedKey(OTHER)) as http:
            before = await descriptors()
            for _ in range(4):
                with pytest.raises(PinMismatch):
                    await http.get(f"https://localhost:{site.port}/")
            async with asyncio.timeout(PATIENCE):
                while await descriptors() > before:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
    finally:
        await site.close()


async def descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(await asyncio.to_thread(os.listdir, "/proc/self/fd"))
