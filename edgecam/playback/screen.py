"""The device's screen: whoever has the floor is seen on it."""

import threading
from collections.abc import Callable

from edgecam.media import capture_clock
from edgecam.playback.pictures import Pictures
from edgecam.playback.sink import VideoSink
from edgecam.playback.worker import Worker

IDLE = 0.1
"""Seconds between two looks at whether there is anything to show."""


class Screen:
    """A VideoSink and its thread, open while somebody talks.

    ``begin`` and ``end`` are for the event loop. ``seen_ns``: when, on the capture clock, a picture
    was last shown.
    """

    def __init__(
        self, sink: VideoSink, on_state: Callable[[str], None] = lambda reason: None
    ) -> None:
        self.seen_ns = 0
        self._sink = sink
        self._pictures: Pictures | None = None
        self._worker = Worker("screen", self._show, on_state)

    async def run(self) -> None:
        """Show what there is, for ever; its owner cancels it."""
        await self._worker.run()

    def begin(self, ask: Callable[[], None]) -> Pictures:
        """Somebody is shown from now on: push the pictures into what this returns.

        ``ask`` is called, by any thread, when a keyframe is needed.
        """
        self._pictures = Pictures(ask)
        self._worker.want(True)
        return self._pictures

    def end(self, pictures: Pictures) -> None:
        """Whoever pushed into ``pictures`` is shown no more."""
        if pictures is self._pictures:
            self._pictures = None
            self._worker.want(False)

    def _show(self, stop: threading.Event, tell: Callable[[str], None]) -> None:
        """The thread."""
        sink = self._sink
        try:
            sink.open()
            while not stop.is_set() and (pictures := self._pictures) is not None:
                picture = pictures.next(IDLE)
                if picture is None:
                    tell(_refusal(pictures))
                    sink.idle()
                    continue
                sink.show(picture)
                self.seen_ns = capture_clock()
                tell("")
        finally:
            sink.close()


def _refusal(pictures: Pictures) -> str:
    if pictures.too_large is None:
        return ""
    width, height = pictures.too_large
    return f"the viewer's picture of {width}x{height} is too large to be shown"
