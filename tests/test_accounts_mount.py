"""The disk of a running node becomes read-only, by real mounts: as a failing card does it, and as
an operator may.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.ledger import PASSWORD
from tests.node import Node
from tests.visitor import Visitor, visitor

pytestmark = pytest.mark.timeout(180)


def missing() -> str:
    """What these tests need and this machine lacks, in words; empty if nothing."""
    if os.geteuid() != 0:
        return "only root can mount: run the tests as root"
    tools = ("unshare", "nsenter", "mkfs.ext4", "e2fsck", "losetup")
    if lacking := [tool for tool in tools if shutil.which(tool) is None]:
        return f"{' and '.join(lacking)} not found: apt-get install util-linux e2fsprogs"
    tried = subprocess.run(
        ["unshare", "--mount", "losetup", "--find"], capture_output=True, text=True, check=False
    )
    return f"no loop device can be had: {tried.stderr.strip()}" if tried.returncode else ""


LACKING = missing()
NEEDS_MOUNTS = pytest.mark.skipif(
    bool(LACKING), reason=f"NO READ-ONLY DISK WAS TRIED UNDER A RUNNING NODE: {LACKING}"
)


class Mounts:
    """Mounts that only processes begun by ``enter`` see; gone with the last of them."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.enter = ("nsenter", f"--target={process.pid}", "--mount", "--wd")

    async def do(self, *command: str, codes: tuple[int, ...] = (0,)) -> None:
        """Have a command do something among them."""
        process = await asyncio.create_subprocess_exec(
            *self.enter, *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        out, _ = await process.communicate()
        assert process.returncode in codes, f"{command}: {out.decode()}"


@asynccontextmanager
async def mounts() -> AsyncIterator[Mounts]:
    """Of their own."""
    process = await asyncio.create_subprocess_exec(
        *("unshare", "--mount", "--propagation", "private", "sh", "-c", "echo ready; exec cat"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield Mounts(process)
    finally:
        process.stdin.close()
        await process.wait()


def node_within(tmp_path: Path, there: Mounts) -> Node:
    """A node that sees those mounts; its socket is where the command line finds it."""
    runtime = {"EDGECAM_PATHS_RUNTIME": str(tmp_path / "run")}
    return Node(tmp_path, runtime, within=there.enter)


async def stays_a_door(node: Node, visitor: Visitor, cookie: str) -> str:
    """Whoever may come in still does and nobody else, changes are refused, and the status line
    says why. The cookie of who has signed in meanwhile.
    """
    assert await visitor.comes(cookie) == 200
    assert await visitor.comes() == 401
    assert not await visitor.sends("/sign-in", name="Ana", password="a wrong password")
    code, _, told = await node.command("link", "add", "Oma")
    assert code != 0
    assert "can't be written" in told
    _, status, _ = await node.command("status")
    assert "accounts.db can't be written" in status
    meanwhile = await visitor.sends("/sign-in", name="Ana", password=PASSWORD)
    assert await visitor.comes(meanwhile) == 200
    return meanwhile


@NEEDS_MOUNTS
async def test_a_card_that_fails(tmp_path: Path) -> None:
    """The kernel lets nothing more be written, as after an error of the card. With the disk mended,
    the next start has everybody who was there before, and nobody who could not be written down.
    """
    image, state = tmp_path / "card.img", tmp_path / "state"
    async with mounts() as there:
        await there.do("mkdir", str(state))
        await there.do("truncate", "--size=32M", str(image))
        await there.do("mkfs.ext4", "-q", str(image))
        await there.do("mount", "-o", "loop", str(image), str(state))
        node = node_within(tmp_path, there)
        try:
            await node.start()
            async with visitor(node) as somebody:
                cookie = await somebody.sends(
                    "/set-up", code=node.set_up_code, name="Ana", password=PASSWORD
                )
                # For who asks nicely, it is in use: what fails does not ask.
                await there.do("mount", "-o", "remount,ro", str(state), codes=(32,))
                await there.do("mount", "-o", "remount,abort", str(state))
                meanwhile = await stays_a_door(node, somebody, cookie)
            assert await node.stop() == 0
            await there.do("umount", str(state))
            await there.do("e2fsck", "-fy", str(image), codes=(0, 1))
            await there.do("mount", "-o", "loop", str(image), str(state))
            await node.start()
            async with visitor(node) as somebody:
                assert await somebody.comes(cookie) == 200
                assert await somebody.comes(meanwhile) == 401
                assert await somebody.sends("/sign-in", name="Ana", password=PASSWORD)
            _, status, _ = await node.command("status")
            assert "written" not in status
        finally:
            await node.kill()


@NEEDS_MOUNTS
async def test_a_folder_that_is_read_only_for_a_while(tmp_path: Path) -> None:
    """When it can be written again, it is, by the same node."""
    state = str(tmp_path / "state")
    async with mounts() as there:
        node = node_within(tmp_path, there)
        try:
            await node.start()
            async with visitor(node) as somebody:
                cookie = await somebody.sends(
                    "/set-up", code=node.set_up_code, name="Ana", password=PASSWORD
                )
                await there.do("mount", "--bind", state, state)
                await there.do("mount", "-o", "remount,bind,ro", state)
                meanwhile = await stays_a_door(node, somebody, cookie)
                await there.do("mount", "-o", "remount,bind,rw", state)
                code, link, _ = await node.command("link", "add", "Oma")
                assert code == 0
                _, status, _ = await node.command("status")
                assert "written" not in status
                assert await somebody.comes(meanwhile) == 200
                guest = "/guest/" + link.split("/guest/")[1].split()[0]
                assert await somebody.comes(await somebody.sends(guest)) == 200
            assert await node.stop() == 0
        finally:
            await node.kill()
