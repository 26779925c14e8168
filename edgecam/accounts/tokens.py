"""API tokens: a role for a machine, until it is revoked."""

import secrets
from dataclasses import dataclass

from edgecam import names
from edgecam.accounts.book import CONSOLE, Book, Entry, digest, is_secret
from edgecam.accounts.roles import ROLES, Role
from edgecam.errors import CommandError

MOST_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Token:
    """Kept is the token's SHA-256; ``created`` is in seconds since 1970."""

    id: str
    digest: str
    name: str
    role: Role
    created: int


class Tokens:
    """What changes them blocks. Reading doesn't, and may be done from any thread meanwhile."""

    def __init__(self, book: Book) -> None:
        self._book = book
        rows = book.rows("SELECT id, digest, name, role, created FROM tokens")
        self._tokens = {
            str(kept): Token(id_, kept, name, ROLES[role], created)
            for id_, kept, name, role, created in sorted(rows, key=lambda row: row[4])
        }

    def all(self) -> list[Token]:
        """The oldest first."""
        return list(self._tokens.values())

    def find(self, token: str) -> Token | None:
        """The one it is, which may be anything."""
        return self._tokens.get(digest(token)) if is_secret(token) else None

    def of(self, id_: str) -> Token | None:
        """The one of that id."""
        return next((each for each in self._tokens.values() if each.id == id_), None)

    def add(self, name: str, role: Role, who: str = CONSOLE) -> tuple[Token, str]:
        """A new one, and itself, which nobody can be told again. CommandError if it can't be."""
        name = name.strip()
        if fault := names.fault(name):
            raise CommandError(f"a name {fault}", "name")
        if any(each.name.casefold() == name.casefold() for each in self.all()):
            raise CommandError(f"there is a token {name!r} already: choose another name", "taken")
        if len(self._tokens) >= MOST_TOKENS:
            raise CommandError(
                f"there are {MOST_TOKENS} tokens already: revoke one first", "too-many"
            )
        token = secrets.token_urlsafe(32)
        now = self._book.clock.now()
        made = Token(secrets.token_hex(6), digest(token), name, role, now)
        values = (made.id, made.digest, name, str(role), now)
        self._book.change(
            Entry("token made", who, f"{name}: {role}"),
            ("INSERT INTO tokens VALUES (?, ?, ?, ?, ?)", values),
        )
        self._tokens = {**self._tokens, made.digest: made}
        return made, token

    def revoke(self, name: str, who: str = CONSOLE) -> Token:
        """Have the one of that name no more. CommandError if there is none."""
        for each in self.all():
            if each.name.casefold() == name.strip().casefold():
                self._book.change(
                    Entry("token revoked", who, each.name),
                    ("DELETE FROM tokens WHERE id = ?", (each.id,)),
                )
                self._tokens = {k: v for k, v in self._tokens.items() if v != each}
                return each
        known = ", ".join(each.name for each in self.all()) or "there are none"
        raise CommandError(f"there is no token {name!r} ({known})", "gone")
