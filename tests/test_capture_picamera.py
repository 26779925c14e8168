"""The driver ``picamera``: its options, what it makes of a picture's memory, and, where picamera2
is, an encoder like a Raspberry Pi's by recorded ioctls.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from av import VideoFrame
from av.video.reformatter import Colorspace

from edgecam.capture.picamera import camera as module
from edgecam.capture.picamera.camera import PicameraCamera
from edgecam.capture.picamera.pictures import as_encoders_take_it, copied
from edgecam.capture.picamera.settings import Settings, check_delivered, chosen, delivers_small
from edgecam.capture.v4l2 import ioctls as v4l2
from edgecam.config import Camera, Config
from edgecam.errors import SourceError
from edgecam.loading import contradictions
from edgecam.media import Packet, Picture
from tests import drivers
from tests.drivers import USUAL
from tests.m2m_kernel import LEVEL, PERIOD, PROFILE, M2m

ENOUGH = 20
"""Of what a camera delivers, until it does what it was told."""

BOTH = [
    {"Id": "/base/soc/i2c0mux/i2c@1/imx708@1a", "Model": "imx708", "Num": 0},
    {"Id": "/base/soc/i2c0mux/i2c@0/imx219@10", "Model": "imx219", "Num": 1},
]


@pytest.mark.parametrize(
    ("device", "index"), [("", 0), ("0", 0), ("1", 1), ("imx219", 1), (BOTH[1]["Id"], 1)]
)
def test_a_camera_is_chosen(device: str, index: int) -> None:
    """By its number, model or path; the first otherwise."""
    assert chosen(BOTH, device) == index


def test_no_camera() -> None:
    """Where to look; and which there are, of another one."""
    with pytest.raises(SourceError, match="ribbon"):
        chosen([], "")
    with pytest.raises(SourceError, match=r"'2': choose one of 0 \(imx708\), 1 \(imx219\)"):
        chosen(BOTH, "2")


@pytest.mark.parametrize(
    ("rotation", "flip", "mirrored"),
    [
        ("0", "none", (False, False)),
        ("180", "none", (True, True)),
        ("0", "horizontal", (True, False)),
        ("180", "vertical", (True, False)),
        ("180", "both", (False, False)),
    ],
)
def test_turned_and_mirrored(rotation: str, flip: str, mirrored: tuple[bool, bool]) -> None:
    """Half a turn is both mirrors."""
    assert Settings(USUAL, rotation=rotation, flip=flip).mirrored == mirrored


def test_the_mode_of_the_sensor() -> None:
    """As rpicam-hello lists them, or not at all."""
    assert Settings(USUAL).sensor == {}
    assert Settings(USUAL, "2304x1296").sensor == {"output_size": (2304, 1296)}
    deep = {"output_size": (2304, 1296), "bit_depth": 10}
    assert Settings(USUAL, "2304x1296:10").sensor == deep
    with pytest.raises(SourceError, match="WIDTHxHEIGHT"):
        _ = Settings(USUAL, "full").sensor


def delivered(**other: Any) -> dict[str, Any]:
    """What picamera2 says of a camera that does what it was asked for."""
    upright = SimpleNamespace(hflip=0, vflip=0)
    return {"main": {"size": (640, 480)}, "transform": upright, "sensor": None} | other


def test_what_the_camera_makes_of_it() -> None:
    """Another size, turn or mode than the one asked for is refused, with what to do."""
    check_delivered(delivered(), Settings(USUAL), "it")
    with pytest.raises(SourceError, match="choose 320x240"):
        check_delivered(delivered(main={"size": (320, 240)}), Settings(USUAL), "it")
    with pytest.raises(SourceError, match=r"camera\.rotation"):
        check_delivered(delivered(), Settings(USUAL, rotation="180"), "it")
    with pytest.raises(SourceError, match="nearest is 1640x1232"):
        check_delivered(
            delivered(sensor={"output_size": (1640, 1232), "bit_depth": 10}),
            Settings(USUAL, "3280x2464"),
            "it",
        )


@pytest.mark.parametrize(
    ("lores", "does"),
    [
        ({"size": (320, 240), "format": "YUV420"}, True),
        ({"size": (320, 240), "format": "NV12"}, True),
        ({"size": (384, 240), "format": "YUV420"}, False),
        ({"size": (320, 240), "format": "YUYV"}, False),
    ],
)
def test_what_the_camera_makes_small(lores: dict[str, Any], does: bool) -> None:
    """It does, if it has half the size in a format that is taken."""
    assert delivers_small(delivered(lores=lores), Settings(USUAL)) is does


@pytest.mark.parametrize(("format_", "stride"), [("YUV420", 16), ("YUV420", 64), ("NV12", 32)])
def test_a_picture_is_copied(format_: str, stride: int) -> None:
    """Without what the hardware puts after each line."""
    width, height = 16, 8
    luma = [[10 * row + column for column in range(width)] for row in range(height)]
    chroma = [[(row, 100 + column) for column in range(width // 2)] for row in range(height // 2)]
    memory = b"".join(bytes(line).ljust(stride, b"\xff") for line in luma)
    if format_ == "NV12":
        lines = [bytes(value for pair in line for value in pair) for line in chroma]
        memory += b"".join(line.ljust(stride, b"\xff") for line in lines)
    else:
        for part in (0, 1):
            lines = [bytes(pair[part] for pair in line) for line in chroma]
            memory += b"".join(line.ljust(stride // 2, b"\xff") for line in lines)
    stream = {"format": format_, "size": (width, height), "stride": stride}
    frame = as_encoders_take_it(copied(memory, stream, (width, height)))
    assert rows(frame, 0) == [bytes(line) for line in luma]
    for part in (0, 1):
        assert rows(frame, 1 + part) == [bytes(pair[part] for pair in line) for line in chroma]


def rows(frame: VideoFrame, number: int) -> list[bytes]:
    """The lines of a plane."""
    plane = frame.planes[number]
    data, step = bytes(plane), plane.line_size
    return [data[row * step : row * step + plane.width] for row in range(plane.height)]


def test_a_format_that_is_not_taken() -> None:
    """Is said so."""
    with pytest.raises(SourceError, match="MJPEG"):
        copied(b"", {"format": "MJPEG", "size": (16, 8), "stride": 16}, (16, 8))


def test_both_sizes_are_of_the_same_colours() -> None:
    """libcamera makes the small stream in those of the main one, whatever its own size is for."""
    stream = {"format": "YUV420", "size": (16, 8), "stride": 16}
    memory = bytes(16 * 12)
    assert copied(memory, stream, (16, 8)).colorspace == Colorspace.SMPTE170M
    assert copied(memory, stream, (1920, 1080)).colorspace == Colorspace.ITU709


def test_without_picamera2(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install."""
    monkeypatch.setattr("edgecam.capture.picamera.library.find_spec", lambda name: None)
    with pytest.raises(SourceError, match="apt install python3-picamera2"):
        PicameraCamera(USUAL).open()


def test_no_encoder(tmp_path: Path) -> None:
    """Where there is no such device, or another one."""
    assert not module.has_encoder(tmp_path / "video11")
    (tmp_path / "video11").touch()
    assert not module.has_encoder(tmp_path / "video11")


def test_the_default_is_for_a_processor() -> None:
    """What is encoded on a device without an encoder, if the operator has chosen nothing."""
    usual = Camera()
    assert usual.width * usual.height * usual.rate <= module.SOFTWARE


def test_a_camera_of_picamera_has_no_mjpeg() -> None:
    """The configuration says so."""
    wrong = contradictions(Config(camera=Camera(driver="picamera", format="mjpeg")))
    assert "camera.format" in next(wrong)


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> Iterator[M2m]:
    """An encoder as a Raspberry Pi has one."""
    drivers.need("picamera", "EDGECAM_TEST_PICAMERA")
    made = M2m()
    yield made.installed(monkeypatch)
    made.close()


@pytest.fixture
def camera(encoder: M2m) -> Iterator[PicameraCamera]:
    """A camera of libcamera's, on a device with such an encoder, told its bitrate."""
    made = PicameraCamera(USUAL, os.environ["EDGECAM_TEST_PICAMERA"])
    made.set_bitrate(1_010_000)
    yield made
    made.close()
    assert made._pump is None or made._pump.gone(10)


def read_on(camera: PicameraCamera) -> None:
    """Until that fails."""
    while True:
        camera.read()


def test_how_the_encoder_is_set(encoder: M2m, camera: PicameraCamera) -> None:
    """By recorded ioctls: constrained baseline, at the level that viewers are promised, its own
    keyframes rare; parameters before each keyframe; a bitrate it can do.
    """
    camera.open()
    first = camera.read()
    assert isinstance(first, Packet)
    assert first.keyframe
    was_set = dict(encoder.was_set)
    assert was_set[PROFILE] == 1
    assert was_set[LEVEL] == 9
    assert was_set[PERIOD] == 60 * USUAL.rate
    assert was_set[v4l2.CID_REPEAT_SEQ_HEADER] == 1
    assert was_set[v4l2.CID_BITRATE] == 1_000_000


def test_the_encoder_is_set_while_it_runs(encoder: M2m, camera: PicameraCamera) -> None:
    """A keyframe and a bitrate, as they are asked for."""
    camera.open()
    camera.read()
    encoder.was_set.clear()
    camera.request_keyframe()
    camera.set_bitrate(333_333)
    while not (unit := camera.read()).keyframe:  # type: ignore[union-attr] # of an encoder
        pass
    assert unit.capture_ns > 0
    assert (v4l2.CID_FORCE_KEY_FRAME, 1) in encoder.was_set
    assert (v4l2.CID_BITRATE, 325_000) in encoder.was_set


def test_small_pictures_beside(encoder: M2m, camera: PicameraCamera) -> None:
    """Of the same moments, in half the size, while they are wanted."""
    taken: list[Picture] = []
    camera.shrink(taken.append)
    camera.open()
    # What is made small of the last comes after it.
    units = [camera.read() for _ in range(3)][:-1]
    assert camera.shrinks
    assert {(one.frame.width, one.frame.height) for one in taken} == {(320, 240)}
    assert {one.frame.format.name for one in taken} == {"yuv420p"}
    # An encoder keeps microseconds.
    assert {unit.capture_ns // 1000 for unit in units} <= {one.capture_ns // 1000 for one in taken}
    camera.shrink(None)
    last = [camera.read() for _ in range(ENOUGH)][-1]
    assert last.capture_ns // 1000 not in {one.capture_ns // 1000 for one in taken}


def test_more_is_of_a_higher_level(encoder: M2m, camera: PicameraCamera) -> None:
    """Also after the bitrate fell: it may rise again."""
    camera.set_bitrate(15_000_000)
    camera.set_bitrate(1_000_000)
    camera.open()
    camera.read()
    assert dict(encoder.was_set)[LEVEL] == 10


def test_an_encoder_that_hangs(encoder: M2m, camera: PicameraCamera) -> None:
    """Does not hold up the camera for ever: it is said, and begun anew."""
    camera.open()
    camera.read()
    encoder.hangs = True
    with pytest.raises(SourceError, match="delivers nothing"):
        read_on(camera)
    camera.close()
    encoder.hangs = False
    camera.open()
    assert isinstance(camera.read(), Packet)


def test_an_encoder_that_breaks(
    encoder: M2m, camera: PicameraCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its error comes out where the camera is read, and costs no thread its life."""

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    camera.open()
    camera.read()
    with monkeypatch.context() as patch:
        patch.setattr(encoder, "_queue", broken)
        with pytest.raises(SourceError, match="Input/output error"):
            read_on(camera)
        camera.close()
    camera.open()
    assert isinstance(camera.read(), Packet)
    # Pictures instead, where its stream is no good.
    assert camera.give_up_encoding()
