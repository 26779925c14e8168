"""Puts together what leads people on the LAN to the page: the part of the composition root for
being found, and for being trusted.
"""

import asyncio
import logging
from collections.abc import Callable

from edgecam.config import Web
from edgecam.discovery.discovery import Discovery
from edgecam.discovery.offer import Offer
from edgecam.ground import names_of
from edgecam.peer import addresses
from edgecam.service.activation import passed_socket
from edgecam.web.certificates import Leaf
from edgecam.web.server import Site, listen_plainly
from edgecam.web.trust import pages
from edgecam.web.trust.site import TrustSite

logger = logging.getLogger(__name__)

TRUST_PORT = 8080
"""For plain HTTP, where the port that is wished for can't be had."""


async def trust_site(web: Web, port: int, leaf: Callable[[], Leaf]) -> Site | None:
    """Plain HTTP, if it is wanted and can be had, about the certificate of the page at ``port``."""
    if web.trust == "off":
        return None
    front = TrustSite(leaf, port, await asyncio.to_thread(pages.load))
    ports = [web.trust_port, *([TRUST_PORT] if web.trust_port not in (0, TRUST_PORT) else [])]
    site = await listen_plainly(front.app, web.host, ports, None if web.host else passed_socket())
    if site is None:
        logger.warning("no port for the way to trust the certificate: see web.trust_port")
    return site


def announced(web: Web, name: str, port: int, trust_port: int) -> Discovery | None:
    """What has the page at ``port`` found on the LAN, if that is wished for and can lead here;
    ``trust_port`` is 0 where there is no plain HTTP.
    """
    if web.announce == "off" or web.host in ("127.0.0.1", "::1"):
        return None
    hostname = names_of([]).local.removesuffix(".local")
    hosts = [web.host] if web.host else None
    offer = Offer(name, hostname, port, trust_port)
    return Discovery(offer, lambda: hosts or addresses.host_addresses())
