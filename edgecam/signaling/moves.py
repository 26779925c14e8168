"""What a change of this host's addresses means for a connection."""

from collections.abc import Callable, Collection


class Moves:
    """Ends a connection the moment that its address here is gone: it would be dead without a word.

    ``tell`` it of each change; ``watch`` what is to be done.
    """

    def __init__(self) -> None:
        self._address: str | None = None
        self._lost: Callable[[], None] = lambda: None

    def watch(self, address: str | None, lost: Callable[[], None]) -> None:
        """Have ``lost`` called when ``address`` is gone; a Unix socket has none."""
        self._address, self._lost = address, lost

    def tell(self, now: Collection[str]) -> None:
        """The host's addresses are ``now`` these."""
        if self._address is not None and self._address not in now:
            self._lost()
