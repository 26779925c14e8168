"""The camera's controls by API and command line: who may, what is refused, what stays."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from edgecam.accounts import passwords
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.media import VideoFormat
from tests.door import Door, open_door
from tests.node import Node, running_node
from tests.sockets import http_session
from tests.test_stills import decoded
from tests.viewer import trust


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed here is not worth a second."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with a camera that can be adjusted."""
    async with open_door(tmp_path) as door:
        door.web.controls.adjustments = VirtualCamera(VideoFormat(640, 360, 30)).adjustments
        yield door


async def ask(
    door: Door, role: str, body: object = None, origin: str = ""
) -> tuple[int, dict[str, Any]]:
    """Status and answer; with a body it is a POST."""
    headers = {"Origin": origin or door.url.rstrip("/")}
    if role:
        headers["Cookie"] = await door.cookie(role)
    http, url = await door.stranger(), f"{door.url}api/camera/controls"
    asked = (
        http.get(url, headers=headers)
        if body is None
        else http.post(url, json=body, headers=headers)
    )
    async with asked as told:
        is_json = told.content_type == "application/json"
        return told.status, await told.json() if is_json else {}


def values(answer: dict[str, Any]) -> dict[str, Any]:
    """By name."""
    return {it["name"]: it["value"] for it in answer["controls"]}


@pytest.mark.parametrize(
    ("role", "status"), [("", 401), ("viewer", 403), ("operator", 200), ("admin", 200)]
)
async def test_who_may(door: Door, role: str, status: int) -> None:
    """Operators and admins, from the page itself."""
    assert (await ask(door, role))[0] == status
    assert (await ask(door, role, {"set": {"zoom": 2}}))[0] == status
    assert (await ask(door, role, {"set": {"zoom": 3}}, "https://evil.example"))[0] == 403
    adjustments = door.web.controls.adjustments
    assert adjustments is not None
    assert adjustments.take() == ({"zoom": 2} if status == 200 else {})


async def test_what_is_told(door: Door) -> None:
    """All that a page needs to build itself from; an answer to a change is how it is then."""
    _, told = await ask(door, "operator")
    assert told["device"] == "virtual"
    assert told["controls"][0] == {
        "name": "brightness",
        "kind": "number",
        "fixed": False,
        "default": 0,
        "value": 0,
        "least": -100,
        "most": 100,
        "step": 1,
        "unit": "%",
    }
    _, told = await ask(door, "operator", {"set": {"brightness": 20, "contrast": 50}})
    assert (values(told)["brightness"], values(told)["contrast"]) == (20, 50)
    _, told = await ask(door, "admin", {"reset": ["contrast"], "set": {"zoom": 1.52}})
    assert [values(told)[name] for name in ("brightness", "contrast", "zoom")] == [20, 100, 1.5]
    _, told = await ask(door, "admin", {"reset": True})
    assert values(told)["brightness"] == 0


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"set": {"brightness": 101, "nothing": 1, "zoom": "2", "pan": 5}}, 3),
        ({"set": {"brightness": 5}, "reset": ["nothing"]}, 1),
        ({}, 1),
        ({"set": {}}, 1),
        ({"set": [1]}, 1),
        ({"reset": False}, 1),
        ({"reset": "brightness"}, 1),
        ({"reset": [7]}, 1),
        ({"reset": 1}, 1),
    ],
)
async def test_what_is_refused(door: Door, body: dict[str, Any], faults: int) -> None:
    """All of it, in words; nothing has changed."""
    before = await ask(door, "operator")
    status, told = await ask(door, "operator", body)
    assert (status, told["code"], len(told["faults"])) == (400, "value", faults)
    assert all(fault in told["error"] for fault in told["faults"])
    assert await ask(door, "operator") == before


async def test_no_camera(door: Door) -> None:
    """There is nothing to show, and nothing to set."""
    door.web.controls.adjustments = None
    assert await ask(door, "operator") == (200, {"camera": "", "device": "", "controls": []})
    status, told = await ask(door, "operator", {"set": {"zoom": 2}})
    assert (status, told["code"]) == (409, "no-controls")


async def brightness(node: Node) -> float:
    """Of a picture as it comes out of the node, on average."""
    _, token, _ = await node.command(
        "token", "add", f"one of {node.process.pid}", "--role", "admin"
    )
    headers = {"Authorization": f"Bearer {token.strip().splitlines()[-1]}"}
    async with (
        http_session(await asyncio.to_thread(trust, node)) as http,
        http.get(node.url("/snapshot.jpg"), headers=headers) as told,
    ):
        frame = decoded(await told.read()).reformat(format="gray")
    plane = bytes(frame.planes[0])
    return sum(plane) / len(plane)


async def test_it_survives_a_restart(tmp_path: Path) -> None:
    """What was set at the device while nobody watched, seen in the picture."""
    async with running_node(tmp_path) as node:
        code, out, _ = await node.command("camera")
        assert code == 0
        assert out.splitlines()[0] == "brightness\t0\t-100 to 100 %\t0"
        code, _, said = await node.command("camera", "brightness=999", "zoom=near", "gone=1")
        assert code != 0
        assert "from -100 to 100" in said
        assert "from 1 to 4" in said
        assert "'gone'" in said
        code, out, _ = await node.command("camera", "brightness=60")
        assert out.splitlines()[0] == "brightness\t60\t-100 to 100 %\t0"
        await node.stop()
        await node.start()
        _, out, _ = await node.command("camera")
        assert out.splitlines()[0].startswith("brightness\t60\t")
        assert await brightness(node) > 150
        await node.command("camera", "--reset")
        await node.stop()
        await node.start()
        assert await brightness(node) < 100
