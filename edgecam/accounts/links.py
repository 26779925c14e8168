"""Guest links: a role to be given away, for a while and to so many."""

import secrets
from dataclasses import dataclass, replace

from edgecam import names
from edgecam.accounts.book import CONSOLE, Book, Entry, digest, is_secret
from edgecam.accounts.roles import ROLES, Role
from edgecam.errors import CommandError

MOST_LINKS = 64
MOST_USES = 64
MOST_AGE = 366 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Link:
    """``uses`` are left until ``ends``. Sessions it began end with it."""

    id: str
    digest: str
    name: str
    role: Role
    created: int
    ends: int
    uses: int


class Links:
    """What changes them blocks. Reading doesn't, and may be done from any thread meanwhile."""

    def __init__(self, book: Book) -> None:
        self._book = book
        rows = book.rows("SELECT id, digest, name, role, created, ends, uses FROM links")
        self._links = {
            str(id_): Link(id_, kept, name, ROLES[role], created, ends, uses)
            for id_, kept, name, role, created, ends, uses in sorted(rows, key=lambda row: row[4])
        }

    def all(self) -> list[Link]:
        """Those that last, used up or not, the oldest first."""
        return [each for each in self._links.values() if self._lasts(each)]

    def of(self, id_: str) -> Link | None:
        """The link of that id, used up or not, if it lasts."""
        link = self._links.get(id_)
        return link if link is not None and self._lasts(link) else None

    def find(self, code: str) -> Link | None:
        """The link with that code, which may be anything, if it can be used."""
        if not is_secret(code):
            return None
        kept = digest(code)
        for each in self.all():
            if each.digest == kept:
                return each if each.uses > 0 else None
        return None

    def add(
        self, name: str, role: Role, seconds: int, uses: int, who: str = CONSOLE
    ) -> tuple[Link, str]:
        """A new one and its code, which nobody can be told again. CommandError if it can't be."""
        name = name.strip()
        if fault := names.fault(name):
            raise CommandError(f"a name {fault}", "name")
        if role is Role.ADMIN:
            raise CommandError("a guest is no admin: make an account, or choose another role")
        if not 0 < seconds <= MOST_AGE:
            raise CommandError(f"a link lasts up to {MOST_AGE // 86_400} days")
        if not 0 < uses <= MOST_USES:
            raise CommandError(f"a link can be used once to {MOST_USES} times")
        if len(self.all()) >= MOST_LINKS:
            raise CommandError(
                f"there are {MOST_LINKS} links already: revoke one first", "too-many"
            )
        now, code = self._book.clock.now(), secrets.token_urlsafe(16)
        made = Link(secrets.token_hex(6), digest(code), name, role, now, now + seconds, uses)
        values = (made.id, made.digest, name, str(role), now, made.ends, uses)
        over = ("DELETE FROM links WHERE ends <= ?", (now,))
        self._book.change(
            Entry("link made", who, f"{name}: {role}"),
            over,
            ("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?)", values),
        )
        kept = {k: v for k, v in self._links.items() if v.ends > now}
        self._links = {**kept, made.id: made}
        return made, code

    def use(self, code: str, address: str) -> Link:
        """Use it once. CommandError if it can't be used."""
        link = self.find(code)
        if link is None:
            raise CommandError("this link can't be used")
        left = replace(link, uses=link.uses - 1)
        self._book.change(
            Entry("link used", link.name, str(link.role), address),
            ("UPDATE links SET uses = ? WHERE id = ?", (left.uses, link.id)),
        )
        self._links = {**self._links, link.id: left}
        return left

    def revoke(self, id_: str, who: str = CONSOLE) -> Link:
        """Have it no more, nor the sessions it began on disk. CommandError if there is none."""
        link = self._links.get(id_)
        if link is None:
            raise CommandError(f"there is no link {id_!r}: see edgecam link list", "gone")
        self._book.change(
            Entry("link revoked", who, link.name),
            ("DELETE FROM links WHERE id = ?", (id_,)),
            ("DELETE FROM sessions WHERE link = ?", (id_,)),
        )
        self._links = {k: v for k, v in self._links.items() if k != id_}
        return link

    def _lasts(self, link: Link) -> bool:
        return self._book.clock.between(link.created, link.ends)
