"""The ICE servers that viewers are lent with their offers, and for how long an offer may stand."""

import time
from collections.abc import Callable
from typing import Any

from edgecam.peer.servers import CREDENTIAL_LIFETIME

AGE_CHECK = 60.0
"""Seconds between two looks at how old the offers are that stand: the clock may be set."""

IceServers = tuple[dict[str, Any], ...]


class Lending:
    """``servers`` are lent as they are, or made for each offer anew.

    Credentials made anew go by ``clock``; every ``check`` seconds it is to be asked who has
    outlived theirs.
    """

    def __init__(
        self,
        servers: IceServers | Callable[[], IceServers],
        clock: Callable[[], float] = time.time,
        check: float = AGE_CHECK,
    ) -> None:
        self.check = check
        self._servers = servers
        self._clock = clock

    def lend(self) -> tuple[IceServers, float | None]:
        """``iceServers`` for one offer, and when their credentials were made, if they were."""
        if not callable(self._servers):
            return self._servers, None
        servers = self._servers()
        made = any("credential" in server for server in servers)
        return servers, self._clock() if made else None

    def outlived(self, lent: float | None) -> bool:
        """Whether half the life is over of credentials made at ``lent``."""
        return lent is not None and abs(self._clock() - lent) >= CREDENTIAL_LIFETIME / 2
