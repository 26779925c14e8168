"""Telling the service manager, by the protocol of sd_notify(3): datagrams of NAME=value lines."""

import logging
import os
import socket
import time
from collections.abc import Mapping

logger = logging.getLogger(__name__)


class Notifier:
    """The service manager's socket; without one (``address`` is empty), nobody is told anything.

    ``watchdog``: the seconds within which ``WATCHDOG=1`` has to be told again and again; None if
    nobody waits for it.
    """

    def __init__(self, address: str = "", watchdog: float | None = None) -> None:
        # A name that begins with @ is an abstract socket's (unix(7)).
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if address else None
        if self._socket:
            self._socket.setblocking(False)
        self.watchdog = watchdog if address else None

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> "Notifier":
        """The one this process was started with, if any."""
        microseconds = environ.get("WATCHDOG_USEC", "")
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watchdog = int(microseconds) / 1e6 if ours and microseconds.isdigit() else None
        return cls(environ.get("NOTIFY_SOCKET", ""), watchdog)

    def tell(self, *assignments: str) -> None:
        """Tell ``NAME=value`` assignments in one datagram. Never waits and never raises."""
        if self._socket is None:
            return
        try:
            self._socket.sendto("\n".join(assignments).encode(), self._address)
        except OSError as error:
            logger.warning("the service manager could not be told %s: %s", assignments[0], error)

    def reloading(self) -> None:
        """Tell that a reload has begun; ``READY=1`` ends it."""
        self.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1_000}")

    def close(self) -> None:
        """Free the socket. May be called twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
