"""The H.264 encoder of a Raspberry Pi as ``edgecam.encode.m2m`` sees it, by what its driver's
source says (bcm2835-v4l2-codec.c); libx264 does its work. For where there is no such device.
"""

import errno
import mmap
from collections import deque
from collections.abc import Callable
from ctypes import Structure, c_int
from pathlib import Path
from threading import Condition
from typing import Any

from av import VideoFrame

from edgecam.annexb import PPS, SPS, nal_type, nal_units
from edgecam.capture.v4l2 import ioctls as v4l2
from edgecam.encode.h264 import X264
from edgecam.encode.m2m import ioctls as m2m
from edgecam.encode.m2m.queues import Opened
from edgecam.media import Picture, VideoFormat
from tests.m2m_kernel import encoder_kernel

WIDEST = 1_920
MOST = 25_000_000
STRIDE = 64
"""What lines are multiples of."""


class M2mDevice(Opened):
    """An open one. ``was_set``: each control with its value, in order; ``formats`` by queue, and
    every picture it has ``seen``.

    ``hangs``: it takes pictures, and nothing comes out. ``late``: an access unit comes out when the
    next picture has gone in. ``flaws``: for one picture each what becomes of it, "" for nothing
    unusual, "left out", "headers" for no more than those, or "broken".
    """

    def __init__(self, path: Path = Path("/dev/video11")) -> None:
        self.path = path
        self.fd = -1
        self.hangs = self.late = False
        self.flaws: deque[str] = deque()
        self.refused: dict[int, int] = {}
        self.rate = 0
        self.formats: dict[int, m2m.PixelFormat] = {}
        self.mapped = 0
        self.seen: list[VideoFrame] = []
        self.closed = False
        self.kernel = encoder_kernel()
        self.was_set = self.kernel.was_set
        self._turn = Condition()
        self._memory: dict[int, mmap.mmap] = {}
        self._running: set[int] = set()
        self._queued: dict[int, deque[m2m.Buffer]] = {m2m.OUTPUT: deque(), m2m.CAPTURE: deque()}
        self._taken: deque[m2m.Buffer] = deque()
        self._made: deque[tuple[bytes, int, Any]] = deque()
        self._encoder: X264 | None = None
        self._key = True
        self._applied = 0

    def ioctl(self, fd: int, request: int, about: Structure | c_int) -> object:
        """As fcntl's."""
        assert fd == self.fd
        assert not self.closed
        if code := self.refused.get(request):
            raise OSError(code, "it was refused")
        known: dict[int, Callable[[Any], None]] = {
            m2m.VIDIOC_S_FMT: self._format,
            m2m.VIDIOC_S_PARM: self._parameters,
            m2m.VIDIOC_REQBUFS: self._allocate,
            m2m.VIDIOC_QUERYBUF: self._query,
            m2m.VIDIOC_QBUF: self._queue,
            m2m.VIDIOC_DQBUF: self._dequeue,
            m2m.VIDIOC_STREAMON: lambda kind: self._running.add(kind.value),
            m2m.VIDIOC_STREAMOFF: self._stop,
        }
        with self._turn:
            if do := known.get(request):
                do(about)
            else:
                assert isinstance(about, Structure)
                self.kernel.ioctl(fd, request, about)
        return 0

    def map(self, length: int, offset: int) -> mmap.mmap:
        """What was asked for by VIDIOC_QUERYBUF."""
        memory = self._memory[offset]
        assert length == len(memory)
        self.mapped += 1
        return memory

    def wait(self, seconds: float) -> None:
        """Until an access unit is ready."""
        with self._turn:
            self._turn.wait_for(lambda: self._ready, max(0.0, seconds))

    def close(self) -> None:
        """Once."""
        assert not self.closed
        self.closed = True
        if self._encoder is not None:
            self._encoder.close()

    @property
    def freed(self) -> bool:
        """Whether all of its memory was given back."""
        return not self._memory and not self._running

    @property
    def _ready(self) -> bool:
        kept = 1 if self.late else 0
        return len(self._made) > kept and bool(self._queued[m2m.CAPTURE])

    def _format(self, about: m2m.Format) -> None:
        made = m2m.PixelFormat.from_buffer_copy(about.fmt.pix_mp)
        made.width, made.height = min(made.width, WIDEST), min(made.height, WIDEST)
        plane = made.plane_fmt[0]
        if about.type == m2m.OUTPUT:
            assert made.pixelformat == m2m.fourcc("YU12")
            plane.bytesperline = -(-made.width // STRIDE) * STRIDE
            plane.sizeimage = plane.bytesperline * made.height * 3 // 2
        else:
            assert made.pixelformat == m2m.fourcc("H264")
            plane.sizeimage = max(plane.sizeimage, 512 << 10)
        about.fmt.pix_mp = self.formats[about.type] = made

    def _parameters(self, about: m2m.StreamParameters) -> None:
        assert about.type == m2m.OUTPUT
        interval = about.parm.output.timeperframe
        self.rate = interval.denominator // interval.numerator

    def _allocate(self, about: m2m.RequestBuffers) -> None:
        assert about.memory == m2m.MEMORY_MMAP
        if about.count == 0:
            own = self._offset(about.type, 0)
            kept = {at: memory for at, memory in self._memory.items() if at >> 30 != own >> 30}
            # One that is mapped is busy (V4L2's VIDIOC_REQBUFS).
            assert all(memory.closed for at, memory in self._memory.items() if at not in kept)
            self._memory = kept
            return
        size = self.formats[about.type].plane_fmt[0].sizeimage
        for index in range(about.count):
            self._memory[self._offset(about.type, index)] = mmap.mmap(-1, size)

    def _query(self, about: m2m.Buffer) -> None:
        at = self._offset(about.type, about.index)
        plane = m2m.Plane.from_address(about.planes)
        plane.length, plane.m.mem_offset = len(self._memory[at]), at

    def _queue(self, about: m2m.Buffer) -> None:
        plane = m2m.Plane.from_address(about.planes)
        assert plane.length == self.formats[about.type].plane_fmt[0].sizeimage
        kept = m2m.Buffer.from_buffer_copy(about)
        if about.type == m2m.CAPTURE:
            self._queued[m2m.CAPTURE].append(kept)
        elif self.hangs:
            return
        else:
            assert plane.bytesused == plane.length
            self._taken.append(kept)
            self._encode(kept, self.flaws.popleft() if self.flaws else "")
        self._turn.notify_all()

    def _dequeue(self, about: m2m.Buffer) -> None:
        if about.type == m2m.OUTPUT:
            if not self._taken:
                raise BlockingIOError(errno.EAGAIN, "none")
            about.index = self._taken.popleft().index
            return
        if not self._ready:
            raise BlockingIOError(errno.EAGAIN, "none")
        data, about.flags, stamp = self._made.popleft()
        about.timestamp.tv_sec, about.timestamp.tv_usec = stamp
        about.index = self._queued[m2m.CAPTURE].popleft().index
        self._memory[self._offset(m2m.CAPTURE, about.index)][: len(data)] = data
        m2m.Plane.from_address(about.planes).bytesused = len(data)

    def _stop(self, kind: c_int) -> None:
        self._running.discard(kind.value)
        self._queued[kind.value].clear()

    def _encode(self, given: m2m.Buffer, flaw: str) -> None:
        assert self._running == {m2m.OUTPUT, m2m.CAPTURE}
        for control, value in self.was_set[self._applied :]:
            self._key |= control == v4l2.CID_FORCE_KEY_FRAME
            if control == v4l2.CID_BITRATE and self._encoder is not None:
                self._encoder.set_bitrate(value)
        self._applied = len(self.was_set)
        if flaw == "left out":
            return
        unit = self._unit(given.index)
        if flaw == "headers":
            sets = [each for each in nal_units(unit.data) if nal_type(each) in (SPS, PPS)]
            data = b"".join(b"\0\0\0\1" + each for each in sets)
        else:
            data = unit.data
        flags = m2m.BUF_FLAG_KEYFRAME if unit.keyframe else 0
        flags |= m2m.BUF_FLAG_ERROR if flaw == "broken" else 0
        self._made.append((data, flags, (given.timestamp.tv_sec, given.timestamp.tv_usec)))

    def _unit(self, index: int) -> Any:
        shape = self.formats[m2m.OUTPUT]
        if self._encoder is None:
            size = VideoFormat(shape.width, shape.height, self.rate)
            self._encoder = X264(size, self.kernel.values[v4l2.CID_BITRATE], 300)
        frame = VideoFrame(shape.width, shape.height, "yuv420p")
        memory, begin = self._memory[self._offset(m2m.OUTPUT, index)], 0
        for plane, part in zip(frame.planes, (1, 2, 2), strict=True):
            stride, pixels = shape.plane_fmt[0].bytesperline // part, memoryview(plane)
            for line in range(shape.height // part):
                at, width = begin + line * stride, shape.width // part
                pixels[line * plane.line_size :][:width] = memory[at : at + width]
            begin += stride * (shape.height // part)
        self.seen.append(frame)
        (unit,) = self._encoder.encode(Picture(frame, 0), self._key)
        self._key = False
        return unit

    @staticmethod
    def _offset(kind: int, index: int) -> int:
        return int(kind == m2m.CAPTURE) << 30 | index << 12
