"""A real node under a service manager: what that hears from its start to its end."""

import asyncio
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.node import Node
from tests.viewer import viewer_of


class Manager:
    """A service manager that only listens."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener

    async def hear(self, text: str) -> str:
        """The next datagram that has ``text`` in it."""
        loop = asyncio.get_running_loop()
        while True:
            told = (await loop.sock_recv(self._listener, 4_096)).decode()
            if text in told:
                return told


@asynccontextmanager
async def managed(folder: Path) -> AsyncIterator[tuple[Node, Manager]]:
    """A node that runs, and its manager."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(folder / "notify"))
        listener.setblocking(False)
        node = Node(
            folder,
            {"NOTIFY_SOCKET": listener.getsockname(), "WATCHDOG_USEC": "20000000"},
        )
        await node.start()
        try:
            yield node, Manager(listener)
        finally:
            await node.kill()


async def test_from_start_to_stop(tmp_path: Path) -> None:
    """Ready, status, reload while somebody watches, stop: all told, and in this order."""
    async with managed(tmp_path) as (node, manager):
        ready, _, status = (await manager.hear("READY=1")).partition("\n")
        assert ready == "READY=1"
        assert status.startswith("STATUS=nobody watches virtual 640x360@30, H.264 in software")
        async with viewer_of(node) as viewer:
            await viewer.watch()
            await manager.hear("STATUS=1 of 8 watch virtual 640x360@30")
            node.process.send_signal(signal.SIGHUP)
            await manager.hear("RELOADING=1\nMONOTONIC_USEC=")
            assert await manager.hear("READY=1") == "READY=1"
            await viewer.screen.picture()
            assert await manager.hear("WATCHDOG") == "WATCHDOG=1"
            assert await node.stop() == 0
        await manager.hear("STOPPING=1")


async def test_a_reload_of_a_bad_certificate(tmp_path: Path) -> None:
    """It is refused and left as it is; the one in use stays, until a good one is there."""
    async with managed(tmp_path) as (node, manager):
        await manager.hear("READY=1")
        file = node.ca.with_name("leaf.crt")
        served = await shown(node)
        assert served == await asyncio.to_thread(file.read_text)
        await asyncio.to_thread(file.write_text, "nonsense")
        node.process.send_signal(signal.SIGHUP)
        await manager.hear("STATUS=the new configuration is refused")
        assert await shown(node) == served
        assert await asyncio.to_thread(file.read_text) == "nonsense"
        for kept in (file, file.with_name("leaf.key")):
            await asyncio.to_thread(kept.unlink)
        node.process.send_signal(signal.SIGHUP)
        await manager.hear("STATUS=nobody watches")
        assert await shown(node) == await asyncio.to_thread(file.read_text) != served


async def shown(node: Node) -> str:
    """The certificate the node shows, in PEM."""
    return await asyncio.to_thread(ssl.get_server_certificate, ("localhost", node.port))


async def test_asking_how_it_is(tmp_path: Path) -> None:
    """``edgecam status`` prints the line."""
    async with managed(tmp_path) as (node, _):
        code, out, _ = await node.command("status")
        assert code == 0
        assert out.startswith("nobody watches virtual 640x360@30, H.264 in software")
