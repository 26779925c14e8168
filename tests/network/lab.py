"""Networks to call across: namespaces joined by cables, and processes inside them.

Nothing here touches the machine's own network: each cable is made inside its two namespaces.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from edgecam.lifecycle import cancelled
from tests.sockets import PATIENCE

RESOLVERS = Path("/etc/netns")
"""Where ip-netns(8) looks for what a namespace is to see as /etc."""

SMALL = {
    "EDGECAM_CAMERA_WIDTH": "320",
    "EDGECAM_CAMERA_HEIGHT": "180",
    "EDGECAM_ENCODE_VIDEO_BITRATE": "300000",
    "EDGECAM_ENCODE_VIDEO_BITRATE_LEAST": "30000",
    "EDGECAM_MICROPHONE_DRIVER": "none",
    "EDGECAM_WEB_ANNOUNCE": "off",
}


def missing() -> str:
    """What these tests need and this machine lacks, in words; empty if nothing."""
    if os.geteuid() != 0:
        return "network namespaces can be made by root only: run the tests as root"
    if lacking := [tool for tool in ("ip", "turnserver") if shutil.which(tool) is None]:
        return f"{' and '.join(lacking)} not found: apt-get install iproute2 coturn"
    name = f"edgecam-{token_hex(3)}"
    tried = subprocess.run(
        ["ip", "netns", "add", name], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        return f"this machine lets nobody make a network namespace: {tried.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


class Namespace:
    """A network of its own, with loopback up and nothing else."""

    def __init__(self, what: str) -> None:
        self.name = f"edgecam-{token_hex(3)}-{what}"
        _ip("netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments: str) -> None:
        """Have the command ``ip`` do something in here."""
        _ip("-n", self.name, *arguments)

    def plug(self, other: "Namespace", here: str, there: str, port: str = "eth0") -> None:
        """Lay a cable to ``other``; the two ends get these addresses (with prefix length)."""
        far = f"to{token_hex(3)}" if port != "eth0" or other.name.endswith("relay") else "eth0"
        self.ip("link", "add", port, "type", "veth", "peer", "name", far, "netns", other.name)
        for space, interface, address in ((self, port, here), (other, far, there)):
            # Else an IPv6 address is no good for its first second.
            nodad = ("nodad",) if ":" in address else ()
            space.ip("addr", "add", address, "dev", interface, *nodad)
            space.ip("link", "set", interface, "up")

    def reaches(self, address: str) -> bool:
        """Whether there is any way from here to ``address``."""
        command = ["ip", "-n", self.name, "route", "get", address]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def silence(self, address: str) -> None:
        """Have ``address`` swallow whatever is sent to it."""
        self.ip("neigh", "add", address, "lladdr", "02:00:00:00:00:99", "dev", "eth0")

    def resolve_by(self, address: str) -> None:
        """Make ``address`` the only name server."""
        folder = RESOLVERS / self.name
        folder.mkdir(parents=True)
        (folder / "resolv.conf").write_text(f"nameserver {address}\n")

    def remove(self) -> None:
        """Take it away, and the cables with it."""
        shutil.rmtree(RESOLVERS / self.name, ignore_errors=True)
        _ip("netns", "del", self.name)


@contextmanager
def namespaces(*names: str) -> Iterator[list[Namespace]]:
    """Namespaces, removed at the end."""
    made: list[Namespace] = []
    existed = RESOLVERS.exists()
    try:
        for name in names:
            made.append(Namespace(name))  # noqa: PERF401 - what was made is removed
        yield made
    finally:
        for space in made:
            space.remove()
        if not existed:
            # Somebody else's namespace may be in it by now.
            with suppress(OSError):
                RESOLVERS.rmdir()


class Process:
    """A command inside a namespace; ``log`` has the lines it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.log: list[str] = []
        self._process = process
        self._more = asyncio.Condition()
        self._reader = asyncio.create_task(self._read(), name="a process's output")

    async def said(self, text: str, after: int = 0) -> str:
        """The first line, from number ``after`` on, that has ``text`` in it; waits for it."""
        try:
            async with asyncio.timeout(3 * PATIENCE), self._more:
                while True:
                    for line in self.log[after:]:
                        if text in line:
                            return line
                    assert not self._reader.done(), f"ended without {text!r}: {self.log}"
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"never said {text!r}: {self.log}") from None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    async def stop(self) -> int:
        """Ask it to end; its exit code."""
        if self._process.returncode is None:
            self._process.terminate()
        return await self.ended()

    async def ended(self) -> int:
        """Wait for its end; its exit code."""
        code = await self._process.wait()
        await asyncio.wait([self._reader])
        return code

    async def kill(self) -> None:
        """End it, whatever it does."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await cancelled(self._reader)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            async with self._more:
                self.log.append(line.decode(errors="replace").rstrip())
                self._more.notify_all()
        async with self._more:
            self._more.notify_all()


@asynccontextmanager
async def running(
    space: Namespace, *command: str, environ: dict[str, str] | None = None
) -> AsyncIterator[Process]:
    """``command`` in ``space``, killed at the end."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("EDGECAM_")}
    process = Process(
        await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", space.name, *command),
            env=kept | (environ or {}),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    )
    try:
        yield process
    finally:
        await process.kill()


@asynccontextmanager
async def edgecam(
    space: Namespace,
    folder: Path,
    command: str = "run",
    bus: str = "",
    **options: Any,
) -> AsyncIterator[Process]:
    """``edgecam COMMAND`` in ``space``, configured by ``section__option=value``, and announced.

    ``bus``: the address of the system's D-Bus, where it is not the machine's own.
    """
    system = {"DBUS_SYSTEM_BUS_ADDRESS": bus} if bus else {}
    given = {f"EDGECAM_{name.replace('__', '_')}".upper(): str(v) for name, v in options.items()}
    paths = {"EDGECAM_PATHS_STATE": str(folder)}
    arguments = (sys.executable, "-u", "-m", "edgecam", command)
    async with running(space, *arguments, environ=SMALL | paths | given | system) as node:
        yield node


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
