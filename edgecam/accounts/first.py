"""The set-up code: what lets somebody choose the first account of a device that has none."""

import hmac
import secrets

CODE_AGE = 3_600.0
"""Seconds a code is good for after it was made."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing in it looks like something else."""

_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_GROUPS, _GROUP = 3, 4
"""60 bits: a million tries a second for a year find one in 36,000."""


class SetUpCode:
    """One code at a time, in memory alone; the newest is the one that counts."""

    def __init__(self) -> None:
        self._code = ""
        self._until = 0.0

    def new(self, now: float) -> str:
        """A new one, as people read it. ``now`` is any steady clock."""
        self._code = "".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP))
        self._until = now + CODE_AGE
        return "-".join(self._code[at : at + _GROUP] for at in range(0, len(self._code), _GROUP))

    def lasts(self, now: float) -> bool:
        """Whether there is one that can be used."""
        return bool(self._code) and now < self._until

    def matches(self, code: str, now: float) -> bool:
        """Whether it is the one, as people write it; it may be anything."""
        if not self.lasts(now) or len(code) > 64:
            return False
        written = code.upper().translate(_READ_AS)
        return hmac.compare_digest(written.encode("utf-8", "replace"), self._code.encode())

    def use_up(self) -> None:
        """It is good for nothing more."""
        self._code = ""
