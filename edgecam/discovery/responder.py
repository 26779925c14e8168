"""Announced by a responder of our own, where the system has none."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from zeroconf import Error, IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from edgecam.discovery.offer import TYPES, Offer

FAREWELL = 0.2
"""Seconds for goodbyes (RFC 6762, 10.1)."""

logger = logging.getLogger(__name__)


@asynccontextmanager
async def announced(offer: Offer, hosts: list[str]) -> AsyncIterator[None]:
    """Answer for HOSTNAME.local at ``hosts``, its addresses, and for the page there; a goodbye at
    the end. OSError if nothing can be sent or the name can't be had.
    """
    version = IPVersion.All
    if all(":" in host for host in hosts):
        version = IPVersion.V6Only
    elif not any(":" in host for host in hosts):
        version = IPVersion.V4Only
    responder = AsyncZeroconf(interfaces=hosts, ip_version=version)
    try:
        for kind in TYPES:
            info = AsyncServiceInfo(
                f"{kind}.local.",
                f"{offer.named(1)}.{kind}.local.",
                port=offer.port,
                properties=offer.texts,
                server=f"{offer.hostname}.local.",
                parsed_addresses=hosts,
            )
            # Once it is known to be nobody else's; the task that comes back is its announcement.
            await (await responder.async_register_service(info, allow_name_change=True))
        logger.info("found on the LAN as %r, at %s.local", offer.named(1), offer.hostname)
        yield
    except Error as error:
        raise OSError(str(error)) from error
    finally:
        with suppress(TimeoutError):
            # The first goes out at once; the two that repeat it may not.
            async with asyncio.timeout(FAREWELL):
                await responder.async_unregister_all_services()
        await responder.async_close()
