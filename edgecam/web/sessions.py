"""Who may look: one-time links, and the session each opens.

A session is a signed note the browser keeps; the node keeps only the key, so that sessions outlive
a restart and a power cut. Losing the key ends every session.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

from aiohttp import web

COOKIE = "__Host-edgecam"
"""The prefix makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2)."""

SESSION_AGE = 30 * 24 * 3600
LINK_AGE = 3600.0
MOST_LINKS = 16
MOST_COOKIE = 256


class Sessions:
    """Links open once and for an hour; sessions last thirty days.

    ``now`` is the time of day, ``steady`` a clock that nobody sets.
    """

    def __init__(
        self,
        key: str,
        now: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key = key.encode()
        self._now = now
        self._steady = steady
        self._links: dict[str, float] = {}

    def new_link(self) -> str:
        """The code of a new one-time link; of the unused, the oldest is forgotten."""
        code = secrets.token_urlsafe(16)
        while len(self._links) >= MOST_LINKS:
            del self._links[next(iter(self._links))]
        self._links[code] = self._steady() + LINK_AGE
        return code

    def redeem(self, code: str) -> str | None:
        """A session's cookie for a link that is good, which it then no longer is; else None."""
        if not code.isascii():
            return None
        good = False
        for known, until in list(self._links.items()):
            if hmac.compare_digest(known.encode(), code.encode()):
                good = self._steady() < until
                del self._links[known]
        return (
            self._sign(secrets.token_urlsafe(12), int(self._now()) + SESSION_AGE) if good else None
        )

    def valid(self, cookie: str | None) -> bool:
        """Whether ``cookie``, which may be anything, is a session that still lasts."""
        if not cookie or len(cookie) > MOST_COOKIE or not cookie.isascii():
            return False
        name, _, rest = cookie.partition(".")
        until, _, _ = rest.partition(".")
        if not until.isdigit() or not hmac.compare_digest(self._sign(name, int(until)), cookie):
            return False
        return self._now() < int(until)

    def admits(self, request: web.Request) -> bool:
        """Whether ``request`` comes from a browser that has opened a one-time link."""
        return self.valid(request.cookies.get(COOKIE))

    def _sign(self, name: str, until: int) -> str:
        note = f"{name}.{until}"
        return f"{note}.{hmac.new(self._key, note.encode(), hashlib.sha256).hexdigest()}"
