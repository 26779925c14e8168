"""The caller's socket at something that listens, but is no signaling server."""

import asyncio

import pytest
from aiohttp import web

from edgecam import lifecycle
from edgecam.lifecycle import cancelled
from edgecam.signaling.socket import Server, keep_connected
from tests.sockets import PATIENCE
from tests.test_pins import Listener


@pytest.mark.parametrize(
    "greeting",
    [
        "garbage",
        "0{}",
        "0[]",
        '0{"sid": "x", "upgrades": [], "pingInterval": "often", "pingTimeout": 1}',
    ],
)
async def test_a_server_that_speaks_something_else(
    greeting: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says so, once; the caller goes on trying."""
    monkeypatch.setattr(lifecycle, "FIRST_PAUSE", 0.001)
    tried = asyncio.Semaphore(0)

    async def greet(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(greeting)
        tried.release()
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/socket.io/", greet)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    listener = Listener()
    server = Server("a-token", url=f"http://127.0.0.1:{runner.addresses[0][1]}")
    task = asyncio.create_task(keep_connected(server, listener))
    try:
        async with asyncio.timeout(PATIENCE):
            for _ in range(3):
                await tried.acquire()
    finally:
        await cancelled(task)
        await runner.cleanup()
    assert listener.connections.empty()
    said = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert sum("does not speak Socket.IO" in message for message in said) == 1
