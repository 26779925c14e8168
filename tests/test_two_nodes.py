"""Real nodes: one with the page, another that calls there with a token of its own."""

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.node import Node, running_node, serving_node
from tests.sockets import http_session
from tests.test_node import UNCLEAN
from tests.viewer import Viewer, viewer_of

AN_HOUR_OFF = """
import time
steady = time.time
time.time = lambda: steady() + 3_600
"""
"""A ``sitecustomize`` that every Python process imports."""


async def let_in(node: Node, name: str, folder: Path) -> dict[str, str]:
    """Add a caller at ``node``: what the other node's environment needs."""
    code, token, told = await node.command("caller", "add", name)
    assert code == 0
    snippet = tomllib.loads(told[told.index("[signaling]") :])["signaling"]
    file = folder / "caller.token"
    await asyncio.to_thread(file.write_text, token)
    return {
        # The first address is for other devices; this one may not be able to look it up.
        "EDGECAM_SIGNALING_URL": node.url(),
        "EDGECAM_SIGNALING_PIN": snippet["pin"],
        "EDGECAM_SIGNALING_TOKEN_FILE": str(file),
    }


@asynccontextmanager
async def calling_node(folder: Path, environ: dict[str, str]) -> AsyncIterator[Node]:
    """A node without a page that has an offer at another's."""
    node = Node(folder, environ)
    await node.start()
    try:
        yield node
    finally:
        await node.kill()


async def listed(viewer: Viewer, **states: str) -> dict[str, str]:
    """Wait until the cameras are in these ``states``; their IDs by name."""
    while True:
        cameras = (await viewer.socket.hear_until("cameras"))["cameras"]
        if {camera["name"]: camera["state"] for camera in cameras} == states:
            return {camera["name"]: camera["camera"] for camera in cameras}


@pytest.fixture
async def porch(tmp_path: Path) -> AsyncIterator[Node]:
    """A node with a page and a camera of its own."""
    folder = tmp_path / "porch"
    await asyncio.to_thread(folder.mkdir)
    async with running_node(folder, camera__name="Porch") as node:
        yield node


@pytest.mark.timeout(120)
async def test_two_nodes_at_one_page(porch: Node, tmp_path: Path) -> None:
    """Each is watched by its camera's ID; one dies and comes back, the other goes on."""
    environ = await let_in(porch, "Garden", tmp_path)
    async with (
        viewer_of(porch) as asking,
        calling_node(tmp_path, environ) as garden,
    ):
        await asking.connect()
        cameras = await listed(asking, Porch="ready", Garden="ready")
        async with (
            viewer_of(porch, cameras["Porch"]) as one,
            viewer_of(porch, cameras["Garden"]) as other,
        ):
            await one.watch()
            await other.watch()

            await garden.kill()
            assert await listed(asking, Porch="ready", Garden="away") == cameras
            hangup = await other.socket.hear_until("hangup")
            assert hangup == {"call": other.call, "reason": "caller-left"}
            await other.socket.say("call", {"camera": cameras["Garden"]})
            waiting = await other.socket.hear_until("waiting")
            assert (waiting["reason"], waiting["camera"]) == ("no-caller", cameras["Garden"])

            await garden.start()
            assert await listed(asking, Porch="ready", Garden="ready") == cameras
            await other.offer()
            await other.answer()
            await other.screen.picture()
            await one.screen.picture()


@pytest.mark.timeout(120)
async def test_a_caller_is_revoked(porch: Node, tmp_path: Path) -> None:
    """At once: its viewer is told, the camera is gone from the list, and it says why it waits."""
    environ = await let_in(porch, "Garden", tmp_path)
    async with viewer_of(porch) as asking, calling_node(tmp_path, environ) as garden:
        await asking.connect()
        cameras = await listed(asking, Porch="ready", Garden="ready")
        async with viewer_of(porch, cameras["Garden"]) as viewer:
            await viewer.watch()
            code, out, _ = await porch.command("caller", "list")
            name, state, _, camera = out.strip().split("\t")
            assert (code, name, state, camera) == (0, "Garden", "ready", cameras["Garden"])

            assert (await porch.command("caller", "revoke", "Garden"))[0] == 0
            assert (await viewer.socket.hear_until("hangup"))["reason"] == "caller-left"
            await listed(asking, Porch="ready")
            assert (await porch.command("caller", "list"))[1] == ""
            code, _, told = await porch.command("caller", "revoke", "Garden")
            assert (code, "there is no caller 'Garden'" in told) == (1, True)
            await _says(garden, "does not know this caller token")
            assert await garden.stop() == 0
            log = await asyncio.to_thread(lambda: garden.log)
            assert not [word for word in UNCLEAN if word in log]


@pytest.mark.timeout(120)
async def test_a_clock_that_is_an_hour_off(porch: Node, tmp_path: Path) -> None:
    """A caller whose time of day is wrong calls all the same."""
    environ = await let_in(porch, "Garden", tmp_path)
    path = tmp_path / "an hour off"
    await asyncio.to_thread(path.mkdir)
    await asyncio.to_thread((path / "sitecustomize.py").write_text, AN_HOUR_OFF)
    async with calling_node(tmp_path, environ | {"PYTHONPATH": str(path)}):
        async with viewer_of(porch) as asking:
            await asking.connect()
            cameras = await listed(asking, Porch="ready", Garden="ready")
        async with viewer_of(porch, cameras["Garden"]) as viewer:
            await viewer.watch()


@pytest.mark.timeout(120)
async def test_callers_added_while_a_node_starts_and_stops(tmp_path: Path) -> None:
    """Whoever is told a token has one that is good: none is lost between the two ways."""
    node = Node(tmp_path, {})
    names = [f"Camera {number}" for number in range(4)]

    async def come_and_go() -> None:
        await node.start()
        await node.stop()

    going = asyncio.create_task(come_and_go())
    added = await asyncio.gather(*(node.command("caller", "add", name) for name in names))
    await going
    assert [code for code, _, _ in added] == [0] * len(names)
    kept = json.loads(await asyncio.to_thread((node.state / "callers.json").read_text))
    assert sorted(it["name"] for it in kept["callers"]) == names


async def test_a_page_without_a_camera(tmp_path: Path) -> None:
    """It lists none of its own, also while somebody calls with its token and after."""
    async with serving_node(tmp_path) as node, viewer_of(node) as viewer:
        await viewer.connect()
        assert await viewer.socket.hear("cameras") == {"cameras": []}
        caller = Node(tmp_path / "caller", {"EDGECAM_SIGNALING_URL": node.url()} | trusting(node))
        await asyncio.to_thread((tmp_path / "caller").mkdir)
        await caller.start()
        try:
            await viewer.offer()
        finally:
            await caller.kill()
        await listed(viewer)


def trusting(node: Node) -> dict[str, str]:
    """What else a node's environment needs to call at ``node`` with its own token."""
    return {
        "EDGECAM_SIGNALING_CA_FILE": str(node.ca),
        "EDGECAM_SIGNALING_TOKEN_FILE": str(node.state / "caller.token"),
    }


async def _says(node: Node, text: str) -> None:
    """Wait until ``text`` is in the log."""
    log = ""
    while text not in log:
        await asyncio.sleep(0.05)
        log = await asyncio.to_thread(lambda: node.log)


async def test_asking_a_node_in_other_ways(porch: Node) -> None:
    """What its local socket is asked that the command line would not: it is refused in words."""
    async with http_session(unix_path=str(porch.local_socket)) as http:
        bodies: list[Any] = [b"", b"[]", b"{}", b'{"name": 1}', b"[" * 4_000, b'{"name": ""}']
        for body in bodies:
            for what in ("add", "revoke"):
                url = f"http://edgecam/callers/{what}"
                async with http.post(url, data=body) as answer:
                    assert answer.status == 409
                    assert (await answer.json())["error"]


async def test_a_node_without_a_page_is_asked(porch: Node, tmp_path: Path) -> None:
    """How it is, and its privacy switch, which shows at the other's page; who may come in there it
    does not know.
    """
    environ = await let_in(porch, "Gate", tmp_path)
    async with viewer_of(porch) as viewer, calling_node(tmp_path, environ) as gate:
        await viewer.connect()
        gates = (await listed(viewer, Porch="ready", Gate="ready"))["Gate"]
        code, out, _ = await gate.command("status")
        assert (code, out.startswith("nobody watches virtual")) == (0, True)
        assert await gate.command("privacy") == (0, "off\n", "")
        closed = "on: camera and microphone are closed\n"
        assert await gate.command("privacy", "on") == (0, closed, "")
        assert (await listed(viewer, Porch="ready", Gate="failed"))["Gate"] == gates
        assert await gate.command("privacy", "off") == (0, "off\n", "")
        await listed(viewer, Porch="ready", Gate="ready")
        for asked in (("link",), ("setup",), ("watching",), ("user", "list")):
            code, _, told = await gate.command(*asked)
            assert code == 1
            assert "that node's business" in told
        # Another beside it is in nobody's way.
        async with calling_node(tmp_path, environ) as second:
            assert "can't ask this node" in await asyncio.to_thread(lambda: second.log)
            await second.stop()
        assert await gate.command("privacy") == (0, "off\n", "")
