"""What a V4L2 device says about itself: the kernel's structures, modes, controls, names."""

import errno
from ctypes import sizeof
from fractions import Fraction
from pathlib import Path

import pytest

from edgecam.capture.v4l2 import ioctls as v4l2
from edgecam.capture.v4l2 import names
from edgecam.capture.v4l2.control import EncoderControls
from edgecam.capture.v4l2.device import Control, Device
from edgecam.capture.v4l2.modes import Choice, Mode, Rates, Size, Span, choose
from edgecam.errors import SourceError
from edgecam.media import VideoFormat
from tests.v4l2_kernel import Kernel, Sizes

THIRTY, FIFTEEN, TEN = (1, 30), (1, 15), (1, 10)

WEBCAM = Kernel(
    formats={
        "YUYV": {(640, 480): [THIRTY, FIFTEEN], (1280, 720): [TEN]},
        "MJPG": {(640, 480): [THIRTY], (1280, 720): [THIRTY], (1920, 1080): [THIRTY, (0, 1)]},
        "GREY": {(640, 480): [THIRTY]},
    }
)

BRIGHTNESS = {
    "id": 0x980900, "type": v4l2.TYPE_INTEGER, "name": b"Brightness",
    "minimum": -64, "maximum": 64, "step": 1, "default_value": 0,
}  # fmt: skip
BITRATE = {
    "id": v4l2.CID_BITRATE, "type": v4l2.TYPE_INTEGER, "name": b"Video Bitrate",
    "minimum": 25_000, "maximum": 25_000_000, "step": 25_000, "default_value": 10_000_000,
}  # fmt: skip
KEY = {"id": v4l2.CID_FORCE_KEY_FRAME, "type": v4l2.TYPE_BUTTON, "name": b"Force Key Frame"}
HEADERS = {
    "id": v4l2.CID_REPEAT_SEQ_HEADER, "type": v4l2.TYPE_BOOLEAN, "name": b"Repeat Sequence Header",
    "maximum": 1, "step": 1,
}  # fmt: skip


def device(kernel: Kernel) -> Device:
    """That device, without a descriptor."""
    return Device(-1, kernel.ioctl)


def test_the_structures_are_the_kernels() -> None:
    """Sizes and offsets of linux/videodev2.h, as a C compiler has them on 64-bit Linux."""
    assert [v4l2.VIDIOC_QUERYCAP, v4l2.VIDIOC_ENUM_FMT] == [0x80685600, 0xC0405602]
    assert [v4l2.VIDIOC_ENUM_FRAMESIZES, v4l2.VIDIOC_ENUM_FRAMEINTERVALS] == [
        0xC02C564A,
        0xC034564B,
    ]
    assert [v4l2.VIDIOC_QUERY_EXT_CTRL, v4l2.VIDIOC_QUERYMENU] == [0xC0E85667, 0xC02C5625]
    assert [v4l2.VIDIOC_G_EXT_CTRLS, v4l2.VIDIOC_S_EXT_CTRLS] == [0xC0205647, 0xC0205648]
    assert sizeof(v4l2.ExtControl) == 20
    offsets = [
        (v4l2.Capability.device_caps, 88),
        (v4l2.FormatDescription.pixelformat, 44),
        (v4l2.FrameSize.size, 12),
        (v4l2.FrameInterval.type, 16),
        (v4l2.FrameInterval.min, 20),
        (v4l2.QueryExtControl.minimum, 40),
        (v4l2.QueryExtControl.flags, 72),
        (v4l2.QueryMenu.item, 8),
        (v4l2.ExtControl.of, 12),
        (v4l2.ExtControls.request_fd, 12),
        (v4l2.ExtControls.controls, 24),
    ]
    assert [field.offset for field, _ in offsets] == [offset for _, offset in offsets]


def test_a_camera_lists_its_modes() -> None:
    """Every size of every format, with rates from the lowest; an interval of 0 is none."""
    camera = device(WEBCAM)
    assert camera.captures
    assert camera.card == "HD Webcam: HD Webcam"
    modes = camera.modes()
    assert [(mode.fourcc, str(mode.size)) for mode in modes] == [
        ("YUYV", "640x480"),
        ("YUYV", "1280x720"),
        ("MJPG", "640x480"),
        ("MJPG", "1280x720"),
        ("MJPG", "1920x1080"),
        ("GREY", "640x480"),
    ]
    assert modes[0].rates == Rates((Fraction(15), Fraction(30)))
    assert modes[4].rates == Rates((Fraction(30),))


def test_sizes_and_rates_may_be_ranges() -> None:
    """As those of a scaler."""
    range_ = (16, 1920, 2, 16, 1080, 2)
    kernel = Kernel(formats={"YU12": {range_: [(1, 60), (1, 1)]}}, ranges=True)
    [mode] = device(kernel).modes()
    assert mode == Mode(
        "YU12",
        Size(Span(16, 1920, 2), Span(16, 1080, 2)),
        Rates((Fraction(1), Fraction(60)), between=True),
    )
    assert str(mode.size) == "16-1920x16-1080"
    assert mode.size.has(640, 360)
    assert not mode.size.has(641, 360)
    assert not mode.size.has(640, 1082)
    assert choose([mode], VideoFormat(640, 360, 25), "auto", "it").rate == 25


@pytest.mark.parametrize(
    ("capabilities", "device_caps", "captures"),
    [
        (v4l2.CAP_VIDEO_CAPTURE | v4l2.CAP_STREAMING, 0, True),
        (v4l2.CAP_VIDEO_CAPTURE, 0, False),
        (0x0480_0001 | v4l2.CAP_DEVICE_CAPS, 0x0480_0000, False),
        (v4l2.CAP_VIDEO_M2M_MPLANE | v4l2.CAP_STREAMING, 0, False),
    ],
    ids=["old driver", "only read", "metadata of a camera", "an encoder"],
)
def test_what_is_no_camera(capabilities: int, device_caps: int, captures: bool) -> None:
    """The kernel shows much else as a video device."""
    assert device(Kernel(capabilities=capabilities, device_caps=device_caps)).captures is captures


def test_an_encoder_is_told_from_a_camera() -> None:
    """By what it can do, and what comes out of it."""
    formats: dict[str, Sizes] = {"MJPG": {}, "H264": {}}
    pi = v4l2.CAP_VIDEO_M2M_MPLANE | v4l2.CAP_STREAMING
    mplane = v4l2.BUF_TYPE_VIDEO_CAPTURE_MPLANE
    assert device(Kernel(formats, device_caps=pi, buffers=mplane)).encodes_h264
    assert device(Kernel(formats, device_caps=v4l2.CAP_VIDEO_M2M)).encodes_h264
    assert not device(Kernel({"YU12": {}}, device_caps=v4l2.CAP_VIDEO_M2M)).encodes_h264
    assert not device(Kernel(formats)).encodes_h264


def test_a_device_without_formats_has_no_modes() -> None:
    """What it does not answer, it has none of; any other error is one."""
    assert device(Kernel()).modes() == []
    assert device(Kernel()).controls() == {}
    kernel = Kernel()
    camera = device(kernel)
    kernel.broken = errno.ENODEV
    with pytest.raises(OSError, match="broken"):
        camera.modes()


def test_controls_are_listed_and_set() -> None:
    """With bounds and menus; headings, texts and what can't be set are left out."""
    white = {"id": 0x980914, "type": v4l2.TYPE_MENU, "name": b"Auto Exposure", "maximum": 3}
    links = {"id": 0x980920, "type": v4l2.TYPE_INTEGER_MENU, "name": b"Link", "maximum": 1}
    kernel = Kernel(
        controls=[
            {"id": 0x980001, "type": 6, "name": b"User Controls", "flags": v4l2.CTRL_READ_ONLY},
            BRIGHTNESS,
            white | {"flags": v4l2.CTRL_INACTIVE},
            links,
            {"id": 0x980930, "type": v4l2.TYPE_INTEGER, "flags": v4l2.CTRL_DISABLED},
        ],
        menus={0x980914: {1: b"Manual Mode", 3: b"Aperture"}, 0x980920: {0: 5, 1: 2**40}},
        values={0x980900: 3},
    )
    camera = device(kernel)
    controls = camera.controls()
    assert list(controls) == [0x980900, 0x980914, 0x980920]
    assert controls[0x980900] == Control(
        0x980900, "Brightness", v4l2.TYPE_INTEGER, -64, 64, 1, 0, active=True
    )
    assert controls[0x980914].menu == ((1, "Manual Mode"), (3, "Aperture"))
    assert not controls[0x980914].active
    assert controls[0x980920].menu == ((0, "5"), (1, f"{2**40}"))
    assert camera.get(0x980900) == 3
    assert camera.set(0x980900, -7) == -7
    assert camera.get(0x980900) == -7


def test_a_driver_that_never_ends_its_list() -> None:
    """Is not followed for ever."""

    class Endless(Kernel):
        def _query(self, about: v4l2.QueryExtControl) -> None:
            about.id = 0x980900
            about.type = v4l2.TYPE_INTEGER

    assert list(device(Endless()).controls()) == [0x980900]


@pytest.mark.parametrize(
    ("video", "format_", "chosen"),
    [
        (VideoFormat(640, 480, 30), "auto", Choice("YUYV", 640, 480, Fraction(30))),
        (VideoFormat(640, 480, 10), "auto", Choice("YUYV", 640, 480, Fraction(15))),
        (VideoFormat(640, 480, 30), "mjpeg", Choice("MJPG", 640, 480, Fraction(30))),
        (VideoFormat(1280, 720, 30), "auto", Choice("MJPG", 1280, 720, Fraction(30))),
        (VideoFormat(1280, 720, 30), "raw", Choice("YUYV", 1280, 720, Fraction(10))),
        (VideoFormat(1280, 720, 10), "auto", Choice("YUYV", 1280, 720, Fraction(10))),
        (VideoFormat(640, 480, 60), "auto", Choice("YUYV", 640, 480, Fraction(30))),
    ],
)
def test_the_mode_that_does_and_costs_least(
    video: VideoFormat, format_: str, chosen: Choice
) -> None:
    """The rate goes before the format; a rate that is enough, else the highest."""
    assert choose(device(WEBCAM).modes(), video, format_, "the camera") == chosen


def test_a_cameras_own_h264_goes_before_all() -> None:
    """At a rate like the others'."""
    formats: dict[str, Sizes] = {"H264": {(1280, 720): [(1001, 30_000)]}, **WEBCAM.formats}
    modes = device(Kernel(formats=formats)).modes()
    choice = choose(modes, VideoFormat(1280, 720, 30), "auto", "the camera")
    assert choice.options == {
        "input_format": "h264",
        "video_size": "1280x720",
        "framerate": "30000/1001",
    }
    assert choose(modes, VideoFormat(640, 480, 30), "auto", "the camera").fourcc == "YUYV"


def test_a_camera_that_does_not_tell_its_rates() -> None:
    """Is asked for what is wanted."""
    [mode] = device(Kernel(formats={"YUYV": {(640, 480): []}})).modes()
    assert choose([mode], VideoFormat(640, 480, 30), "auto", "it").rate == 30


@pytest.mark.parametrize(
    ("video", "format_", "said"),
    [
        (VideoFormat(800, 600, 30), "auto", "has no 800x600: choose one of 640x480, 1280x720, 192"),
        (VideoFormat(1920, 1080, 30), "raw", "choose one of 640x480, 1280x720 as camera.width"),
        (VideoFormat(640, 480, 30), "h264", "has no h264, only GREY, MJPG, YUYV: choose another"),
    ],
)
def test_what_a_camera_lacks_is_said(video: VideoFormat, format_: str, said: str) -> None:
    """With what there is to choose from."""
    with pytest.raises(SourceError, match=said):
        choose(device(WEBCAM).modes(), video, format_, "the camera")


def test_the_controls_of_an_encoder() -> None:
    """Set when the camera is opened, and then as they change, in steps the control has."""
    kernel = Kernel(controls=[BITRATE, KEY, HEADERS])
    encoder = EncoderControls()
    encoder.set_bitrate(999_999)
    encoder.request_keyframe()
    encoder.begin(device(kernel))
    assert kernel.was_set == [(v4l2.CID_REPEAT_SEQ_HEADER, 1), (v4l2.CID_BITRATE, 975_000)]
    kernel.was_set.clear()
    encoder.apply()
    encoder.request_keyframe()
    encoder.request_keyframe()
    encoder.set_bitrate(10)
    assert kernel.was_set == []
    encoder.apply()
    encoder.apply()
    assert kernel.was_set == [(v4l2.CID_FORCE_KEY_FRAME, 1), (v4l2.CID_BITRATE, 25_000)]
    encoder.end()
    encoder.request_keyframe()
    encoder.apply()
    assert len(kernel.was_set) == 2


def test_an_encoder_without_controls(caplog: pytest.LogCaptureFixture) -> None:
    """Is said to be one, and left alone; so is a control that is refused."""
    encoder = EncoderControls()
    kernel = Kernel(controls=[BITRATE])
    encoder.set_bitrate(500_000)
    encoder.begin(device(kernel))
    assert "keyframes when it likes" in caplog.text
    kernel.broken = errno.EBUSY
    encoder.set_bitrate(600_000)
    encoder.request_keyframe()
    encoder.apply()
    assert kernel.was_set == [(v4l2.CID_BITRATE, 500_000)]


def test_a_camera_is_named_by_what_it_is(tmp_path: Path) -> None:
    """By its serial number, else its port, else as it is."""
    for number in range(3):
        (tmp_path / f"video{number}").touch()
    for folder, link, number in (
        ("by-id", "usb-HD_Webcam_0123-video-index0", 0),
        ("by-path", "pci-0000:00:14.0-usb-0:1:1.0-video-index0", 0),
        ("by-path", "pci-0000:00:14.0-usb-0:2:1.0-video-index0", 1),
    ):
        (tmp_path / "v4l" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "v4l" / folder / link).symlink_to(f"../../video{number}")
    found = [names.lasting_name(tmp_path / f"video{number}", tmp_path) for number in range(3)]
    assert [path.name for path in found] == [
        "usb-HD_Webcam_0123-video-index0",
        "pci-0000:00:14.0-usb-0:2:1.0-video-index0",
        "video2",
    ]


def test_what_is_no_device_is_no_camera(tmp_path: Path) -> None:
    """Nothing is listed, and nothing fails."""
    (tmp_path / "video0").touch()
    (tmp_path / "video1").symlink_to("/dev/null")
    (tmp_path / "videos").mkdir()
    assert list(names.cameras(tmp_path)) == []
