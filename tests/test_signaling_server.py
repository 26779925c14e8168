"""The signaling server over real sockets: who gets in, and who is told what in which order."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as SocketError

from edgecam.signaling.exchange import ANSWER_DEADLINE
from tests.door import BEARER, CAMERA, TOKEN, Door, open_door
from tests.payloads import ONE, TWO, answer, candidate, offer
from tests.sockets import Socket


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


def offered(call: str, heard: dict[str, Any]) -> bool:
    """Whether a viewer heard that offer, of the device's own camera."""
    return heard == offer(call) | {"camera": CAMERA.camera, "viewer": heard["viewer"]}


async def in_a_call(door: Door) -> tuple[Socket, Socket]:
    """A caller and a viewer that has answered it."""
    caller = await door.caller()
    await caller.say("offer", offer(ONE))
    viewer = await door.viewer()
    await viewer.hear_until("offer")
    await caller.hear("taken")
    await viewer.say("answer", answer(ONE))
    await caller.hear("answer")
    return caller, viewer


@pytest.mark.parametrize("way", ["unix", "tcp"])
@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_call(door: Door, way: str, transport: str) -> None:
    """Offer, candidates kept, taken, answer, candidates, end: all of it, in order."""
    caller = await door.caller(way)
    await caller.say("offer", offer(ONE))
    for number in (1, 2):
        await caller.say("candidate", candidate(ONE, number))
    await caller.say("candidate", {"call": ONE, "candidate": None})
    # What is refused is answered in its turn: by then the server has the offer and candidates.
    await caller.say("nothing", {})
    await caller.hear("error")

    viewer = await door.viewer(transport)
    heard = await viewer.hear("offer")
    assert offered(ONE, heard)
    for number in (1, 2):
        assert await viewer.hear("candidate") == candidate(ONE, number)
    assert await viewer.hear("candidate") == {"call": ONE, "candidate": None}
    watcher = {"viewer": heard["viewer"], "name": "Web"}
    assert await caller.hear("taken") == {"call": ONE, "viewer": watcher}
    await caller.say("candidate", candidate(ONE, 3))
    assert await viewer.hear("candidate") == candidate(ONE, 3)
    await viewer.say("answer", answer(ONE))
    assert await caller.hear("answer") == answer(ONE) | {"listen": True}
    await viewer.say("candidate", candidate(ONE, 4))
    assert await caller.hear("candidate") == candidate(ONE, 4)
    await viewer.say("listen", {"call": ONE, "on": False})
    assert await caller.hear("listen") == {"call": ONE, "on": False}
    await viewer.say("hangup", {"call": ONE, "reason": "bye"})
    assert await caller.hear("hangup") == {"call": ONE, "reason": "bye"}


async def test_an_offer_is_for_one_viewer(door: Door) -> None:
    """The second viewer waits for the next offer, and the first hears nothing of that one."""
    caller = await door.caller()
    await caller.say("offer", offer(ONE))
    first = await door.viewer()
    await first.hear("offer")
    second = await door.viewer()
    assert (await second.hear("waiting"))["reason"] == "no-offer"
    await caller.say("offer", offer(TWO))
    assert offered(TWO, await second.hear("offer"))
    await first.say("nothing", {})
    await first.hear("error")


async def test_candidates_before_the_answer(door: Door) -> None:
    """The caller hears a viewer's early candidates after its answer."""
    caller = await door.caller()
    await caller.say("offer", offer(ONE))
    viewer = await door.viewer()
    await viewer.hear("offer")
    await caller.hear("taken")
    for number in (1, 2):
        await viewer.say("candidate", candidate(ONE, number))
    await viewer.say("answer", answer(ONE))

    assert await caller.hear("answer") == answer(ONE) | {"listen": True}
    for number in (1, 2):
        assert await caller.hear("candidate") == candidate(ONE, number)


async def test_the_status_reaches_viewers(door: Door) -> None:
    """Who is in a call and who comes later is told how the camera is."""
    caller, viewer = await in_a_call(door)
    status = {"state": "full", "message": "all places are taken", "viewers": 1, "places": 1}
    await caller.say("status", status)
    nobody = {
        "watching": [],
        "floor": [],
        "talk": {"audio": False, "video": False},
        "privacy": False,
    }
    assert await viewer.hear("status") == status | nobody
    late = await door.viewer()
    assert await late.hear("waiting") == {
        "reason": "full",
        "message": "all places are taken",
        "camera": None,
    }


@pytest.mark.parametrize("token", [None, "", "wrong", "x" * 100_000, "\ud800", TOKEN.upper()])
async def test_a_caller_without_the_token(door: Door, token: str | None) -> None:
    """It gets as far as the namespace and no further, also beside a caller that is in."""
    first = await door.caller()
    second = door.socket("/caller", await door.device(), "http://edgecam")
    with pytest.raises(SocketError):
        await second.connect(None if token is None else {"token": token})
    told = await second.hear("connect_error")
    assert told["data"] == {"code": "unauthorized"}
    assert "token" in told["message"]
    await first.say("nothing", {})
    await first.hear("error")


async def test_a_session_makes_no_caller(door: Door) -> None:
    """A viewer can't join as a caller."""
    socket = door.socket("/caller", await door.browser())
    with pytest.raises(SocketError):
        await socket.connect()
    assert (await socket.hear("connect_error"))["data"] == {"code": "unauthorized"}


@pytest.mark.parametrize("way", ["unix", "tcp"])
async def test_a_token_makes_no_viewer(door: Door, way: str) -> None:
    """A caller can't join as a viewer, over either way in."""
    if way == "unix":
        socket = door.socket("/viewer", await door.device(), "http://edgecam")
    else:
        socket = door.socket("/viewer", await door.stranger())
    with pytest.raises(SocketError):
        await socket.connect({"token": TOKEN}, BEARER)
    assert (await socket.hear("connect_error"))["data"] == {"code": "unauthorized"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
async def test_strangers_get_no_socket(door: Door, headers: dict[str, str]) -> None:
    """Over TCP, who has neither session nor token does not even get a connection."""
    for namespace in ("/viewer", "/caller"):
        socket = door.socket(namespace, await door.stranger())
        with pytest.raises(SocketError):
            await socket.connect({"token": TOKEN}, headers)


async def test_other_namespaces_do_not_exist(door: Door) -> None:
    """There is nothing but the two."""
    for namespace in ("/", "/admin"):
        socket = door.socket(namespace, await door.browser())
        with pytest.raises(SocketError):
            await socket.connect()


@pytest.mark.parametrize("event", ["offer", "status", "taken"])
async def test_a_viewer_says_nothing_of_a_callers(door: Door, event: str) -> None:
    """A caller's message from a viewer is one that nobody knows, and changes nothing."""
    status = {"state": "failed", "message": "ha", "viewers": 0, "places": 0}
    viewer = await door.viewer()
    await viewer.hear("waiting")
    await viewer.say(event, status | offer(ONE))
    assert (await viewer.hear("error"))["code"] == "unknown-event"
    assert len(door.signaling.calls) == 0


@pytest.mark.parametrize("event", ["answer", "candidate", "hangup"])
async def test_somebody_elses_call_is_unknown(door: Door, event: str) -> None:
    """Whose call it is can't be told from one that does not exist, and the call goes on."""
    caller, viewer = await in_a_call(door)
    other = await door.viewer()
    await other.hear("waiting")
    for call in (ONE, TWO):
        message = answer(call) | candidate(call, 1) | {"reason": "bye"}
        await other.say(event, message)
        told = await other.hear("error")
        assert told == {
            "code": "unknown-call",
            "message": "you have no such call",
            "event": event,
            "call": call,
        }
    await viewer.say("candidate", candidate(ONE, 5))
    assert await caller.hear("candidate") == candidate(ONE, 5)


async def test_the_call_of_another_connection_is_unknown(door: Door) -> None:
    """A second one of the same camera can neither add to a call nor use its name."""
    _, viewer = await in_a_call(door)
    other = await door.caller("tcp")
    for event, code in (("candidate", "unknown-call"), ("offer", "wrong-state")):
        await other.say(event, offer(ONE) | candidate(ONE, 1) | {"reason": "bye"})
        assert (await other.hear("error"))["code"] == code
    await viewer.say("nothing", {})
    await viewer.hear("error")


async def test_answering_twice(door: Door) -> None:
    """The second answer is refused and does not reach the caller."""
    caller, viewer = await in_a_call(door)
    await viewer.say("answer", answer(ONE))
    assert (await viewer.hear("error"))["code"] == "wrong-state"
    await viewer.say("hangup", {"call": ONE, "reason": "bye"})
    await caller.hear("hangup")


async def test_never_answering(door: Door) -> None:
    """Both sides are told that the time is over; the viewer may ask for another call."""
    caller = await door.caller()
    await caller.say("offer", offer(ONE))
    viewer = await door.viewer()
    await viewer.hear("offer")
    await caller.hear("taken")
    door.clock.now += ANSWER_DEADLINE

    for side in (caller, viewer):
        assert await side.hear("hangup") == {"call": ONE, "reason": "timeout"}
    await viewer.say("answer", answer(ONE))
    assert (await viewer.hear("error"))["code"] == "unknown-call"
    await viewer.say("call", {})
    await viewer.hear("waiting")


async def test_an_answered_call_is_never_overdue(door: Door) -> None:
    """A call lasts as long as its sides want it to."""
    caller, viewer = await in_a_call(door)
    door.clock.now += 1_000 * ANSWER_DEADLINE
    late = await door.viewer()
    await late.hear("waiting")
    await caller.say("offer", offer(TWO))
    await late.hear("offer")
    door.clock.now += ANSWER_DEADLINE
    assert (await late.hear("hangup"))["call"] == TWO
    await viewer.say("candidate", candidate(ONE, 1))
    await caller.hear_until("candidate")


async def test_a_viewer_leaves(door: Door) -> None:
    """Its caller is told."""
    caller, viewer = await in_a_call(door)
    await viewer.close()
    assert await caller.hear("hangup") == {"call": ONE, "reason": "viewer-left"}


async def test_a_caller_leaves(door: Door) -> None:
    """Its viewer is told, and so is who waits."""
    caller, viewer = await in_a_call(door)
    waiting = await door.viewer()
    assert (await waiting.hear("waiting"))["reason"] == "no-offer"
    await caller.close()
    assert await viewer.hear("hangup") == {"call": ONE, "reason": "caller-left"}
    assert (await waiting.hear("waiting"))["reason"] == "no-caller"


async def test_asking_again_replaces_the_call(door: Door) -> None:
    """The old call is hung up at the caller, and the viewer gets the next offer."""
    caller, viewer = await in_a_call(door)
    await caller.say("offer", offer(TWO))
    await viewer.say("call", {})
    assert offered(TWO, await viewer.hear("offer"))
    assert await caller.hear("hangup") == {"call": ONE, "reason": "replaced"}
    assert (await caller.hear("taken"))["call"] == TWO


async def test_the_floor_goes_both_ways(door: Door) -> None:
    """What the viewer wants and what the caller says to it, word for word."""
    caller, viewer = await in_a_call(door)
    ask, give = {"call": ONE, "want": True}, {"call": ONE, "state": "granted", "reason": "other"}
    await viewer.say("floor", ask)
    assert await caller.hear("floor") == ask
    await caller.say("floor", give)
    assert await viewer.hear("floor") == give
    for side, wrong in ((viewer, give), (caller, ask)):
        await side.say("floor", wrong)
        assert (await side.hear("error"))["code"] == "bad-message"


async def test_stopping_says_so(door: Door) -> None:
    """Everybody in a call is told ``shutdown``, and every socket is closed."""
    caller, viewer = await in_a_call(door)
    waiting = await door.viewer("polling")
    await waiting.hear("waiting")
    await door.signaling.stop()
    for side in (caller, viewer):
        assert await side.hear("hangup") == {"call": ONE, "reason": "shutdown"}
    for side in (caller, viewer, waiting):
        await side.hear("disconnect")
