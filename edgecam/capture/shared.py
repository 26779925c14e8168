"""One camera for several readers: opened once, what it delivers read once and seen by all."""

import logging
from contextlib import suppress
from threading import Condition

from edgecam.capture.adjustments import Adjustable, Adjustments
from edgecam.capture.backlog import Backlog
from edgecam.capture.source import EncodingCamera, Seen, Shrinking, Source
from edgecam.errors import SourceError
from edgecam.media import Picture

logger = logging.getLogger(__name__)

BRIEFLY = 0.005
"""Seconds that a camera's thread may be held up by those who read what it has made small."""

_CLOSED = "the camera is closed: open it before reading from it"


class SharedCamera:
    """A camera that is open while any of its taps is; each tap is for one thread.

    The first of the open taps, in the order they were made, reads the camera in its own thread as
    if it had it to itself; the others are handed what it read. Who is still busy with one picture
    when the next two come loses the first of them, and holds up nobody. Of a camera that encodes
    by itself every tap begins with a keyframe, and one that falls behind goes on with another.

    When the camera fails it is closed, and every open tap raises that failure; the next tap to be
    opened opens the camera anew. ``failure`` says why it failed, and is empty while it works.

    Small taps are handed what the camera makes small by itself, and nothing else; where it makes
    nothing small, they are as others are.
    """

    def __init__(self, camera: Source[Seen]) -> None:
        self.failure = ""
        self._camera = camera
        self._taps: list[Tap] = []
        self._turn = Condition()
        # A thread is inside the camera's open or read, without holding the condition.
        self._busy = False

    @property
    def adjustments(self) -> Adjustments | None:
        """The camera's own."""
        return self._camera.adjustments if isinstance(self._camera, Adjustable) else None

    def tap(self, name: str, *, small: bool = False) -> "Tap":
        """One more reader of the camera; ``name`` is for the log."""
        tap = Tap(self, name, small=small)
        self._taps.append(tap)
        if small and isinstance(self._camera, Shrinking):
            self._camera.shrink(None)
        return tap

    def enter(self, tap: "Tap") -> None:
        """Have ``tap`` open, and the camera with it. SourceError if that can't be."""
        with self._turn:
            self._turn.wait_for(lambda: self._reader or not self._busy)
            others = self._reader is not None
            tap.begin()
            self._shrink()
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

    def next(self, tap: "Tap") -> Seen:
        """What is next: out of the camera if reading it is up to ``tap``, else as handed on."""
        while True:
            with self._turn:
                self._turn.wait_for(lambda: tap.news or (self._reader is tap and not self._busy))
                if tap.news:
                    return tap.take()
                self._busy = True
            try:
                seen = self._camera.read()
            except Exception as error:
                self._fail(error)
                raise
            self._hand_round(seen)

    def request_keyframe(self) -> None:
        """Of a camera that encodes by itself; any other is not told."""
        if isinstance(self._camera, EncodingCamera):
            self._camera.request_keyframe()

    def set_bitrate(self, bitrate: int) -> None:
        """Likewise."""
        if isinstance(self._camera, EncodingCamera):
            self._camera.set_bitrate(bitrate)

    def leave(self, tap: "Tap") -> None:
        """Have ``tap`` closed, and behind the last one the camera."""
        with self._turn:
            was_open = tap.is_open
            tap.end()
            self._shrink()
            self._turn.notify_all()
            if self._reader is None and (was_open or not self._busy):
                self._camera.close()
            missed = tap.missed
        if was_open and missed:
            logger.info("%s was too slow for %d pictures", tap.name, missed)

    def give_up_encoding(self) -> bool:
        """Likewise."""
        return isinstance(self._camera, EncodingCamera) and self._camera.give_up_encoding()

    def _hand_round(self, seen: Seen) -> None:
        with self._turn:
            self._busy = False
            self.failure = ""
            shrinks = isinstance(self._camera, Shrinking) and self._camera.shrinks
            others = [tap for tap in self._taps if tap.is_open and not (tap.small and shrinks)]
            lost = [tap.hand(seen) for tap in others]
            self._turn.notify_all()
        if any(lost):
            self.request_keyframe()

    def _shrink(self) -> None:
        """Have the camera make small what somebody reads."""
        if isinstance(self._camera, Shrinking):
            wanted = any(tap.small and tap.is_open for tap in self._taps)
            self._camera.shrink(self._hand_small if wanted else None)

    def _hand_small(self, picture: Picture) -> None:
        """In the camera's thread. One that would have to wait is lost."""
        if not self._turn.acquire(timeout=BRIEFLY):
            return
        try:
            for tap in self._taps:
                if tap.small and tap.is_open:
                    tap.hand(picture)
            self._turn.notify_all()
        finally:
            self._turn.release()

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
            self._shrink()
            self._turn.notify_all()


class Tap:
    """A camera that others may be using, too: a Source, and an EncodingCamera as its own is one."""

    def __init__(self, camera: SharedCamera, name: str, *, small: bool) -> None:
        self.name = name
        self.small = small
        self.is_open = False
        self._camera = camera
        self._backlog = Backlog()
        self._reason = _CLOSED

    def open(self) -> None:
        self._camera.enter(self)

    def read(self) -> Seen:
        return self._camera.next(self)

    def close(self) -> None:
        self._camera.leave(self)

    def request_keyframe(self) -> None:
        self._camera.request_keyframe()

    def set_bitrate(self, bitrate: int) -> None:
        self._camera.set_bitrate(bitrate)

    def give_up_encoding(self) -> bool:
        return self._camera.give_up_encoding()

    @property
    def missed(self) -> int:
        """What it lost by being slow, since it was opened."""
        return self._backlog.missed

    @property
    def news(self) -> bool:
        """Whether ``take`` has something to give or to raise."""
        return bool(self._backlog) or not self.is_open

    def take(self) -> Seen:
        """What was handed, or the SourceError for which there will be no more."""
        seen = self._backlog.take()
        if seen is None:
            raise SourceError(self._reason)
        return seen

    def hand(self, seen: Seen) -> bool:
        """Keep ``seen`` until it is read. Whether it takes a keyframe to go on."""
        return self._backlog.put(seen)

    def begin(self) -> None:
        """There will be something to read."""
        self.is_open, self._reason = True, ""
        self._backlog.begin()

    def end(self, reason: str = _CLOSED) -> None:
        """There will be nothing more; the first reason counts."""
        self.is_open = False
        self._backlog.empty()
        self._reason = self._reason or reason
