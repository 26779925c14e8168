"""How long a question to the viewer and its answer take: STUN, by the way that media goes."""

from collections import OrderedDict
from collections.abc import Callable

_SUCCESS = b"\x01\x01"
"""Of a binding response, and where its transaction ID is: RFC 8489, section 5."""
_ID = slice(8, 20)

MOST_OPEN = 16
"""Questions without an answer that are remembered."""


class RoundTrips:
    """``send`` asks the viewer and gives the transaction's ID, or None if that can't be.

    ``now`` is any steady clock, in seconds.
    """

    def __init__(self, send: Callable[[], bytes | None], now: Callable[[], float]) -> None:
        self._send = send
        self._now = now
        self._open: OrderedDict[bytes, float] = OrderedDict()

    def ask(self) -> None:
        """Measure one."""
        transaction = self._send()
        if transaction is not None:
            self._open[transaction] = self._now()
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)

    def answered(self, data: bytes) -> float | None:
        """The round trip that ends with ``data``, in seconds; None if it is something else."""
        if not self._open or data[:2] != _SUCCESS:
            return None
        begun = self._open.pop(data[_ID], None)
        return None if begun is None else self._now() - begun
