"""Priorities in IP headers (DSCP), of the values that RFC 8837 has for calls.

Wi-Fi puts what is so marked before bulk transfers (WMM's class for video); most other networks
leave it as it is or take it away.
"""

import logging
import socket
import struct
from collections.abc import Iterable
from typing import Protocol

logger = logging.getLogger(__name__)

AF41, EF = 34, 46
"""Video of high priority, and sound: RFC 8837, section 5, table 1."""

_OPTIONS = {
    socket.AF_INET: (socket.IPPROTO_IP, socket.IP_TOS),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_TCLASS),
}
"""The byte is the same in both versions of IP: six bits of DSCP, then two of ECN (RFC 2474)."""


class Socket(Protocol):
    """What is needed of one; asyncio's stand-in has it, too."""

    @property
    def family(self) -> int: ...

    def getsockopt(self, level: int, option: int, /) -> int: ...

    def setsockopt(self, level: int, option: int, value: int, /) -> None: ...


def mark(sockets: Iterable[Socket], dscp: int) -> None:
    """Mark whatever leaves by these, where the system lets us."""
    for each in sockets:
        try:
            each.setsockopt(*_OPTIONS[socket.AddressFamily(each.family)], dscp << 2)
        except (OSError, KeyError, ValueError) as error:
            logger.debug("packets are not marked: %s", error)


def is_marked(one: Socket) -> bool:
    """Whether ``mark`` was called for it."""
    try:
        return bool(one.getsockopt(*_OPTIONS[socket.AddressFamily(one.family)]))
    except (OSError, KeyError, ValueError):
        return False


def ancillary(one: Socket, dscp: int) -> tuple[int, int, bytes]:
    """What marks a single message otherwise than its socket, which ``is_marked``."""
    level, option = _OPTIONS[socket.AddressFamily(one.family)]
    return level, option, struct.pack("=i", dscp << 2)
