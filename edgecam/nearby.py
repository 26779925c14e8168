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
from edgecam.hostname import SUFFIX, by_host_name, is_lan_name
from edgecam.peer import addresses
from edgecam.service.activation import passed_socket
from edgecam.web.certificates import Leaf, Names
from edgecam.web.keeper import CertificateKeeper
from edgecam.web.server import Site, listen_plainly
from edgecam.web.trust import pages
from edgecam.web.trust.site import TrustSite
from edgecam.web.urls import page_hosts, page_urls

logger = logging.getLogger(__name__)

TRUST_PORT = 8080
"""For plain HTTP, where the port that is wished for can't be had."""


class Whereabouts:
    """Where the page is that listens on ``host``: ``lan`` is what the host is called there.

    ``certificate``, what it shows, and ``port`` are set before anybody asks.
    """

    def __init__(self, host: str, lan: str) -> None:
        self.certificate: CertificateKeeper | None = None
        self.port = 0
        self._host = host
        self._lan = lan

    def names(self) -> Names:
        """What the certificate is to be for."""
        return names_of(addresses.host_addresses(), self._lan)

    def hosts(self) -> list[str]:
        """By what it can be reached, as far as that certificate is good for it."""
        if self.certificate is None:
            return []
        return page_hosts(self._host, self.names(), self.certificate.leaf)

    def urls(self) -> list[str]:
        """The page's addresses, the handiest first."""
        return page_urls(self.hosts(), self.port)

    def named(self, lan: str) -> None:
        """The host is called so on the LAN now, by what finds it there."""
        if lan != self._lan and is_lan_name(lan):
            logger.warning("this host is %s now, no longer %s", lan, self._lan)
            self._lan = lan
            if self.certificate is not None:
                self.certificate.look_again()


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


def announced(
    web: Web, name: str, port: int, trust_port: int, named: Callable[[str], None]
) -> Discovery | None:
    """What has the page at ``port`` found on the LAN, if that is wished for and can lead here;
    ``trust_port`` is 0 where there is no plain HTTP. ``named`` is told what the host is called
    there, whenever that may have changed.
    """
    if web.announce == "off" or web.host in ("127.0.0.1", "::1"):
        return None
    hostname = by_host_name().removesuffix(SUFFIX)
    hosts = [web.host] if web.host else None
    offer = Offer(name, hostname, port, trust_port)
    return Discovery(offer, lambda: hosts or addresses.host_addresses(), named)
