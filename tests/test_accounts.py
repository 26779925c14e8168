"""Accounts, sessions, guest links and tokens: who is let in, and for how long."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from edgecam.accounts import passwords
from edgecam.accounts.book import Entry
from edgecam.accounts.commands import Answer
from edgecam.accounts.ledger import Ledger
from edgecam.accounts.roles import Role, Whence
from edgecam.accounts.sessions import MOST_ALIKE, SESSION_AGE, Grant
from edgecam.errors import CommandError
from tests.ledger import PASSWORD, Times, asking, open_ledger

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


def test_an_account_that_changes_over_a_restart(
    ledger: Ledger, tmp_path: Path, times: Times
) -> None:
    """What has ended does not come back with the next start."""
    ask = asking(ledger)
    add(ledger)
    add(ledger, "Bo", "operator")
    secrets = [ledger.sessions.begin(HERE, ENTRY, Grant(account="bo"))]
    ask("user-password", name="bo", password=PASSWORD)
    secrets.append(ledger.sessions.begin(HERE, ENTRY, Grant(account="bo")))
    ask("user-remove", name="bo")
    add(ledger, "Bo", "operator")
    again = open_ledger(tmp_path, times)
    assert not any(map(again.admit, secrets))
    again.close()


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
