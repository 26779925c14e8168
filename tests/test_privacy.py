"""The privacy switch: the devices are closed for real, from afar and by a switch of the board's."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from edgecam.accounts import passwords
from edgecam.accounts.book import Entry
from edgecam.accounts.privacy import Privacy
from edgecam.capture.shutter import SHUT, Shutter, Shuttered
from edgecam.errors import SourceError, StartError
from edgecam.gpio import Pins
from edgecam.media import Sound, VideoFormat
from edgecam.signaling.parser import parse
from tests.door import Door, open_door
from tests.node import Node, running_node
from tests.sockets import PATIENCE, http_session
from tests.test_stills import decoded
from tests.viewer import trust, viewer_of

SIZE = VideoFormat(640, 360, 30)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed here is not worth a second."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A page with its signaling server."""
    async with open_door(tmp_path) as door:
        yield door


class Microphone:
    """Hears something when it is told to."""

    def __init__(self) -> None:
        self.hears = threading.Event()
        self.is_open = False

    def open(self) -> None:
        self.is_open = True

    def read(self) -> Sound:
        self.hears.wait()
        return Sound(None, 0)  # type: ignore[arg-type]

    def close(self) -> None:
        self.is_open = False


def test_a_shutter() -> None:
    """What was being captured when it shut is nobody's, and nothing opens behind it."""
    shutter, microphone = Shutter(), Microphone()
    lit: list[bool] = []
    shutter.told = lit.append
    shuttered: Shuttered[Sound] = Shuttered(shutter, microphone)
    shuttered.open()
    assert not shutter.closed
    assert not shutter.wait_closed(0)
    raised: list[Exception] = []

    def listen() -> None:
        try:
            shuttered.read()
        except SourceError as error:
            raised.append(error)
        shuttered.close()

    thread = threading.Thread(target=listen)
    thread.start()
    shutter.shut = True
    microphone.hears.set()
    assert shutter.wait_closed(PATIENCE)
    thread.join()
    assert not microphone.is_open
    assert [str(each) for each in raised] == [SHUT]
    with pytest.raises(SourceError):
        shuttered.open()
    assert not microphone.is_open
    shuttered.close()
    assert lit == [True, False]


async def test_it_is_kept_until_it_is_turned_off(tmp_path: Path) -> None:
    """On disk and in the log; the switch at the device wins over the one from afar."""
    noted: list[Entry] = []

    async def note(entry: Entry) -> None:
        noted.append(entry)

    told: list[bool] = []
    path, shutter = tmp_path / "privacy", Shutter()
    privacy = Privacy(shutter, path, kept=False)
    privacy.note, privacy.changed = note, told.append
    state = await privacy.set(True, "Ana", "192.0.2.1")
    assert state == {"on": True, "switch": False, "closed": True, "kept": True}
    with pytest.raises(SourceError):
        shutter.check()
    assert await asyncio.to_thread(path.exists)
    again = Shutter()
    Privacy(again, path, kept=True)
    assert again.shut
    privacy.touched(True)
    assert (await privacy.set(False, "Ana"))["on"]
    assert not await asyncio.to_thread(path.exists)
    privacy.touched(False)
    assert not shutter.shut
    assert told == [True, True, True, False]
    await asyncio.gather(*privacy._notes)
    assert sorted((each.event, each.who) for each in noted) == [
        ("privacy switch off", "Ana"),
        ("privacy switch off", "switch"),
        ("privacy switch on", "Ana"),
        ("privacy switch on", "switch"),
    ]


async def test_what_cannot_be_kept_is_in_force_all_the_same(tmp_path: Path) -> None:
    """And is said not to last."""
    shutter = Shutter()
    privacy = Privacy(shutter, tmp_path / "nowhere" / "privacy", kept=False)
    assert (await privacy.set(True))["kept"] is False
    assert shutter.shut


def test_the_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A switch to ground and a lamp, on gpiozero's own stand-in for a board."""
    factory = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", factory)
    turned: list[bool] = []
    switched = threading.Event()

    def turn(on: bool) -> None:
        turned.append(on)
        switched.set()

    pins = Pins(17, 27, turn)
    try:
        assert turned == [False]
        pin = factory.pin(17)
        for on in (True, False):
            switched.clear()
            pin.drive_low() if on else pin.drive_high()
            assert switched.wait(PATIENCE)
            assert turned[-1] is on
        pins.light(True)
        assert factory.pin(27).state
        pins.light(False)
        assert not factory.pin(27).state
        with pytest.raises(StartError):
            Pins(17, 0, turned.append)
    finally:
        pins.close()
        factory.reset()
    Pins(0, 0, turned.append).close()


def test_a_status_that_says_so() -> None:
    """The field may be missing, and is a truth value."""
    said = {"state": "failed", "message": SHUT, "viewers": 0, "places": 1}
    assert not parse("status", said).privacy  # type: ignore[union-attr]
    assert parse("status", said | {"privacy": True}).privacy  # type: ignore[union-attr]


async def turn(door: Door, role: str, body: object, origin: str = "") -> int:
    """What is answered to whoever wants that."""
    headers = {"Cookie": await door.cookie(role), "Origin": origin or door.url.rstrip("/")}
    http = await door.stranger()
    async with http.post(f"{door.url}api/privacy", json=body, headers=headers) as told:
        return told.status


async def test_who_may_turn_it(door: Door, tmp_path: Path) -> None:
    """Admins, from the page itself, with a truth value; where there is a camera."""
    assert await turn(door, "admin", {"on": True}) == 409
    shutter = Shutter()
    door.web.privacy.privacy = Privacy(shutter, tmp_path / "privacy", kept=False)
    assert await turn(door, "operator", {"on": True}) == 403
    assert await turn(door, "admin", {"on": True}, "https://elsewhere.example") == 403
    for wrong in ({}, {"on": 1}, [True], {"on": "true"}):
        assert await turn(door, "admin", wrong) == 400
    assert not shutter.shut
    assert await turn(door, "admin", {"on": True}) == 200
    assert shutter.shut


async def turned(node: Node, on: bool) -> dict[str, object]:
    """How it is once it was turned, over the Unix socket."""
    async with (
        http_session(unix_path=str(node.local_socket)) as http,
        http.post("http://edgecam/privacy", json={"on": on}) as told,
    ):
        state: dict[str, object] = await told.json()
        return state


async def test_a_call_stays_while_it_is_private(tmp_path: Path) -> None:
    """The devices are closed, the status says so; off, and it goes on."""
    async with running_node(tmp_path) as node, viewer_of(node) as viewer:
        await viewer.watch()
        state = await turned(node, on=True)
        assert state == {"on": True, "switch": False, "closed": True, "kept": True}
        status = await viewer.socket.hear_until("status")
        while not status["privacy"]:
            status = await viewer.socket.hear_until("status")
        assert (status["state"], status["message"]) == ("failed", SHUT)
        assert (await turned(node, on=False))["on"] is False
        while status["state"] != "ready":
            status = await viewer.socket.hear_until("status")
        assert not status["privacy"]


async def test_a_node_that_starts_private(tmp_path: Path) -> None:
    """A restart changes nothing, there is no picture, and the command line says so."""
    async with running_node(tmp_path) as node:
        code, out, _ = await node.command("privacy", "on")
        assert (code, out.strip()) == (0, "on: camera and microphone are closed")
        await node.stop()
        await node.start()
        _, token, _ = await node.command("token", "add", "printer", "--role", "operator")
        headers = {"Authorization": f"Bearer {token.strip().splitlines()[-1]}"}
        async with http_session(await asyncio.to_thread(trust, node)) as http:
            async with http.get(node.url("/snapshot.jpg"), headers=headers) as told:
                assert told.status == 503
                assert SHUT in await told.text()
            assert (await turned(node, on=False))["on"] is False
            async with http.get(node.url("/snapshot.jpg"), headers=headers) as told:
                assert decoded(await told.read()).width == 640
