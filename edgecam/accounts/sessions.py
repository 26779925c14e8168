"""Sessions: what a browser has that was let in."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from edgecam.accounts.book import Book, Entry, digest, is_secret
from edgecam.accounts.roles import ROLES, Role, Whence
from edgecam.errors import NotKept

SESSION_AGE = 30 * 24 * 3600
MOST_ALIKE = 64
"""Sessions of one account or one guest link, or by one-time links: of more, the oldest ends."""

MOST_AGENT = 256


@dataclass(frozen=True, slots=True)
class Grant:
    """What a session is begun by: an account (its folded name), a guest link (its id) or, with
    neither, a one-time link; then ``role`` is its own. ``ends`` is its last moment, if it has one.
    """

    account: str = ""
    link: str = ""
    role: Role = Role.VIEWER
    ends: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """``account``, ``link`` and ``role`` as granted; times are in seconds since 1970."""

    id: str
    digest: str
    account: str
    link: str
    role: Role
    created: int
    ends: int
    address: str
    agent: str


class Sessions:
    """Kept is the SHA-256 of a session's secret and nothing it could be made from again.

    What changes them blocks. Reading doesn't, and may be done from any thread meanwhile.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        rows = book.rows(
            "SELECT id, digest, account, link, role, created, ends, address, agent FROM sessions"
        )
        # Begun while the clock was wrong: it may be set right any moment, and says nothing of them.
        self._undated: dict[str, float] = {}
        # Not on the disk, which could not be written.
        self._unkept: set[str] = set()
        # Ended, and still on the disk for the same reason.
        self._owed: list[tuple[Entry, list[Session]]] = []
        self._have(_session(*row) for row in sorted(rows, key=lambda row: row[5]))

    def all(self) -> list[Session]:
        """Those that last, the oldest first."""
        return [each for each in self._sessions.values() if self._lasts(each)]

    def find(self, secret: str | None) -> Session | None:
        """The session of that secret, which may be anything, if it lasts."""
        if secret is None or not is_secret(secret):
            return None
        return self.of(self._ids.get(digest(secret), ""))

    def of(self, id_: str) -> Session | None:
        """The session of that id, if it lasts."""
        session = self._sessions.get(id_)
        return session if session is not None and self._lasts(session) else None

    def begin(
        self,
        whence: Whence,
        entry: Entry,
        grant: Grant,
        *,
        must_be_kept: bool = False,
    ) -> str:
        """A new one's secret.

        If it can't be written it lasts until the node stops, or with ``must_be_kept`` NotKept is
        raised: who may come in is let in also while the disk is broken.
        """
        clock = self._book.clock
        created, secret = clock.now(), secrets.token_urlsafe(32)
        last = created + SESSION_AGE
        session = Session(
            id=secrets.token_hex(6),
            digest=digest(secret),
            account=grant.account,
            link=grant.link,
            role=grant.role,
            created=created,
            ends=last if grant.ends is None else min(last, grant.ends),
            address=whence.address,
            agent=whence.agent[:MOST_AGENT],
        )
        too_many = self._too_many(grant)
        try:
            self._book.change(entry, *_ended(too_many), _begun(session))
        except NotKept as error:
            if must_be_kept:
                raise
            self._book.note(Entry("session not kept", entry.who, str(error), whence.address))
            self._unkept.add(session.id)
        if clock.is_wrong:
            self._undated[session.id] = clock.steady() + session.ends - created
        self._have([it for it in self._sessions.values() if it not in too_many] + [session])
        return secret

    def end(self, which: Callable[[Session], bool], entry: Entry) -> list[Session]:
        """End those. They have ended also when NotKept is raised, but might come back with the node
        that starts next, unless ``settle`` can write it before.
        """
        ended = [each for each in self._sessions.values() if which(each)]
        kept = [each for each in ended if each.id not in self._unkept]
        self.forget(which)
        if kept:
            self._owed.append((entry, kept))
            self.settle()
        elif ended:
            self._book.note(entry)
        return ended

    def settle(self) -> None:
        """End on the disk what has ended. NotKept while it can't be written."""
        while self._owed:
            entry, ended = self._owed[0]
            self._book.change(entry, *_ended(ended))
            del self._owed[0]

    def forget(self, which: Callable[[Session], bool]) -> None:
        """Have those no more that are no longer on disk."""
        self._have([it for it in self._sessions.values() if not which(it)])

    def _have(self, sessions: Iterable[Session]) -> None:
        self._sessions = {it.id: it for it in sessions}
        self._ids = {it.digest: it.id for it in self._sessions.values()}
        self._undated = {k: v for k, v in self._undated.items() if k in self._sessions}
        self._unkept &= self._sessions.keys()

    def _lasts(self, session: Session) -> bool:
        clock = self._book.clock
        if (until := self._undated.get(session.id)) is not None:
            return clock.steady() < until
        return clock.between(session.created, session.ends)

    def _too_many(self, grant: Grant) -> list[Session]:
        by = (grant.account, grant.link)
        alike = [each for each in self.all() if (each.account, each.link) == by]
        over = [each for each in self._sessions.values() if not self._lasts(each)]
        # Those that a wrong clock makes look over may last again.
        late = [each for each in over if self._book.clock.now() >= each.ends]
        return late + alike[: max(0, len(alike) - MOST_ALIKE + 1)]


def _session(id_: str, digest_: str, account: str, link: str, role: str, *rest: Any) -> Session:
    return Session(id_, digest_, account, link, ROLES[role], *rest)


def _begun(it: Session) -> tuple[str, tuple[object, ...]]:
    values = (it.id, it.digest, it.account, it.link, str(it.role))
    times = (it.created, it.ends, it.address, it.agent)
    return ("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values + times)


def _ended(sessions: Iterable[Session]) -> list[tuple[str, tuple[object, ...]]]:
    return [("DELETE FROM sessions WHERE id = ?", (each.id,)) for each in sessions]
