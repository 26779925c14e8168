"""From a thread to the event loop."""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Handover(Generic[Item]):
    """``take`` is called in the event loop with each item that any thread has ``put``, in order.

    As ``call_soon_threadsafe``, for thirty times a second: one eventfd(2), written once and read
    once, instead of asyncio's pair of sockets and a call made anew for each. Made, and closed, in
    the loop; what is put later is lost.
    """

    def __init__(self, take: Callable[[Item], object]) -> None:
        self._take = take
        self._items: deque[Item] = deque()
        self._lock = Lock()
        self._loop = asyncio.get_running_loop()
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._loop.add_reader(self._descriptor, self._ready)

    def put(self, item: Item) -> None:
        """For any thread; never blocks."""
        self._items.append(item)
        # The number may be another file's as soon as it is closed.
        with self._lock:
            if self._descriptor >= 0:
                os.eventfd_write(self._descriptor, 1)

    def close(self) -> None:
        """Take what is there."""
        self._loop.remove_reader(self._descriptor)
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)
        self._take_all()

    def _ready(self) -> None:
        os.eventfd_read(self._descriptor)
        self._take_all()

    def _take_all(self) -> None:
        while self._items:
            try:
                self._take(self._items.popleft())
            except Exception as error:  # noqa: BLE001 - those behind it are not to wait
                message = "what a thread handed over could not be taken"
                self._loop.call_exception_handler({"message": message, "exception": error})
