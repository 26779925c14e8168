"""What a V4L2 device says about itself, and its controls. All of it may block."""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from ctypes import Structure, addressof
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from edgecam.capture.v4l2 import ioctls as v4l2
from edgecam.capture.v4l2.modes import Mode, Rates, Size, Span

MOST = 1_000
"""Of anything that is enumerated: a driver that never ends is not followed for ever."""

Ioctl = Callable[[int, int, Structure], object]


@dataclass(frozen=True, slots=True)
class Control:
    """One control, ``least`` to ``most`` by ``step``; a menu's items by value."""

    id: int
    name: str
    kind: int
    least: int
    most: int
    step: int
    default: int
    active: bool
    menu: tuple[tuple[int, str], ...] = ()


class Device:
    """An open V4L2 device. OSError wherever the kernel returns an error it does not expect."""

    def __init__(self, fd: int, ioctl: Ioctl = fcntl.ioctl) -> None:
        self._fd = fd
        self._ioctl = ioctl
        self._capability = v4l2.Capability()
        ioctl(fd, v4l2.VIDIOC_QUERYCAP, self._capability)

    @classmethod
    def open(cls, path: Path) -> "Device":
        """OSError if there is none, or it is something else."""
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return cls(fd)
        except BaseException:
            os.close(fd)
            raise

    def close(self) -> None:
        """Once."""
        os.close(self._fd)

    @property
    def card(self) -> str:
        """What the camera is called."""
        return str(self._capability.card.decode("utf-8", "replace"))

    @property
    def captures(self) -> bool:
        """Whether pictures come out of it, and no others have to go in."""
        wanted = v4l2.CAP_VIDEO_CAPTURE | v4l2.CAP_STREAMING
        return self._caps & wanted == wanted

    @property
    def encodes_h264(self) -> bool:
        """Whether it is an encoder: pictures go in, and H.264 comes out."""
        caps = self._caps
        if caps & v4l2.CAP_VIDEO_M2M_MPLANE:
            formats = self._formats(v4l2.BUF_TYPE_VIDEO_CAPTURE_MPLANE)
        elif caps & v4l2.CAP_VIDEO_M2M:
            formats = self._formats(v4l2.BUF_TYPE_VIDEO_CAPTURE)
        else:
            return False
        return "H264" in [fourcc for _, fourcc in formats]

    def modes(self) -> list[Mode]:
        """Every size in every format, with its rates."""
        return [
            Mode(fourcc, size, self._rates(code, size))
            for code, fourcc in self._formats(v4l2.BUF_TYPE_VIDEO_CAPTURE)
            for size in self._sizes(code)
        ]

    def controls(self) -> dict[int, Control]:
        """By their ids: numbers, switches, menus and buttons that can be set."""
        found: dict[int, Control] = {}
        last = 0
        for _ in range(MOST):
            query = v4l2.QueryExtControl(id=last | v4l2.CTRL_NEXT)
            if not self._asked(v4l2.VIDIOC_QUERY_EXT_CTRL, query) or query.id <= last:
                break
            last = query.id
            if control := self._control(query):
                found[control.id] = control
        return found

    def get(self, control: int) -> int:
        """The value of a control."""
        return self._exchange(v4l2.VIDIOC_G_EXT_CTRLS, control, 0)

    def set(self, control: int, value: int) -> int:
        """Set a control; what the driver made of it."""
        return self._exchange(v4l2.VIDIOC_S_EXT_CTRLS, control, value)

    @property
    def _caps(self) -> int:
        found = self._capability
        own = found.capabilities & v4l2.CAP_DEVICE_CAPS
        return int(found.device_caps if own else found.capabilities)

    def _formats(self, buffers: int) -> Iterator[tuple[int, str]]:
        for index in range(MOST):
            described = v4l2.FormatDescription(index=index, type=buffers)
            if not self._asked(v4l2.VIDIOC_ENUM_FMT, described):
                return
            code = int(described.pixelformat)
            yield code, (code & 0x7FFF_FFFF).to_bytes(4, "little").decode("latin-1").strip()

    def _sizes(self, code: int) -> Iterator[Size]:
        for index in range(MOST):
            found = v4l2.FrameSize(index=index, pixel_format=code)
            if not self._asked(v4l2.VIDIOC_ENUM_FRAMESIZES, found):
                return
            size = found.size
            if found.type == v4l2.DISCRETE:
                # A discrete size is two numbers where a range has its first two.
                width, height = size.min_width, size.max_width
                yield Size(Span(width, width), Span(height, height))
                continue
            yield Size(
                Span(size.min_width, size.max_width, size.step_width),
                Span(size.min_height, size.max_height, size.step_height),
            )
            return

    def _rates(self, code: int, size: Size) -> Rates:
        rates = []
        for index in range(MOST):
            found = v4l2.FrameInterval(
                index=index, pixel_format=code, width=size.width.most, height=size.height.most
            )
            if not self._asked(v4l2.VIDIOC_ENUM_FRAMEINTERVALS, found):
                break
            if found.type != v4l2.DISCRETE:
                ends = [_rate(found.max), _rate(found.min)]
                return Rates(tuple(end for end in ends if end), between=all(ends))
            rates.append(_rate(found.min))
        return Rates(tuple(sorted({rate for rate in rates if rate})))

    def _control(self, query: v4l2.QueryExtControl) -> Control | None:
        kinds = (
            v4l2.TYPE_INTEGER,
            v4l2.TYPE_BOOLEAN,
            v4l2.TYPE_MENU,
            v4l2.TYPE_BUTTON,
            v4l2.TYPE_INTEGER_MENU,
        )
        out = v4l2.CTRL_DISABLED | v4l2.CTRL_READ_ONLY | v4l2.CTRL_HAS_PAYLOAD
        if query.type not in kinds or query.flags & out:
            return None
        return Control(
            id=query.id,
            name=query.name.decode("utf-8", "replace"),
            kind=query.type,
            least=query.minimum,
            most=query.maximum,
            step=query.step,
            default=query.default_value,
            active=not query.flags & v4l2.CTRL_INACTIVE,
            menu=tuple(self._menu(query)),
        )

    def _menu(self, query: v4l2.QueryExtControl) -> Iterator[tuple[int, str]]:
        if query.type not in (v4l2.TYPE_MENU, v4l2.TYPE_INTEGER_MENU):
            return
        for index in range(query.minimum, min(query.maximum, query.minimum + MOST) + 1):
            item = v4l2.QueryMenu(id=query.id, index=index)
            # Menus have gaps.
            if self._asked(v4l2.VIDIOC_QUERYMENU, item):
                text = item.item.name.decode("utf-8", "replace")
                yield index, text if query.type == v4l2.TYPE_MENU else f"{item.item.value}"

    def _exchange(self, request: int, control: int, value: int) -> int:
        one = v4l2.ExtControl(id=control)
        one.of.value = value
        self._ioctl(self._fd, request, v4l2.ExtControls(count=1, controls=addressof(one)))
        return int(one.of.value)

    def _asked(self, request: int, about: Structure) -> bool:
        """Whether the device has an answer: EINVAL ends what is enumerated, ENOTTY forbids it."""
        try:
            self._ioctl(self._fd, request, about)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTTY, errno.ENODATA):
                return False
            raise
        return True


def _rate(interval: v4l2.Fraction) -> Fraction | None:
    """Pictures a second of an interval in seconds."""
    if not interval.numerator or not interval.denominator:
        return None
    return Fraction(interval.denominator, interval.numerator)
