"""Passwords: what one has to be, and what is kept of it (argon2id, RFC 9106).

Everything here blocks, as long as it takes to fill 19 MiB of memory twice. One at a time, in a
thread.
"""

import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 10, 256
"""Characters. Length is what counts (NIST SP 800-63B, 3.1.1): no kinds of them are asked for."""

LEAST_DIFFERENT = 4

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
"""OWASP's least for argon2id, which leaves a device of 512 MB its memory."""

NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""No password's: to be tried when there is no such account, so that this takes as long."""


def fault(password: str, name: str = "") -> str:
    """What is wrong with it for the account ``name``, to follow "a password"; "" if nothing is."""
    plain = _plain(password)
    if not LEAST <= len(plain) <= MOST:
        return f"has to have {LEAST} to {MOST} characters"
    if len(set(plain)) < LEAST_DIFFERENT or plain.casefold() == name.casefold():
        return "has to be harder to guess"
    return ""


def hashed(password: str) -> str:
    """What to keep of it: with a salt of its own, and the parameters it was made with."""
    return _HASHER.hash(_plain(password))


def matches(kept: str, password: str) -> bool:
    """Whether ``kept`` was made of ``password``, which may be anything."""
    plain = _plain(password[: MOST + 1])
    try:
        return _HASHER.verify(kept, plain)
    except (VerificationError, InvalidHashError):
        return False


def _plain(password: str) -> str:
    """The same for every keyboard that writes it in its own way (Unicode, NFKC)."""
    text = password.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFKC", text)
