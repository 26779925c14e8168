"""Who is who over real sockets: names of viewers, cameras that come and go, callers let in."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as SocketError

from tests.door import CAMERA, Door, open_door
from tests.payloads import ONE, TWO, offer


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


async def test_viewers_have_names(door: Door) -> None:
    """The one they give, or their browser's; the same name may be had twice."""
    caller = await door.caller()
    for call in (ONE, TWO, "call-three"):
        await caller.say("offer", offer(call))
    named = [await door.viewer(name=" Ana "), await door.viewer(name="Ana"), await door.viewer()]
    ids = {(await viewer.hear("offer"))["viewer"] for viewer in named}
    taken = [(await caller.hear("taken"))["viewer"] for _ in named]
    assert [viewer["name"] for viewer in taken] == ["Ana", "Ana", "Web"]
    assert {viewer["viewer"] for viewer in taken} == ids
    assert len(ids) == 3


async def test_viewers_change_their_names(door: Door) -> None:
    """Without leaving; a name that can't be is refused, and the one before stays."""
    caller = await door.caller()
    await caller.say("offer", offer(ONE))
    viewer = await door.viewer(name="Ana")
    who = (await caller.hear("taken"))["viewer"]
    await viewer.hear("offer")
    await viewer.say("name", {"name": "x" * 41})
    refused = await viewer.hear("error")
    assert (refused["code"], refused["event"]) == ("bad-message", "name")
    await viewer.say("name", {"name": " Bia "})
    assert await caller.hear("renamed") == {"call": ONE, "viewer": who | {"name": "Bia"}}
    await viewer.say("name", {"name": ""})
    assert (await caller.hear("renamed"))["viewer"]["name"] == "Web"


async def test_a_browser_without_a_name(door: Door) -> None:
    """It is called what its User-Agent says."""
    caller = await door.caller()
    await caller.say("offer", offer(ONE))
    viewer = door.socket("/viewer", await door.browser())
    agent = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
    await viewer.connect(headers={"User-Agent": agent})
    assert (await caller.hear("taken"))["viewer"]["name"] == "Firefox · Android"


@pytest.mark.parametrize(
    "auth",
    [
        {"name": 1},
        {"name": "x" * 41},
        {"name": "a\nb"},
        {"name": "x" * 100_000},
        {"camera": "short"},
        {"camera": ["camera-of-its-own"]},
        ["name"],
        "name",
    ],
    ids=lambda auth: str(auth)[:24],
)
async def test_a_malformed_introduction(door: Door, auth: Any) -> None:
    """It is refused as what it is, and leaves nothing behind."""
    socket = door.socket("/viewer", await door.browser())
    with pytest.raises(SocketError):
        await socket.connect(auth)
    assert (await socket.hear("connect_error"))["data"] == {"code": "bad-message"}
    assert door.signaling.calls.viewers == 0


async def test_viewers_are_told_of_cameras(door: Door) -> None:
    """On joining, and as they come, go and change; the camera asked for is named in the answer."""
    door.signaling.know(CAMERA)
    garden, token = await door.desk.add("Garden")
    viewer = await door.viewer(camera=garden.camera)
    listed = (await viewer.hear("cameras"))["cameras"]
    nothing = {"state": "away", "message": "", "viewers": 0, "places": 0}
    assert listed == [
        {"camera": CAMERA.camera, "name": "Porch"} | nothing,
        {"camera": garden.camera, "name": "Garden"} | nothing,
    ]
    waiting = await viewer.hear("waiting")
    assert (waiting["reason"], waiting["camera"]) == ("no-caller", garden.camera)

    own, other = await door.caller(), await door.caller("tcp", token)
    await own.say("offer", offer(ONE))
    await other.say("status", {"state": "full", "message": "", "viewers": 2, "places": 2})
    while (waiting := await viewer.hear_until("waiting"))["reason"] != "full":
        pass
    states = ["", ""]
    while states != ["ready", "full"]:
        listed = (await viewer.hear_until("cameras"))["cameras"]
        states = [camera["state"] for camera in listed]
    await other.say("offer", offer(TWO))
    heard = await viewer.hear_until("offer")
    assert (heard["call"], heard["camera"]) == (TWO, garden.camera)
    await viewer.say("call", {"camera": CAMERA.camera})
    assert (await viewer.hear_until("offer"))["call"] == ONE
    await other.close()
    while states != ["ready", "away"]:
        listed = (await viewer.hear_until("cameras"))["cameras"]
        states = [camera["state"] for camera in listed]
