"""The structures and request numbers of linux/videodev2.h for queues of memory, of 64-bit systems.

What a device says of itself is in ``edgecam.capture.v4l2.ioctls``.
"""

from ctypes import (
    Structure,
    Union,
    c_int,
    c_int32,
    c_int64,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_ulong,
    c_void_p,
)

from edgecam.capture.v4l2.ioctls import READ, WRITE, Fraction, request

PLANES = 8
"""VIDEO_MAX_PLANES."""


class PlaneFormat(Structure):
    """struct v4l2_plane_pix_format."""

    _pack_ = 1
    _fields_ = (
        ("sizeimage", c_uint32),
        ("bytesperline", c_uint32),
        ("reserved", c_uint16 * 6),
    )


class PixelFormat(Structure):
    """struct v4l2_pix_format_mplane."""

    _pack_ = 1
    _fields_ = (
        ("width", c_uint32),
        ("height", c_uint32),
        ("pixelformat", c_uint32),
        ("field", c_uint32),
        ("colorspace", c_uint32),
        ("plane_fmt", PlaneFormat * PLANES),
        ("num_planes", c_uint8),
        ("flags", c_uint8),
        ("ycbcr_enc", c_uint8),
        ("quantization", c_uint8),
        ("xfer_func", c_uint8),
        ("reserved", c_uint8 * 7),
    )


class _OfFormat(Union):
    # The pointers in what else it may be align it.
    _fields_ = (("pix_mp", PixelFormat), ("raw_data", c_uint8 * 200), ("align", c_uint64))


class Format(Structure):
    """struct v4l2_format."""

    _fields_ = (("type", c_uint32), ("fmt", _OfFormat))


class _OutputParameters(Structure):
    _fields_ = (
        ("capability", c_uint32),
        ("outputmode", c_uint32),
        ("timeperframe", Fraction),
        ("extendedmode", c_uint32),
        ("writebuffers", c_uint32),
        ("reserved", c_uint32 * 4),
    )


class _OfParameters(Union):
    _fields_ = (("output", _OutputParameters), ("raw_data", c_uint8 * 200))


class StreamParameters(Structure):
    """struct v4l2_streamparm."""

    _fields_ = (("type", c_uint32), ("parm", _OfParameters))


class RequestBuffers(Structure):
    """struct v4l2_requestbuffers."""

    _fields_ = (
        ("count", c_uint32),
        ("type", c_uint32),
        ("memory", c_uint32),
        ("capabilities", c_uint32),
        ("flags", c_uint8),
        ("reserved", c_uint8 * 3),
    )


class _OfPlane(Union):
    _fields_ = (("mem_offset", c_uint32), ("userptr", c_ulong), ("fd", c_int32))


class Plane(Structure):
    """struct v4l2_plane."""

    _fields_ = (
        ("bytesused", c_uint32),
        ("length", c_uint32),
        ("m", _OfPlane),
        ("data_offset", c_uint32),
        ("reserved", c_uint32 * 11),
    )


class Time(Structure):
    """struct timeval."""

    _fields_ = (("tv_sec", c_int64), ("tv_usec", c_int64))


class Buffer(Structure):
    """struct v4l2_buffer, whose ``planes`` are the address of some."""

    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("bytesused", c_uint32),
        ("flags", c_uint32),
        ("field", c_uint32),
        ("timestamp", Time),
        ("timecode", c_uint32 * 4),
        ("sequence", c_uint32),
        ("memory", c_uint32),
        ("planes", c_void_p),
        ("length", c_uint32),
        ("reserved2", c_uint32),
        ("request_fd", c_int32),
    )


VIDIOC_S_FMT = request(READ | WRITE, 5, Format)
VIDIOC_REQBUFS = request(READ | WRITE, 8, RequestBuffers)
VIDIOC_QUERYBUF = request(READ | WRITE, 9, Buffer)
VIDIOC_QBUF = request(READ | WRITE, 15, Buffer)
VIDIOC_DQBUF = request(READ | WRITE, 17, Buffer)
VIDIOC_STREAMON = request(WRITE, 18, c_int)
VIDIOC_STREAMOFF = request(WRITE, 19, c_int)
VIDIOC_S_PARM = request(READ | WRITE, 22, StreamParameters)

OUTPUT, CAPTURE = 10, 9
"""The buffer types of what goes in and of what comes out, of several planes."""

MEMORY_MMAP = 1
FIELD_NONE = 1
COLORSPACE_SMPTE170M, COLORSPACE_REC709 = 1, 3
BUF_FLAG_KEYFRAME, BUF_FLAG_ERROR = 0x8, 0x40

CID_B_FRAMES, CID_GOP_SIZE = 0x0099_09CA, 0x0099_09CB
CID_H264_I_PERIOD, CID_H264_LEVEL, CID_H264_PROFILE = 0x0099_0A66, 0x0099_0A67, 0x0099_0A6B
PROFILE_CONSTRAINED_BASELINE = 1
LEVELS = {31: 9, 32: 10, 40: 11, 41: 12, 42: 13, 50: 14, 51: 15, 52: 16}
"""V4L2_MPEG_VIDEO_H264_LEVEL_* by level_idc."""


def fourcc(text: str) -> int:
    """The number of a pixel format: v4l2_fourcc."""
    return int.from_bytes(text.encode(), "little")
