"""SQLite on disk: whole after a power cut, and set aside when it is not whole all the same.

Everything here blocks. One thread at a time may use it, whichever.
"""

import logging
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from edgecam.errors import NotKept, StartError

logger = logging.getLogger(__name__)

Statement = tuple[str, tuple[Any, ...]]

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE accounts (
            name TEXT NOT NULL, folded TEXT PRIMARY KEY, role TEXT NOT NULL,
            password TEXT NOT NULL, created INTEGER NOT NULL) STRICT""",
        """CREATE TABLE sessions (
            id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
            link TEXT NOT NULL, role TEXT NOT NULL, created INTEGER NOT NULL,
            ends INTEGER NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL) STRICT""",
        """CREATE TABLE links (
            id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
            role TEXT NOT NULL, created INTEGER NOT NULL, ends INTEGER NOT NULL,
            uses INTEGER NOT NULL) STRICT""",
        """CREATE TABLE tokens (
            id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
            role TEXT NOT NULL, created INTEGER NOT NULL) STRICT""",
        """CREATE TABLE audit (
            entry INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, event TEXT NOT NULL,
            who TEXT NOT NULL, what TEXT NOT NULL, address TEXT NOT NULL) STRICT""",
        "CREATE TABLE moments (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT",
    ),
)
"""Of each, what makes the version before it the next. What has been released is never changed."""

_OUT_OF_REACH = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
"""Errors of the disk or of the file's owner; what is in the file may be good."""


class Database:
    """The file ``path``, made if there is none. StartError if it can't be read.

    ``trouble`` is why the last change could not be written, "" if it was.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.was_set_aside = False
        self.trouble = ""
        try:
            self._connection = self._opened()
        except sqlite3.Error as error:
            if _primary(error) in _OUT_OF_REACH:
                raise StartError(
                    f"{path} can't be read ({error}): make it this user's own, and room there"
                ) from error
            self.set_aside(str(error))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What ``query`` gives. NotKept if it can't be read."""
        try:
            return self._connection.execute(query).fetchall()
        except sqlite3.Error as error:
            raise NotKept(f"{self._path} can't be read ({error})") from error

    def write(self, *statements: Statement) -> None:
        """Do all of it, for good when this returns; or none, and raise NotKept."""
        try:
            _write(self._connection, statements)
        except sqlite3.Error as error:
            self.trouble = (
                f"{self._path} can't be written ({error}): make it this user's own, and room there"
            )
            raise NotKept(f"{self.trouble}; nothing has changed") from error
        self.trouble = ""

    def is_read_only(self) -> bool:
        """Whether the disk says that it is, which costs no write to find out."""
        try:
            return bool(os.statvfs(self._path).f_flag & os.ST_RDONLY)
        except OSError:
            return True

    def set_aside(self, reason: str) -> None:
        """Begin anew, and keep what there was as ``*.bad``. StartError if that can't be."""
        logger.warning(
            "%s can't be used (%s): set aside as *.bad, all accounts, sessions, links and tokens "
            "with it; nobody gets in before somebody with access to the device sets it up again",
            self._path,
            reason,
        )
        self.was_set_aside = True
        try:
            for suffix in ("", "-journal"):
                file = self._path.with_name(self._path.name + suffix)
                if file.exists():
                    file.replace(file.with_name(f"{file.name}.bad"))
            self._connection = self._opened()
        except (OSError, sqlite3.Error) as error:
            raise StartError(
                f"{self._path} can't be used ({reason}) nor set aside ({error}): remove it"
            ) from error

    def close(self) -> None:
        """Use it no more."""
        self._connection.close()

    def _opened(self) -> sqlite3.Connection:
        try:
            # For this user only, as is the journal then, which takes over the mode.
            os.close(os.open(self._path, os.O_CREAT | os.O_RDONLY, 0o600))
        except OSError as error:
            raise StartError(
                f"{self._path} can't be read ({error.strerror}): make it this user's own"
            ) from error
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            # A journal that is truncated and synced ends a transaction for good, with no other file
            # that has to be there for reading (sqlite.org/pragma.html#pragma_synchronous).
            connection.execute("PRAGMA journal_mode=TRUNCATE").fetchall()
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA secure_delete=ON").fetchall()
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise StartError(
                f"{self._path} was written by a newer edgecam (version {version} of it, this one "
                f"knows {len(MIGRATIONS)}): install that again, or move the file away and set "
                "edgecam up anew"
            )
        for number, statements in enumerate(MIGRATIONS[version:], version + 1):
            # In the transaction, like all that it stands for.
            done = (f"PRAGMA user_version={number}", ())
            _write(connection, (*((each, ()) for each in statements), done))


def _write(connection: sqlite3.Connection, statements: Iterable[Statement]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for text, values in statements:
            connection.execute(text, values)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _primary(error: sqlite3.Error) -> int:
    """The result code without what extends it (sqlite.org/rescode.html); 0 if there is none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
