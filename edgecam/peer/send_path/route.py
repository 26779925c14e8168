"""The way of datagrams to one viewer: a socket of this host, or a TURN server."""

import errno
import logging
from collections.abc import Callable
from socket import IPPROTO_UDP

from edgecam.peer.dscp import ancillary, is_marked
from edgecam.peer.send_path.frame import UDP_SEGMENT, Ancillary, Burst
from edgecam.peer.send_path.internals import Pair

logger = logging.getLogger(__name__)

_REFUSALS = {errno.EINVAL, errno.EIO, errno.EMSGSIZE, errno.ENOPROTOOPT, errno.EOPNOTSUPP}
"""What Linux says where it can't cut datagrams: they exceed the interface's MTU, or (EIO, before
6.11) the interface does not make checksums."""


class Route:
    """Sends by one ICE pair for as long as it is the chosen one.

    ``mark``: the DSCP of what goes by it, where the socket's others are marked, too.
    """

    def __init__(self, pair: Pair, mark: int | None = None) -> None:
        self._transport = pair.transport
        self._address = pair.address
        self._socket = pair.socket
        self._segments = self._can_segment()
        self._mark: Ancillary = []
        if mark is not None and self._socket is not None and is_marked(self._socket):
            self._mark = [ancillary(self._socket, mark)]
        self.waiting = pair.waiting
        self.unsent: Callable[[], int] = pair.unsent
        """Bytes that wait in this process because the kernel takes no more."""

    def send(self, bursts: list[Burst]) -> None:
        """Send all of it, in order, and never less: what the kernel does not take now waits in the
        transport. What it can't send is lost, as datagrams are.
        """
        for burst in bursts:
            if not self._send_at_once(burst):
                self._send_each(burst)

    def send_one(self, datagram: bytes) -> None:
        """The transport does it: it keeps what does not go now, and bears with errors."""
        if self._socket is not None and self._transport.is_closing():
            # asyncio's own trips over a socket that it has closed.
            return
        self._transport.sendto(datagram, self._address)

    def _send_each(self, burst: Burst) -> None:
        for datagram in burst.datagrams:
            self.send_one(datagram)

    def _send_at_once(self, burst: Burst) -> bool:
        """Whether ``burst`` went in one call. No datagram went if not."""
        one_call = bool(self._mark) if burst.alone else self._segments
        # What waits in the transport would be overtaken.
        if self._socket is None or not one_call or self.waiting:
            return False
        mark = self._mark
        options = mark if burst.alone else burst.ancillary + mark if mark else burst.ancillary
        try:
            self._socket.sendmsg(burst.together, options, 0, self._address)
        except OSError as error:
            if error.errno in _REFUSALS and burst.alone:
                self._mark = []
            elif error.errno in _REFUSALS:
                self._segments = False
                logger.debug("no segmentation offload to %s: %s", self._address, error)
            return False
        return True

    def _can_segment(self) -> bool:
        """Whether the kernel knows the option.

        One that does not would ignore it, and send a burst as one datagram.
        """
        if self._socket is None:
            return False
        try:
            self._socket.getsockopt(IPPROTO_UDP, UDP_SEGMENT)
        except OSError:
            return False
        return True
