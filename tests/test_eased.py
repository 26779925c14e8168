"""Fewer and smaller pictures out of real encoders, and what a decoder makes of the change."""

from collections.abc import Callable
from typing import Literal

import av
import pytest

from edgecam.annexb import find_sps
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.encode import cost as costs
from edgecam.encode import sps
from edgecam.encode.cost import MEMORY, Cost
from edgecam.encode.eased import Ease, Eased
from edgecam.encode.encoded import EncodedVideo, VideoEncoder
from edgecam.encode.h264 import X264
from edgecam.encode.levels import broken_promise
from edgecam.encode.vp8 import Vp8
from edgecam.h264_levels import lowest_level
from edgecam.media import Packet, VideoFormat

VIDEO = VideoFormat(320, 180, 100)
BITRATE = 300_000
ENCODERS: dict[str, Callable[[VideoFormat], VideoEncoder]] = {
    "h264": lambda video: X264(video, BITRATE, 10),
    "vp8": lambda video: Vp8(video, BITRATE, 10),
}


def eased(codec: str, ease: Ease) -> Eased:
    """An encoder of whole pictures as far as ``ease`` has it so."""
    return Eased(VIDEO, ENCODERS[codec], ease, Cost(VIDEO.rate))


def read(producer: EncodedVideo, count: int, asked: int = -1) -> list[list[Packet]]:
    """What comes of so many pictures; a keyframe is asked for with that of number ``asked``."""
    numbers = iter(range(count))
    return [list(producer.read(lambda: next(numbers) == asked)) for _ in range(count)]


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_half_the_size_and_back(codec: Literal["h264", "vp8"]) -> None:
    """Each change is a keyframe, and the decoder that showed the one shows the other."""
    ease = Ease()
    producer = EncodedVideo(VirtualCamera(VIDEO), lambda: eased(codec, ease))
    producer.open()
    made = read(producer, 2)
    ease.halved = True
    made += read(producer, 2)
    ease.halved = False
    made += read(producer, 2)
    producer.close()
    packets = [packet for (packet,) in made]
    assert [packet.keyframe for packet in packets] == [True, False] * 3
    decoder = av.CodecContext.create(codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    frames = [frame for packet in packets for frame in decoder.decode(av.Packet(packet.data))]
    frames += decoder.decode(None)
    assert [frame.width for frame in frames] == [320, 320, 160, 160, 320, 320]
    assert [frame.height for frame in frames] == [180, 180, 90, 90, 180, 180]


def test_what_is_smaller_keeps_what_was_promised() -> None:
    """Viewers were promised a level for the whole size."""
    ease = Ease(halved=True)
    producer = EncodedVideo(VirtualCamera(VIDEO), lambda: eased("h264", ease))
    producer.open()
    ((packet,),) = read(producer, 1)
    producer.close()
    unit = find_sps(packet.data)
    assert unit is not None
    promised = f"42e0{lowest_level(VIDEO, BITRATE).idc:02x}"
    assert broken_promise(sps.parse(unit), promised) is None


def test_every_second_picture() -> None:
    """The first is there; a keyframe that is asked for with one that is left out comes next."""
    ease = Ease()
    producer = EncodedVideo(VirtualCamera(VIDEO), lambda: eased("h264", ease))
    producer.open()
    read(producer, 1)
    ease.thinned = True
    made = read(producer, 6, asked=2)
    producer.close()
    assert [len(packets) for packets in made] == [0, 1, 0, 1, 0, 1]
    assert [packet.keyframe for packets in made for packet in packets] == [False, True, False]


def test_few_pictures_stay_as_many() -> None:
    """Of a picture each fifth of a second, none is left out."""
    slow = VideoFormat(320, 180, 9)
    eased = Eased(slow, ENCODERS["h264"], Ease(thinned=True), Cost(slow.rate))
    camera = VirtualCamera(slow)
    camera.open()
    assert [len(eased.encode(camera.read(), False)) for _ in range(2)] == [1, 1]
    camera.close()
    eased.close()


def test_what_encoding_takes() -> None:
    """Of the time there is, as an average; and what it would, if nothing were left out."""
    cost = Cost(30)
    for _ in range(10 * MEMORY):
        cost.add(0.02, 1.0, halved=False)
    assert (cost.now, cost.all) == pytest.approx((0.6, 0.6), rel=0.01)
    cost.add(0.2, 1.0, halved=False)
    assert cost.now < 0.7
    for _ in range(10 * MEMORY):
        cost.add(0.06, 0.5, halved=False)
    assert (cost.now, cost.all) == pytest.approx((0.9, 1.8), rel=0.01)
    # At once what is to be expected, and soon what it is.
    cost.add(0.03, 0.5, halved=True)
    assert (cost.now, cost.all) == pytest.approx((0.45, 1.8), rel=0.05)
    for _ in range(10 * MEMORY):
        cost.add(0.02, 0.5, halved=True)
    assert (cost.now, cost.all) == pytest.approx((0.3, 1.2), rel=0.01)
    cost.add(0.04, 0.5, halved=False)
    assert (cost.now, cost.all) == pytest.approx((0.6, 1.2), rel=0.05)


@pytest.mark.parametrize(
    ("ease", "share"), [(Ease(), 1.0), (Ease(thinned=True), 0.5), (Ease(halved=True), 0.5)]
)
def test_what_an_encoder_takes(ease: Ease, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is measured with each picture that is encoded."""
    clock = iter(range(1000))
    monkeypatch.setattr(costs, "perf_counter", lambda: float(next(clock)))
    cost = Cost(VIDEO.rate)
    producer = EncodedVideo(
        VirtualCamera(VIDEO), lambda: Eased(VIDEO, ENCODERS["h264"], ease, cost)
    )
    producer.open()
    made = read(producer, 4)
    producer.close()
    assert next(clock) == 2 * len([units for units in made if units])
    assert cost.now == pytest.approx(cost.all * share)
