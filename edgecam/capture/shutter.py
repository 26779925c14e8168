"""A shutter in front of camera and microphone: while it is shut, the devices are closed."""

from collections.abc import Callable
from threading import Condition
from typing import Generic, TypeVar

from edgecam.capture.adjustments import Adjustable, Adjustments
from edgecam.capture.source import EncodingCamera, Seen, Shrinking, Source, Take
from edgecam.errors import SourceError
from edgecam.media import Picture, Sound

SHUT = "the privacy switch is on: camera and microphone are closed"

Captured = TypeVar("Captured", Picture, Sound, Seen)


class Shutter:
    """Shut or open, for every source behind it; may be asked and turned by any thread.

    Shutting it closes the devices with their next picture or sound, which nobody gets, and opens
    none again. ``told`` is called, in whichever thread, when the first device is opened and when
    the last is closed.
    """

    def __init__(self) -> None:
        self.shut = False
        self.told: Callable[[bool], None] = lambda open_: None
        self._open: set[object] = set()
        self._turn = Condition()

    @property
    def closed(self) -> bool:
        """Whether no device behind it is open."""
        return not self._open

    def wait_closed(self, patience: float) -> bool:
        """Wait so many seconds until no device is open. Whether none is."""
        with self._turn:
            return self._turn.wait_for(lambda: self.closed, patience)

    def check(self) -> None:
        """SourceError while it is shut."""
        if self.shut:
            raise SourceError(SHUT)

    def opens(self, source: object) -> None:
        """``source`` is about to be opened."""
        with self._turn:
            self._open.add(source)
            self.told(True)

    def closes(self, source: object) -> None:
        """``source`` is closed. May come twice, and of one that was not open."""
        with self._turn:
            if source in self._open:
                self._open.remove(source)
                self.told(bool(self._open))
                self._turn.notify_all()


class Shuttered(Generic[Captured]):
    """``source`` behind ``shutter``: a Source, and all else that a camera may be as that is."""

    def __init__(self, shutter: Shutter, source: Source[Captured]) -> None:
        self._shutter = shutter
        self._source: Source[Captured] = source

    def open(self) -> None:
        self._shutter.check()
        self._shutter.opens(self)
        self._source.open()

    def read(self) -> Captured:
        """What is next, unless the shutter is shut before it has come."""
        self._shutter.check()
        captured: Captured = self._source.read()
        self._shutter.check()
        return captured

    def close(self) -> None:
        self._source.close()
        self._shutter.closes(self)

    @property
    def adjustments(self) -> Adjustments | None:
        return self._source.adjustments if isinstance(self._source, Adjustable) else None

    @property
    def shrinks(self) -> bool:
        return isinstance(self._source, Shrinking) and self._source.shrinks

    def shrink(self, take: Take | None) -> None:
        if not isinstance(self._source, Shrinking):
            return

        def unless_shut(picture: Picture) -> None:
            if take is not None and not self._shutter.shut:
                take(picture)

        self._source.shrink(unless_shut if take else None)

    def request_keyframe(self) -> None:
        if isinstance(self._source, EncodingCamera):
            self._source.request_keyframe()

    def set_bitrate(self, bitrate: int) -> None:
        if isinstance(self._source, EncodingCamera):
            self._source.set_bitrate(bitrate)

    def give_up_encoding(self) -> bool:
        return isinstance(self._source, EncodingCamera) and self._source.give_up_encoding()
