"""The H.264 encoder of a Raspberry Pi as ioctl answers for it, by what its driver's source says
(bcm2835-v4l2-codec.c); libx264 does its work. For picamera2 only: no kernel here has one.
"""

import fcntl
import mmap
import select
import tempfile
from collections import deque
from collections.abc import Callable
from importlib import import_module
from threading import Condition
from types import SimpleNamespace
from typing import Any

import pytest

from edgecam.capture.picamera.pictures import as_encoders_take_it, copied
from edgecam.capture.v4l2 import ioctls as v4l2
from edgecam.encode.h264 import X264
from edgecam.media import Picture, VideoFormat
from tests.v4l2_kernel import Kernel

MOST = 25_000_000
PROFILE, LEVEL, PERIOD = 0x0099_0A6B, 0x0099_0A67, 0x0099_0A66
SIZE = 512 << 10

_OUTPUT, _CAPTURE = 10, 9


def _integer(control: int, name: bytes, *bounds: int) -> dict[str, Any]:
    fields = ("minimum", "maximum", "step", "default_value")
    return {"id": control, "type": v4l2.TYPE_INTEGER, "name": name} | dict(
        zip(fields, bounds, strict=True)
    )


def encoder_kernel() -> Kernel:
    """What it says of itself, and its controls."""
    return Kernel(
        formats={"H264": {}},
        controls=[
            _integer(v4l2.CID_BITRATE, b"Video Bitrate", 25_000, MOST, 25_000, 10_000_000),
            {"id": v4l2.CID_REPEAT_SEQ_HEADER, "type": v4l2.TYPE_BOOLEAN, "maximum": 1},
            {"id": v4l2.CID_FORCE_KEY_FRAME, "type": v4l2.TYPE_BUTTON},
            _integer(PERIOD, b"H264 I-Frame Period", 0, 0x7FFF_FFFF, 1, 60),
            {"id": PROFILE, "type": v4l2.TYPE_MENU, "maximum": 4},
            {"id": LEVEL, "type": v4l2.TYPE_MENU, "maximum": 15},
        ],
        card=b"bcm2835-codec-encode",
        device_caps=v4l2.CAP_VIDEO_M2M_MPLANE | v4l2.CAP_STREAMING,
        buffers=v4l2.BUF_TYPE_VIDEO_CAPTURE_MPLANE,
    )


class M2m:
    """``was_set``: each control with its value, in order. While it ``hangs``, nothing comes out."""

    def __init__(self) -> None:
        self.hangs = False
        self._kernel = encoder_kernel()
        self.was_set = self._kernel.was_set
        self._turn = Condition()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this
        self._file.truncate(16 * SIZE)
        self._begin()

    def installed(self, monkeypatch: pytest.MonkeyPatch) -> "M2m":
        """As this process's /dev/video11."""
        encoder: Any = import_module("picamera2.encoders.v4l2_encoder")
        real = fcntl.ioctl

        def ioctl(file: Any, request: int, *about: Any) -> Any:
            fd = file if isinstance(file, int) else file.fileno()
            if fd not in self._fds:
                return real(file, request, *about)
            return self._ioctl(request & 0xFFFF_FFFF, about[0])

        def opened(path: str, *_: Any, **__: Any) -> Any:
            assert path == "/dev/video11"
            self._begin()
            file = open(f"/proc/self/fd/{self._file.fileno()}", "rb+", buffering=0)  # noqa: SIM115, PTH123
            self._fds.add(file.fileno())
            return file

        poll = SimpleNamespace(
            poll=lambda: SimpleNamespace(register=self._register, poll=self._poll),
            POLLIN=select.POLLIN,
            POLLOUT=select.POLLOUT,
        )
        monkeypatch.setattr(fcntl, "ioctl", ioctl)
        monkeypatch.setattr(encoder, "open", opened, raising=False)
        monkeypatch.setattr(encoder, "select", poll)
        camera = "edgecam.capture.picamera.camera.has_encoder"
        monkeypatch.setattr(camera, lambda: True)
        return self

    def close(self) -> None:
        """Once."""
        self._file.close()

    def _begin(self) -> None:
        self._fds: set[int] = set()
        self._free: deque[int] = deque()
        self._taken: deque[tuple[int, Any]] = deque()
        self._done: deque[tuple[bytes, bool, Any]] = deque()
        self._encoder: X264 | None = None
        self._key = True

    def _ioctl(self, request: int, about: Any) -> int:
        videodev2: Any = import_module("videodev2")
        known: dict[int, Callable[[Any], None]] = {
            videodev2.VIDIOC_S_CTRL: lambda one: self._set(one.id, one.value),
            videodev2.VIDIOC_S_FMT: self._format,
            videodev2.VIDIOC_REQBUFS: lambda _: None,
            videodev2.VIDIOC_QUERYBUF: self._query,
            videodev2.VIDIOC_QBUF: self._queue,
            videodev2.VIDIOC_DQBUF: self._dequeue,
            videodev2.VIDIOC_STREAMON: lambda _: None,
            videodev2.VIDIOC_STREAMOFF: lambda _: None,
        }
        if request == v4l2.VIDIOC_QUERYCAP and not isinstance(about, v4l2.Capability):
            return 0
        # It has them with a sign.
        for number, do in known.items():
            if request == number & 0xFFFF_FFFF:
                do(about)
                return 0
        if request == v4l2.VIDIOC_S_EXT_CTRLS and not isinstance(about, v4l2.ExtControls):
            for index in range(about.count):
                self._set(about.controls[index].id, about.controls[index].value)
            return 0
        before = len(self.was_set)
        self._kernel.ioctl(0, request, about)
        for control, value in self.was_set[before:]:
            self._apply(control, value)
        return 0

    def _set(self, control: int, value: int) -> None:
        self.was_set.append((control, value))
        self._apply(control, value)

    def _apply(self, control: int, value: int) -> None:
        if control == v4l2.CID_FORCE_KEY_FRAME:
            self._key = True
        elif control == v4l2.CID_BITRATE and self._encoder is not None:
            self._encoder.set_bitrate(value)

    def _format(self, about: Any) -> None:
        if about.type == _OUTPUT:
            shape = about.fmt.pix_mp
            self._size = shape.width, shape.height
            self._stride = shape.plane_fmt[0].bytesperline

    def _query(self, about: Any) -> None:
        about.m.planes[0].length = SIZE
        about.m.planes[0].m.mem_offset = about.index * SIZE

    def _queue(self, about: Any) -> None:
        with self._turn:
            if about.type == _CAPTURE:
                self._free.append(about.index)
            elif not self.hangs:
                stamp = about.timestamp.tv_sec, about.timestamp.tv_usec
                plane = about.m.planes[0]
                self._encode(plane.m.fd, plane.length, stamp)
                self._taken.append((about.index, stamp))
            self._turn.notify_all()

    def _encode(self, fd: int, length: int, stamp: tuple[int, int]) -> None:
        stream = {"format": "NV12", "size": self._size, "stride": self._stride}
        with mmap.mmap(fd, length, mmap.MAP_SHARED, mmap.PROT_READ) as memory:
            frame = as_encoders_take_it(copied(bytes(memory), stream, self._size))
        if self._encoder is None:
            self._encoder = X264(VideoFormat(*self._size, 30), MOST // 2, 300)
        (unit,) = self._encoder.encode(Picture(frame, 0), self._key)
        self._key = False
        self._done.append((unit.data, unit.keyframe, stamp))

    def _dequeue(self, about: Any) -> None:
        with self._turn:
            if about.type == _OUTPUT:
                about.index, _ = self._taken.popleft()
                return
            data, key, (about.timestamp.tv_sec, about.timestamp.tv_usec) = self._done.popleft()
            about.index = self._free.popleft()
            with mmap.mmap(self._file.fileno(), 16 * SIZE) as memory:
                memory[about.index * SIZE : about.index * SIZE + len(data)] = data
            about.m.planes[0].bytesused, about.m.planes[0].length = len(data), SIZE
            about.flags = 8 if key else 0

    def _register(self, file: Any, events: int) -> None:
        self._fd = file.fileno()

    def _poll(self, milliseconds: int) -> list[tuple[int, int]]:
        with self._turn:
            self._turn.wait_for(lambda: self._taken or self._done, milliseconds / 1_000)
            out = select.POLLOUT if self._taken else 0
            ready = select.POLLIN if self._done and self._free else 0
            return [(self._fd, out | ready)] if out | ready else []
