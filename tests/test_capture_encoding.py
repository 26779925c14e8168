"""A camera that encodes by itself, shared, passed on, and decoded for who needs another codec."""

from itertools import pairwise
from threading import Thread

import av
import pytest

from edgecam.capture import stamp
from edgecam.capture.backlog import ASK_EVERY, MOST_UNITS, Backlog
from edgecam.capture.shared import SharedCamera, Tap
from edgecam.capture.shutter import Shutter, Shuttered
from edgecam.capture.source import Seen
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.encode.decoded import Decoded
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.encode.promise import broken_by
from edgecam.encode.vp8 import Vp8
from edgecam.errors import SourceError
from edgecam.media import Packet, Picture, VideoFormat
from tests.encoding_camera import BITRATE, EncodingVirtualCamera, ShrinkingVirtualCamera

SIZE = VideoFormat(320, 180, 60)
PROMISED = profile_level_id(SIZE, BITRATE)
MOST_READS = 50


def no_keyframe() -> bool:
    """Nobody asks for a keyframe."""
    return False


def keyframe() -> bool:
    """Somebody does."""
    return True


def unit(number: int, key: bool = False) -> Packet:
    """An access unit as far as a backlog looks at it."""
    return Packet("video", b"", number, key)


def passed_on(camera: EncodingVirtualCamera | SharedCamera) -> EncodedVideo:
    """What viewers of H.264 get of it."""
    source = camera.tap("H.264") if isinstance(camera, SharedCamera) else camera
    return EncodedVideo(
        source, lambda: X264(SIZE, BITRATE, 300), lambda first: broken_by(first, SIZE, PROMISED)
    )


def test_its_access_units_are_passed_on_as_they_are() -> None:
    """Each once, none encoded again, the first a keyframe at every opening."""
    camera = EncodingVirtualCamera(SIZE)
    made: list[Seen] = []
    read = camera.read

    def noting() -> Seen:
        made.append(read())
        return made[-1]

    camera.read = noting  # type: ignore[method-assign]
    producer = passed_on(camera)
    for _ in range(2):
        made.clear()
        producer.open()
        packets = [packet for _ in range(4) for packet in producer.read(no_keyframe)]
        producer.close()
        assert producer.by_camera
        assert packets == made
        assert [packet.keyframe for packet in packets] == [True, False, False, False]


def test_a_keyframe_is_asked_of_the_camera() -> None:
    """It comes when the camera has it, and no second one."""
    camera = EncodingVirtualCamera(SIZE)
    producer = passed_on(camera)
    producer.open()
    producer.read(no_keyframe)
    producer.read(keyframe)
    packets = [packet for _ in range(6) for packet in producer.read(no_keyframe)]
    producer.close()
    assert [packet.keyframe for packet in packets].count(True) == 1
    assert camera.asked == 1


def test_the_bitrate_is_set_at_the_camera() -> None:
    """Also by way of a tap, and before it is open."""
    camera = EncodingVirtualCamera(SIZE)
    shared = SharedCamera(camera)
    producer = passed_on(shared)
    producer.set_bitrate(400_000)
    assert camera.bitrate == 400_000
    producer.open()
    producer.set_bitrate(300_000)
    producer.close()
    assert camera.bitrate == 300_000
    vp8 = EncodedVideo(Decoded(shared.tap("VP8")), lambda: Vp8(SIZE, BITRATE, 300))
    vp8.set_bitrate(100_000)
    assert camera.bitrate == 300_000


@pytest.mark.parametrize(
    ("promised", "said"),
    [("42e00a", "a higher level"), (profile_level_id(VideoFormat(640, 360, 60), BITRATE), None)],
)
def test_a_stream_that_breaks_the_promise_is_refused(promised: str, said: str | None) -> None:
    """In words that say what is wrong and what to do."""
    camera = EncodingVirtualCamera(SIZE)
    producer = EncodedVideo(
        camera,
        lambda: X264(SIZE, BITRATE, 300),
        lambda first: broken_by(first, SIZE, promised),
    )
    producer.open()
    if said:
        with pytest.raises(SourceError, match=f"{said}.*choose a format"):
            producer.read(no_keyframe)
    else:
        assert producer.read(no_keyframe)
    producer.close()


def test_a_camera_with_pictures_delivers_these_instead() -> None:
    """From the next opening on, also where it is shared; and says so."""
    camera = EncodingVirtualCamera(SIZE)
    camera.has_pictures = True
    producer = EncodedVideo(
        SharedCamera(camera).tap("H.264"),
        lambda: X264(SIZE, BITRATE, 300),
        lambda first: broken_by(first, SIZE, "42e00a"),
    )
    producer.open()
    with pytest.raises(SourceError, match="its pictures are encoded here from now on"):
        producer.read(no_keyframe)
    producer.close()
    producer.open()
    [first] = producer.read(no_keyframe)
    assert first.keyframe
    assert not producer.by_camera
    producer.close()


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (Packet("video", b"\0\0\1\x65\x88", 0, False), "began without a keyframe"),
        (Packet("video", b"\0\0\1\x67\x42\0\0\1\x68\xce\0\0\1\x65\x88", 0, True), "make no sense"),
    ],
)
def test_a_stream_that_is_none_is_refused(first: Packet, said: str) -> None:
    """A camera may deliver anything."""
    assert said in str(broken_by(first, SIZE, PROMISED))


def test_a_stream_of_another_size_is_refused() -> None:
    """It says which."""
    camera = EncodingVirtualCamera(VideoFormat(640, 360, 60))
    camera.open()
    first = camera.read()
    camera.close()
    assert isinstance(first, Packet)
    assert "says that it is 640x360" in str(broken_by(first, SIZE, PROMISED))


def test_h264_is_not_sent_to_viewers_of_another_codec() -> None:
    """Should a camera be put together wrongly."""
    producer = EncodedVideo(EncodingVirtualCamera(SIZE), lambda: Vp8(SIZE, BITRATE, 300))
    producer.open()
    with pytest.raises(SourceError, match="can't be sent"):
        producer.read(no_keyframe)
    producer.close()


def test_it_is_decoded_for_another_codec() -> None:
    """Every picture whole, in order, and with the time it was taken."""
    camera = EncodingVirtualCamera(SIZE)
    decoded = Decoded(camera)
    for _ in range(2):
        decoded.open()
        pictures = [decoded.read() for _ in range(5)]
        decoded.close()
        marks = [stamp.read(picture.frame) for picture in pictures]
        numbers = [mark.number for mark in marks if mark]
        assert len(numbers) == 5
        assert numbers[0] == 0
        assert numbers == sorted(set(numbers))
        times = [picture.capture_ns for picture in pictures]
        assert all(before < after for before, after in pairwise(times))


def test_pictures_need_no_decoding() -> None:
    """They are handed on as they are, and nothing is asked of the camera."""
    decoded = Decoded(VirtualCamera(SIZE))
    decoded.open()
    assert isinstance(decoded.read(), Picture)
    decoded.close()


def test_what_cannot_be_decoded_is_left_out() -> None:
    """A keyframe is asked for, and it goes on there."""
    camera = EncodingVirtualCamera(SIZE)
    read, broken = camera.read, [False]

    def damaged() -> Seen:
        packet = read()
        if broken[0]:
            broken[0] = False
            return Packet("video", b"\0\0\1\x67\xff\xff\0\0\1\x65", packet.capture_ns, False)
        return packet

    camera.read = damaged  # type: ignore[method-assign]
    decoded = Decoded(camera)
    decoded.open()
    decoded.read()
    broken[0] = True
    numbers = [mark.number for _ in range(3) if (mark := stamp.read(decoded.read().frame))]
    decoded.close()
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 3


def test_every_tap_begins_with_a_keyframe() -> None:
    """Also one that is opened while another is being read; the camera is asked for it."""
    camera = EncodingVirtualCamera(SIZE)
    shared = SharedCamera(camera)
    first, second = shared.tap("first"), shared.tap("second")
    first.open()
    for _ in range(3):
        first.read()
    second.open()
    seen: list[Packet] = []
    thread = Thread(target=lambda: seen.append(second.read()))  # type: ignore[arg-type]
    thread.start()
    for _ in range(MOST_READS):
        if seen:
            break
        first.read()
    thread.join()
    assert seen[0].keyframe
    assert camera.asked == 1
    first.close()
    assert isinstance(second.read(), Packet)
    second.close()


def test_a_late_reader_goes_on_with_a_keyframe() -> None:
    """What it gets instead of what it lost can be decoded, and nobody else is held up."""
    camera = EncodingVirtualCamera(VideoFormat(320, 180, 100))
    shared = SharedCamera(camera)
    quick, slow = shared.tap("quick"), shared.tap("slow")
    quick.open()
    slow.open()
    for _ in range(MOST_UNITS + camera.LATE + 4):
        assert isinstance(quick.read(), Packet)
    got = slow.read()
    assert isinstance(got, Packet)
    assert got.keyframe
    assert got.capture_ns > 0
    assert slow.missed == MOST_UNITS
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    assert decoder.decode(av.Packet(got.data)) is not None
    for tap in (quick, slow):
        tap.close()


def test_a_backlog_keeps_the_newest_picture() -> None:
    """And counts the others."""
    backlog = Backlog()
    frame = av.VideoFrame(16, 16, "yuv420p")
    for number in range(3):
        assert not backlog.put(Picture(frame, number))
    assert backlog.take() == Picture(frame, 2)
    assert backlog.take() is None
    assert backlog.missed == 2


def test_a_backlog_of_access_units_has_no_holes() -> None:
    """From a keyframe on, all of them in order; a keyframe is asked for once in a while."""
    backlog = Backlog()
    asked = [backlog.put(unit(number)) for number in range(2 * ASK_EVERY)]
    assert [number for number, ask in enumerate(asked) if ask] == [0, ASK_EVERY]
    assert backlog.missed == 0
    backlog.put(unit(100, key=True))
    for number in range(101, 100 + MOST_UNITS):
        assert not backlog.put(unit(number))
    assert len(backlog) == MOST_UNITS
    assert backlog.put(unit(200))
    assert (len(backlog), backlog.missed) == (0, MOST_UNITS)
    backlog.put(unit(201))
    backlog.put(unit(202, key=True))
    backlog.put(unit(203))
    assert [backlog.take() for _ in range(3)] == [unit(202, key=True), unit(203), None]


def test_a_backlog_that_is_full_takes_a_keyframe() -> None:
    """It begins again at once."""
    backlog = Backlog()
    for number in range(MOST_UNITS):
        backlog.put(unit(number, key=number == 0))
    assert not backlog.put(unit(99, key=True))
    assert backlog.take() == unit(99, key=True)


def times(tap: Tap, kind: type[Seen], count: int = 3) -> list[int]:
    """The capture times of the next ones, each of that ``kind``."""
    seen = [tap.read() for _ in range(count)]
    assert all(isinstance(each, kind) for each in seen)
    return [each.capture_ns for each in seen]


def test_a_camera_that_shrinks() -> None:
    """Small taps are handed what it makes small and nothing else, others nothing of that; it makes
    such only while somebody reads them, also if nobody reads anything else.
    """
    camera = ShrinkingVirtualCamera(SIZE)
    shared = SharedCamera(Shuttered(Shutter(), camera))
    whole, small = shared.tap("whole"), shared.tap("small", small=True)
    assert camera.told == [False]
    whole.open()
    assert times(whole, Packet) == camera.whole
    assert camera.small == []
    small.open()
    assert camera.told[-1]
    whole.read()
    picture = small.read()
    assert isinstance(picture, Picture)
    assert (picture.frame.width, picture.frame.height) == (SIZE.half.width, SIZE.half.height)
    whole.close()
    begun = len(camera.small)
    assert times(small, Picture) == camera.small[begun:]
    assert small.missed == 0
    small.close()
    assert not camera.told[-1]


def test_a_camera_that_cannot_shrink() -> None:
    """Small taps are as others are, as they are of one that knows nothing of it."""
    camera = ShrinkingVirtualCamera(SIZE)
    camera.shrinks = False
    for each in (camera, EncodingVirtualCamera(SIZE)):
        shared = SharedCamera(each)
        small = shared.tap("small", small=True)
        small.open()
        times(small, Packet)
        small.close()


def test_nothing_small_is_seen_through_a_shutter() -> None:
    """Not even of a picture that was taken before it was shut."""
    camera, shutter = ShrinkingVirtualCamera(SIZE), Shutter()
    taken: list[Picture] = []
    shuttered = Shuttered(shutter, camera)
    shuttered.open()
    shuttered.shrink(taken.append)
    shuttered.read()
    assert len(taken) == 1
    shutter.shut = True
    camera.read()
    assert len(taken) == 1
    shuttered.close()
