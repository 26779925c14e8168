"""A real node in a process of its own, as an operator would run it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

SMALL = {
    "EDGECAM_CAMERA_WIDTH": "640",
    "EDGECAM_CAMERA_HEIGHT": "360",
    "EDGECAM_ENCODE_VIDEO_BITRATE": "1000000",
    "EDGECAM_WEB_PORT": "0",
    "EDGECAM_WEB_TRUST_PORT": "0",
    "EDGECAM_WEB_ANNOUNCE": "off",
}
"""What most tests want: a picture that is cheap to encode, and whatever port is free."""


class Node:
    """``edgecam run``, or another ``command`` that lives as long, with its state in ``folder``.

    ``start`` again after ``stop`` or ``kill``. ``within``: a command that becomes it, such as
    nsenter.
    """

    def __init__(
        self,
        folder: Path,
        environ: dict[str, str],
        command: str = "run",
        within: tuple[str, ...] = (),
    ) -> None:
        self.state = folder / "state"
        self.ca = self.state / "tls" / "ca.crt"
        self.local_socket = self.state / "run" / "signaling.sock"
        self.log_file = folder / "edgecam.log"
        self.port = 0
        self.links: list[str] = []
        self.set_up_code = ""
        self.trust = ""
        self._command = command
        self._within = within
        self._environ = SMALL | {"EDGECAM_PATHS_STATE": str(self.state)} | environ
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The process that runs, or ran last."""
        assert self._process is not None
        return self._process

    @property
    def log(self) -> str:
        """Everything logged so far."""
        return self.log_file.read_text() if self.log_file.exists() else ""

    @property
    def link(self) -> str:
        """The first one-time link, at localhost."""
        return next(link for link in self.links if "//localhost" in link)

    def url(self, path: str = "/") -> str:
        """An address of the page."""
        return f"https://localhost:{self.port}{path}"

    async def start(self) -> None:
        """Run until it says that it can be watched."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("EDGECAM_")}
        if self.port:
            self._environ["EDGECAM_WEB_PORT"] = str(self.port)
        with await asyncio.to_thread(self.log_file.open, "ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(*self._within, sys.executable, "-m", "edgecam", self._command),
                env=environ | self._environ,
                # No terminal that could be closed, so that SIGHUP asks for a reload.
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        await self._read_announcement()

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self._gone()

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self.process.returncode is None:
            self.process.kill()
        await self._gone()

    async def new_link(self) -> str:
        """One more one-time link, at localhost."""
        _, out, _ = await self.command("link")
        return next(line.strip() for line in out.splitlines() if "//localhost" in line)

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """What ``edgecam`` with the node's configuration does: exit code, output, errors."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "edgecam", *arguments),
            env=os.environ | self._environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, told = await process.communicate()
        return process.returncode or 0, out.decode(), told.decode()

    async def _read_announcement(self) -> None:
        assert self.process.stdout is not None
        self.links, self.set_up_code = [], ""
        while line := (await self.process.stdout.readline()).decode():
            if "/enter/" in line:
                self.links.append(line.strip())
            if "set-up code" in line:
                self.set_up_code = line.split()[-1]
            if "To trust it" in line:
                self.trust = line.split()[-1]
            if "SHA-256" in line:
                self.port = urlsplit(self.links[0]).port or 0
                return
            if "at the signaling server elsewhere" in line:
                return
        raise AssertionError(f"edgecam did not start: {await asyncio.to_thread(lambda: self.log)}")

    async def _gone(self) -> int:
        assert self.process.stdout is not None
        await self.process.stdout.read()
        return await self.process.wait()


def running_node(folder: Path, **options: str | int) -> AbstractAsyncContextManager[Node]:
    """A node that lives, configured by ``section__option=value``, stopped at the end."""
    return _living(folder, "run", options)


def serving_node(folder: Path, **options: str | int) -> AbstractAsyncContextManager[Node]:
    """The page and the signaling server alone, for callers elsewhere."""
    return _living(folder, "serve", options)


@asynccontextmanager
async def _living(
    folder: Path, command: str, options: Mapping[str, str | int]
) -> AsyncIterator[Node]:
    environ = {f"EDGECAM_{name.replace('__', '_')}".upper(): str(v) for name, v in options.items()}
    node = Node(folder, environ, command)
    await node.start()
    try:
        yield node
    finally:
        await node.kill()
