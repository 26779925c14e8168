"""One-time links: what whoever is at the device itself gets in by, with all rights."""

import hmac
import secrets

LINK_AGE = 3_600.0
MOST_LINKS = 16


class OneTimeLinks:
    """Each opens once, within an hour; in memory alone. ``now`` is any steady clock."""

    def __init__(self) -> None:
        self._links: dict[str, float] = {}

    def new(self, now: float) -> str:
        """The code of a new one; of the unused, the oldest is forgotten."""
        code = secrets.token_urlsafe(16)
        while len(self._links) >= MOST_LINKS:
            del self._links[next(iter(self._links))]
        self._links[code] = now + LINK_AGE
        return code

    def use(self, code: str, now: float) -> bool:
        """Whether it is good, which it then no longer is. It may be anything."""
        if not code.isascii():
            return False
        good = False
        for known, until in list(self._links.items()):
            if hmac.compare_digest(known.encode(), code.encode()):
                good = now < until
                del self._links[known]
        return good
