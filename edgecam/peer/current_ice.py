"""The STUN and TURN servers in force, which others may replace while calls go on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiortc import RTCIceServer

from edgecam.lifecycle import cancelled
from edgecam.peer.ice import Ice
from edgecam.peer.peer import Peer
from edgecam.peer.servers import Servers

Make = Callable[[tuple[RTCIceServer, ...], bool], Awaitable[Peer]]
"""Makes a peer that asks these servers, and is relayed only or not."""


class CurrentIce:
    """An ``Ice`` whose servers can be replaced: what stands is offered anew, calls are left be."""

    def __init__(self, servers: Servers, make: Make) -> None:
        self._servers = servers
        self._make = make
        self._ice = self._of(servers)
        self._changed = asyncio.Event()

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong, a sentence each."""
        return tuple(f"no {kind} server answers" for kind in self._ice.silent)

    async def peer(self) -> Peer:
        """As ``Ice.peer``."""
        return await self._ice.peer()

    def for_page(self) -> tuple[dict[str, Any], ...]:
        """As ``Servers.for_page``."""
        return self._servers.for_page()

    def use(self, servers: Servers) -> None:
        """Use these from now on."""
        if servers != self._servers:
            self._servers = servers
            self._ice = self._of(servers)
            self._changed.set()

    def look_again(self) -> None:
        """As ``Ice.look_again``."""
        self._ice.look_again()

    async def watch(
        self, renew: Callable[[], None], replace: Callable[[Peer, Peer], Awaitable[bool]]
    ) -> None:
        """As ``Ice.watch``."""
        while True:
            self._changed.clear()
            watching = asyncio.create_task(self._ice.watch(renew, replace), name="Ice.watch")
            changed = asyncio.create_task(self._changed.wait(), name="other servers")
            try:
                await asyncio.wait((watching, changed), return_when=asyncio.FIRST_COMPLETED)
                if watching.done():
                    # Without a server there is nothing to watch.
                    watching.result()
                await changed
            finally:
                changed.cancel()
                await cancelled(watching)
            renew()

    def _of(self, servers: Servers) -> Ice:
        return Ice(servers, lambda asked: self._make(asked, servers.relay_only))
