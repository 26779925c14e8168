"""The encoder of a device, held to what viewers rely on, by what a Raspberry Pi's driver says."""

import errno
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from av import VideoFrame

from edgecam.annexb import find_sps
from edgecam.capture.v4l2 import ioctls as v4l2
from edgecam.capture.v4l2.names import Found
from edgecam.encode import sps
from edgecam.encode.choice import Choice
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.encode.m2m import ioctls as m2m
from edgecam.encode.m2m.encoder import M2mH264
from edgecam.encode.m2m.queues import Opened
from edgecam.encode.promise import broken_by
from edgecam.errors import SourceError
from edgecam.media import Packet, VideoFormat
from tests.m2m_device import M2mDevice
from tests.test_encode_h264 import pictures

SMALL = VideoFormat(320, 180, 30)
RATE = 300_000
VIDEO11 = Path("/dev/video11")


@pytest.fixture
def device() -> M2mDevice:
    """Not yet in use."""
    return M2mDevice()


@pytest.fixture
def encoder(device: M2mDevice) -> Iterator[M2mH264]:
    """Of small pictures, by it."""
    made = M2mH264(VIDEO11, SMALL, RATE, 10, lambda _: device)
    yield made
    made.close()


def lines(frame: VideoFrame) -> list[bytes]:
    """Those of each plane, without what follows the picture's edge."""
    found = []
    for plane in frame.planes:
        pixels, long = bytes(plane), plane.line_size
        found += [pixels[at : at + plane.width] for at in range(0, plane.height * long, long)]
    return found


def keyframes(packets: list[Packet]) -> list[int]:
    """Their indices."""
    return [index for index, packet in enumerate(packets) if packet.keyframe]


def test_the_request_numbers_are_the_kernels() -> None:
    """As a C compiler has them on x86-64 and on 64-bit ARM."""
    assert (m2m.VIDIOC_S_FMT, m2m.VIDIOC_S_PARM) == (0xC0D0_5605, 0xC0CC_5616)
    assert (m2m.VIDIOC_REQBUFS, m2m.VIDIOC_QUERYBUF) == (0xC014_5608, 0xC058_5609)
    assert (m2m.VIDIOC_QBUF, m2m.VIDIOC_DQBUF) == (0xC058_560F, 0xC058_5611)
    assert (m2m.VIDIOC_STREAMON, m2m.VIDIOC_STREAMOFF) == (0x4004_5612, 0x4004_5613)


def test_each_picture_comes_out_of_its_own_call(encoder: M2mH264) -> None:
    """With its capture time; the first with SPS and PPS, as promised in SDP."""
    given = pictures(SMALL, 20)
    packets = []
    for index, picture in enumerate(given):
        (packet,) = encoder.encode(picture, index in (7, 8))
        packets.append(packet)
    assert [packet.capture_ns for packet in packets] == [picture.capture_ns for picture in given]
    assert keyframes(packets) == [0, 7, 8]
    assert broken_by(packets[0], SMALL, profile_level_id(SMALL, RATE)) is None


@pytest.mark.parametrize("size", [(320, 180), (362, 202), (66, 66)])
def test_its_lines_are_longer_than_the_pictures(device: M2mDevice, size: tuple[int, int]) -> None:
    """Every pixel arrives where it was, whatever the device makes of the width."""
    video = VideoFormat(*size, 30)
    encoder = M2mH264(VIDEO11, video, RATE, 300, lambda _: device)
    given = pictures(video, 3)
    for picture in given:
        encoder.encode(picture, keyframe=False)
    encoder.close()
    assert [lines(frame) for frame in device.seen] == [lines(picture.frame) for picture in given]


def test_how_it_is_set(device: M2mDevice, encoder: M2mH264) -> None:
    """Constrained baseline of the promised level, repeated headers, few keyframes of its own."""
    encoder.set_bitrate(RATE * 2)
    encoder.encode(pictures(SMALL, 1)[0], keyframe=False)
    assert device.was_set == [
        (m2m.CID_H264_PROFILE, m2m.PROFILE_CONSTRAINED_BASELINE),
        (m2m.CID_H264_LEVEL, m2m.LEVELS[31]),
        (m2m.CID_H264_I_PERIOD, 300),
        (v4l2.CID_REPEAT_SEQ_HEADER, 1),
        (v4l2.CID_BITRATE, RATE),
    ]
    assert device.rate == 30
    shape = device.formats[m2m.CAPTURE]
    assert (shape.width, shape.height, shape.colorspace) == (320, 180, m2m.COLORSPACE_REC709)


def test_it_is_set_while_it_runs(device: M2mDevice, encoder: M2mH264) -> None:
    """In steps it has, and within what the encoder was made for."""
    first, second, third = pictures(SMALL, 3)
    encoder.encode(first, keyframe=False)
    before = len(device.was_set)
    for picture, bitrate in ((second, 190_000), (third, 1)):
        encoder.set_bitrate(bitrate)
        encoder.encode(picture, keyframe=False)
    assert device.was_set[before:] == [(v4l2.CID_BITRATE, 175_000), (v4l2.CID_BITRATE, 25_000)]


def test_one_that_is_late_comes_out_of_a_later_call(
    device: M2mDevice, encoder: M2mH264, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own capture time, in order, and the next picture is not kept waiting for it."""
    first, *others = pictures(SMALL, 4)
    packets = encoder.encode(first, keyframe=False)
    monkeypatch.setattr("edgecam.encode.m2m.encoder._SHARE", 0)
    device.late = True
    for picture in others:
        packets += encoder.encode(picture, keyframe=False)
    assert [packet.capture_ns for packet in packets] == [
        picture.capture_ns for picture in (first, *others[:-1])
    ]


def test_pictures_it_makes_nothing_of(device: M2mDevice, encoder: M2mH264) -> None:
    """One that is left out to keep the bitrate, headers with nothing, and a broken access unit,
    after which there is a keyframe.
    """
    device.flaws.extend(("", "left out", "headers", "", "broken", ""))
    first, *others = pictures(SMALL, 6)
    packets = encoder.encode(first, keyframe=False)
    counts = [len(encoder.encode(picture, keyframe=False)) for picture in others]
    assert keyframes(packets) == [0]
    assert counts == [0, 0, 1, 0, 1]
    assert device.was_set[-1] == (v4l2.CID_FORCE_KEY_FRAME, 1)
    assert not encoder._waiting


def test_it_is_given_back(device: M2mDevice, encoder: M2mH264) -> None:
    """Its memory unmapped, its queues stopped, itself closed; and not used any more."""
    first, second = pictures(SMALL, 2)
    encoder.encode(first, keyframe=False)
    assert device.mapped == 8
    encoder.close()
    encoder.close()
    assert device.freed
    assert device.closed
    with pytest.raises(SourceError, match="closed"):
        encoder.encode(second, keyframe=False)


def hanging(device: M2mDevice) -> None:
    """It takes pictures, and that is all."""
    device.hangs = True


def refusing(device: M2mDevice) -> None:
    """Somebody else has all of its memory."""
    device.refused[m2m.VIDIOC_REQBUFS] = errno.ENOMEM


def without_keyframes(device: M2mDevice) -> None:
    """It makes them when it likes."""
    device.kernel.controls = [
        each for each in device.kernel.controls if each["id"] != v4l2.CID_FORCE_KEY_FRAME
    ]


FAILURES: dict[Callable[[M2mDevice], None], str] = {
    hanging: "gives nothing out",
    refusing: "was refused",
    without_keyframes: "no keyframe",
}


@pytest.mark.parametrize("failing", FAILURES)
def test_one_that_fails(
    device: M2mDevice,
    encoder: M2mH264,
    failing: Callable[[M2mDevice], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is said which, why, and what to do."""
    monkeypatch.setattr("edgecam.encode.m2m.encoder._PATIENCE", 0.1)
    failing(device)
    with pytest.raises(SourceError, match=FAILURES[failing]) as told:
        encoder.encode(pictures(SMALL, 1)[0], keyframe=False)
    assert str(VIDEO11) in str(told.value)
    assert "encode.h264 = 'software'" in str(told.value)


def test_one_that_begins_to_hang(
    device: M2mDevice, encoder: M2mH264, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once all of its buffers are full, that is said."""
    first, *others = pictures(SMALL, 6)
    encoder.encode(first, keyframe=False)
    monkeypatch.setattr("edgecam.encode.m2m.encoder._PATIENCE", 0.2)
    device.hangs = True
    *others, last = others
    for picture in others:
        assert encoder.encode(picture, keyframe=False) == []
    with pytest.raises(SourceError, match="takes no more pictures"):
        encoder.encode(last, keyframe=False)


def test_a_size_it_does_not_do(device: M2mDevice) -> None:
    """It says which one it does."""
    video = VideoFormat(2_560, 1_440, 15)
    encoder = M2mH264(VIDEO11, video, RATE, 10, lambda _: device)
    with pytest.raises(SourceError, match="it does 1920x1440"):
        encoder.encode(pictures(video, 1)[0], keyframe=False)
    encoder.close()
    assert device.closed


def test_something_that_is_no_encoder() -> None:
    """A file of the system's, for real."""
    encoder = M2mH264(Path("/dev/null"), SMALL, RATE, 10)
    with pytest.raises(SourceError, match="Inappropriate ioctl"):
        encoder.encode(pictures(SMALL, 1)[0], keyframe=False)
    encoder.close()


class Chosen:
    """A Choice among what a Raspberry Pi has, one device an encoder."""

    def __init__(self, wanted: str, failing: Callable[[M2mDevice], None] = lambda _: None) -> None:
        self.devices: list[M2mDevice] = []
        self._failing = failing
        found = Found(VIDEO11, "bcm2835-codec-encode", ())
        self.choice = Choice(wanted, lambda: found, self._opened)

    def encode(self, count: int = 2, bitrate: int | None = None) -> list[Packet]:
        """By one that is made for it."""
        made = self.choice.make(SMALL, RATE, 10)
        if bitrate is not None:
            made.set_bitrate(bitrate)
        try:
            return [
                unit
                for each in pictures(SMALL, count)
                for unit in made.encode(each, keyframe=False)
            ]
        finally:
            made.close()

    def _opened(self, path: Path) -> Opened:
        self.devices.append(M2mDevice(path))
        self._failing(self.devices[-1])
        return self.devices[-1]


@pytest.mark.parametrize("wanted", ["auto", "hardware"])
def test_the_devices_encoder_is_taken(wanted: str) -> None:
    """Anew for each opening, and its name is told."""
    chosen = Chosen(wanted)
    assert keyframes(chosen.encode()) == keyframes(chosen.encode()) == [0]
    assert [device.closed for device in chosen.devices] == [True, True]
    assert chosen.choice.called == "H.264 in hardware (bcm2835-codec-encode)"


def test_the_processor_takes_over(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first picture on, at the bitrate in force, for good, and said once."""
    monkeypatch.setattr("edgecam.encode.m2m.encoder._PATIENCE", 0.1)
    chosen = Chosen("auto", hanging)
    with caplog.at_level(logging.WARNING):
        packets = chosen.encode(2, RATE // 2)
        again = chosen.encode()
    assert [len(packets), keyframes(packets), keyframes(again)] == [2, [0], [0]]
    assert chosen.choice.called == X264.called
    assert [device.closed for device in chosen.devices] == [True]
    (said,) = caplog.messages
    assert said.endswith("the processor encodes from now on")
    unit = find_sps(packets[0].data)
    assert unit is not None
    assert sps.parse(unit).width == SMALL.width


def test_one_that_is_wanted_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is one that fails later: it is opened anew."""
    monkeypatch.setattr("edgecam.encode.m2m.encoder._PATIENCE", 0.1)
    with pytest.raises(SourceError, match="gives nothing out"):
        Chosen("hardware", hanging).encode()
    chosen = Chosen("auto")
    made = chosen.choice.make(SMALL, RATE, 10)
    first, second = pictures(SMALL, 2)
    made.encode(first, keyframe=False)
    chosen.devices[0].refused[m2m.VIDIOC_QBUF] = errno.EIO
    with pytest.raises(SourceError, match="was refused"):
        made.encode(second, keyframe=False)
    made.close()
    assert keyframes(chosen.encode()) == [0]
    assert len(chosen.devices) == 2


def test_there_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """Then the processor encodes, or it is said that it was not asked to."""
    with pytest.raises(SourceError, match="has no encoder"):
        Choice("hardware", lambda: None).make(SMALL, RATE, 10)
    for wanted in ("auto", "software"):
        made = Choice(wanted, lambda: None).make(SMALL, RATE, 10)
        assert isinstance(made, X264)
        made.close()
    assert not caplog.messages


def test_it_is_not_looked_for_where_it_is_not_wanted() -> None:
    """Software means that no device is touched."""
    made = Choice("software", lambda: pytest.fail("it was looked for")).make(SMALL, RATE, 10)
    made.close()
