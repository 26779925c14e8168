"""What a change of this host's addresses means for a connection."""

from collections.abc import Callable, Collection

from edgecam.peer.addresses import host_addresses


class Moves:
    """Ends a connection the moment that its address here is gone: it would be dead without a word.

    ``tell`` it of each change; ``watch`` what is to be done. An address that was never told of, as
    loopback or an IPv6 link-local one, can't be gone.
    """

    def __init__(self) -> None:
        self._known = frozenset(host_addresses())
        self._address: str | None = None
        self._lost: Callable[[], None] = lambda: None

    def watch(self, address: str | None, lost: Callable[[], None]) -> None:
        """Have ``lost`` called when ``address`` is gone; a Unix socket has none."""
        self._address, self._lost = address, lost

    def tell(self, now: Collection[str]) -> None:
        """The host's addresses are ``now`` these."""
        gone = self._known.difference(now)
        self._known = frozenset(now)
        if self._address in gone:
            self._lost()
