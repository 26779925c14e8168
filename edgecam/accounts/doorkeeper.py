"""Lets people in, and keeps the ledger while the node runs: never on the event loop's thread."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from edgecam import names
from edgecam.accounts import commands, passwords
from edgecam.accounts.audience import Audience
from edgecam.accounts.book import CONSOLE, Entry, Logged
from edgecam.accounts.delays import Delays, network
from edgecam.accounts.first import SetUpCode
from edgecam.accounts.ledger import Ledger
from edgecam.accounts.links import Link
from edgecam.accounts.one_time import OneTimeLinks
from edgecam.accounts.people import Account, fold
from edgecam.accounts.roles import Pass, Role, Whence
from edgecam.accounts.sessions import Grant
from edgecam.errors import CommandError, NotAdmitted, NotKept
from edgecam.limits import TokenBucket

Done = TypeVar("Done")

MOST_TRYING = 8
"""Attempts under way at a time: each waits for the one before."""

MOST_HELD = 4.0
"""Seconds an attempt at an account that others guess at is held, so that nobody is locked out."""

TIME_KEPT = 6 * 3_600.0
"""Seconds: a few writes a day."""

DISK_LOOK = 60.0
"""Seconds between two looks at the disk, which write nothing while all is well."""

NOTED_BURST, NOTED_RATE = 20, 1 / 60
"""Failures written down: anybody can cause them all day, and a memory card wears out."""


class Doorkeeper:
    """Whoever is let in gets a session's secret. NotAdmitted, with a code, if not.

    The codes: ``wrong`` name, password, code or link; ``wait`` as long as it says; ``busy``;
    ``name`` or ``password`` is no good for a new account; ``done``: there is an account already;
    ``not-kept``: the disk is broken.

    ``audience`` is who watches. ``changed`` is called whenever who may do what may have changed,
    ``troubled`` with why nothing can be written when that changes, "" if it can again. Close it at
    the end.
    """

    def __init__(
        self, ledger: Ledger, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self.ledger = ledger
        self.changed: Callable[[], None] = lambda: None
        self.troubled: Callable[[str], None] = lambda trouble: None
        self._trouble = ""
        self.audience = Audience(ledger.book.clock, ledger.still)
        self._steady = ledger.book.clock.steady
        self._sleep = sleep
        self._one_time = OneTimeLinks()
        self._first = SetUpCode()
        self._addresses = Delays(free=4, first=1, most=900)
        self._accounts = Delays(free=8, first=0.25, most=MOST_HELD)
        self._trying: set[str] = set()
        self._noted = TokenBucket(NOTED_BURST, NOTED_RATE, self._steady())
        self._writing = ThreadPoolExecutor(1, "accounts")
        self._hashing = ThreadPoolExecutor(1, "passwords")

    async def close(self) -> None:
        """End what is under way and let go of the ledger. May come twice."""
        self._hashing.shutdown(wait=False, cancel_futures=True)
        self._writing.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._let_go)

    async def keep_time(self) -> None:
        """Write down the time now and then, for starts at which nobody knows it, and see whether
        the disk can be written.
        """
        kept = self._steady()
        while True:
            await asyncio.sleep(DISK_LOOK)
            await self.look_again()
            if self._steady() - kept >= TIME_KEPT:
                kept = self._steady()
                await self._write(self.ledger.book.keep_time)

    async def look_again(self) -> None:
        """See whether the disk can be written; it is told if that has changed."""
        await self._write(self.ledger.look_again)

    def new_link(self) -> str:
        """The code of a new one-time link, which lets an admin in."""
        return self._one_time.new(self._steady())

    @property
    def is_set_up(self) -> bool:
        """Whether there is an account."""
        return len(self.ledger.people) > 0

    def has_set_up_code(self) -> bool:
        """Whether there is a code that the first account can be made with."""
        return not self.is_set_up and self._first.lasts(self._steady())

    def new_set_up_code(self) -> str:
        """A new one; the one before is good for nothing more. CommandError if it can't be used."""
        if self.is_set_up:
            raise CommandError(
                "there is an account already: edgecam user password NAME sets a new password, "
                "edgecam link lets you in without one"
            )
        return self._first.new(self._steady())

    async def enter(self, code: str, whence: Whence) -> str:
        """Come in by a one-time link."""
        if not self._one_time.use(code, self._steady()):
            raise NotAdmitted("wrong", "this link can't be used")
        entry = Entry("one-time link opened", address=whence.address)
        return await self._write(self.ledger.sessions.begin, whence, entry, Grant(role=Role.ADMIN))

    async def sign_in(self, name: str, password: str, whence: Whence) -> str:
        """Come in by an account. Both may be anything; that there is none takes as long."""
        key = fold(name)[: names.MOST_NAME]
        with self._attempt(whence):
            account = self.ledger.people.find(name)
            if not self._is_known(key, whence):
                await self._sleep(self._accounts.pause(key, self._steady()))
            kept = account.password if account else passwords.NOBODYS
            good = await self._hash(passwords.matches, kept, password)
            if not good or account is None:
                self._accounts.failed(key, self._steady())
                raise await self._failed(whence, "sign-in failed", account.name if account else "")
        self._accounts.worked(key)
        entry = Entry("signed in", account.name, str(account.role), whence.address)

        def begin() -> str:
            if self.ledger.people.find(name) != account:
                raise NotAdmitted("wrong", "the account has changed meanwhile")
            return self.ledger.sessions.begin(whence, entry, Grant(account=key))

        return await self._write(begin)

    async def set_up(self, code: str, name: str, password: str, whence: Whence) -> str:
        """Make the first account, an admin's, with the set-up code, and come in by it."""
        with self._attempt(whence):
            if self.is_set_up:
                raise NotAdmitted("done", "there is an account already")
            if not self._first.matches(code, self._steady()):
                raise await self._failed(whence, "set-up code wrong", "")
            if names.fault(name.strip()):
                raise NotAdmitted("name", f"a name {names.fault(name.strip())}")
            if fault := passwords.fault(password, name):
                raise NotAdmitted("password", f"a password {fault}")
            kept = await self._hash(passwords.hashed, password)
            secret = await self._write(self._make_first, name, kept, whence)
        self._first.use_up()
        return secret

    def guest(self, code: str) -> Link | None:
        """The guest link of that code, which may be anything, if it can be used."""
        return self.ledger.links.find(code)

    async def enter_as_guest(self, code: str, whence: Whence) -> str:
        """Come in by a guest link, which is good for one less then."""

        def begin() -> str:
            try:
                link = self.ledger.links.use(code, whence.address)
                entry = Entry("signed in", link.name, str(link.role), whence.address)
                return self.ledger.sessions.begin(
                    whence, entry, Grant(link=link.id, ends=link.ends), must_be_kept=True
                )
            except NotKept as error:
                raise NotAdmitted("not-kept", str(error)) from error
            except CommandError as error:
                raise NotAdmitted("wrong", str(error)) from error

        return await self._write(begin)

    async def sign_out(self, admitted: Pass) -> None:
        """End a session. NotKept if it might come back with the node that starts next."""
        who = admitted.name or "console"
        entry = Entry("signed out", who)
        try:
            await self._write(self.ledger.sessions.end, lambda it: it.id == admitted.id, entry)
        finally:
            self.changed()

    async def change_password(self, admitted: Pass, old: str, password: str, whence: Whence) -> str:
        """Have another password for one's own account. All its sessions end and a new one begins,
        of which this is the secret.
        """
        account = self.ledger.account_of(admitted)
        if account is None:
            raise NotAdmitted("wrong", "there is no account to this session")
        with self._attempt(whence):
            if not await self._hash(passwords.matches, account.password, old):
                raise await self._failed(whence, "password change failed", account.name)
            if fault := passwords.fault(password, account.name):
                raise NotAdmitted("password", f"a password {fault}")
            kept = await self._hash(passwords.hashed, password)
        try:
            return await self._write(self._change_password, account, kept, whence)
        finally:
            self.changed()

    async def command(
        self, what: str, arguments: commands.Arguments, who: str = CONSOLE
    ) -> commands.Answer:
        """Do what ``who`` asks for. CommandError if it can't be done."""
        if "password" in arguments:
            arguments = await self._hash(commands.with_hash, arguments)
        try:
            return await self._write(commands.run, self.ledger, what, arguments, who)
        finally:
            self.changed()

    async def hang_up(self, id_: str, who: str = CONSOLE) -> str:
        """End what the audience knows by that ID, also while the disk is broken; whose it was.
        CommandError if there is nobody.
        """
        it = self.audience.hang_up(id_)
        await self.note(Entry("hung up on", who, it.admitted.name or CONSOLE, it.address))
        return it.admitted.name

    async def note(self, entry: Entry) -> None:
        """Have it in the audit log, if that can be written."""
        await self._write(self.ledger.book.note, entry)

    async def log(self, most: int) -> list[Logged]:
        """The last entries of the audit log, the newest first. NotKept if it can't be read."""
        return await self._write(self.ledger.book.log, most)

    @contextmanager
    def _attempt(self, whence: Whence) -> Iterator[None]:
        """One that may be a guess: of a network, one at a time, and none before its time."""
        place = network(whence.address)
        if wait := self._addresses.wait(place, self._steady()):
            raise NotAdmitted("wait", f"try again in {wait:.0f} s", wait)
        if place in self._trying or len(self._trying) >= MOST_TRYING:
            raise NotAdmitted("busy", "another attempt is under way")
        self._trying.add(place)
        try:
            yield
        finally:
            self._trying.discard(place)

    async def _failed(self, whence: Whence, event: str, what: str) -> NotAdmitted:
        self._addresses.failed(network(whence.address), self._steady())
        if self._noted.take(self._steady()):
            await self._write(self.ledger.book.note, Entry(event, "", what, whence.address))
        return NotAdmitted("wrong", "that is not right")

    def _is_known(self, key: str, whence: Whence) -> bool:
        """Whether the account is signed in from there already."""
        place = network(whence.address)
        sessions = self.ledger.sessions.all()
        return any(it.account == key and network(it.address) == place for it in sessions)

    def _make_first(self, name: str, kept: str, whence: Whence) -> str:
        people = self.ledger.people
        if len(people):
            raise NotAdmitted("done", "there is an account already")
        entry = Entry("set up", name.strip(), str(Role.ADMIN), whence.address)
        try:
            account = people.add(name, Role.ADMIN, kept, entry)
        except NotKept as error:
            raise NotAdmitted("not-kept", str(error)) from error
        entry = Entry("signed in", account.name, str(account.role), whence.address)
        return self.ledger.sessions.begin(whence, entry, Grant(account=fold(name)))

    def _change_password(self, account: Account, kept: str, whence: Whence) -> str:
        people, sessions = self.ledger.people, self.ledger.sessions
        if people.find(account.name) != account:
            raise NotAdmitted("wrong", "the account has changed meanwhile")
        try:
            people.set_password(account.name, kept, account.name)
        except NotKept as error:
            raise NotAdmitted("not-kept", str(error)) from error
        key = fold(account.name)
        sessions.forget(lambda it: it.account == key)
        entry = Entry("signed in", account.name, str(account.role), whence.address)
        return sessions.begin(whence, entry, Grant(account=key))

    async def _write(self, do: Callable[..., Done], *values: object, **named: object) -> Done:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._writing, partial(do, *values, **named))
        finally:
            self._tell(self.ledger.book.trouble)

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self.troubled(trouble)

    async def _hash(self, do: Callable[..., Done], *values: object) -> Done:
        return await asyncio.get_running_loop().run_in_executor(self._hashing, do, *values)

    def _let_go(self) -> None:
        self._hashing.shutdown()
        self._writing.shutdown()
        self.ledger.close()
