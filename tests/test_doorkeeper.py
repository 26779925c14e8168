"""Coming in by a password, a code or a link while others guess."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from edgecam.accounts import passwords
from edgecam.accounts.doorkeeper import MOST_HELD, Doorkeeper
from edgecam.accounts.first import CODE_AGE
from edgecam.accounts.roles import Role, Whence
from edgecam.errors import CommandError, NotAdmitted
from tests.ledger import PASSWORD, Times, open_ledger

HERE = Whence("192.0.2.7")
WRONG = "a password that is wrong"


class Desk:
    """A doorkeeper on a disk, with clocks that a test sets; ``held`` says how long it waited."""

    def __init__(self, folder: Path) -> None:
        self.times = Times()
        self.held: list[float] = []
        self.keeper = Doorkeeper(open_ledger(folder, self.times), sleep=self._sleep)

    async def add(self, name: str = "Ana", role: str = "admin") -> None:
        """An account."""
        await self.keeper.command("user-add", {"name": name, "role": role, "password": PASSWORD})

    async def refused(self, name: str, password: str, address: str = "192.0.2.7") -> str:
        """The code of the refusal of a sign-in."""
        try:
            await self.keeper.sign_in(name, password, Whence(address))
        except NotAdmitted as error:
            return error.code
        raise AssertionError("whoever it was has come in")

    async def _sleep(self, seconds: float) -> None:
        self.held.append(seconds)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed here is not worth a second."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Nobody's yet."""
    desk = await asyncio.to_thread(Desk, tmp_path)
    yield desk
    await desk.keeper.close()


async def test_the_first_account(desk: Desk) -> None:
    """Whoever has the code chooses it; then there is no code any more."""
    keeper = desk.keeper
    code = keeper.new_set_up_code()
    assert keeper.has_set_up_code()
    for given in ((code, "\x07", PASSWORD, "name"), (code, "Ana", "short", "password")):
        with pytest.raises(NotAdmitted) as refused:
            await keeper.set_up(*given[:3], HERE)
        assert refused.value.code == given[3]
    secret = await keeper.set_up(code, "Ana", PASSWORD, HERE)
    admitted = keeper.ledger.admit(secret)
    assert admitted
    assert (admitted.name, admitted.role) == ("Ana", Role.ADMIN)
    assert not keeper.has_set_up_code()
    with pytest.raises(NotAdmitted) as refused:
        await keeper.set_up(code, "Bo", PASSWORD, HERE)
    assert refused.value.code == "done"
    with pytest.raises(CommandError, match="already"):
        keeper.new_set_up_code()


async def test_two_at_once_with_the_code(desk: Desk) -> None:
    """One of them has it."""
    code = desk.keeper.new_set_up_code()
    tries = [
        desk.keeper.set_up(code, name, PASSWORD, Whence(f"192.0.2.{name}")) for name in "12345"
    ]
    came = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(it, str) for it in came) == 1
    assert len(desk.keeper.ledger.people) == 1


async def test_guessing_the_code(desk: Desk) -> None:
    """It takes ever longer."""
    code = desk.keeper.new_set_up_code()
    codes = []
    for _ in range(8):
        with pytest.raises(NotAdmitted) as refused:
            await desk.keeper.set_up("0000-0000-0000", "Ana", PASSWORD, HERE)
        codes.append(refused.value.code)
    assert codes == ["wrong"] * 5 + ["wait"] * 3
    with pytest.raises(NotAdmitted):
        await desk.keeper.set_up(code, "Ana", PASSWORD, HERE)
    assert await desk.keeper.set_up(code, "Ana", PASSWORD, Whence("192.0.2.8"))


async def test_guessing_the_code_for_as_long_as_it_is_good(desk: Desk) -> None:
    """Once a second, all day: hardly any guess is looked at, of 2 to the 60th."""
    desk.keeper.new_set_up_code()
    codes: Counter[str] = Counter()
    for _ in range(round(CODE_AGE)):
        with pytest.raises(NotAdmitted) as refused:
            await desk.keeper.set_up("0000-0000-0000", "Ana", PASSWORD, HERE)
        codes[refused.value.code] += 1
        desk.times.passes(1)
    assert set(codes) == {"wrong", "wait"}
    assert codes["wrong"] < 20


async def test_no_code_no_set_up(desk: Desk) -> None:
    """Before there is one, and after an hour, nothing opens."""
    for given in ("", "0000-0000-0000"):
        with pytest.raises(NotAdmitted):
            await desk.keeper.set_up(given, "Ana", PASSWORD, HERE)
    code = desk.keeper.new_set_up_code()
    desk.times.passes(3_600)
    assert not desk.keeper.has_set_up_code()
    with pytest.raises(NotAdmitted):
        await desk.keeper.set_up(code, "Ana", PASSWORD, HERE)


async def test_signing_in(desk: Desk) -> None:
    """With the password, whatever the case of the name; not with another, nor as nobody."""
    await desk.add()
    secret = await desk.keeper.sign_in(" ANA ", PASSWORD, HERE)
    admitted = desk.keeper.ledger.admit(secret)
    assert admitted
    assert admitted.name == "Ana"
    for name, password in (("Ana", WRONG), ("Bo", PASSWORD), ("", ""), ("\udcff", "\x00")):
        assert await desk.refused(name, password) == "wrong"
    await desk.keeper.sign_out(admitted)
    assert desk.keeper.ledger.admit(secret) is None


async def test_nobodys_password_is_tried(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that an account that is not there takes as long as one that is."""
    await desk.add()
    tried = []
    matches = passwords.matches

    def noting(kept: str, password: str) -> bool:
        tried.append(kept)
        return matches(kept, password)

    monkeypatch.setattr(passwords, "matches", noting)
    for name in ("Ana", "nobody"):
        assert await desk.refused(name, WRONG) == "wrong"
    assert len(tried) == 2
    assert tried[1] == passwords.NOBODYS


async def test_an_account_that_changes_meanwhile(desk: Desk) -> None:
    """Whoever knows the password of before is not let in by it."""
    await desk.add()

    async def change(seconds: float) -> None:
        given = {"name": "Ana", "password": "another long password"}
        await desk.keeper.command("user-password", given)

    desk.keeper._sleep = change
    assert await desk.refused("Ana", PASSWORD) == "wrong"
    assert desk.keeper.ledger.sessions.all() == []


async def test_who_guesses_waits(desk: Desk) -> None:
    """Ever longer, whatever the name; the answer does not say whether the password is right."""
    await desk.add()
    codes = [await desk.refused(f"nobody{at}", WRONG) for at in range(7)]
    assert codes == ["wrong"] * 5 + ["wait"] * 2
    assert await desk.refused("Ana", PASSWORD) == "wait"
    desk.times.passes(1)
    assert await desk.refused("Ana", WRONG) == "wrong"
    desk.times.passes(1)
    assert await desk.refused("Ana", PASSWORD) == "wait"
    desk.times.passes(1)
    assert await desk.keeper.sign_in("Ana", PASSWORD, HERE)


async def test_nobody_locks_the_owner_out(desk: Desk) -> None:
    """Whoever guesses from everywhere holds the owner up for a moment, and not at all where the
    owner is signed in already.
    """
    await desk.add()
    home = Whence("2001:db8::7")
    await desk.keeper.sign_in("Ana", PASSWORD, home)
    for number in range(100):
        assert await desk.refused("Ana", WRONG, f"198.51.100.{number}") == "wrong"
    assert max(desk.held) == MOST_HELD
    desk.held.clear()
    assert await desk.keeper.sign_in("Ana", PASSWORD, Whence("192.0.2.1"))
    assert desk.held == [MOST_HELD]
    for number in range(100, 200):
        assert await desk.refused("Ana", WRONG, f"198.51.100.{number}") == "wrong"
    desk.held.clear()
    assert await desk.keeper.sign_in("Ana", PASSWORD, Whence("2001:db8::8"))
    assert desk.held == []


async def test_one_at_a_time(desk: Desk) -> None:
    """Of a network; many from many are not all tried at once."""
    await desk.add()
    tries = [desk.refused("Ana", WRONG, f"2001:db8::{number:x}") for number in range(20)]
    assert sorted(await asyncio.gather(*tries)) == ["busy"] * 19 + ["wrong"]
    tries = [desk.refused("Ana", WRONG, f"192.0.2.{number}") for number in range(20)]
    assert (await asyncio.gather(*tries)).count("busy") == 12


async def test_guests(desk: Desk) -> None:
    """By a link, as often as it says."""
    given = {"name": "Oma", "role": "viewer", "seconds": 3_600, "uses": 1}
    code = (await desk.keeper.command("link-add", given))["code"]
    assert desk.keeper.guest(code)
    came = await asyncio.gather(
        *(desk.keeper.enter_as_guest(code, HERE) for _ in range(5)), return_exceptions=True
    )
    secret = next(it for it in came if isinstance(it, str))
    assert sum(isinstance(it, NotAdmitted) for it in came) == 4
    admitted = desk.keeper.ledger.admit(secret)
    assert admitted
    assert (admitted.name, admitted.role) == ("Oma", Role.VIEWER)
    assert desk.keeper.guest(code) is None


async def test_with_a_disk_that_is_read_only(desk: Desk) -> None:
    """Sign-ins work, by password and by the console; a guest link, which would be used, doesn't."""
    await desk.add()
    given = {"name": "Oma", "role": "viewer", "seconds": 3_600, "uses": 1}
    code = (await desk.keeper.command("link-add", given))["code"]
    before = await desk.keeper.sign_in("Ana", PASSWORD, HERE)
    connection = desk.keeper.ledger._database._connection
    await asyncio.to_thread(connection.execute, "PRAGMA query_only=ON")
    secret = await desk.keeper.sign_in("Ana", PASSWORD, HERE)
    admitted = desk.keeper.ledger.admit(secret)
    assert admitted
    assert desk.keeper.ledger.admit(await desk.keeper.enter(desk.keeper.new_link(), HERE))
    with pytest.raises(NotAdmitted) as refused:
        await desk.keeper.enter_as_guest(code, HERE)
    assert refused.value.code == "not-kept"
    # It is nowhere that it could come back from; the other is.
    await desk.keeper.sign_out(admitted)
    assert desk.keeper.ledger.admit(secret) is None
    admitted = desk.keeper.ledger.admit(before)
    assert admitted
    with pytest.raises(CommandError, match="can't be written"):
        await desk.keeper.sign_out(admitted)
    assert desk.keeper.ledger.admit(before) is None


async def test_what_is_written_down(desk: Desk) -> None:
    """Sign-ins, failures and changes; a flood of failures in part."""
    await desk.add()
    for number in range(60):
        await desk.refused("Ana", WRONG, f"192.0.2.{number}")
    await desk.keeper.sign_in("Ana", PASSWORD, HERE)
    rows = (await desk.keeper.command("audit", {"most": 100}))["rows"]
    events = [row[1] for row in rows]
    assert events[0] == "account made"
    assert events[-1] == "signed in"
    assert events.count("sign-in failed") == 20


async def test_a_disk_that_becomes_read_only(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once, also when nobody asks for anything, and so is that it is over."""
    told: list[str] = []
    desk.keeper.troubled = told.append
    database = desk.keeper.ledger.book._database
    await desk.keeper.look_again()
    assert told == []
    monkeypatch.setattr(database, "is_read_only", lambda: True)
    await asyncio.to_thread(database._connection.execute, "PRAGMA query_only=ON")
    for _ in range(2):
        await desk.keeper.look_again()
    assert len(told) == 1
    assert "can't be written" in told[0]
    with pytest.raises(CommandError, match="can't be written"):
        await desk.keeper.command("token-add", {"name": "printer", "role": "viewer"})
    assert len(told) == 1
    await asyncio.to_thread(database._connection.execute, "PRAGMA query_only=OFF")
    await desk.keeper.look_again()
    assert told[1:] == [""]
