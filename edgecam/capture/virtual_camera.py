"""A camera that is not there: a moving test picture, for trying things out and for tests."""

from time import time_ns

from edgecam.capture import adjustable, retouch
from edgecam.capture.adjustments import Adjustments
from edgecam.capture.alarm import Alarm
from edgecam.capture.testcard import Card
from edgecam.errors import SourceError
from edgecam.media import NS, Picture, VideoFormat, capture_clock


class VirtualCamera:
    """Test pictures of ``video``'s size, picture n due n periods after the first.

    The first is ready at once. A reader that comes late gets the newest picture that is due, and
    the numbers of those it missed are skipped: it never gets a burst of old ones. ``close`` may be
    called by any thread; a ``read`` in progress then raises SourceError at once. What can be
    adjusted is known before it is opened, and taken with the next picture.
    """

    def __init__(self, video: VideoFormat) -> None:
        self._video = video
        self._alarm = Alarm("virtual camera")
        self._card: Card | None = None
        self._start = 0
        self._next = 0
        self.adjustments = Adjustments()
        self.adjustments.begin("virtual", retouch.controls(max(video.rate, 1)))

    def open(self) -> None:
        width, height, rate = self._video.width, self._video.height, self._video.rate
        if width % 2 or height % 2 or not (320 <= width <= 1920 and 180 <= height <= 1080):
            raise SourceError(
                f"the virtual camera cannot draw {width}x{height}: choose an even width from 320"
                " to 1920 and an even height from 180 to 1080"
            )
        if rate < 1:
            raise SourceError(
                f"the virtual camera cannot draw {rate} pictures a second: choose 1 or more"
            )
        self._card = self._card or Card(self._video)
        self._start = capture_clock()
        self._next = 0
        self._alarm.open()

    def read(self) -> Picture:
        """Waits until the next picture is due, and draws it."""
        card = self._card
        if card is None:
            raise SourceError("the virtual camera was never opened: open it first")
        self._alarm.sleep_until(self._start + self._next * NS // self._video.rate)
        capture_ns, wall_ns = capture_clock(), time_ns()
        number = self._next
        if number:
            number = max(number, (capture_ns - self._start) * self._video.rate // NS)
        values = {it.name: it.value for it in self.adjustments.controls() if it.value is not None}
        self._next = self._after(number, int(adjustable.number(values, "frame-rate")))
        frame = retouch.retouched(card.draw(number, capture_ns, wall_ns), values)
        return Picture(frame, capture_ns)

    def close(self) -> None:
        self._alarm.close()

    def _after(self, number: int, rate: int) -> int:
        """The next picture's number, if only so many a second are wanted."""
        full = self._video.rate
        return -(-(number * rate // full + 1) * full // rate)
