"""All there is to know about who may do what, in one file."""

import logging
from contextlib import suppress
from pathlib import Path

from edgecam.accounts.book import Book
from edgecam.accounts.database import Database
from edgecam.accounts.links import Links
from edgecam.accounts.people import Account, People
from edgecam.accounts.roles import Pass
from edgecam.accounts.sessions import Session, Sessions
from edgecam.accounts.tokens import Tokens
from edgecam.clock import Clock
from edgecam.errors import NotKept

logger = logging.getLogger(__name__)


class Ledger:
    """What is kept in the file ``path``. What can't be used, as after a power cut, is set aside,
    and then nobody is let in. StartError if it can't be read.

    Who comes in is looked up in memory. What changes something blocks, and has to be done by one
    thread at a time.
    """

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._database = Database(path)
        self._clock = clock or Clock()
        try:
            self._read()
        except (NotKept, ValueError, LookupError, TypeError) as error:
            self._database.set_aside(f"{type(error).__name__}: {error}")
            self._read()

    def _read(self) -> None:
        self.book = Book(self._database, self._clock)
        self.people = People(self.book)
        self.sessions = Sessions(self.book)
        self.links = Links(self.book)
        self.tokens = Tokens(self.book)

    @property
    def was_set_aside(self) -> bool:
        """Whether what there was could not be used."""
        return self._database.was_set_aside

    def admit(self, cookie: str | None) -> Pass | None:
        """Who has the session ``cookie``, which may be anything."""
        session = self.sessions.find(cookie)
        return self._pass(session) if session else None

    def admit_token(self, shown: str) -> Pass | None:
        """Who has the API token ``shown``, which may be anything."""
        token = self.tokens.find(shown)
        return Pass("token", token.id, token.name, token.role) if token else None

    def still(self, admitted: Pass) -> bool:
        """Whether whoever was admitted so would be again."""
        if admitted.kind == "token":
            token = self.tokens.of(admitted.id)
            return token is not None and token.role == admitted.role
        session = self.sessions.of(admitted.id)
        return session is not None and self._pass(session) == admitted

    def name_of(self, session: Session) -> str:
        """Whose it is; "" if it came of a one-time link."""
        admitted = self._pass(session)
        return admitted.name if admitted else ""

    def account_of(self, admitted: Pass) -> Account | None:
        """The account somebody came in by; None for guests, machines, and who is at the console."""
        session = self.sessions.of(admitted.id) if admitted.kind == "session" else None
        return self.people.find(session.account) if session and session.account else None

    def look_again(self) -> None:
        """See whether the disk can be written, and write what has ended while it could not."""
        self.book.look_again()
        if not self.book.trouble:
            with suppress(NotKept):
                self.sessions.settle()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _pass(self, session: Session) -> Pass | None:
        if session.account:
            account = self.people.find(session.account)
            return Pass("session", session.id, account.name, account.role) if account else None
        if session.link:
            link = self.links.of(session.link)
            return Pass("session", session.id, link.name, link.role) if link else None
        return Pass("session", session.id, "", session.role)
