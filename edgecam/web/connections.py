"""The TCP connections that a server holds: so many, so many of one address, and none for nothing.

Counted where they are accepted, before TLS, which costs far more than they do.
"""

import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from edgecam.limits import PerAddress

MOST = 512
"""Connections in all. A browser holds six and a WebSocket; each takes some 100 KB with TLS."""

MOST_EACH = 96
"""Of one address. An IPv6 address counts with all of its /64, as one machine has as many of these
as it likes; so do the machines of a network without IPv6 translation, a dozen of which have room.
"""

PATIENCE = 30.0
"""Seconds in which a connection has to make a request, from its beginning or the last answer on;
then it is closed. Browsers open another when they need it."""


class Connections:
    """Those of one server; ``now`` is any steady clock, in seconds.

    When all are taken, the one that has been without a request for longest makes room for a new
    one; if every one is in use, the new one is closed.
    """

    def __init__(
        self, now: Callable[[], float], most: int = MOST, most_each: int = MOST_EACH
    ) -> None:
        self.refused = 0
        self._now = now
        self._most = most
        self._each = PerAddress(most_each)
        self._busy: set[Any] = set()
        self._waiting: OrderedDict[Any, tuple[float, Held]] = OrderedDict()

    def take(self, held: "Held", peer: Any) -> bool:
        """Whether ``held``, a new connection of ``peer``, may stay."""
        if len(self._busy) + len(self._waiting) >= self._most and self._waiting:
            self._close(next(iter(self._waiting)))
        full = len(self._busy) + len(self._waiting) >= self._most
        if full or not self._each.take(network_of(peer)):
            self.refused += 1
            return False
        self._waiting[peer] = (self._now(), held)
        return True

    def give_back(self, peer: Any) -> None:
        """The connection of ``peer`` is closed."""
        self._busy.discard(peer)
        self._waiting.pop(peer, None)
        self._each.give_back(network_of(peer))

    @contextmanager
    def answering(self, peer: Any) -> Iterator[None]:
        """While a request of ``peer`` is answered, its connection is in use."""
        waited = self._waiting.pop(peer, None)
        if waited is None:
            yield
            return
        _, held = waited
        self._busy.add(peer)
        try:
            yield
        finally:
            if peer in self._busy:
                self._busy.discard(peer)
                self._waiting[peer] = (self._now(), held)

    def sweep(self) -> None:
        """Close those that have made no request for PATIENCE."""
        due = self._now() - PATIENCE
        for peer, (since, _) in list(self._waiting.items()):
            if since > due:
                break
            self._close(peer)

    def _close(self, peer: Any) -> None:
        _, held = self._waiting.pop(peer)
        held.hang_up()


def network_of(peer: Any) -> str:
    """What a peer's connections are counted by: an IPv4 address, the /64 of an IPv6 one."""
    address = ipaddress.ip_address(peer[0].partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None or address.version == 4:
        return str(mapped or address)
    return str(ipaddress.ip_network((address, 64), strict=False))


class Held(socket.socket):
    """An accepted connection, which says when it is closed. Takes over ``accepted``."""

    def __init__(self, accepted: socket.socket, closed: Callable[[], None]) -> None:
        kind = accepted.family, accepted.type, accepted.proto
        super().__init__(*kind, fileno=accepted.detach())
        self._tell: Callable[[], None] | None = closed

    def close(self) -> None:
        super().close()
        tell, self._tell = self._tell, None
        if tell is not None:
            tell()

    def refuse(self) -> None:
        """Close it without a word: it was never counted."""
        self._tell = None
        self.close()

    def hang_up(self) -> None:
        """Have whoever reads from or writes to it find it ended."""
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)


class Listener(socket.socket):
    """Accepts only what ``connections`` has room for. Takes over ``listening``."""

    def __init__(self, listening: socket.socket, connections: Connections) -> None:
        kind = listening.family, listening.type, listening.proto
        super().__init__(*kind, fileno=listening.detach())
        self._connections = connections

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection that may stay; those before it are closed at once."""
        while True:
            accepted, peer = super().accept()
            held = Held(accepted, partial(self._connections.give_back, peer))
            if self._connections.take(held, peer):
                return held, peer
            held.refuse()
