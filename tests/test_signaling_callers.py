"""Callers that aren't this device's own, and how little harm they can do."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as SocketError

from edgecam.signaling.cameras import Camera
from edgecam.signaling.members import CALLER_BURST, FLOOR_BURST
from edgecam.signaling.server import SOCKETS_PER_CAMERA
from tests.door import CAMERA, TOKEN, Door, open_door
from tests.payloads import ONE, TWO, answer, candidate, offer
from tests.sockets import Socket

READY = {"state": "ready", "message": "", "viewers": 0, "places": 1}
GRANTED = {"state": "granted", "reason": "other"}


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


async def in_a_call(door: Door, caller: Socket, camera: Camera, call: str) -> Socket:
    """A viewer that has answered that call of ``caller``."""
    await caller.say("offer", offer(call))
    viewer = await door.viewer(camera=camera.camera)
    assert (await viewer.hear_until("offer"))["call"] == call
    await caller.hear_until("taken")
    await viewer.say("answer", answer(call))
    await caller.hear("answer")
    return viewer


async def goes_on(caller: Socket, viewer: Socket, call: str, number: int) -> None:
    """Each hears what the other says next, and nothing else about the call before."""
    await caller.say("candidate", candidate(call, number))
    while (heard := await viewer.next())[0] != "candidate":
        assert heard[0] in ("cameras", "status")
    assert heard[1] == candidate(call, number)
    await viewer.say("candidate", candidate(call, number))
    assert await caller.hear("candidate") == candidate(call, number)


@pytest.mark.parametrize("event", ["candidate", "hangup", "floor"])
@pytest.mark.parametrize("who", ["own", "foreign"])
async def test_another_callers_call(door: Door, event: str, who: str) -> None:
    """Nobody's caller can touch it, the device's own no more than any other's."""
    garden, token = await door.desk.add("Garden")
    own, foreign = await door.caller(), await door.caller("tcp", token)
    if who == "own":
        caller, other, camera = foreign, own, garden
    else:
        caller, other, camera = own, foreign, CAMERA
    viewer = await in_a_call(door, caller, camera, ONE)
    payload = {"call": ONE, "candidate": None, "reason": "bye"}
    await other.say(event, payload | (GRANTED if event == "floor" else {}))
    assert (await other.hear("error"))["code"] == "unknown-call"
    await goes_on(caller, viewer, ONE, 1)


async def test_a_caller_hears_of_its_own_calls_only(door: Door) -> None:
    """Whatever happens to another's, from its offer to its end."""
    _, token = await door.desk.add("Garden")
    own, foreign = await door.caller(), await door.caller("tcp", token)
    viewer = await in_a_call(door, own, CAMERA, ONE)
    await viewer.say("floor", {"call": ONE, "want": True})
    await own.hear("floor")
    await own.say("status", READY)
    await viewer.say("hangup", {"call": ONE, "reason": "bye"})
    await own.hear("hangup")
    await foreign.say("nothing", {})
    assert (await foreign.next())[0] == "error"


async def test_a_foreign_callers_status_is_its_viewers_only(door: Door) -> None:
    """It can't speak for another camera, nor to who watches another."""
    garden, token = await door.desk.add("Garden")
    own, foreign = await door.caller(), await door.caller("tcp", token)
    viewer = await in_a_call(door, own, CAMERA, ONE)
    await foreign.say("status", READY | {"state": "failed", "message": "ha"})
    states: dict[str, str] = {}
    while states.get(garden.camera) != "failed":
        event, payload = await viewer.next()
        assert event == "cameras"
        states = {it["camera"]: it["state"] for it in payload["cameras"]}
    assert states[CAMERA.camera] == "ready"


async def test_a_flood_of_a_callers(door: Door) -> None:
    """It is cut, and again when it comes back, while another's call goes on and is not flooded."""
    garden, token = await door.desk.add("Garden")
    own, foreign = await door.caller(), await door.caller("tcp", token)
    viewer = await in_a_call(door, own, CAMERA, ONE)
    its = await in_a_call(door, foreign, garden, TWO)
    for number in range(CALLER_BURST + 1):
        await foreign.say("status", READY | {"message": f"{number}"})
    await foreign.hear_until("disconnect")
    heard = []
    while (message := await its.next())[0] != "hangup":
        heard.append(message)
    assert message[1] == {"call": TWO, "reason": "caller-left"}
    assert len(heard) < CALLER_BURST / 10
    await goes_on(own, viewer, ONE, 1)

    again = await door.caller("tcp", token)
    await again.say("status", READY)
    await again.hear("disconnect")
    door.clock.now += 10
    late = await door.caller("tcp", token)
    await late.say("offer", offer("call-three"))
    await its.say("call", {"camera": garden.camera})
    assert (await its.hear_until("offer"))["call"] == "call-three"


async def test_the_devices_own_caller_may_say_what_it_likes(door: Door) -> None:
    """It is trusted: the more viewers come, the more it has to say."""
    own = await door.caller()
    for _ in range(CALLER_BURST + 1):
        await own.say("status", READY)
    await own.say("nothing", {})
    await own.hear("error")


async def test_ten_thousand_candidates(door: Door) -> None:
    """Those above the limit are refused one by one until the caller is cut for the flood."""
    garden, token = await door.desk.add("Garden")
    foreign = await door.caller("tcp", token)
    viewer = await in_a_call(door, foreign, garden, ONE)
    for number in range(10_000):
        await foreign.say("candidate", candidate(ONE, number))
    await foreign.hear_until("disconnect")
    candidates = 0
    while (message := await viewer.next())[0] != "hangup":
        candidates += message[0] == "candidate"
    assert candidates == 64


@pytest.mark.parametrize(
    "status",
    [
        {"watching": [{"viewer": "viewer-one", "name": "x" * 100_000}]},
        {"watching": [{"viewer": "viewer-one", "name": 1}]},
        {"watching": [{"viewer": "viewer-one", "name": "x"}] * 65},
        {"message": "x" * 257},
        {"state": "away"},
    ],
    ids=lambda status: str(status)[:40],
)
async def test_what_no_status_is(door: Door, status: dict[str, Any]) -> None:
    """It is refused, and the camera is as it was."""
    _, token = await door.desk.add("Garden")
    foreign = await door.caller("tcp", token)
    await foreign.say("status", READY | status)
    assert (await foreign.hear("error"))["code"] == "bad-message"


async def test_more_sockets_than_one_camera_needs(door: Door) -> None:
    """The oldest makes room; another camera's are not counted."""
    garden, token = await door.desk.add("Garden")
    own = await door.caller()
    sockets = [await door.caller("tcp", token) for _ in range(SOCKETS_PER_CAMERA + 1)]
    await sockets[0].hear("disconnect")
    await own.say("nothing", {})
    await own.hear("error")
    assert len(door.signaling.calls.cameras.sockets(garden.camera)) == SOCKETS_PER_CAMERA
    await sockets[-1].say("offer", offer(ONE))
    viewer = await door.viewer(camera=garden.camera)
    assert (await viewer.hear("offer"))["call"] == ONE


async def test_a_revoked_caller(door: Door) -> None:
    """Its sockets close, its viewers are told, who waits is, too; another's call goes on."""
    garden, token = await door.desk.add("Garden")
    own, foreign = await door.caller(), await door.caller("tcp", token)
    second = await door.caller("tcp", token)
    viewer = await in_a_call(door, own, CAMERA, ONE)
    its = await in_a_call(door, second, garden, TWO)
    await door.desk.revoke("Garden")
    for caller in (foreign, second):
        await caller.hear_until("disconnect")
    assert (await its.hear_until("hangup")) == {"call": TWO, "reason": "caller-left"}
    cameras = [garden.camera]
    while garden.camera in cameras:
        cameras = [it["camera"] for it in (await its.hear_until("cameras"))["cameras"]]
    await its.say("call", {"camera": garden.camera})
    assert (await its.hear_until("waiting"))["reason"] == "unknown-camera"
    await goes_on(own, viewer, ONE, 1)


async def test_a_revoked_token_in_a_tight_loop(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """By the front door it costs an HTTP request each time; with a session or by the local socket,
    a refusal. Either leaves a few lines in the log and nothing else.
    """
    _, token = await door.desk.add("Garden")
    await door.desk.revoke("Garden")
    http = await door.stranger()
    url = f"{door.url}socket.io/?EIO=4&transport=websocket"
    with caplog.at_level(logging.INFO):
        for _ in range(200):
            async with http.get(url, headers={"Authorization": f"Bearer {token}"}) as refused:
                assert refused.status == 401
        assert caplog.records == []
        device = await door.device()
        for _ in range(30):
            socket = door.socket("/caller", device, "http://edgecam")
            with pytest.raises(SocketError):
                await socket.connect({"token": token})
            assert (await socket.hear("connect_error"))["data"] == {"code": "unauthorized"}
            await socket.close()
    lines = [record for record in caplog.records if record.name.startswith("edgecam")]
    assert len(lines) == 10


async def test_a_held_key_asks_for_the_floor_again_and_again(door: Door) -> None:
    """Asking is limited as asking for calls is; giving it back always arrives, and once."""
    own = await door.caller("unix", TOKEN)
    viewer = await in_a_call(door, own, CAMERA, ONE)
    for _ in range(FLOOR_BURST + 5):
        await viewer.say("floor", {"call": ONE, "want": True})
    for _ in range(5):
        told = await viewer.hear_until("error")
        assert (told["code"], told["event"], told["call"]) == ("too-many", "floor", ONE)
    for _ in range(3):
        await viewer.say("floor", {"call": ONE, "want": False})
    heard = [(await own.hear("floor"))["want"] for _ in range(FLOOR_BURST + 1)]
    assert heard == [True] * FLOOR_BURST + [False]
    await goes_on(own, viewer, ONE, 1)
