"""Opening a device that may hang, as one does whose driver in the kernel is stuck."""

from collections.abc import Callable
from contextvars import copy_context
from threading import Condition, Thread
from typing import Generic, TypeVar

from edgecam.errors import Hangs

Opened = TypeVar("Opened")

PATIENCE = 10.0
"""Seconds a device may take to open: picamera2 alone takes three to be imported."""


class Opening(Generic[Opened]):
    """Opens a device by ``work``, in a thread of its own each time. Should that hang, the caller
    does not: it gets a Hangs that says ``hangs``, and so does who tries again while the thread is
    still at it. What was opened too late goes to ``discard``.
    """

    def __init__(
        self, hangs: str, work: Callable[[], Opened], discard: Callable[[Opened], None]
    ) -> None:
        self._hangs = hangs
        self._work = work
        self._discard = discard
        self._attempt: _Attempt[Opened] | None = None

    def __call__(self) -> Opened:
        """What ``work`` returns, or raises. For one thread at a time."""
        if self._attempt is not None and self._attempt.goes_on:
            raise Hangs(self._hangs)
        self._attempt = attempt = _Attempt(self._work, self._discard)
        if not attempt.ended_within(PATIENCE):
            raise Hangs(self._hangs)
        return attempt.result()


class _Attempt(Generic[Opened]):
    def __init__(self, work: Callable[[], Opened], discard: Callable[[Opened], None]) -> None:
        self._work = work
        self._discard = discard
        self._turn = Condition()
        self._opened: list[Opened] = []
        self._error: Exception | None = None
        self._ended = False
        self._given_up = False
        self._thread = Thread(
            target=copy_context().run, args=(self._run,), name="edgecam-opening", daemon=True
        )
        self._thread.start()

    @property
    def goes_on(self) -> bool:
        """Whether its thread does."""
        return self._thread.is_alive()

    def ended_within(self, seconds: float) -> bool:
        """Whether it has; if not, it is given up."""
        with self._turn:
            self._turn.wait_for(lambda: self._ended, seconds)
            self._given_up = not self._ended
        return not self._given_up

    def result(self) -> Opened:
        """Of one that has ended."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._opened.pop()

    def _run(self) -> None:
        try:
            self._opened.append(self._work())
        except Exception as error:  # noqa: BLE001 - it is raised again where it is waited for
            self._error = error
        with self._turn:
            self._ended = True
            self._turn.notify_all()
            given_up = self._given_up
        if given_up and self._opened:
            self._discard(self._opened.pop())
