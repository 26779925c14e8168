"""A real node from its start to its end, and every way it can refuse to start."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from edgecam.web.sessions import COOKIE
from tests.ledger import PASSWORD
from tests.node import SMALL, Node, running_node
from tests.sockets import http_session
from tests.viewer import browser, trust, viewer_of

UNCLEAN = (
    "Traceback",
    "Task was destroyed",
    "never retrieved",
    "never awaited",
    "did not stop",
    " ERROR ",
)


async def stopped(node: Node, number: signal.Signals) -> None:
    """Stop ``node``: it exits 0, every part within its own deadline, and its log is clean."""
    assert await node.stop(number) == 0
    log = await asyncio.to_thread(lambda: node.log)
    assert f"stopping, as {number.name} asks" in log
    assert not [line for line in log.splitlines() if any(word in line for word in UNCLEAN)]


def refused(folder: Path, **environ: str) -> tuple[int, str]:
    """A node that does not start: its exit code, and what it says."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("EDGECAM_")}
    done = subprocess.run(
        [sys.executable, "-m", "edgecam", "run"],
        env=kept | SMALL | {"EDGECAM_PATHS_STATE": str(folder)} | environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops(tmp_path: Path, number: signal.Signals) -> None:
    """Nobody watching, either signal ends it cleanly."""
    async with running_node(tmp_path) as node:
        await stopped(node, number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_during_a_call(tmp_path: Path, number: signal.Signals) -> None:
    """Viewers are told why, in a call, in line and over long polling; and it starts again."""
    async with (
        running_node(tmp_path, viewers__most=1, viewers__standing_offers=1) as node,
        viewer_of(node) as viewer,
        viewer_of(node) as other,
    ):
        await viewer.watch()
        await other.socket.connect(transport="polling")
        await other.socket.hear("waiting")
        await stopped(node, number)
        hangup = await viewer.socket.hear_until("hangup")
        assert hangup == {"call": viewer.call, "reason": "shutdown"}
        await node.start()
        await stopped(node, number)


async def test_it_starts_again_with_what_it_kept(tmp_path: Path) -> None:
    """After a kill: the same authority, and browsers that were in stay in."""
    async with running_node(tmp_path) as node:
        authority = await asyncio.to_thread(node.ca.read_bytes)
        async with browser(node) as http:
            await node.kill()
            await node.start()
            assert await asyncio.to_thread(node.ca.read_bytes) == authority
            async with http.get(node.url()) as answer:
                assert answer.status == 200


async def test_what_is_corrupt_is_made_anew(tmp_path: Path) -> None:
    """Broken certificates and keys are replaced, what can be kept aside is, and it runs."""
    async with running_node(tmp_path) as node:
        async with browser(node) as http:
            cookie = next(iter(http.cookie_jar)).value
        await node.kill()
        await asyncio.to_thread(_corrupt, node.state)
        await node.start()
        async with browser(node) as http:
            async with http.get(node.url()) as answer:
                assert answer.status == 200
            http.cookie_jar.clear()
            async with http.get(node.url(), headers={"Cookie": f"{COOKIE}={cookie}"}) as answer:
                assert answer.status == 401
        aside = await asyncio.to_thread(lambda: sorted((node.state / "tls").glob("*.bad")))
        assert [file.name for file in aside] == [
            f"{name}.{kind}.bad" for name in ("ca", "leaf") for kind in ("crt", "key")
        ]
        await stopped(node, signal.SIGTERM)


async def test_a_second_node_on_the_same_folder(tmp_path: Path) -> None:
    """It is refused in words, and the first goes on."""
    async with running_node(tmp_path) as node:
        code, told = await asyncio.to_thread(refused, node.state)
        assert code == 1
        assert "another edgecam is running here" in told
        async with viewer_of(node) as viewer:
            await viewer.watch()


async def test_asking_for_a_link(tmp_path: Path) -> None:
    """``edgecam link`` prints links that open a running node."""
    async with (
        running_node(tmp_path) as node,
        http_session(await asyncio.to_thread(trust, node)) as http,
        http.get(await node.new_link()) as answer,
    ):
        assert answer.status == 200


async def test_accounts_of_a_node_that_runs(tmp_path: Path) -> None:
    """The set-up code that it prints makes the first; the command line, the others."""
    async with running_node(tmp_path) as node:
        assert re.fullmatch(r"([0-9A-Z]{4}-){2}[0-9A-Z]{4}", node.set_up_code)
        _, code, _ = await node.command("setup")
        headers = {"Origin": node.url().rstrip("/")}
        form = {"name": "Ana", "password": PASSWORD}
        async with http_session(await asyncio.to_thread(trust, node)) as http:
            old = form | {"code": node.set_up_code}
            async with http.post(node.url("/set-up"), data=old, headers=headers) as answer:
                assert answer.status == 401
            new = form | {"code": code.strip()}
            async with http.post(node.url("/set-up"), data=new, headers=headers) as answer:
                assert answer.status == 200
            assert (await node.command("setup"))[0] == 1
            _, out, _ = await node.command("session", "list")
            assert out.split("\t")[1] == "Ana"
            assert (await node.command("session", "revoke", "--user", "ana"))[0] == 0
            async with http.get(node.url()) as answer:
                assert answer.status == 401
            await node.stop()
            await node.start()
            assert node.set_up_code == ""
            sign_in = node.url("/sign-in")
            async with http.post(sign_in, data=form, headers=headers) as answer:
                assert answer.status == 200


def test_a_state_folder_that_can_not_be_written(tmp_path: Path) -> None:
    """It exits 1 and names the option."""
    (tmp_path / "file").write_text("")
    code, told = refused(tmp_path / "file" / "state")
    assert code == 1
    assert "paths.state" in told


def test_a_port_in_use(tmp_path: Path) -> None:
    """It exits 1 and names the port and the option."""
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        code, told = refused(tmp_path, EDGECAM_WEB_PORT=str(port))
    assert code == 1
    assert f"port {port} on every address" in told
    assert "web.port" in told


def test_an_unknown_option(tmp_path: Path) -> None:
    """It exits 2 and names the nearest option."""
    code, told = refused(tmp_path, EDGECAM_WEB_PROT="1")
    assert code == 2
    assert "$EDGECAM_WEB_PROT" in told
    assert "did you mean EDGECAM_WEB_PORT?" in told


def _corrupt(state: Path) -> None:
    for file in state.rglob("*"):
        if file.is_file():
            file.write_bytes(b"\x00" * file.stat().st_size)
