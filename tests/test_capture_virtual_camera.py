"""The virtual camera: what it draws, when, and how it ends."""

from itertools import pairwise
from threading import Barrier, Thread

import pytest
from av import VideoFrame

from edgecam.capture import flash, stamp
from edgecam.capture.testcard import Card, flash_square
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.errors import SourceError
from edgecam.media import NS, VideoFormat

SMALL = VideoFormat(320, 180, 100)
SIZES = [(320, 180), (362, 202), (640, 480), (720, 1080), (1280, 720), (1920, 180), (1920, 1080)]


def number_of(frame: VideoFrame) -> int:
    """The number in a picture's stamp."""
    mark = stamp.read(frame)
    assert mark is not None
    return mark.number


def luma_at(frame: VideoFrame, x: int, y: int) -> int:
    """One pixel's luma."""
    return memoryview(frame.planes[0])[y * frame.planes[0].line_size + x]


def test_pictures_come_in_order_and_never_early() -> None:
    """The first is number 0; each is taken when it is due, after the one before."""
    camera = VirtualCamera(SMALL)
    camera.open()
    pictures = [camera.read() for _ in range(8)]
    camera.close()
    numbers = [number_of(picture.frame) for picture in pictures]
    assert numbers[0] == 0
    assert numbers == sorted(set(numbers))
    for picture, number in zip(pictures, numbers, strict=True):
        assert picture.capture_ns >= camera._start + number * NS // SMALL.rate
    times = [picture.capture_ns for picture in pictures]
    assert times == sorted(set(times))


def test_a_late_reader_skips_pictures() -> None:
    """At a rate nobody can draw at, pictures are skipped, and each is the newest that was due."""
    rate = 100_000
    camera = VirtualCamera(VideoFormat(1280, 720, rate))
    camera.open()
    pictures = [camera.read() for _ in range(4)]
    camera.close()
    numbers = [number_of(picture.frame) for picture in pictures]
    for (before, earlier), (after, later) in pairwise(zip(pictures, numbers, strict=True)):
        assert later - earlier > 1
        if earlier:
            periods = (after.capture_ns - before.capture_ns) * rate / NS
            assert abs(later - earlier - periods) < 2


def test_it_can_be_opened_again() -> None:
    """After close and open, the pictures begin anew."""
    camera = VirtualCamera(SMALL)
    for _ in range(2):
        camera.open()
        assert number_of(camera.read().frame) == 0
        camera.close()
        camera.close()
        with pytest.raises(SourceError, match="closed"):
            camera.read()


def test_close_wakes_a_read() -> None:
    """A read that waits for a picture ends with a SourceError when another thread closes."""
    camera = VirtualCamera(VideoFormat(320, 180, 1))
    camera.open()
    camera.read()
    errors: list[SourceError] = []
    reading = Barrier(2)

    def read() -> None:
        reading.wait()
        try:
            while True:
                camera.read()
        except SourceError as error:
            errors.append(error)

    thread = Thread(target=read)
    thread.start()
    reading.wait()
    camera.close()
    thread.join()
    assert len(errors) == 1


@pytest.mark.parametrize(
    "video",
    [VideoFormat(321, 180, 30), VideoFormat(3840, 2160, 30), VideoFormat(640, 360, 0)],
    ids=str,
)
def test_impossible_formats_are_refused(video: VideoFormat) -> None:
    """A format it can't draw fails at open, saying what to choose; close is safe afterwards."""
    camera = VirtualCamera(video)
    with pytest.raises(SourceError, match="choose"):
        camera.open()
    camera.close()
    with pytest.raises(SourceError, match="open"):
        camera.read()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_size_is_drawn(width: int, height: int) -> None:
    """At any size and instant there is a picture of that size, with its stamp and nothing lost."""
    card = Card(VideoFormat(width, height, 30))
    for step in range(0, 7 * NS, NS // 9):
        frame = card.draw(step // 7, step, step)
        assert (frame.width, frame.height, frame.format.name) == (width, height, "yuv420p")
        assert number_of(frame) == step // 7 % 2**24


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_flash_is_a_tenth_of_every_second(width: int, height: int) -> None:
    """The square is white from each whole second of the capture clock on for 100 ms, else dark."""
    card = Card(VideoFormat(width, height, 30))
    left, top, side = flash_square(width)
    middle = left + side // 2, top + side // 2
    for capture_ns, on in (
        (5 * NS - 1, False),
        (5 * NS, True),
        (5 * NS + 99_999_999, True),
        (5 * NS + 100_000_000, False),
    ):
        assert flash.is_on(capture_ns) is on
        frame = card.draw(1, capture_ns, 0)
        assert (luma_at(frame, *middle) > 200) is on


def test_something_moves() -> None:
    """Below the stamp, a picture differs from the next even where no text is."""
    card = Card(VideoFormat(640, 360, 30))
    frames = [card.draw(1, at, 0) for at in (NS // 2, NS // 2 + NS // 30)]
    lumas = [bytes(frame.planes[0])[200 * frame.planes[0].line_size :] for frame in frames]
    assert lumas[0] != lumas[1]
