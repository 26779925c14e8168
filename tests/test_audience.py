"""Who is watching: seen by admins, who may hang up, over real sockets."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from edgecam.accounts import passwords
from edgecam.accounts.audience import HELD, Audience
from edgecam.accounts.roles import Pass, Role
from edgecam.clock import Clock
from edgecam.errors import CommandError
from tests.door import Door, open_door
from tests.payloads import ONE, TWO, answer, offer
from tests.sockets import Socket


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed here is not worth a second."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


async def watching(door: Door) -> list[dict[str, Any]]:
    """The list, as an admin gets it."""
    headers = {"Cookie": await door.cookie()}
    async with (await door.stranger()).get(f"{door.url}api/watching", headers=headers) as told:
        assert told.status == 200
        listed: list[dict[str, Any]] = (await told.json())["watching"]
        return listed


async def hang_up(door: Door, id_: str, origin: str | None = "") -> int:
    """What an admin is answered who wants that."""
    headers = {"Cookie": await door.cookie()}
    if origin is not None:
        headers["Origin"] = origin or door.url.rstrip("/")
    url = f"{door.url}api/watching/{id_}/hang-up"
    async with (await door.stranger()).post(url, headers=headers) as told:
        return told.status


async def in_a_call(door: Door, role: str, caller: Socket, name: str) -> Socket:
    """A viewer of that role, who has answered the offer ``name``."""
    viewer = door.socket("/viewer", await door.stranger())
    await viewer.connect(None, {"Cookie": await door.cookie(role)})
    await caller.say("offer", offer(name))
    await viewer.hear_until("offer")
    await caller.hear("taken")
    await viewer.say("answer", answer(name))
    await caller.hear("answer")
    return viewer


async def test_who_is_in_a_call_is_listed(door: Door) -> None:
    """From the answer to the end, with role, address and moment."""
    caller = await door.caller()
    assert await watching(door) == []
    viewer = await in_a_call(door, "operator", caller, ONE)
    [it] = await watching(door)
    assert (it["who"], it["role"], it["kind"]) == ("operator", "operator", "call")
    assert it["address"] in ("127.0.0.1", "::1")
    assert it["since"] == door.keeper.ledger.book.clock.now()
    door.times.passes(100)
    assert (await watching(door))[0]["since"] == door.keeper.ledger.book.clock.now() - 100
    await viewer.say("hangup", {"call": ONE, "reason": "bye"})
    await caller.hear("hangup")
    assert await watching(door) == []


async def test_an_admin_hangs_up(door: Door) -> None:
    """Both sides are told; asking again, or coming anew, is of no use for a minute."""
    caller = await door.caller()
    viewer = await in_a_call(door, "operator", caller, ONE)
    [it] = await watching(door)
    assert await hang_up(door, it["id"]) == 200
    assert await caller.hear("hangup") == {"call": ONE, "reason": "hung-up"}
    assert await viewer.hear_until("hangup") == {"call": ONE, "reason": "hung-up"}
    assert await watching(door) == []
    await caller.say("offer", offer(TWO))
    await viewer.say("call", {})
    assert (await viewer.hear_until("waiting"))["reason"] == "hung-up"
    door.clock.now += HELD
    assert (await viewer.hear_until("offer"))["call"] == TWO
    log = (await door.keeper.command("audit", {"most": 9}))["rows"]
    assert ("hung up on", "admin", "operator") in [tuple(row[1:4]) for row in log]


async def test_who_has_nothing_to_say_hangs_up_on_nobody(door: Door) -> None:
    """Nobody of that ID, another site, a page that does not say that it is ours."""
    caller = await door.caller()
    await in_a_call(door, "viewer", caller, ONE)
    [it] = await watching(door)
    assert await hang_up(door, "nobody") == 409
    assert await hang_up(door, it["id"], "https://elsewhere.example") == 403
    assert await hang_up(door, it["id"], None) == 403
    assert [each["id"] for each in await watching(door)] == [it["id"]]


async def test_the_console_sees_and_hangs_up(door: Door) -> None:
    """The same over the Unix socket."""
    caller = await door.caller()
    viewer = await in_a_call(door, "viewer", caller, ONE)
    http = await door.device()
    async with http.get("http://edgecam/watching") as told:
        [it] = (await told.json())["watching"]
    async with http.post("http://edgecam/watching/hang-up", json={"id": it["id"]}) as told:
        assert await told.json() == {"who": "viewer"}
    assert (await viewer.hear_until("hangup"))["reason"] == "hung-up"
    async with http.post("http://edgecam/watching/hang-up", json={"id": it["id"]}) as told:
        assert told.status == 409


def test_the_hold_ends() -> None:
    """After its time, for that session alone; and who may no longer watch is hung up on."""
    now = 1_000.0
    one, other = (Pass("session", id_, "Ana", Role.VIEWER) for id_ in ("1", "2"))
    audience = Audience(Clock(steady=lambda: now), lambda who: who is one)
    ended: list[str] = []
    id_ = audience.come(one, "192.0.2.1", "call", lambda: ended.append("one"))
    audience.come(other, "192.0.2.1", "mjpeg", lambda: ended.append("other"))
    audience.hang_up(id_)
    assert ended == ["one"]
    assert audience.held(one) == HELD
    assert audience.held(other) == 0
    now += HELD
    assert audience.held(one) == 0
    audience.look_again()
    assert ended == ["one", "other"]
    audience.go(id_)
    audience.go(id_)
    with pytest.raises(CommandError):
        audience.hang_up(id_)
