"""The structures and request numbers of linux/videodev2.h that edgecam uses."""

from ctypes import (
    Structure,
    Union,
    c_char,
    c_int,
    c_int32,
    c_int64,
    c_uint32,
    c_uint64,
    c_void_p,
    sizeof,
)

READ, WRITE = 2, 1


def request(direction: int, number: int, argument: type[Structure] | type[c_int]) -> int:
    """As asm-generic/ioctl.h makes them, for the letter V."""
    return direction << 30 | sizeof(argument) << 16 | ord("V") << 8 | number


class Capability(Structure):
    """struct v4l2_capability."""

    _fields_ = (
        ("driver", c_char * 16),
        ("card", c_char * 32),
        ("bus_info", c_char * 32),
        ("version", c_uint32),
        ("capabilities", c_uint32),
        ("device_caps", c_uint32),
        ("reserved", c_uint32 * 3),
    )


class FormatDescription(Structure):
    """struct v4l2_fmtdesc."""

    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("flags", c_uint32),
        ("description", c_char * 32),
        ("pixelformat", c_uint32),
        ("mbus_code", c_uint32),
        ("reserved", c_uint32 * 3),
    )


class _StepwiseSize(Structure):
    _fields_ = tuple(
        (name, c_uint32)
        for name in (
            "min_width",
            "max_width",
            "step_width",
            "min_height",
            "max_height",
            "step_height",
        )
    )


class FrameSize(Structure):
    """struct v4l2_frmsizeenum; a discrete one is ``min_width`` and ``max_width`` of the union."""

    _fields_ = (
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("type", c_uint32),
        ("size", _StepwiseSize),
        ("reserved", c_uint32 * 2),
    )


class Fraction(Structure):
    """struct v4l2_fract."""

    _fields_ = (("numerator", c_uint32), ("denominator", c_uint32))


class FrameInterval(Structure):
    """struct v4l2_frmivalenum; a discrete one is ``min`` of the union."""

    _fields_ = (
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("width", c_uint32),
        ("height", c_uint32),
        ("type", c_uint32),
        ("min", Fraction),
        ("max", Fraction),
        ("step", Fraction),
        ("reserved", c_uint32 * 2),
    )


class QueryExtControl(Structure):
    """struct v4l2_query_ext_ctrl."""

    _fields_ = (
        ("id", c_uint32),
        ("type", c_uint32),
        ("name", c_char * 32),
        ("minimum", c_int64),
        ("maximum", c_int64),
        ("step", c_uint64),
        ("default_value", c_int64),
        ("flags", c_uint32),
        ("elem_size", c_uint32),
        ("elems", c_uint32),
        ("nr_of_dims", c_uint32),
        ("dims", c_uint32 * 4),
        ("reserved", c_uint32 * 32),
    )


class _MenuItem(Union):
    _pack_ = 1
    _fields_ = (("name", c_char * 32), ("value", c_int64))


class QueryMenu(Structure):
    """struct v4l2_querymenu."""

    _pack_ = 1
    _fields_ = (
        ("id", c_uint32),
        ("index", c_uint32),
        ("item", _MenuItem),
        ("reserved", c_uint32),
    )


class _Value(Union):
    _pack_ = 1
    _fields_ = (("value", c_int32), ("value64", c_int64), ("pointer", c_void_p))


class ExtControl(Structure):
    """struct v4l2_ext_control."""

    _pack_ = 1
    _fields_ = (
        ("id", c_uint32),
        ("size", c_uint32),
        ("reserved2", c_uint32),
        ("of", _Value),
    )


class ExtControls(Structure):
    """struct v4l2_ext_controls."""

    _fields_ = (
        ("which", c_uint32),
        ("count", c_uint32),
        ("error_idx", c_uint32),
        ("request_fd", c_int32),
        ("reserved", c_uint32),
        ("controls", c_void_p),
    )


VIDIOC_QUERYCAP = request(READ, 0, Capability)
VIDIOC_ENUM_FMT = request(READ | WRITE, 2, FormatDescription)
VIDIOC_QUERYMENU = request(READ | WRITE, 37, QueryMenu)
VIDIOC_G_EXT_CTRLS = request(READ | WRITE, 71, ExtControls)
VIDIOC_S_EXT_CTRLS = request(READ | WRITE, 72, ExtControls)
VIDIOC_ENUM_FRAMESIZES = request(READ | WRITE, 74, FrameSize)
VIDIOC_ENUM_FRAMEINTERVALS = request(READ | WRITE, 75, FrameInterval)
VIDIOC_QUERY_EXT_CTRL = request(READ | WRITE, 103, QueryExtControl)

BUF_TYPE_VIDEO_CAPTURE, BUF_TYPE_VIDEO_CAPTURE_MPLANE = 1, 9
CAP_VIDEO_CAPTURE, CAP_STREAMING, CAP_DEVICE_CAPS = 0x1, 0x0400_0000, 0x8000_0000
CAP_VIDEO_M2M, CAP_VIDEO_M2M_MPLANE = 0x8000, 0x4000
DISCRETE = 1
"""V4L2_FRMSIZE_TYPE_DISCRETE and V4L2_FRMIVAL_TYPE_DISCRETE; others are ranges."""

CTRL_NEXT = 0x8000_0000
CTRL_DISABLED, CTRL_READ_ONLY, CTRL_INACTIVE, CTRL_HAS_PAYLOAD = 0x1, 0x4, 0x10, 0x100
TYPE_INTEGER, TYPE_BOOLEAN, TYPE_MENU, TYPE_BUTTON, TYPE_INTEGER_MENU = 1, 2, 3, 4, 9

CID_BITRATE = 0x0099_09CF
CID_REPEAT_SEQ_HEADER = 0x0099_09E2
CID_FORCE_KEY_FRAME = 0x0099_09E5
