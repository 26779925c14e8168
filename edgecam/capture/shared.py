"""One camera for several encoders: opened once, each picture read once and seen by all of them."""

import logging
from contextlib import suppress
from threading import Condition

from edgecam.capture.source import Source
from edgecam.errors import SourceError
from edgecam.media import Picture

logger = logging.getLogger(__name__)

_CLOSED = "the camera is closed: open it before reading from it"


class SharedCamera:
    """A camera that is open while any of its taps is; each tap is for one thread.

    The first of the open taps, in the order they were made, reads the camera in its own thread as
    if it had it to itself; the others are handed what it read. Who is still busy with one picture
    when the next two come loses the first of them, and holds up nobody.

    When the camera fails it is closed, and every open tap raises that failure; the next tap to be
    opened opens the camera anew. ``failure`` says why it failed, and is empty while it works.
    """

    def __init__(self, camera: Source[Picture]) -> None:
        self.failure = ""
        self._camera = camera
        self._taps: list[Tap] = []
        self._turn = Condition()
        # A thread is inside the camera's open or read, without holding the condition.
        self._busy = False

    def tap(self, name: str) -> "Tap":
        """One more reader of the camera; ``name`` is for the log."""
        tap = Tap(self, name)
        self._taps.append(tap)
        return tap

    def enter(self, tap: "Tap") -> None:
        """Have ``tap`` open, and the camera with it. SourceError if that can't be."""
        with self._turn:
            self._turn.wait_for(lambda: self._reader or not self._busy)
            others = self._reader is not None
            tap.begin()
            if others:
                return
            self._busy = True
        try:
            self._camera.open()
        except Exception as error:
            self._fail(error)
            raise
        with self._turn:
            self._busy = False
            self._turn.notify_all()

    def next(self, tap: "Tap") -> Picture:
        """The next picture: out of the camera if reading it is up to ``tap``, else as handed on."""
        with self._turn:
            self._turn.wait_for(lambda: tap.news or (self._reader is tap and not self._busy))
            if tap.news:
                return tap.take()
            self._busy = True
        try:
            picture = self._camera.read()
        except Exception as error:
            self._fail(error)
            raise
        with self._turn:
            self._busy = False
            self.failure = ""
            for other in self._taps:
                if other.is_open and other is not tap:
                    other.hand(picture)
            self._turn.notify_all()
            if not tap.is_open:
                return tap.take()
        return picture

    def leave(self, tap: "Tap") -> None:
        """Have ``tap`` closed, and behind the last one the camera."""
        with self._turn:
            was_open = tap.is_open
            tap.end()
            self._turn.notify_all()
            if self._reader is None and (was_open or not self._busy):
                self._camera.close()
            missed = tap.missed
        if was_open and missed:
            logger.info("%s was too slow for %d pictures", tap.name, missed)

    @property
    def _reader(self) -> "Tap | None":
        return next((tap for tap in self._taps if tap.is_open), None)

    def _fail(self, error: Exception) -> None:
        """Close the camera and have every open tap raise ``error``."""
        reason = str(error) if isinstance(error, SourceError) else f"the camera broke: {error!r}"
        with self._turn:
            self._busy = False
            for tap in self._taps:
                if tap.is_open:
                    self.failure = reason
                    tap.end(reason)
            with suppress(SourceError):
                self._camera.close()
            self._turn.notify_all()


class Tap:
    """A Source whose camera others may be using, too. What it is handed it keeps until read."""

    def __init__(self, camera: SharedCamera, name: str) -> None:
        self.name = name
        self.is_open = False
        self.missed = 0
        self._camera = camera
        self._picture: Picture | None = None
        self._reason = _CLOSED

    def open(self) -> None:
        self._camera.enter(self)

    def read(self) -> Picture:
        return self._camera.next(self)

    def close(self) -> None:
        self._camera.leave(self)

    @property
    def news(self) -> bool:
        """Whether ``take`` has something to give or to raise."""
        return self._picture is not None or not self.is_open

    def take(self) -> Picture:
        """The picture handed last, or the SourceError for which there will be no more."""
        picture, self._picture = self._picture, None
        if picture is None:
            raise SourceError(self._reason)
        return picture

    def hand(self, picture: Picture) -> None:
        """Keep ``picture`` until it is read."""
        self.missed += self._picture is not None
        self._picture = picture

    def begin(self) -> None:
        """There will be pictures."""
        self.is_open, self._reason, self.missed = True, "", 0

    def end(self, reason: str = _CLOSED) -> None:
        """There will be none; the first reason counts."""
        self.is_open, self._picture = False, None
        self._reason = self._reason or reason
