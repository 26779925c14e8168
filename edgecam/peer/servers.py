"""The STUN and TURN servers of the configuration, and what logs in there."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from typing import Any

CREDENTIAL_LIFETIME = 24 * 3600
"""Seconds a credential made from the shared secret holds. Standing offers are renewed at half of
it, so that a viewer's holds half a day or more, whatever the two clocks disagree by up to that."""


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of the configuration. ``secret`` makes credentials; else they are the given."""

    stun: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    username: str = ""
    credential: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    relay_only: bool = False

    def login(self) -> tuple[str, str]:
        """Username and credential for the TURN servers, as good as new."""
        if not self.secret:
            return self.username, self.credential
        username = f"{int(time.time()) + CREDENTIAL_LIFETIME}:edgecam"
        digest = hmac.digest(self.secret.encode(), username.encode(), hashlib.sha1)
        return username, base64.b64encode(digest).decode()

    def for_page(self) -> tuple[dict[str, Any], ...]:
        """``iceServers`` for the viewer of one offer."""
        page: list[dict[str, Any]] = []
        if self.stun:
            page.append({"urls": list(self.stun)})
        if self.turn:
            username, credential = self.login()
            page.append({"urls": list(self.turn), "username": username, "credential": credential})
        return tuple(page)
