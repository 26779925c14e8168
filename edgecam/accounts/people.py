"""Accounts: a name, a role and a password each."""

from dataclasses import dataclass, replace

from edgecam import names
from edgecam.accounts.book import CONSOLE, Book, Entry
from edgecam.accounts.roles import ROLES, Role
from edgecam.errors import CommandError

MOST_ACCOUNTS = 64


@dataclass(frozen=True, slots=True)
class Account:
    """``password`` is what is kept of it; ``created`` is in seconds since 1970."""

    name: str
    role: Role
    password: str
    created: int


class People:
    """The accounts; upper and lower case are the same.

    What changes them blocks. Reading doesn't, and may be done from any thread meanwhile.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        rows = book.rows("SELECT folded, name, role, password, created FROM accounts")
        self._accounts = {
            str(folded): Account(str(name), ROLES[role], str(password), int(created))
            for folded, name, role, password, created in sorted(rows, key=lambda row: row[4])
        }

    def __len__(self) -> int:
        return len(self._accounts)

    def all(self) -> list[Account]:
        """In the order they were made."""
        return list(self._accounts.values())

    def find(self, name: str) -> Account | None:
        """The account called that, which may be anything."""
        return self._accounts.get(fold(name))

    def add(self, name: str, role: Role, password: str, entry: Entry) -> Account:
        """A new one; ``password`` is hashed. CommandError if the name can't be had."""
        name = name.strip()
        if fault := names.fault(name):
            raise CommandError(f"a name {fault}", "name")
        if self.find(name) is not None:
            raise CommandError(
                f"there is an account {name!r} already: choose another name", "taken"
            )
        if len(self) >= MOST_ACCOUNTS:
            raise CommandError(
                f"there are {MOST_ACCOUNTS} accounts already: remove one first", "too-many"
            )
        made = Account(name, role, password, self._book.clock.now())
        values = (name, fold(name), str(role), password, made.created)
        self._book.change(
            entry,
            (
                "INSERT INTO accounts VALUES (?, ?, ?, ?, ?)",
                values,
            ),
        )
        self._accounts = {**self._accounts, fold(name): made}
        return made

    def set_password(self, name: str, password: str, who: str = CONSOLE) -> Account:
        """Have another one, which is hashed, and end the account's sessions on disk."""
        account = self.named(name)
        self._book.change(
            Entry("password changed", who, account.name),
            ("UPDATE accounts SET password = ? WHERE folded = ?", (password, fold(name))),
            ("DELETE FROM sessions WHERE account = ?", (fold(name),)),
        )
        return self._replaced(replace(account, password=password))

    def set_role(self, name: str, role: Role, who: str = CONSOLE) -> Account:
        """Let it do more or less. CommandError if nobody would be left to let others."""
        account = self.named(name)
        if role < Role.ADMIN:
            self._has_not_to_be_the_last(account)
        self._book.change(
            Entry("role changed", who, f"{account.name}: {role}"),
            ("UPDATE accounts SET role = ? WHERE folded = ?", (str(role), fold(name))),
        )
        return self._replaced(replace(account, role=role))

    def remove(self, name: str, who: str = CONSOLE) -> Account:
        """Have it no more, nor its sessions on disk."""
        account = self.named(name)
        self._has_not_to_be_the_last(account)
        self._book.change(
            Entry("account removed", who, account.name),
            ("DELETE FROM accounts WHERE folded = ?", (fold(name),)),
            ("DELETE FROM sessions WHERE account = ?", (fold(name),)),
        )
        self._accounts = {k: v for k, v in self._accounts.items() if k != fold(name)}
        return account

    def named(self, name: str) -> Account:
        """The account called that. CommandError if there is none."""
        account = self.find(name)
        if account is None:
            known = ", ".join(each.name for each in self.all()) or "there are no accounts"
            raise CommandError(f"there is no account {name!r} ({known})", "gone")
        return account

    def _replaced(self, account: Account) -> Account:
        self._accounts = {**self._accounts, fold(account.name): account}
        return account

    def _has_not_to_be_the_last(self, account: Account) -> None:
        others = [each for each in self.all() if each.role is Role.ADMIN and each != account]
        if account.role is Role.ADMIN and not others:
            raise CommandError(
                f"{account.name!r} is the only admin: make another one first", "last-admin"
            )


def fold(name: str) -> str:
    """The name as it is compared."""
    return name.strip().casefold()
