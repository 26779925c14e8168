"""Sleeping until an instant of the capture clock, in a way that another thread can end."""

from threading import Event

from edgecam.errors import SourceError
from edgecam.media import NS, capture_clock


class Alarm:
    """One thread sleeps on it, any thread may ``close`` it. It is born closed."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._closed = Event()
        self._closed.set()

    def open(self) -> None:
        self._closed.clear()

    def close(self) -> None:
        """Ends a sleep in progress at once, and every later one until ``open``."""
        self._closed.set()

    def sleep_until(self, due_ns: int) -> None:
        """Returns at ``due_ns`` or, if that has passed, at once. SourceError when closed."""
        while (left := due_ns - capture_clock()) > 0 and not self._closed.is_set():
            self._closed.wait(left / NS)
        if self._closed.is_set():
            raise SourceError(f"the {self._device} is closed: open it before reading from it")
