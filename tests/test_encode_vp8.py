"""The VP8 encoder, held to what viewers rely on."""

from contextlib import closing

import pytest
from av import CodecContext, VideoFrame
from av import Packet as AvPacket
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange

from edgecam.capture import stamp
from edgecam.encode.h264 import X264
from edgecam.encode.vp8 import Vp8
from edgecam.errors import SourceError
from edgecam.media import Packet, Picture, VideoFormat
from tests.test_encode_h264 import SMALL, pictures


def encode(encoder: Vp8, given: list[Picture], keyframes: frozenset[int]) -> list[Packet]:
    """One packet for each picture, with the asked-for keyframes by index."""
    packets = []
    for index, picture in enumerate(given):
        [packet] = encoder.encode(picture, index in keyframes)
        packets.append(packet)
    return packets


def decode(packets: list[Packet]) -> list[VideoFrame]:
    """What a viewer sees."""
    decoder = CodecContext.create("libvpx", "r")
    assert isinstance(decoder, VideoCodecContext)
    return [frame for packet in packets for frame in decoder.decode(AvPacket(packet.data))]


def is_keyframe(packet: Packet) -> bool:
    """What the frame says of itself (RFC 6386, section 9.1)."""
    return packet.data[0] & 1 == 0


def test_each_picture_comes_out_of_its_own_call() -> None:
    """One frame for each picture, at once, with its capture time; the stamp can be read in each."""
    given = pictures(SMALL, 30)
    with closing(Vp8(SMALL, 300_000, 10)) as encoder:
        packets = encode(encoder, given, frozenset())
    assert [packet.capture_ns for packet in packets] == [picture.capture_ns for picture in given]
    assert {packet.kind for packet in packets} == {"video"}
    stamps = [stamp.read(frame) for frame in decode(packets)]
    assert [found and found.number for found in stamps] == list(range(30))


def test_keyframes_are_where_they_were_asked_for() -> None:
    """The first picture, those asked for, and after each of them the interval anew."""
    with closing(Vp8(SMALL, 300_000, keyframe_interval=1)) as encoder:
        packets = encode(encoder, pictures(SMALL, 80), frozenset({7, 8, 50}))
    assert [index for index, packet in enumerate(packets) if packet.keyframe] == [0, 7, 8, 38, 50]
    assert all(packet.keyframe is is_keyframe(packet) for packet in packets)


def test_the_pictures_are_only_read() -> None:
    """Another encoder has them at the same time."""
    [picture] = pictures(SMALL, 1)
    picture.frame.pts = 1234
    before = [bytes(plane) for plane in picture.frame.planes]
    with closing(Vp8(SMALL, 300_000, 10)) as encoder:
        encode(encoder, [picture], frozenset({0}))
    assert (picture.frame.pts, picture.frame.pict_type) == (1234, 0)
    assert [bytes(plane) for plane in picture.frame.planes] == before


@pytest.mark.parametrize(
    ("video", "divisor", "size"),
    [
        (VideoFormat(640, 360, 30), 2, (320, 180)),
        (VideoFormat(1280, 720, 15), 2, (640, 360)),
        (VideoFormat(362, 202, 15), 2, (180, 100)),
        (VideoFormat(362, 202, 15), 1, (362, 202)),
    ],
    ids=str,
)
def test_the_size(video: VideoFormat, divisor: int, size: tuple[int, int]) -> None:
    """As the camera's, or the divisor's part of it, made even."""
    with closing(Vp8(video, 300_000, 10, divisor)) as encoder:
        frames = decode(encode(encoder, pictures(video, 2), frozenset()))
    assert [(frame.width, frame.height) for frame in frames] == [size] * 2


def test_a_smaller_picture_still_shows_the_same() -> None:
    """The stamp is read back from half the size."""
    video = VideoFormat(1280, 720, 30)
    with closing(Vp8(video, 1_000_000, 10, 2)) as encoder:
        frames = decode(encode(encoder, pictures(video, 10), frozenset()))
    stamps = [stamp.read(frame) for frame in frames]
    assert [found and found.number for found in stamps] == list(range(10))


@pytest.mark.parametrize("given", [ColorRange.MPEG, ColorRange.JPEG])
def test_the_range_is_the_one_vp8_has(given: ColorRange) -> None:
    """White is white, whatever range it came in."""
    frame = VideoFrame(320, 180, "yuv420p")
    white = 255 if given == ColorRange.JPEG else 235
    for plane, value in zip(frame.planes, (white, 128, 128), strict=True):
        memoryview(plane)[:] = bytes([value]) * plane.buffer_size
    frame.color_range = given
    with closing(Vp8(SMALL, 300_000, 10)) as encoder:
        [seen] = decode(encode(encoder, [Picture(frame, 0)], frozenset()))
    assert abs(memoryview(seen.planes[0])[1000] - 235) <= 2


def test_pictures_whose_lines_are_longer_than_needed() -> None:
    """As those that come out of a decoder."""
    video = VideoFormat(362, 202, 30)
    decoder = CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    with closing(X264(video, 300_000, 10)) as first:
        [packet] = first.encode(pictures(video, 8)[7], keyframe=True)
    [frame] = [*decoder.decode(AvPacket(packet.data)), *decoder.decode(None)]
    assert frame.planes[0].line_size != VideoFrame(362, 202, "yuv420p").planes[0].line_size
    with closing(Vp8(video, 300_000, 10)) as encoder:
        [seen] = decode(encode(encoder, [Picture(frame, 0)], frozenset()))
    found = stamp.read(seen)
    assert found is not None
    assert found.number == 7


def test_a_bitrate_is_followed_at_the_cost_of_a_keyframe() -> None:
    """Small changes are not worth one; more than it was made for it never uses."""
    given = pictures(SMALL, 90)
    with closing(Vp8(SMALL, 1_000_000, 10)) as encoder:
        rich = encode(encoder, given[:30], frozenset())
        encoder.set_bitrate(900_000)
        same = encode(encoder, given[30:60], frozenset())
        encoder.set_bitrate(100_000)
        poor = encode(encoder, given[60:], frozenset())
        encoder.set_bitrate(9_000_000)
        assert encoder._wanted == 1_000_000
    assert not any(packet.keyframe for packet in rich[1:] + same)
    assert [index for index, packet in enumerate(poor) if packet.keyframe] == [0]
    assert size(poor) < size(same) / 2


def size(packets: list[Packet]) -> int:
    """Bytes of all of them."""
    return sum(len(packet.data) for packet in packets)


def test_what_it_can_not_encode_is_a_source_error() -> None:
    """A size the camera did not promise, and a closed encoder."""
    encoder = Vp8(SMALL, 300_000, 10)
    with pytest.raises(SourceError, match="640x480"):
        encoder.encode(Picture(VideoFrame(640, 480, "yuv420p"), 0), keyframe=False)
    encoder.close()
    encoder.close()
    with pytest.raises(SourceError, match="closed"):
        encode(encoder, pictures(SMALL, 1), frozenset())
