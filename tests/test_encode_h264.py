"""The H.264 encoder, held to what viewers rely on."""

import random
from contextlib import closing

import pytest
from av import VideoFrame

from edgecam.annexb import IDR, PPS, SLICE, SPS, find_sps, nal_type, nal_units
from edgecam.capture.testcard import Card
from edgecam.encode import sps
from edgecam.encode.bits import BitReader
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.encode.levels import broken_promise
from edgecam.errors import SourceError
from edgecam.media import NS, Packet, Picture, VideoFormat

SMALL = VideoFormat(320, 180, 30)


def pictures(video: VideoFormat, count: int) -> list[Picture]:
    """The first pictures of the virtual camera."""
    card = Card(video)
    times = [index * NS // video.rate for index in range(count)]
    return [Picture(card.draw(index, at, at), at) for index, at in enumerate(times)]


def noise(video: VideoFormat, count: int) -> list[Picture]:
    """Pictures of which no encoder makes little."""
    chance = random.Random(3)
    made = []
    for index in range(count):
        frame = VideoFrame(video.width, video.height, "yuv420p")
        for plane in frame.planes:
            memoryview(plane)[:] = chance.randbytes(plane.buffer_size)
        made.append(Picture(frame, index))
    return made


def encode(encoder: X264, given: list[Picture], keyframes: frozenset[int]) -> list[Packet]:
    """One packet for each picture, with the asked-for keyframes by index."""
    packets = []
    for index, picture in enumerate(given):
        [packet] = encoder.encode(picture, index in keyframes)
        packets.append(packet)
    return packets


def slice_types(packet: Packet) -> set[int]:
    """slice_type modulo 5 of every slice (ITU-T H.264 table 7-6): 0 is P, 1 is B, 2 is I."""
    types = set()
    for unit in nal_units(packet.data):
        if nal_type(unit) in (SLICE, IDR):
            reader = BitReader(unit[1:20])
            reader.unsigned()  # first_mb_in_slice
            types.add(reader.unsigned() % 5)
    return types


def test_each_picture_comes_out_of_its_own_call() -> None:
    """One access unit for each picture, at once, with its capture time, and no B slices."""
    given = pictures(SMALL, 30)
    with closing(X264(SMALL, 300_000, 10)) as encoder:
        packets = encode(encoder, given, frozenset())
    assert [packet.capture_ns for packet in packets] == [picture.capture_ns for picture in given]
    assert {packet.kind for packet in packets} == {"video"}
    assert slice_types(packets[0]) == {2}
    for packet in packets[1:]:
        assert slice_types(packet) <= {0, 2}


def test_keyframes_are_where_they_were_asked_for() -> None:
    """The first picture, those asked for, and after each of them the interval anew."""
    with closing(X264(SMALL, 300_000, keyframe_interval=1)) as encoder:
        packets = encode(encoder, pictures(SMALL, 80), frozenset({7, 8, 50}))
    assert [index for index, packet in enumerate(packets) if packet.keyframe] == [0, 7, 8, 38, 50]
    for packet in packets:
        kinds = [nal_type(unit) for unit in nal_units(packet.data)]
        if packet.keyframe:
            assert kinds[:2] == [SPS, PPS]
        assert (IDR in kinds) is packet.keyframe


def test_a_change_of_scene_makes_no_keyframe() -> None:
    """Pictures that have nothing in common are no reason for an IDR."""
    with closing(X264(SMALL, 300_000, 10)) as encoder:
        packets = encode(encoder, pictures(SMALL, 3) + noise(SMALL, 3), frozenset())
    assert [packet.keyframe for packet in packets] == [True] + [False] * 5


@pytest.mark.parametrize(
    ("video", "bitrate", "promised"),
    [
        (VideoFormat(320, 180, 30), 300_000, "42e01f"),
        (VideoFormat(362, 202, 15), 300_000, "42e01f"),
        (VideoFormat(640, 480, 25), 1_000_000, "42e01f"),
        (VideoFormat(1280, 720, 30), 2_000_000, "42e01f"),
        (VideoFormat(1280, 720, 60), 4_000_000, "42e020"),
        (VideoFormat(1920, 1080, 30), 4_000_000, "42e028"),
        (VideoFormat(1920, 1080, 60), 8_000_000, "42e02a"),
    ],
    ids=str,
)
def test_the_stream_is_what_sdp_says(video: VideoFormat, bitrate: int, promised: str) -> None:
    """The SPS has the configured size and the promised profile and level, and no reordering."""
    assert profile_level_id(video, bitrate) == promised
    with closing(X264(video, bitrate, 2)) as encoder:
        [packet] = encode(encoder, pictures(video, 1), frozenset())
    unit = find_sps(packet.data)
    assert unit is not None
    found = sps.parse(unit)
    assert (found.width, found.height) == (video.width, video.height)
    assert found.level_idc == bytes.fromhex(promised)[2]
    assert found.max_num_reorder_frames == 0
    assert broken_promise(found, promised) is None


def test_a_broken_promise_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder that does not make what was promised is stopped at its first keyframe."""
    monkeypatch.setattr("edgecam.encode.h264.profile_level_id", lambda *_: "42e00b")
    encoder = X264(SMALL, 300_000, 2)
    with pytest.raises(SourceError, match="higher level than 42e00b"):
        encoder.encode(pictures(SMALL, 1)[0], keyframe=False)


@pytest.mark.parametrize(
    ("rates", "opened_anew"),
    [
        ((1_000_000, 500_000), False),
        ((400_000, 550_000), False),
        ((1_000_000, 100_000), True),
        ((100_000, 1_000_000), True),
    ],
)
def test_a_change_of_bitrate_takes_effect(rates: tuple[int, int], opened_anew: bool) -> None:
    """The stream follows, up and down; only a large change costs a keyframe."""
    video = VideoFormat(320, 180, 30)
    soft = pictures(video, 90)
    chance = random.Random(5)
    for picture in soft:
        luma = picture.frame.planes[0]
        for y in range(0, 180, 4):
            memoryview(luma)[y * luma.line_size :][:320] = chance.randbytes(320)
    with closing(X264(video, 1_000_000, 10)) as encoder:
        encoder.set_bitrate(rates[0])
        before = encode(encoder, soft[:45], frozenset())
        encoder.set_bitrate(rates[1])
        after = encode(encoder, soft[45:], frozenset())
    spent = [sum(len(packet.data) for packet in run[-30:]) * 8 for run in (before, after)]
    for bits, rate in zip(spent, rates, strict=True):
        assert 0.6 * rate < bits < 1.3 * rate
    assert after[0].keyframe is opened_anew
    assert not any(packet.keyframe for packet in after[1:])


def test_a_keyframe_is_held_to_the_buffer() -> None:
    """The heaviest keyframe asked for fits into a quarter of a second of the bitrate."""
    video = VideoFormat(640, 360, 30)
    with closing(X264(video, 2_000_000, 10)) as encoder:
        packets = encode(encoder, pictures(video, 40), frozenset({30}))
    assert max(len(packet.data) for packet in packets) * 8 <= 2_000_000 / 4


def test_the_bitrate_is_held_to_what_was_promised() -> None:
    """More than the encoder was made for is not used: the level in SDP would not hold."""
    given = noise(SMALL, 60)
    with closing(X264(SMALL, 500_000, 10)) as encoder:
        encoder.set_bitrate(50_000_000)
        packets = encode(encoder, given, frozenset())
    # Two seconds, and what the buffer holds.
    assert sum(len(packet.data) for packet in packets) * 8 < 500_000 * 2.5


@pytest.mark.parametrize(
    "frame", [VideoFrame(640, 360, "yuv420p"), VideoFrame(320, 180, "nv12")], ids=str
)
def test_other_pictures_are_refused(frame: VideoFrame) -> None:
    """A picture of another size or format is an error, never converted in silence."""
    encoder = X264(SMALL, 300_000, 2)
    with pytest.raises(SourceError, match="the camera delivers"):
        encoder.encode(Picture(frame, 0), keyframe=False)


def test_a_closed_encoder_says_so() -> None:
    """After close, encode raises SourceError; close may come twice."""
    encoder = X264(SMALL, 300_000, 2)
    encoder.close()
    encoder.close()
    with pytest.raises(SourceError, match="closed"):
        encoder.encode(pictures(SMALL, 1)[0], keyframe=True)
