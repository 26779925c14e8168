"""Keeps the page announced: by avahi where that runs, else by a responder of our own."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from edgecam.discovery import avahi, responder
from edgecam.discovery.offer import Offer
from edgecam.lifecycle import Backoff

logger = logging.getLogger(__name__)

LOOK_FOR_AVAHI = 30.0
"""Seconds between two looks whether it has come up."""


class Discovery:
    """Announces ``offer``, at the addresses that ``hosts`` says this host has; ``named`` is told by
    which name.
    """

    def __init__(
        self, offer: Offer, hosts: Callable[[], list[str]], named: Callable[[str], None]
    ) -> None:
        self._offer = offer
        self._hosts = hosts
        self._named = named
        self._moved = asyncio.Event()

    def moved(self) -> None:
        """The addresses have changed."""
        self._moved.set()

    async def run(self) -> None:
        """Until cancelled; who has heard of it is told then that it is gone."""
        backoff = Backoff("being found on the LAN", longest=LOOK_FOR_AVAHI)
        while True:
            try:
                await avahi.announce(self._offer, self._named)
            except avahi.NoAvahi as error:
                if await avahi.runs():
                    # Two responders would be in each other's way.
                    await asyncio.sleep(backoff.failed(error))
                    continue
            try:
                await self._ourselves()
                backoff.worked()
            except OSError as error:
                await asyncio.sleep(backoff.failed(error))

    async def _ourselves(self) -> None:
        """Until avahi runs."""
        while True:
            self._moved.clear()
            hosts = self._hosts()
            if not hosts:
                if await self._avahi_first():
                    return
                continue
            async with responder.announced(self._offer, hosts):
                self._named(f"{self._offer.hostname}.local")
                if await self._avahi_first():
                    return

    async def _avahi_first(self) -> bool:
        """Wait until avahi runs or the addresses have changed; whether it was avahi."""
        while not self._moved.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_FOR_AVAHI):
                    await self._moved.wait()
            if await avahi.runs():
                return True
        return False
