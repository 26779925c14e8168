"""The two queues of an encoder: pictures go into one, access units come out of the other."""

import errno
import fcntl
import mmap
import os
import select
from ctypes import Structure, addressof, c_int
from dataclasses import dataclass
from pathlib import Path

from av.video.plane import VideoPlane

from edgecam.encode.m2m import ioctls as m2m
from edgecam.media import NS

_US = 1_000
"""Nanoseconds in what a struct timeval counts."""


class Opened:
    """A device and its memory, through which the queues reach it. All raise OSError."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self.fd, select.POLLIN)

    def ioctl(self, fd: int, request: int, about: Structure | c_int) -> object:
        """As fcntl's."""
        return fcntl.ioctl(fd, request, about)

    def map(self, length: int, offset: int) -> mmap.mmap:
        """So many bytes of the device's memory."""
        return mmap.mmap(self.fd, length, offset=offset)

    def wait(self, seconds: float) -> None:
        """Until an access unit is ready, and no longer than that."""
        self._poll.poll(max(0, seconds) * 1_000)

    def close(self) -> None:
        """Once."""
        os.close(self.fd)


@dataclass(frozen=True, slots=True)
class Done:
    """A buffer that was given back: ``used`` bytes of what is in it, stamped ``ns``."""

    index: int
    used: int
    flags: int
    ns: int


class Queue:
    """The buffers of the type ``kind``, m2m.OUTPUT or m2m.CAPTURE, mapped. All raise OSError."""

    def __init__(self, device: Opened, kind: int) -> None:
        self._device = device
        self._kind = kind
        self._memory: list[mmap.mmap] = []

    def format(self, wanted: m2m.PixelFormat) -> m2m.PixelFormat:
        """What the device made of the format it was asked for."""
        about = m2m.Format(type=self._kind)
        about.fmt.pix_mp = wanted
        self._ask(m2m.VIDIOC_S_FMT, about)
        made: m2m.PixelFormat = about.fmt.pix_mp
        return made

    def allocate(self, count: int) -> range:
        """Memory for so many buffers or as many as the device wants: their indices."""
        self._ask(m2m.VIDIOC_REQBUFS, about := self._request(count))
        for index in range(about.count):
            buffer, plane = self._buffer(index)
            self._ask(m2m.VIDIOC_QUERYBUF, buffer)
            self._memory.append(self._device.map(plane.length, plane.m.mem_offset))
        return range(about.count)

    def start(self) -> None:
        """What is queued is worked on from now on."""
        self._ask(m2m.VIDIOC_STREAMON, c_int(self._kind))

    def memory(self, index: int) -> memoryview:
        """What is in a buffer."""
        return memoryview(self._memory[index])

    def give(self, index: int, used: int = 0, ns: int = 0) -> None:
        """Hand a buffer to the device, with so many bytes in it, stamped in whole microseconds."""
        buffer, plane = self._buffer(index)
        buffer.field = m2m.FIELD_NONE
        buffer.timestamp.tv_sec, rest = divmod(ns, NS)
        buffer.timestamp.tv_usec = rest // _US
        plane.bytesused = used
        plane.length = len(self._memory[index])
        self._ask(m2m.VIDIOC_QBUF, buffer)

    def take(self) -> Done | None:
        """The next buffer that the device gives back; None if there is none yet."""
        buffer, plane = self._buffer(0)
        try:
            self._ask(m2m.VIDIOC_DQBUF, buffer)
        except BlockingIOError:
            return None
        except OSError as error:
            # The last one is out (V4L2's stateful encoder interface, "Drain").
            if error.errno == errno.EPIPE:
                return None
            raise
        ns = buffer.timestamp.tv_sec * NS + buffer.timestamp.tv_usec * _US
        return Done(buffer.index, plane.bytesused, buffer.flags, ns)

    def close(self) -> None:
        """Stop, and free the memory. May be called twice."""
        memory, self._memory = self._memory, []
        if memory:
            self._ask(m2m.VIDIOC_STREAMOFF, c_int(self._kind))
        for mapped in memory:
            mapped.close()
        if memory:
            self._ask(m2m.VIDIOC_REQBUFS, self._request(0))

    def _request(self, count: int) -> m2m.RequestBuffers:
        return m2m.RequestBuffers(count=count, type=self._kind, memory=m2m.MEMORY_MMAP)

    def _buffer(self, index: int) -> tuple[m2m.Buffer, m2m.Plane]:
        """One of a single plane, which has to be kept as long as it."""
        plane = m2m.Plane()
        return m2m.Buffer(
            index=index,
            type=self._kind,
            memory=m2m.MEMORY_MMAP,
            length=1,
            planes=addressof(plane),
        ), plane

    def _ask(self, request: int, about: Structure | c_int) -> None:
        self._device.ioctl(self._device.fd, request, about)


def copied(plane: VideoPlane, target: memoryview, stride: int, lines: int) -> None:
    """Copy so many lines of a plane to where they are ``stride`` bytes apart."""
    begin, line_size = memoryview(plane), plane.line_size
    if line_size == stride:
        target[: lines * stride] = begin[: lines * stride]
        return
    taken = min(line_size, stride)
    for line in range(lines):
        at, to = line * line_size, line * stride
        target[to : to + taken] = begin[at : at + taken]
