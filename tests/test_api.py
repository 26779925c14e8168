"""What the page's panel asks for, over real sockets: each change, who made it, what it ends."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from argon2 import PasswordHasher

from edgecam.accounts import passwords
from edgecam.web.api import messages
from edgecam.web.qr import qr
from tests.door import Door, open_door
from tests.ledger import PASSWORD
from tests.payloads import ONE, answer, offer

OTHER = "another one of those"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed here is not worth a second."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


class Panel:
    """The panel of somebody's page."""

    def __init__(self, door: Door, http: aiohttp.ClientSession, headers: dict[str, str]) -> None:
        self.http = http
        self.headers = headers
        self._door = door

    async def get(self, what: str) -> Any:
        """What there is, or the status of a refusal."""
        url = f"{self._door.url}api/{what}"
        async with self.http.get(url, headers=self.headers) as told:
            assert told.headers["Cache-Control"] == "no-store"
            return await told.json() if told.status == 200 else told.status

    async def post(self, what: str, **message: Any) -> Any:
        """What comes of it, the code of what can't be done, or the status of a refusal."""
        url, origin = f"{self._door.url}api/{what}", self._door.url.rstrip("/")
        headers = self.headers | {"Origin": origin}
        async with self.http.post(url, json=message, headers=headers) as told:
            if "Set-Cookie" in told.headers:
                self.headers = {"Cookie": told.headers["Set-Cookie"].partition(";")[0]}
            if told.status == 409:
                return (await told.json())["code"]
            return await told.json() if told.status == 200 else told.status


async def panel(door: Door, role: str = "admin") -> Panel:
    """Of an account called like its role."""
    return Panel(door, await door.stranger(), {"Cookie": await door.cookie(role)})


async def test_people(door: Door) -> None:
    """They are made, let do more, given another password and removed; the log says by whom."""
    admin = await panel(door)
    assert await admin.post("people/add", name="Ana", role="viewer", password=PASSWORD) == {
        "name": "Ana"
    }
    assert await admin.post("people/role", name="Ana", role="operator") == {"name": "Ana"}
    assert await admin.post("people/password", name="Ana", password=OTHER) == {"name": "Ana"}
    listed = (await admin.get("people"))["people"]
    assert [(it["name"], it["role"]) for it in listed] == [("admin", "admin"), ("Ana", "operator")]
    assert await admin.post("people/remove", name="Ana") == {"name": "Ana"}
    assert len((await admin.get("people"))["people"]) == 1
    log = (await admin.get("audit"))["audit"]
    assert [(it["event"], it["who"]) for it in log[:4]] == [
        ("account removed", "admin"),
        ("password changed", "admin"),
        ("role changed", "admin"),
        ("account made", "admin"),
    ]


REFUSED: list[tuple[str, dict[str, Any], object]] = [
    ("people/add", {"name": "admin", "role": "viewer", "password": PASSWORD}, "taken"),
    ("people/add", {"name": " \u200b", "role": "viewer", "password": PASSWORD}, "name"),
    ("people/add", {"name": "Ana", "role": "viewer", "password": "short"}, "password"),
    ("people/add", {"name": "Ana", "role": "king", "password": PASSWORD}, "failed"),
    ("people/add", {"name": "Ana", "role": "viewer"}, 400),
    ("people/add", {"name": "Ana", "role": "viewer", "password": 7}, 400),
    ("people/role", {"name": "admin", "role": "viewer"}, "last-admin"),
    ("people/remove", {"name": "admin"}, "last-admin"),
    ("people/remove", {"name": "nobody"}, "gone"),
    ("links/add", {"name": "Oma", "role": "admin", "seconds": 60, "uses": 1}, "failed"),
    ("links/add", {"name": "Oma", "role": "viewer", "seconds": 0, "uses": 1}, "failed"),
    ("links/add", {"name": "Oma", "role": "viewer", "seconds": True, "uses": 1}, 400),
    ("links/add", {"name": "Oma", "role": "viewer", "seconds": "60", "uses": 1}, 400),
    ("links/revoke", {"id": "nothing"}, "gone"),
    ("links/qr", {"code": "nothing"}, "gone"),
    ("links/qr", {"code": 7}, 400),
    ("tokens/add", {"name": "\x07", "role": "viewer"}, "name"),
    ("tokens/revoke", {"name": "nothing"}, "gone"),
    ("sessions/end", {"id": "nothing"}, "gone"),
    ("me/sessions/end", {"id": "nothing"}, "gone"),
    ("me/password", {"old": "a wrong one", "password": OTHER}, "wrong"),
    ("me/password", {"old": PASSWORD, "password": "short"}, "password"),
]


async def test_a_link_to_photograph(door: Door) -> None:
    """It is the link as this page would write it, as long as it can be used."""
    admin = await panel(door)
    made = await admin.post("links/add", name="Oma", role="viewer", seconds=60, uses=1)
    told = await admin.post("links/qr", code=made["code"])
    assert told == {"svg": qr(f"{door.url}guest/{made['code']}").decode()}
    (link,) = (await admin.get("links"))["links"]
    assert link["uses"] == 1
    await admin.post("links/revoke", id=link["id"])
    assert await admin.post("links/qr", code=made["code"]) == "gone"


@pytest.mark.parametrize(("what", "message", "code"), REFUSED)
async def test_what_can_not_be_done(
    door: Door, what: str, message: dict[str, Any], code: object
) -> None:
    """It says why, for programs, and nothing has changed."""
    admin = await panel(door)
    assert await admin.post(what, **message) == code
    assert [it["name"] for it in (await admin.get("people"))["people"]] == ["admin"]
    assert (await admin.get("links"))["links"] == []
    assert (await admin.get("tokens"))["tokens"] == []


async def test_guest_links_and_tokens(door: Door) -> None:
    """Shown once, good at once, and good for nothing once revoked."""
    admin = await panel(door)
    code = (await admin.post("links/add", name="Oma", role="viewer", seconds=3_600, uses=2))["code"]
    (link,) = (await admin.get("links"))["links"]
    assert (link["name"], link["role"], link["uses"]) == ("Oma", "viewer", 2)
    assert code not in str(link)
    http = await door.stranger()
    async with http.get(f"{door.url}guest/{code}") as told:
        assert told.status == 200
    await admin.post("links/revoke", id=link["id"])
    async with http.get(f"{door.url}guest/{code}") as told:
        assert told.status == 403

    token = (await admin.post("tokens/add", name="robot", role="admin"))["token"]
    robot = {"Authorization": f"Bearer {token}"}
    # Which no other site could make it say: it needs no Origin.
    add = f"{door.url}api/tokens/add"
    async with http.post(add, json={"name": "its own", "role": "viewer"}, headers=robot) as told:
        assert told.status == 200
    assert [it["name"] for it in (await admin.get("tokens"))["tokens"]] == ["robot", "its own"]
    await admin.post("tokens/revoke", name="robot")
    async with http.get(add.replace("/add", ""), headers=robot) as told:
        assert told.status == 401


async def test_an_ended_session_ends_its_call(door: Door) -> None:
    """Which is what ending it is for; the admin's own page goes on."""
    admin = await panel(door)
    caller = await door.caller()
    http = await door.stranger()
    viewer = door.socket("/viewer", http)
    await viewer.connect(None, {"Cookie": await door.cookie("operator")})
    await viewer.hear("waiting")
    await caller.say("offer", offer(ONE))
    await viewer.hear_until("offer")
    await caller.hear("taken")
    await viewer.say("answer", answer(ONE))
    await caller.hear("answer")
    sessions = (await admin.get("sessions"))["sessions"]
    assert [(it["name"], it["this"]) for it in sessions] == [("admin", True), ("operator", False)]
    assert await admin.post("sessions/end", id=sessions[1]["id"]) == {"ended": 1}
    await viewer.hear_until("disconnect")
    assert await caller.hear("hangup") == {"call": ONE, "reason": "viewer-left"}
    assert [it["name"] for it in (await admin.get("sessions"))["sessions"]] == ["admin"]


async def test_ones_own(door: Door) -> None:
    """Everybody sees and ends their own sessions, and nobody else's."""
    await door.account("operator")
    one, other, stranger = [await panel(door, role) for role in ("operator", "operator", "viewer")]
    me = await one.get("me")
    assert (me["name"], me["role"], me["account"]) == ("operator", "operator", True)
    assert [it["this"] for it in me["sessions"]] == [True, False]
    others = me["sessions"][1]["id"]
    assert await stranger.post("me/sessions/end", id=others) == "gone"
    assert (await other.get("me"))["role"] == "operator"
    assert await one.post("me/sessions/end", id=others) == {"ended": 1}
    assert await other.get("me") == 401


async def test_ones_own_password(door: Door) -> None:
    """It takes the one before, and ends the account's other sessions; guessing is slowed down."""
    one, other = await panel(door, "viewer"), await panel(door, "viewer")
    assert await one.post("me/password", old=PASSWORD, password=OTHER) == {}
    assert (await one.get("me"))["name"] == "viewer"
    assert await other.get("me") == 401
    assert [await one.post("me/password", old="no", password=PASSWORD) for _ in range(6)] == [
        *["wrong"] * 5,
        "wait",
    ]
    link = Panel(door, await door.browser(), {})
    assert (await link.get("me"))["account"] is False
    assert await link.post("me/password", old="no", password=PASSWORD) == "wrong"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"x"', "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 4_000, "application/json", 400),
        (b'{"id": "' + b"x" * 5_000 + b'"}', "application/json", 413),
        (b'{"id": "x"}', "text/plain", 415),
        (b"id=x", "application/x-www-form-urlencoded", 415),
    ],
    ids=repr,
)
async def test_what_is_no_message(door: Door, body: bytes, kind: str, status: int) -> None:
    """It is refused, and nothing breaks."""
    http = await door.browser()
    headers = {"Origin": door.url.rstrip("/"), "Content-Type": kind}
    async with http.post(f"{door.url}api/sessions/end", data=body, headers=headers) as told:
        assert told.status == status


async def test_messages_of_other_sites(door: Door) -> None:
    """Nor of none: a browser says where a message comes from, whatever else it shows."""
    http = await door.browser()
    changing = [
        route.resource.canonical
        for route in door.web.app.router.routes()
        if route.method == "POST" and route.resource and "/api/" in route.resource.canonical
    ]
    assert len(changing) > 5
    for path in changing:
        for headers in ({}, {"Origin": "https://evil.example"}, {"Authorization": "Bearer x"}):
            url = f"{door.url}{path.lstrip('/').replace('{id}', 'x')}"
            async with http.post(url, json={"id": "x"}, headers=headers) as told:
                assert told.status == 403, path


async def test_a_message_that_never_comes(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends one byte by byte is answered all the same, and cut."""
    monkeypatch.setattr(messages, "DEADLINE", 0.05)
    head = (
        f"POST /api/sessions/end HTTP/1.1\r\nHost: localhost:{door.port}\r\n"
        f"Origin: https://localhost:{door.port}\r\nContent-Length: 100\r\n"
        f"Cookie: {await door.cookie()}\r\n"
        "Content-Type: application/json\r\nConnection: close\r\n\r\n{"
    )
    assert (await door.said(head.encode())).startswith(b"HTTP/1.1 408 ")
