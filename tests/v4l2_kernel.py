"""A V4L2 device as ioctl answers for it, from a description: no kernel here has one."""

import errno
from collections.abc import Callable
from ctypes import Structure
from dataclasses import dataclass, field
from typing import Any

from edgecam.capture.v4l2 import ioctls as v4l2

UVC = v4l2.CAP_VIDEO_CAPTURE | v4l2.CAP_STREAMING


def fourcc(text: str) -> int:
    """As v4l2_fourcc makes it."""
    return int.from_bytes(text.encode().ljust(4), "little")


Sizes = dict[tuple[int, ...], list[tuple[int, int]]]


@dataclass
class Kernel:
    """Formats with their sizes, and these with intervals in (numerator, denominator); controls as
    the fields of struct v4l2_query_ext_ctrl, their menus by index.
    """

    formats: dict[str, Sizes] = field(default_factory=dict)
    controls: list[dict[str, Any]] = field(default_factory=list)
    menus: dict[int, dict[int, bytes | int]] = field(default_factory=dict)
    card: bytes = b"HD Webcam: HD Webcam"
    capabilities: int = UVC | v4l2.CAP_DEVICE_CAPS
    device_caps: int = UVC
    ranges: bool = False
    buffers: int = v4l2.BUF_TYPE_VIDEO_CAPTURE
    values: dict[int, int] = field(default_factory=dict)
    was_set: list[tuple[int, int]] = field(default_factory=list)
    broken: int = 0

    def ioctl(self, fd: int, request: int, about: Any) -> int:
        """As fcntl's."""
        if self.broken:
            raise OSError(self.broken, "broken")
        answers: dict[int, Callable[[Any], None]] = {
            v4l2.VIDIOC_QUERYCAP: self._capability,
            v4l2.VIDIOC_ENUM_FMT: self._format,
            v4l2.VIDIOC_ENUM_FRAMESIZES: self._size,
            v4l2.VIDIOC_ENUM_FRAMEINTERVALS: self._interval,
            v4l2.VIDIOC_QUERY_EXT_CTRL: self._query,
            v4l2.VIDIOC_QUERYMENU: self._menu,
            v4l2.VIDIOC_G_EXT_CTRLS: self._get,
            v4l2.VIDIOC_S_EXT_CTRLS: self._set,
        }
        assert isinstance(about, Structure)
        try:
            answers[request](about)
        except (IndexError, KeyError):
            raise OSError(errno.EINVAL, "Invalid argument") from None
        return 0

    def _capability(self, about: v4l2.Capability) -> None:
        about.card, about.driver = self.card, b"uvcvideo"
        about.capabilities, about.device_caps = self.capabilities, self.device_caps

    def _format(self, about: v4l2.FormatDescription) -> None:
        assert about.type == self.buffers
        about.pixelformat = fourcc(list(self.formats)[about.index])

    def _sizes(self, code: int) -> Sizes:
        return next(sizes for name, sizes in self.formats.items() if fourcc(name) == code)

    def _size(self, about: v4l2.FrameSize) -> None:
        size = list(self._sizes(about.pixel_format))[about.index]
        about.type = v4l2.DISCRETE if len(size) == 2 else 3
        names = [name for name, *_ in type(about.size)._fields_]
        for name, value in zip(names, size, strict=False):
            setattr(about.size, name, value)

    def _interval(self, about: v4l2.FrameInterval) -> None:
        sizes = self._sizes(about.pixel_format)
        for size, intervals in sizes.items():
            most = (size[0], size[1]) if len(size) == 2 else (size[1], size[4])
            if most == (about.width, about.height):
                if self.ranges:
                    if about.index:
                        raise IndexError
                    about.type = 3
                    about.min.numerator, about.min.denominator = intervals[0]
                    about.max.numerator, about.max.denominator = intervals[-1]
                    return
                about.type = v4l2.DISCRETE
                about.min.numerator, about.min.denominator = intervals[about.index]
                return
        raise KeyError

    def _query(self, about: v4l2.QueryExtControl) -> None:
        assert about.id & v4l2.CTRL_NEXT
        after = about.id & ~v4l2.CTRL_NEXT
        found = sorted((c for c in self.controls if c["id"] > after), key=lambda c: int(c["id"]))
        for name, value in found[0].items():
            setattr(about, name, value)

    def _menu(self, about: v4l2.QueryMenu) -> None:
        item = self.menus[about.id][about.index]
        if isinstance(item, bytes):
            about.item.name = item
        else:
            about.item.value = item

    def _one(self, about: v4l2.ExtControls) -> v4l2.ExtControl:
        assert about.count == 1
        return v4l2.ExtControl.from_address(about.controls)

    def _get(self, about: v4l2.ExtControls) -> None:
        one = self._one(about)
        one.of.value = self.values[one.id]

    def _set(self, about: v4l2.ExtControls) -> None:
        one = self._one(about)
        if one.id not in {control["id"] for control in self.controls}:
            raise KeyError
        self.was_set.append((one.id, one.of.value))
        self.values[one.id] = one.of.value
