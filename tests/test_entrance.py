"""The door from outside: coming in, leaving, and what each role may do, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from argon2 import PasswordHasher

from edgecam.accounts import passwords
from edgecam.accounts.roles import ROLES, Role
from edgecam.signaling.parser import _PARSERS
from edgecam.signaling.permissions import NEEDS as EVENTS
from edgecam.web import entrance
from edgecam.web.routes import NEEDS as ROUTES
from edgecam.web.server import WebServer, listen
from edgecam.web.sessions import COOKIE
from tests.door import Door, open_door
from tests.ledger import PASSWORD
from tests.payloads import ONE, answer, candidate, offer
from tests.sockets import Socket

DOCS = Path(__file__).parents[1] / "docs" / "security.md"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed here is not worth a second."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


class Forms:
    """A browser that fills in the forms."""

    def __init__(self, door: Door, http: aiohttp.ClientSession) -> None:
        self.http = http
        self._door = door
        self._origin = {"Origin": door.url.rstrip("/")}

    async def send(self, path: str, **fields: str) -> tuple[int, str]:
        """What a form that is sent there is answered with."""
        async with self.http.post(
            self._door.url + path, data=fields, headers=self._origin, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text()

    async def see(self, path: str = "") -> tuple[int, str]:
        """What there is to be seen."""
        async with self.http.get(self._door.url + path) as answer:
            return answer.status, await answer.text()

    async def sign_in(self, name: str = "admin", password: str = PASSWORD) -> int:
        """Try that."""
        return (await self.send("sign-in", name=name, password=password))[0]


async def stranger(door: Door) -> Forms:
    """A browser without a session."""
    return Forms(door, await door.stranger())


async def test_the_first_visit(door: Door) -> None:
    """The page asks for the set-up code; whoever has it chooses the first account, once."""
    somebody, other = await stranger(door), await stranger(door)
    assert 'name="code"' not in (await somebody.see())[1]
    code = door.keeper.new_set_up_code()
    status, text = await somebody.see()
    assert status == 401
    assert 'action="/set-up"' in text
    form = {"code": code, "name": "Ana", "password": PASSWORD}
    assert (await somebody.send("set-up", **form | {"code": "0000-0000-0000"}))[0] == 401
    assert (await somebody.send("set-up", **form | {"password": "short"}))[0] == 400
    assert (await somebody.send("set-up", **form | {"name": "<b>\x07"}))[0] == 400
    assert (await somebody.send("set-up", **form))[0] == 303
    assert (await somebody.see())[0] == 200
    assert (await other.send("set-up", **form))[0] == 409
    status, text = await other.see()
    assert status == 401
    assert 'action="/sign-in"' in text


async def test_signing_in_and_out(door: Door) -> None:
    """With the right password there is the page, until one signs out; the cookie is then dead."""
    await door.account()
    browser = await stranger(door)
    assert await browser.sign_in(password="wrong, wrong, wrong") == 401
    assert await browser.sign_in(name="nobody") == 401
    assert await browser.sign_in() == 303
    assert (await browser.see())[0] == 200
    headers = {"Cookie": f"{COOKIE}={next(iter(browser.http.cookie_jar)).value}"}
    assert (await browser.send("sign-out"))[0] == 303
    assert (await browser.see())[0] == 401
    thief = await door.stranger()
    async with thief.get(door.url, headers=headers) as answer_:
        assert answer_.status == 401


async def test_unknown_and_wrong_look_the_same(door: Door) -> None:
    """Not a byte of the answer tells whether there is such an account."""
    await door.account()
    browser = await stranger(door)
    said = [
        await browser.send("sign-in", name=name, password="wrong, wrong, wrong")
        for name in ("admin", "nobody")
    ]
    assert said[0] == said[1]


async def test_guessing(door: Door) -> None:
    """It is told to wait, and for how long."""
    await door.account()
    browser = await stranger(door)
    assert [await browser.sign_in(password="a wrong one") for _ in range(6)] == [401] * 5 + [429]
    headers = {"Origin": door.url.rstrip("/")}
    form = {"name": "admin", "password": PASSWORD}
    async with browser.http.post(f"{door.url}sign-in", data=form, headers=headers) as answer_:
        assert answer_.status == 429
        assert answer_.headers["Retry-After"] == "1"
    door.times.passes(1)
    assert await browser.sign_in() == 303


async def test_a_guest_link_asks_first(door: Door) -> None:
    """Looking at it does not use it up; once it is used up it says so."""
    given = {"name": "Oma", "role": "viewer", "seconds": 3_600, "uses": 1}
    path = f"guest/{(await door.keeper.command('link-add', given))['code']}"
    guest, other = await stranger(door), await stranger(door)
    for _ in range(3):
        assert (await other.see(path))[0] == 200
    assert (await guest.send(path))[0] == 303
    assert (await guest.see())[0] == 200
    assert (await other.see(path))[0] == 403
    assert (await other.send(path))[0] == 403
    door.times.passes(3_600)
    assert (await guest.see())[0] == 401


@pytest.mark.parametrize("path", ["sign-in", "set-up", "sign-out", "guest/x"])
async def test_forms_of_other_sites(door: Door, path: str) -> None:
    """Nor of none: a browser says where a form comes from."""
    http = await door.browser()
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        async with http.post(door.url + path, data={"name": "x"}, headers=headers) as answer_:
            assert answer_.status == 403
    assert (await Forms(door, http).see())[0] == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/x-www-form-urlencoded", 400),
        (b"name=x", "application/x-www-form-urlencoded", 400),
        (b"name=%ff&password=%ff", "application/x-www-form-urlencoded", 401),
        (b"name=x&password=" + b"x" * 5_000, "application/x-www-form-urlencoded", 413),
        (b"name=x&password=y", "application/x-www-form-urlencoded; charset=nonsense", 400),
        (b'{"name": "x"}', "application/json", 415),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
    ],
)
async def test_what_is_no_form(door: Door, body: bytes, kind: str, status: int) -> None:
    """It is refused, and nothing breaks."""
    http = await door.stranger()
    headers = {"Origin": door.url.rstrip("/"), "Content-Type": kind}
    async with http.post(f"{door.url}sign-in", data=body, headers=headers) as answer_:
        assert answer_.status == status


async def test_a_form_that_never_comes(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends one byte by byte is answered all the same, and cut."""
    monkeypatch.setattr(entrance, "BODY_DEADLINE", 0.05)
    head = (
        f"POST /sign-in HTTP/1.1\r\nHost: localhost:{door.port}\r\n"
        f"Origin: https://localhost:{door.port}\r\nContent-Length: 100\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\nname="
    )
    answer_ = await door.said(head.encode())
    assert answer_.startswith(b"HTTP/1.1 408 ")


def table(heading: str) -> list[list[str]]:
    """The rows of the table below that heading in the document."""
    text = DOCS.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip("` ") for cell in row] for row in rows[2:]]


def test_the_tables_say_what_is_so() -> None:
    """The document has every entry, and no other."""
    routes = {
        (method, path): ROLES.get(role) for method, path, role, _ in table(_HEADINGS["routes"])
    }
    assert routes == ROUTES
    assert {event: ROLES[role] for event, role in table(_HEADINGS["events"])} == EVENTS


_HEADINGS = {
    "routes": "Every route, and what it takes",
    "events": "Every event of a viewer's, and what it takes",
}


def test_every_route_has_an_entry(door: Door) -> None:
    """Whatever the server serves."""
    there = {
        (route.method, route.resource.canonical)
        for route in door.web.app.router.routes()
        if route.resource
    }
    assert {(method, path) for method, path in there if method != "HEAD"} == set(ROUTES)


async def test_every_route_with_every_role(door: Door) -> None:
    """Strangers get 401 and whoever may not 403, from every route but those for anybody."""
    whos = {who: await door.stranger() for who in (None, *Role)}
    for (method, path), needed in ROUTES.items():
        for who, http in whos.items():
            headers = {"Origin": door.url.rstrip("/")}
            if who is not None:
                headers["Cookie"] = await door.cookie(str(who))
            filled = path.format(code="x", path="style.css", id="x").lstrip("/")
            query = "?EIO=4&transport=polling" if "socket.io" in path else ""
            url = f"{door.url}{filled}{query}"
            async with http.request(method, url, headers=headers, allow_redirects=False) as answer_:
                text = await answer_.text()
            refused = answer_.status == 401 or "Not for you" in text
            may = needed is None or (who is not None and who >= needed)
            assert refused is not may, f"{method} {path} as {who}: {answer_.status}"


async def test_a_route_that_nobody_thought_of(door: Door) -> None:
    """It is an admin's alone."""

    async def new(request: web.Request) -> web.Response:
        return web.Response(text="new")

    def mount(app: web.Application) -> None:
        app.router.add_get("/new", new)

    server = WebServer(door.keeper, {}, lambda _: True, mount)
    assert door.leaf is not None
    site = await listen(server.app, "", 0, door.leaf)
    try:
        http = await door.stranger()
        for who, status in ((None, 401), ("viewer", 403), ("operator", 403), ("admin", 200)):
            headers = {"Cookie": await door.cookie(who)} if who else {}
            async with http.get(f"https://localhost:{site.port}/new", headers=headers) as answer_:
                assert answer_.status == status
    finally:
        await site.close()


async def join(door: Door, role: str) -> Socket:
    """A viewer of that role."""
    socket = door.socket("/viewer", await door.stranger())
    await socket.connect(None, {"Cookie": await door.cookie(role)})
    return socket


SAID: dict[str, dict[str, object]] = {
    "offer": offer("call-not-there"),
    "answer": answer("call-not-there"),
    "listen": {"call": "call-not-there", "on": True},
    "candidate": candidate("call-not-there", 1),
    "hangup": {"call": "call-not-there", "reason": "bye"},
    "taken": {"call": "call-not-there"},
    "name": {"name": "Ana"},
    "renamed": {"call": "call-not-there", "viewer": {"viewer": "v" * 12, "name": "Ana"}},
    "status": {"state": "ready", "message": "", "viewers": 0, "places": 1},
    "call": {},
    "floor": {"call": "call-not-there", "want": True},
    "rendition": {"call": "call-not-there", "want": "small"},
}


async def test_every_event_with_every_role(door: Door) -> None:
    """What a role may not say is refused; what is no viewer's is nobody's to say."""
    assert set(_PARSERS) == set(SAID)
    for role in ROLES:
        viewer = await join(door, role)
        await viewer.hear("waiting")
        for event, payload in SAID.items():
            await viewer.say(event, payload)
            await viewer.say("the end", {})
            heard = []
            while (it := await viewer.next())[1].get("event") != "the end":
                heard.append(it)
            codes = {told.get("code") for name, told in heard if name == "error"}
            refused = "forbidden" in codes or ("floor", "role") in {
                (name, told.get("reason")) for name, told in heard
            }
            if event in EVENTS:
                assert refused is (ROLES[role] < EVENTS[event])
                assert "unknown-event" not in codes
            else:
                assert codes == {"unknown-event"}


async def test_a_token(door: Door) -> None:
    """It opens what its role may, until it is revoked, which ends its call."""
    made = await door.keeper.command("token-add", {"name": "robot", "role": "viewer"})
    headers = {"Authorization": f"Bearer {made['token']}"}
    http = await door.stranger()
    async with http.get(f"{door.url}style.css", headers=headers) as answer_:
        assert answer_.status == 200
    socket = door.socket("/viewer", http)
    await socket.connect(None, headers)
    await socket.hear("waiting")
    await door.keeper.command("token-revoke", {"name": "robot"})
    await socket.hear_until("disconnect")
    async with http.get(f"{door.url}style.css", headers=headers) as answer_:
        assert answer_.status == 401


ENDS: dict[str, tuple[str, dict[str, str]]] = {
    "session": ("session-revoke", {"name": "operator"}),
    "all": ("session-revoke", {}),
    "account": ("user-remove", {"name": "operator"}),
    "password": ("user-password", {"name": "operator", "password": "another one of those"}),
    "role": ("user-role", {"name": "operator", "role": "viewer"}),
}


@pytest.mark.parametrize("end", ENDS)
async def test_who_may_no_longer_loses_the_call(door: Door, end: str) -> None:
    """At once, and nobody else does."""
    caller = await door.caller()
    viewer = await join(door, "operator")
    await viewer.hear("waiting")
    other = await door.viewer()
    await other.hear("waiting")
    await caller.say("offer", offer(ONE))
    await viewer.hear_until("offer")
    await caller.hear("taken")
    await viewer.say("answer", answer(ONE))
    await caller.hear("answer")
    what, given = ENDS[end]
    await door.keeper.command(what, dict(given))
    await viewer.hear_until("disconnect")
    assert await caller.hear("hangup") == {"call": ONE, "reason": "viewer-left"}
    if end != "all":
        await other.say("nothing", {})
        assert (await other.hear_until("error"))["code"] == "unknown-event"


async def test_a_call_ends_with_its_session(door: Door) -> None:
    """Also when it runs out while nobody does anything."""
    viewer = await join(door, "viewer")
    await viewer.hear("waiting")
    door.times.passes(31 * 24 * 3_600)
    await viewer.hear_until("disconnect")


async def test_a_cookie_of_another_camera(door: Door, tmp_path: Path) -> None:
    """Browsers don't tell the ports of a host apart, nor a camera that was set up anew."""
    async with open_door(tmp_path / "another") as other:
        headers = {"Cookie": await other.cookie("admin")}
        stranger = await door.stranger()
        async with stranger.get(door.url, headers=headers) as answer:
            assert answer.status == 401
        async with stranger.get(f"{door.url}api/me", headers=headers) as answer:
            assert answer.status == 401


async def test_the_console(door: Door) -> None:
    """What the command line asks for over the Unix socket; what can't be done says why."""
    http = await door.device()
    async with http.post("http://edgecam/setup") as answer_:
        assert len((await answer_.json())["code"]) == 14
    given = {"name": "Ana", "role": "admin", "password": PASSWORD}
    async with http.post("http://edgecam/accounts/user-add", json=given) as answer_:
        assert (await answer_.json())["name"] == "Ana"
    for path, wrong in (("setup", None), ("accounts/user-add", given), ("accounts/x", [7])):
        async with http.post(f"http://edgecam/{path}", json=wrong) as answer_:
            assert answer_.status == 409
            assert (await answer_.json())["error"]
    assert await asyncio.to_thread(lambda: len(door.keeper.ledger.people)) == 1
