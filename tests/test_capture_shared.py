"""One camera and its taps, with a camera that a test drives."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from av import VideoFrame

from edgecam.capture.shared import SharedCamera, Tap
from edgecam.errors import SourceError
from edgecam.media import Picture

FRAME = VideoFrame(16, 16, "yuv420p")


class DrivenCamera:
    """Delivers the picture of every number it is given, and raises what it is given otherwise."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0
        self.broken: SourceError | None = None
        self.reading = Event()
        self._given: queue.SimpleQueue[int | Exception] = queue.SimpleQueue()

    def give(self, *given: int | Exception) -> None:
        """Have the next reads end so."""
        for each in given:
            self._given.put(each)

    def open(self) -> None:
        if self.broken:
            raise self.broken
        self.opened += 1

    def read(self) -> Picture:
        self.reading.set()
        given = self._given.get()
        if isinstance(given, Exception):
            raise given
        return Picture(FRAME, given)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def camera() -> DrivenCamera:
    """A camera nobody has opened."""
    return DrivenCamera()


@pytest.fixture
def shared(camera: DrivenCamera) -> SharedCamera:
    """It, shared."""
    return SharedCamera(camera)


def two(shared: SharedCamera) -> tuple[Tap, Tap]:
    """Two open taps; the first is the one that reads."""
    first, second = shared.tap("first"), shared.tap("second")
    first.open()
    second.open()
    return first, second


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[list[object]]:
    """What ``work``, done by another thread, returned or raised, once the block has been left."""
    result: list[object] = []

    def run() -> None:
        try:
            result.append(work())
        except SourceError as error:
            result.append(str(error))

    thread = Thread(target=run)
    thread.start()
    yield result
    thread.join()


def test_it_is_open_while_any_tap_is(camera: DrivenCamera, shared: SharedCamera) -> None:
    """Opened by the first to come, closed behind the last, and then anew."""
    first, second = shared.tap("first"), shared.tap("second")
    for early, late in ((first, second), (second, first)):
        early.open()
        late.open()
        early.close()
        assert camera.opened == camera.closed + 1
        late.close()
        assert camera.opened == camera.closed
    assert camera.opened == 2


def test_one_reads_and_both_see_the_same_picture(
    camera: DrivenCamera, shared: SharedCamera
) -> None:
    """It is the very same object, read once."""
    first, second = two(shared)
    camera.give(1, 2)
    for _ in range(2):
        picture = first.read()
        assert second.read() is picture


def test_who_is_slow_loses_pictures_and_holds_up_nobody(
    camera: DrivenCamera, shared: SharedCamera, caplog: pytest.LogCaptureFixture
) -> None:
    """The newest is kept for it; what it lost is counted, and told in the end."""
    first, second = two(shared)
    camera.give(1, 2, 3)
    assert [first.read().capture_ns for _ in range(3)] == [1, 2, 3]
    assert second.read().capture_ns == 3
    assert second.missed == 2
    with caplog.at_level("INFO"):
        first.close()
        second.close()
    assert caplog.messages == ["second was too slow for 2 pictures"]


def test_the_other_reads_when_the_first_leaves(camera: DrivenCamera, shared: SharedCamera) -> None:
    """Also one that is waiting to be handed a picture."""
    first, second = two(shared)
    with beside(second.read) as read:
        first.close()
        camera.give(7)
    assert read == [Picture(FRAME, 7)]
    assert camera.closed == 0


def test_who_comes_first_in_order_gets_what_is_being_read(
    camera: DrivenCamera, shared: SharedCamera
) -> None:
    """It does not read beside the other; from the next picture on it does the reading."""
    first, second = shared.tap("first"), shared.tap("second")
    second.open()
    with beside(second.read) as seconds:
        camera.reading.wait()
        first.open()
        with beside(first.read) as firsts:
            camera.give(1)
    assert seconds == firsts == [Picture(FRAME, 1)]
    camera.give(2)
    assert first.read().capture_ns == 2
    assert second.read().capture_ns == 2


def test_a_camera_that_fails_fails_for_all(camera: DrivenCamera, shared: SharedCamera) -> None:
    """It is closed at once, each tap raises why, and the next to open it opens it anew."""
    first, second = two(shared)
    camera.give(SourceError("unplugged"))
    with pytest.raises(SourceError, match="unplugged"):
        first.read()
    assert camera.closed == 1
    assert shared.failure == "unplugged"
    first.close()
    first.open()
    with pytest.raises(SourceError, match="unplugged"):
        second.read()
    second.close()
    second.open()
    assert camera.opened == 2
    camera.give(1)
    assert first.read() is second.read()
    assert shared.failure == ""


def test_who_waits_is_told_of_the_failure(camera: DrivenCamera, shared: SharedCamera) -> None:
    """Whatever a driver that is broken raises."""
    first, second = two(shared)
    with beside(second.read) as read:
        camera.give(RuntimeError("a bug"))
        with pytest.raises(RuntimeError):
            first.read()
    assert read == ["the camera broke: RuntimeError('a bug')"]


def test_a_camera_that_cannot_be_opened(camera: DrivenCamera, shared: SharedCamera) -> None:
    """It is closed, as after any failure, and can be tried again."""
    tap = shared.tap("tap")
    camera.broken = SourceError("no camera is connected")
    for attempt in (1, 2):
        with pytest.raises(SourceError, match="no camera"):
            tap.open()
        assert camera.closed >= attempt
        assert shared.failure == "no camera is connected"
        tap.close()
    camera.broken = None
    tap.open()
    camera.give(1)
    assert tap.read().capture_ns == 1


def test_close_ends_a_read(camera: DrivenCamera, shared: SharedCamera) -> None:
    """The camera's close does, if it is the last; being closed is no failure of the camera."""
    tap = shared.tap("tap")
    tap.open()
    with beside(tap.read) as read:
        camera.reading.wait()
        tap.close()
        tap.close()
        camera.give(SourceError("closed"))
    assert read == ["closed"]
    assert shared.failure == ""
    assert camera.opened == 1
    tap.open()
    assert camera.opened == 2


def test_close_ends_waiting(camera: DrivenCamera, shared: SharedCamera) -> None:
    """Who waits to be handed a picture is not kept by a camera that has none."""
    _, second = two(shared)
    with beside(second.read) as read:
        second.close()
    assert read == ["the camera is closed: open it before reading from it"]
    assert camera.closed == 0


def test_a_tap_that_was_never_opened(shared: SharedCamera) -> None:
    """Says so."""
    with pytest.raises(SourceError, match="open it before"):
        shared.tap("tap").read()
