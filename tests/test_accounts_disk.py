"""The ledger on its disk: over starts, wrong clocks, damage and a disk that is read-only."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from edgecam.accounts import book, passwords
from edgecam.accounts.book import Entry
from edgecam.accounts.commands import Answer
from edgecam.accounts.ledger import Ledger
from edgecam.accounts.roles import Role, Whence
from edgecam.accounts.sessions import SESSION_AGE, Grant
from edgecam.clock import CLOCK_FLOOR, SLACK
from edgecam.errors import CommandError, NotKept
from tests.ledger import NOON, PASSWORD, Times, asking, open_ledger

HERE = Whence("192.0.2.7", "a browser")
ENTRY = Entry("signed in")
CONSOLE = Grant(role=Role.ADMIN)


@pytest.fixture
def times() -> Times:
    """A clock that is right."""
    return Times()


@pytest.fixture
def ledger(tmp_path: Path, times: Times) -> Iterator[Ledger]:
    """Nobody's yet."""
    ledger = open_ledger(tmp_path, times)
    yield ledger
    ledger.close()


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed here is not worth a second."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))


def add(ledger: Ledger, name: str = "Ana", role: str = "admin") -> Answer:
    """An account."""
    return asking(ledger)("user-add", name=name, role=role, password=PASSWORD)


def test_a_clock_that_went_back(ledger: Ledger, tmp_path: Path, times: Times) -> None:
    """What is dated later than it says does not open the door; with the right time it does."""
    secret = ledger.sessions.begin(HERE, ENTRY, CONSOLE)
    code = asking(ledger)("link-add", name="Oma", role="viewer", seconds=3_600, uses=1)["code"]
    times.now = NOON - SLACK - 1
    again = open_ledger(tmp_path, times)
    for each in (ledger, again):
        assert each.admit(secret) is None
        assert each.links.find(code) is None
    times.now = NOON - SLACK
    assert again.admit(secret)
    assert again.links.find(code)
    times.now = NOON + SESSION_AGE
    assert again.admit(secret) is None
    again.close()


def test_a_clock_that_is_never_set(ledger: Ledger, tmp_path: Path, times: Times) -> None:
    """At 1970 time goes on from where it was known last, over starts, and what is over stays so."""
    ask = asking(ledger)
    over = ask("link-add", name="Bo", role="viewer", seconds=60, uses=1)["code"]
    times.passes(100)
    code = ask("link-add", name="Oma", role="viewer", seconds=3_600, uses=1)["code"]
    times.now = 5.0
    for _ in range(4):
        again = open_ledger(tmp_path, times)
        assert again.links.find(code)
        assert again.links.find(over) is None
        times.passes(1_000)
        again.book.keep_time()
        again.close()
        times.now = 5.0
    assert ledger.links.find(code) is None
    again = open_ledger(tmp_path, times)
    assert again.links.find(code) is None
    again.close()


def test_a_session_begun_at_1970(tmp_path: Path) -> None:
    """It lasts when the clock is set right, as long as any; not past the next start."""
    times = Times(7.0)
    ledger = open_ledger(tmp_path, times)
    secret = ledger.sessions.begin(HERE, ENTRY, CONSOLE)
    times.passes(60)
    assert ledger.admit(secret)
    times.now = CLOCK_FLOOR.timestamp() + 10 * SESSION_AGE
    assert ledger.admit(secret)
    times.passes(SESSION_AGE - 61)
    assert ledger.admit(secret)
    times.passes(1)
    assert ledger.admit(secret) is None
    ledger.close()
    again = open_ledger(tmp_path, times)
    assert again.admit(secret) is None
    again.close()


def test_the_log_is_kept_short(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says who did what, the newest last."""
    for number in range(5):
        ledger.book.note(Entry("tried", "ana", str(number), "192.0.2.9"))
    rows = asking(ledger)("audit", most=2)["rows"]
    assert [row[1:] for row in rows] == [["tried", "ana", n, "192.0.2.9"] for n in "34"]
    monkeypatch.setattr(book, "MOST_ENTRIES", 3)
    ledger.book.note(Entry("one more"))
    assert [it.entry.what for it in ledger.book.log()] == ["", "4", "3"]


def test_a_database_made_read_only(ledger: Ledger, tmp_path: Path) -> None:
    """Who may come in is let in; what would change something is refused in words."""
    ask = asking(ledger)
    add(ledger)
    ledger._database._connection.execute("PRAGMA query_only=ON")
    secret = ledger.sessions.begin(HERE, ENTRY, Grant(account="ana"))
    assert ledger.admit(secret)
    for what, given in (
        ("user-add", {"name": "Bo", "role": "viewer", "password": PASSWORD}),
        ("user-password", {"name": "Ana", "password": PASSWORD}),
        ("user-role", {"name": "Ana", "role": "admin"}),
        ("link-add", {"name": "Oma", "role": "viewer", "seconds": 60, "uses": 1}),
        ("token-add", {"name": "printer", "role": "viewer"}),
    ):
        with pytest.raises(CommandError, match="can't be written"):
            ask(what, **given)
    assert ledger.admit(secret)
    assert len(ask("user-list")["rows"]) == 1


def test_what_ended_while_nothing_could_be_written(
    ledger: Ledger, tmp_path: Path, times: Times
) -> None:
    """It does not come back with the node that starts next, once the disk can be written again."""
    add(ledger)
    secret = ledger.sessions.begin(HERE, ENTRY, Grant(account="ana"))
    ledger._database._connection.execute("PRAGMA query_only=ON")
    meanwhile = ledger.sessions.begin(HERE, ENTRY, Grant(account="ana"))
    with pytest.raises(NotKept):
        ledger.sessions.end(lambda it: True, Entry("session revoked"))
    assert ledger.admit(secret) is None
    assert ledger.admit(meanwhile) is None
    ledger.look_again()
    ledger._database._connection.execute("PRAGMA query_only=OFF")
    ledger.look_again()
    assert ledger.book.log(1)[0].entry.event == "session revoked"
    again = open_ledger(tmp_path, times)
    assert again.admit(secret) is None
    assert again.admit(meanwhile) is None
    again.close()


KEEPS_ADDING = """
import sys
from pathlib import Path

from edgecam.accounts.ledger import Ledger
from edgecam.accounts.roles import Role

ledger = Ledger(Path(sys.argv[1]))
for number in range(50):
    made, _ = ledger.tokens.add(sys.argv[2] + str(number), Role.VIEWER)
    print(made.name, flush=True)
    ledger.tokens.revoke(made.name)
    print("-" + made.name, flush=True)
"""


def test_what_was_done_is_done(tmp_path: Path) -> None:
    """Whoever is killed in the middle of writing has kept all it said, and nothing by halves."""
    path = tmp_path / "door.db"
    for round_ in range(5):
        said: list[str] = []
        with subprocess.Popen(
            [sys.executable, "-c", KEEPS_ADDING, path, f"{'abcde'[round_]}"],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                said.append(line.strip())
                if len(said) > 3 + 2 * round_:
                    process.kill()
        ledger = Ledger(path)
        assert not ledger.was_set_aside
        mine = {each.name for each in ledger.tokens.all() if each.name[0] == "abcde"[round_]}
        logged = [it.entry.event for it in ledger.book.log()]
        assert logged.count("token made") - logged.count("token revoked") == len(
            ledger.tokens.all()
        )
        ledger.close()
        # One more may have been under way.
        assert len(mine) <= 1
        last = said[-1]
        if last.startswith("-"):
            assert last[1:] not in mine


@pytest.mark.parametrize("damage", ["zeros", "text", "torn", "role", "schema", "garbled"])
def test_a_database_that_is_no_good(
    damage: str, tmp_path: Path, times: Times, caplog: pytest.LogCaptureFixture
) -> None:
    """It is set aside, said so, and nobody is let in."""
    path = tmp_path / "door.db"
    ledger = open_ledger(tmp_path, times)
    add(ledger)
    secret = ledger.sessions.begin(HERE, ENTRY, Grant(account="ana"))
    ledger.close()
    spoil(path, damage)
    again = open_ledger(tmp_path, times)
    assert again.was_set_aside
    assert again.admit(secret) is None
    assert len(again.people) == 0
    add(again)
    again.close()
    assert path.with_name("door.db.bad").exists()
    assert "set aside" in caplog.text
    once_more = open_ledger(tmp_path, times)
    assert not once_more.was_set_aside
    assert len(once_more.people) == 1
    once_more.close()


def spoil(path: Path, damage: str) -> None:
    """Damage a database."""
    size = path.stat().st_size
    if damage == "zeros":
        path.write_bytes(bytes(size))
    elif damage == "text":
        path.write_text("no database " * 100)
    elif damage == "torn":
        path.write_bytes(path.read_bytes()[: size // 2])
    elif damage == "garbled":
        data = path.read_bytes()
        path.write_bytes(data[:5_000] + b"\xff" * (size - 5_000))
    else:
        connection = sqlite3.connect(path)
        order = "UPDATE accounts SET role = 'king'"
        connection.execute(order if damage == "role" else "DROP TABLE links")
        connection.commit()
        connection.close()
