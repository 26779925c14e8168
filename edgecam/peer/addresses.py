"""The addresses this host can be reached at, and when they change."""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable
from contextlib import suppress

import ifaddr

logger = logging.getLogger(__name__)

# rtnetlink(7): the multicast groups of IPv4 and IPv6 addresses.
_RTMGRP_IPV4_IFADDR = 0x10
_RTMGRP_IPV6_IFADDR = 0x100

POLL = 5.0
SETTLE = 0.05


def host_addresses() -> list[str]:
    """Every address but loopback and IPv6 link-local, in the order the system has them.

    A new IPv6 address is not among them until it is sure to be nobody else's: nothing can be sent
    from it before.
    """
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            text = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            address = ipaddress.ip_address(text)
            link_local = address.version == 6 and address.is_link_local
            if address.is_loopback or link_local or text in found:
                continue
            if address.version == 4 or _is_usable(text):
                found.append(text)
    return found


async def watch(changed: Callable[[list[str]], None]) -> None:
    """Call ``changed`` with the new addresses whenever they do change, until cancelled.

    The kernel says so, and it is told at once: an offer with an address that is gone must not
    stand. What follows within SETTLE seconds is told together. A look every POLL seconds catches
    what the kernel forgot to say.
    """
    known = host_addresses()
    with _netlink() as events:
        while True:
            await _something(events)
            try:
                now = host_addresses()
            except OSError as error:
                logger.debug("the host's addresses can't be read: %s", error)
                continue
            if set(now) != set(known):
                logger.info("the host's addresses changed: %s", ", ".join(now) or "none")
                known = now
                changed(now)
            await asyncio.sleep(SETTLE)


async def _something(events: socket.socket) -> None:
    """Wait for an event, or for POLL seconds."""
    # OSError: the socket's buffer overran, which is news too.
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(POLL):
            await asyncio.get_running_loop().sock_recv(events, 65_536)


def _is_usable(address: str) -> bool:
    """Whether an IPv6 address is past duplicate address detection (RFC 4862, section 5.4)."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def _netlink() -> socket.socket:
    events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    events.setblocking(False)
    events.bind((0, _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV6_IFADDR))
    return events
