"""What the tables have in common: a database, a clock, and a log of who changed what."""

import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from edgecam.accounts.database import Database, Statement
from edgecam.clock import Clock
from edgecam.errors import NotKept
from edgecam.limits import Seldom

logger = logging.getLogger(__name__)

MOST_ENTRIES = 2_000
"""The oldest of the audit log is forgotten first."""

MOST_SECRET = 256
CONSOLE = "console"
"""Who did it, if that was somebody at the device itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """``who`` did ``event`` to ``what``, from ``address``; each may be empty but ``event``."""

    event: str
    who: str = CONSOLE
    what: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry, and when it was made, in seconds since 1970."""

    at: int
    entry: Entry


class Book:
    """Writes a change and its entry in the log, both or neither."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.clock = clock
        self._database = database
        for (latest,) in database.rows("SELECT at FROM moments WHERE name = 'latest'"):
            clock.resume(latest)
        self._seldom = Seldom(logger)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What ``query`` gives. NotKept if it can't be read."""
        return self._database.rows(query)

    def change(self, entry: Entry, *statements: Statement) -> None:
        """Do it for good, or not at all and raise NotKept."""
        now = self.clock.now()
        values = (now, entry.event, entry.who, entry.what, entry.address)
        self._database.write(
            *statements,
            ("INSERT INTO audit (at, event, who, what, address) VALUES (?, ?, ?, ?, ?)", values),
            (
                "DELETE FROM audit WHERE entry <= (SELECT max(entry) FROM audit) - ?",
                (MOST_ENTRIES,),
            ),
            _latest(now),
        )
        told = (entry.event, entry.who or "-", entry.what or "-", entry.address or "-")
        self._seldom.log(self.clock.steady(), logging.INFO, "%s: by %s, of %s, from %s", *told)

    def note(self, entry: Entry) -> None:
        """Log what changes nothing, if that can be written."""
        try:
            self.change(entry)
        except NotKept as error:
            self._seldom.log(self.clock.steady(), logging.WARNING, "%s", error)

    def keep_time(self) -> None:
        """Have a start with a wrong clock go on from here, if that can be written."""
        try:
            self._database.write(_latest(self.clock.now()))
        except NotKept as error:
            self._seldom.log(self.clock.steady(), logging.WARNING, "%s", error)

    @property
    def trouble(self) -> str:
        """Why nothing can be written now, as far as it was tried; "" if it can."""
        return self._database.trouble

    def look_again(self) -> None:
        """See whether the disk has become read-only, or is so no longer."""
        if self.trouble or self._database.is_read_only():
            self.keep_time()

    def log(self, most: int = MOST_ENTRIES) -> list[Logged]:
        """The last entries, the newest first."""
        rows = self.rows(
            "SELECT at, event, who, what, address FROM audit "  # noqa: S608 (a number)
            f"ORDER BY entry DESC LIMIT {int(most)}"
        )
        return [Logged(at, Entry(*rest)) for at, *rest in rows]


def _latest(now: int) -> Statement:
    return ("INSERT OR REPLACE INTO moments VALUES ('latest', ?)", (now,))


def digest(secret: str) -> str:
    """What is kept of a secret that nobody thought up: 256 random bits need no slow hash."""
    return sha256(secret.encode()).hexdigest()


def is_secret(text: str | None) -> bool:
    """Whether it can be one at all."""
    return bool(text) and text is not None and text.isascii() and len(text) <= MOST_SECRET
