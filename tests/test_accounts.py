"""Accounts, sessions, guest links and tokens: who is let in, and for how long."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from edgecam.accounts import book, passwords
from edgecam.accounts.book import Entry
from edgecam.accounts.commands import Answer
from edgecam.accounts.delays import MOST_KEYS, Delays, network
from edgecam.accounts.first import CODE_AGE, SetUpCode
from edgecam.accounts.ledger import Ledger
from edgecam.accounts.one_time import LINK_AGE, MOST_LINKS, OneTimeLinks
from edgecam.accounts.roles import Role, Whence
from edgecam.accounts.sessions import MOST_ALIKE, SESSION_AGE, Grant
from edgecam.clock import CLOCK_FLOOR, SLACK
from edgecam.errors import CommandError
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


def test_roles_are_in_order() -> None:
    """Each may do what those below it may."""
    assert [str(role) for role in sorted(Role)] == ["viewer", "operator", "admin"]


@pytest.mark.parametrize("password", ["", "short", "x" * 300, "aaaaaaaaaaaaaaa", "Anastasia-C"])
def test_passwords_that_are_no_good(password: str) -> None:
    """Too short, too long, all the same, or the name."""
    assert passwords.fault(password, "anastasia-c")
    assert not passwords.fault("correct horse", "ana")


def test_a_password_is_known_again() -> None:
    """However the keyboard composes it; and no other is."""
    kept = passwords.hashed("señor café 1234")
    assert kept.startswith("$argon2id$")
    assert passwords.matches(kept, "sen\u0303or cafe\u0301 1234")
    for wrong in ("", "señor café 1235", "x" * 100_000, "\udcff", "\x00"):
        assert not passwords.matches(kept, wrong)
    assert kept != passwords.hashed("señor café 1234")


def test_nobodys_password_costs_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is hashed for real, with the parameters of all others."""
    monkeypatch.undo()
    assert not passwords.matches(passwords.NOBODYS, PASSWORD)
    kept = passwords.hashed(PASSWORD)
    assert kept.split("$")[:4] == passwords.NOBODYS.split("$")[:4]
    assert len(kept.split("$")[5]) == len(passwords.NOBODYS.split("$")[5])
    with pytest.raises(VerificationError):
        passwords._HASHER.verify(passwords.NOBODYS, PASSWORD)


def test_accounts(ledger: Ledger, tmp_path: Path, times: Times) -> None:
    """Made, listed, changed, removed; there after a restart; upper and lower case are the same."""
    ask = asking(ledger)
    assert add(ledger, " Ana ") == {"name": "Ana"}
    add(ledger, "Zoë", "viewer")
    with pytest.raises(CommandError, match="already"):
        add(ledger, "ANA")
    assert ask("user-role", name="zoë", role="operator") == {"name": "Zoë"}
    again = open_ledger(tmp_path, times)
    rows = [row[:2] for row in asking(again)("user-list")["rows"]]
    assert rows == [["Ana", "admin"], ["Zoë", "operator"]]
    again.close()
    assert ask("user-remove", name="zoë") == {"name": "Zoë"}
    for what in ("user-remove", "user-role"):
        with pytest.raises(CommandError, match="only admin"):
            ask(what, name="Ana", role="viewer")


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("fly", {}),
        ("user-add", {}),
        ("user-add", {"name": "Ana", "role": "king", "password": PASSWORD}),
        ("user-add", {"name": "\x07", "role": "viewer", "password": PASSWORD}),
        ("user-add", {"name": "Ana", "role": "viewer", "password": "short"}),
        ("user-add", {"name": "Ana", "role": "viewer", "password": 7}),
        ("user-add", {"name": "Ana", "role": "viewer", "hash": None}),
        ("user-password", {"name": "nobody", "password": PASSWORD}),
        ("link-add", {"name": "Ana", "role": "admin", "seconds": 60, "uses": 1}),
        ("link-add", {"name": "Ana", "role": "viewer", "seconds": 0, "uses": 1}),
        ("link-add", {"name": "Ana", "role": "viewer", "seconds": 60, "uses": 1_000}),
        ("link-add", {"name": "Ana", "role": "viewer", "seconds": True, "uses": 1}),
        ("link-revoke", {"id": "nothing"}),
        ("token-revoke", {"name": "nothing"}),
        ("session-revoke", {"id": "nothing"}),
        ("session-revoke", {"name": "nobody"}),
    ],
)
def test_what_can_not_be_done(ledger: Ledger, what: str, given: dict[str, object]) -> None:
    """It is refused in words and nothing has changed."""
    ask = asking(ledger)
    with pytest.raises(CommandError):
        ask(what, **given)
    assert (
        ask("user-list")["rows"] == ask("link-list")["rows"] == ask("audit", most=9)["rows"] == []
    )


def test_a_session_outlives_a_restart(ledger: Ledger, tmp_path: Path, times: Times) -> None:
    """Kept is what it can't be made from again."""
    secret = ledger.sessions.begin(HERE, ENTRY, CONSOLE)
    again = open_ledger(tmp_path, times)
    admitted = again.admit(secret)
    again.close()
    assert admitted is not None
    assert admitted.role is Role.ADMIN
    assert secret.encode() not in (tmp_path / "door.db").read_bytes()
    assert (tmp_path / "door.db").stat().st_mode & 0o777 == 0o600


def test_a_session_ends(ledger: Ledger, times: Times) -> None:
    """It lasts thirty days and not a second longer."""
    secret = ledger.sessions.begin(HERE, ENTRY, CONSOLE)
    times.passes(SESSION_AGE - 1)
    admitted = ledger.admit(secret)
    assert admitted
    assert ledger.still(admitted)
    times.passes(1)
    assert ledger.admit(secret) is None
    assert not ledger.still(admitted)


@pytest.mark.parametrize("cookie", [None, "", "x", "x" * 100_000, "ü", "\udcff", "\x00", " "])
def test_nonsense_is_no_session(ledger: Ledger, cookie: str | None) -> None:
    """Nor a token, nor a guest link."""
    secret = ledger.sessions.begin(HERE, ENTRY, CONSOLE)
    assert ledger.admit(cookie) is None
    assert ledger.admit(f"{secret}{cookie or '.'}") is None
    assert ledger.admit_token(cookie or "") is None
    assert ledger.links.find(cookie or "") is None


def test_another_devices_session(ledger: Ledger, tmp_path: Path, times: Times) -> None:
    """It means nothing here."""
    (tmp_path / "other").mkdir()
    other = open_ledger(tmp_path / "other", times)
    secret = other.sessions.begin(HERE, ENTRY, CONSOLE)
    assert other.admit(secret)
    other.close()
    assert ledger.admit(secret) is None


def test_the_account_says_what_a_session_may(ledger: Ledger) -> None:
    """A new role holds at once; a new password, or none any more, ends it."""
    ask = asking(ledger)
    add(ledger)
    for end in ("user-password", "user-remove"):
        if end == "user-password":
            add(ledger, "Bo", "operator")
        secret = ledger.sessions.begin(HERE, ENTRY, Grant(account="bo"))
        admitted = ledger.admit(secret)
        assert admitted
        assert (admitted.name, admitted.role) == ("Bo", Role.OPERATOR)
        ask("user-role", name="bo", role="viewer")
        assert not ledger.still(admitted)
        now = ledger.admit(secret)
        assert now
        assert now.role is Role.VIEWER
        ask("user-role", name="bo", role="operator")
        given = {"password": PASSWORD} if end == "user-password" else {}
        ask(end, name="bo", **given)
        assert ledger.admit(secret) is None


def test_sessions_are_ended(ledger: Ledger, tmp_path: Path, times: Times) -> None:
    """One, those of an account, or all; they do not come back with the next start."""
    ask = asking(ledger)
    add(ledger)
    secrets = [ledger.sessions.begin(HERE, ENTRY, Grant(account="ana")) for _ in range(3)]
    secrets.append(ledger.sessions.begin(HERE, ENTRY, CONSOLE))
    first = ask("session-list")["rows"][0]
    assert first[1] == "Ana"
    assert ask("session-revoke", id=first[0]) == {"ended": 1}
    assert [ledger.admit(each) is None for each in secrets] == [True, False, False, False]
    assert ask("session-revoke", name="ana") == {"ended": 2}
    assert ask("session-revoke") == {"ended": 1}
    again = open_ledger(tmp_path, times)
    assert not any(ledger.admit(each) or again.admit(each) for each in secrets)
    again.close()


def test_sessions_do_not_pile_up(ledger: Ledger) -> None:
    """The oldest of an account ends, and no other account's."""
    add(ledger)
    other = ledger.sessions.begin(HERE, ENTRY, CONSOLE)
    secrets = [
        ledger.sessions.begin(HERE, ENTRY, Grant(account="ana")) for _ in range(MOST_ALIKE + 1)
    ]
    assert [ledger.admit(each) is not None for each in secrets] == [False] + [True] * MOST_ALIKE
    assert ledger.admit(other)


def test_a_guest_link(ledger: Ledger, times: Times) -> None:
    """It is used as often as it says and no more; its sessions end when it does."""
    ask = asking(ledger)
    code = ask("link-add", name="Oma", role="viewer", seconds=3_600, uses=2)["code"]
    secrets = []
    for _ in range(2):
        link = ledger.links.use(code, HERE.address)
        secrets.append(ledger.sessions.begin(HERE, ENTRY, Grant(link=link.id, ends=link.ends)))
    with pytest.raises(CommandError):
        ledger.links.use(code, HERE.address)
    assert [(it.name, it.role) for it in map(ledger.admit, secrets) if it] == [
        ("Oma", Role.VIEWER)
    ] * 2
    times.passes(3_600)
    assert not any(map(ledger.admit, secrets))


def test_a_guest_link_that_is_revoked(ledger: Ledger) -> None:
    """Its sessions end with it."""
    ask = asking(ledger)
    code = ask("link-add", name="Oma", role="viewer", seconds=3_600, uses=2)["code"]
    link = ledger.links.use(code, HERE.address)
    secret = ledger.sessions.begin(HERE, ENTRY, Grant(link=link.id))
    assert ledger.admit(secret)
    ask("link-revoke", id=ask("link-list")["rows"][0][0])
    assert ledger.admit(secret) is None
    assert ledger.links.find(code) is None


def test_tokens(ledger: Ledger, tmp_path: Path, times: Times) -> None:
    """A machine's role, until it is revoked; kept is what it can't be made from again."""
    ask = asking(ledger)
    token = ask("token-add", name="printer", role="viewer")["token"]
    with pytest.raises(CommandError):
        ask("token-add", name="Printer", role="viewer")
    again = open_ledger(tmp_path, times)
    admitted = again.admit_token(token)
    again.close()
    assert admitted
    assert admitted.role is Role.VIEWER
    assert ledger.still(admitted)
    assert token.encode() not in (tmp_path / "door.db").read_bytes()
    ask("token-revoke", name="PRINTER")
    assert ledger.admit_token(token) is None
    assert not ledger.still(admitted)


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


def test_a_one_time_link() -> None:
    """It opens once, within an hour; of too many, the oldest opens nothing."""
    links = OneTimeLinks()
    codes = [links.new(0.0) for _ in range(MOST_LINKS + 1)]
    assert not links.use(codes[0], 1.0)
    assert links.use(codes[1], LINK_AGE - 1)
    assert not links.use(codes[1], LINK_AGE - 1)
    assert not links.use(codes[2], LINK_AGE)
    for code in ("", "x", "x" * 100_000, "ü", "\udcff", "\x00"):
        assert not links.use(code, 1.0)


def test_a_set_up_code() -> None:
    """Read as people write it; good for an hour, until it is used or there is another."""
    first = SetUpCode()
    assert not first.matches("", 0.0)
    code = first.new(0.0)
    assert first.matches(code, CODE_AGE - 1)
    assert first.matches(code.lower().replace("-", " ").replace("0", "o").replace("1", "l"), 1.0)
    for wrong in ("", code[:-1], code + "0", "é" * 12, "\udcff", "x" * 100_000):
        assert not first.matches(wrong, 1.0)
    assert not first.matches(code, CODE_AGE)
    assert first.new(0.0) != code
    assert not first.matches(code, 1.0)
    first.use_up()
    assert not first.matches("", 1.0)


def test_delays_grow() -> None:
    """The first failures cost nothing, the next ever more, up to a limit; all is forgotten."""
    delays = Delays(free=2, first=1, most=900)
    waits = []
    now = 0.0
    for _ in range(15):
        delays.failed("a", now)
        waits.append(delays.wait("a", now))
        now += waits[-1]
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert delays.wait("b", now) == 0
    assert delays.wait("a", now) == 0
    delays.failed("a", now)
    assert delays.wait("a", now + 3_600) == 0
    for number in range(MOST_KEYS):
        delays.failed(str(number), now)
    assert delays.wait("a", now) == 0


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
    ],
)
def test_networks(address: str, place: str) -> None:
    """Whoever has an IPv6 /64 has as many addresses as there are."""
    assert network(address) == place


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
