"""A thread that reads a camera which blocks, so that nobody else ever hangs in its driver."""

from collections.abc import Callable, Generator
from contextvars import copy_context
from threading import Condition, Thread

from edgecam.capture.backlog import Backlog
from edgecam.capture.source import Seen
from edgecam.errors import SourceError

FIRST = 8.0
"""Seconds a camera may take until its first picture: those on USB take two or three."""

SILENCE = 1.8
"""Seconds between two pictures after which a camera has failed: viewers are told within two."""

GOING = 0.25
"""Seconds ``close`` waits for the thread, which ends with the next picture."""


class Pump:
    """One run of ``seen`` in a thread of its own, which closes it and then calls ``release``; made
    for each ``open``.

    ``camera`` is what to call it in errors. ``lost`` is called in that thread when a keyframe has
    to be asked for; ``end`` by whoever closes it, so that ``seen`` need not wait for a picture to
    end.
    """

    def __init__(
        self,
        camera: str,
        seen: Generator[Seen],
        release: Callable[[], None],
        lost: Callable[[], None] = lambda: None,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self._camera = camera
        self._seen = seen
        self._release = release
        self._lost = lost
        self._end = end
        self._backlog = Backlog()
        self._turn = Condition()
        self._patience = FIRST
        self._life = 0
        self._closed = False
        self._error: Exception | None = None
        self._thread = Thread(
            target=copy_context().run, args=(self._run,), name="edgecam-capture", daemon=True
        )
        self._thread.start()

    def read(self) -> Seen:
        """The next picture or access unit; SourceError if the camera failed, or there is none."""
        with self._turn:
            life = -1
            # Access units that wait for a keyframe are a sign of life, too.
            while not self._news and life != self._life:
                life = self._life
                self._turn.wait_for(lambda: self._news, self._patience)
            if self._closed:
                raise SourceError(f"{self._camera} is closed: open it before reading from it")
            seen = self._backlog.take()
            if seen is not None:
                self._patience = SILENCE
                return seen
            if self._error is not None:
                raise self._error
            raise SourceError(
                f"{self._camera} delivers nothing any more: check its cable, or unplug it and plug"
                " it in again"
            )

    def close(self) -> None:
        """Ends a ``read`` at once. The device is let go with its next picture."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()
        self._end()
        self._thread.join(GOING)

    def gone(self, patience: float) -> bool:
        """Whether the thread has ended, within so many seconds, and let the device go."""
        self._thread.join(patience)
        return not self._thread.is_alive()

    @property
    def _news(self) -> bool:
        return bool(self._backlog) or self._closed or self._error is not None

    def _run(self) -> None:
        error: Exception = SourceError(f"{self._camera} has ended: it was unplugged, or failed")
        try:
            for seen in self._seen:
                if not self._put(seen):
                    break
        except Exception as raised:  # noqa: BLE001 - it is raised again where it is read
            error = raised
        finally:
            self._seen.close()
            self._release()
            with self._turn:
                self._error = error
                self._turn.notify_all()

    def _put(self, seen: Seen) -> bool:
        with self._turn:
            self._life += 1
            lost = self._backlog.put(seen)
            self._turn.notify_all()
            closed = self._closed
        if lost:
            self._lost()
        return not closed
