"""What real picamera2 on real libcamera takes to work with libcamera's virtual cameras.

Installed beside edgecam in the container of the tests, in front of the first import of picamera2.
Nothing here is about what edgecam does.
"""

import importlib
import importlib.abc
import importlib.machinery
import mmap
import os
import sys
import threading
import time
import types
from typing import Any


class _Anything(types.ModuleType):
    """A library for what edgecam has nothing to do with: screens, and raw pictures in files."""

    def __getattr__(self, name: str) -> "_Anything":
        return _Anything(name)


class _Heap:
    """Memory that is shared in another way: there is no /dev/dma_heap in a container."""

    def alloc(self, name: str, size: int) -> Any:
        fd = os.memfd_create(name, os.MFD_CLOEXEC)
        os.ftruncate(fd, size)
        return importlib.import_module("picamera2.dma_heap").UniqueFD(fd)

    def close(self) -> None: ...


class _NoSync:
    """Such memory needs no ioctl to be in step."""

    def __init__(self, allocator: Any, buffer: Any, write: bool) -> None:
        self._memory = allocator.mapped_buffers[buffer]

    def __enter__(self) -> Any:
        return self._memory

    def __exit__(self, *error: object) -> None: ...


def _allocator(libcamera: Any, general: Any) -> Any:
    class MemfdAllocator(general):  # type: ignore[misc]
        def __init__(self) -> None:
            module: Any = sys.modules[general.__module__]
            module.DmaHeap = _Heap
            self.open_fds: list[int] = []
            super().__init__()
            self.sync = _NoSync

        def allocate(self, configuration: Any, use_case: Any) -> None:
            self.libcamera_fds: list[int] = []
            self.cleanup()
            for fd in self.open_fds:
                os.close(fd)
            self.frame_buffers = {}
            self.open_fds.clear()
            for stream in configuration:
                self.frame_buffers[stream.stream] = [
                    self._buffer(stream, number) for number in range(stream.buffer_count)
                ]

        def _buffer(self, stream: Any, number: int) -> Any:
            fd = self.dmaHeap.alloc(f"picamera2-{number}", stream.frame_size).get()
            self.open_fds.append(fd)
            luma = stream.stride * stream.size.height
            planes = []
            # NV12 in two: the virtual pipeline asks for both.
            for offset, length in ((0, luma), (luma, stream.frame_size - luma)):
                plane = libcamera.FrameBuffer.Plane()
                plane.fd, plane.offset, plane.length = fd, offset, length
                planes.append(plane)
            buffer = libcamera.FrameBuffer(planes)
            key = buffer.planes[0].fd
            self.libcamera_fds.append(key)
            self.mapped_buffers_used[key] = False
            self.mapped_buffers[buffer] = mmap.mmap(
                fd, stream.frame_size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE
            )
            return buffer

    return MemfdAllocator


def _adapt(picamera2: Any) -> None:
    libcamera = importlib.import_module("libcamera")
    # 0.4.0 never fills it in (mended in 2025).
    libcamera.FrameMetadata.status = property(lambda _: libcamera.FrameMetadata.Status.Success)
    main = sys.modules["picamera2.picamera2"]
    allocators: Any = importlib.import_module("picamera2.allocators.dmaallocator")
    main.DmaAllocator = _allocator(libcamera, allocators.DmaAllocator)  # type: ignore[attr-defined]
    general = picamera2.Picamera2

    def raw_modes(self: Any) -> list[dict[str, Any]]:
        role = libcamera.StreamRole.VideoRecording
        formats = self.camera.generate_configuration([role]).at(0).formats
        return [
            {"format": str(each), "size": (size.width, size.height)}
            for each in formats.pixel_formats
            for size in formats.sizes(each)
        ]

    start, process = general.start_, general.process_requests

    def paced(self: Any, display: Any) -> None:
        # It delivers as fast as it can, and what it delivers before it is started is lost.
        self.edgecam_started.wait()
        time.sleep(0.025)
        process(self, display)

    def started(self: Any) -> None:
        start(self)
        self.edgecam_started.set()

    general._get_raw_modes = raw_modes
    general.process_requests = paced
    general.start_ = started
    general.edgecam_started = threading.Event()


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != "picamera2":
            return None
        sys.meta_path.remove(self)
        try:
            found = importlib.machinery.PathFinder.find_spec(name, path)
        finally:
            sys.meta_path.insert(0, self)
        if found is None or found.loader is None:
            return None
        loader: Any = found.loader
        run = loader.exec_module

        def adapted(module: types.ModuleType) -> None:
            run(module)
            _adapt(module)

        loader.exec_module = adapted
        return found


for _name in ("pykms", "pidng", "pidng.camdefs", "pidng.core"):
    sys.modules[_name] = _Anything(_name)
sys.meta_path.insert(0, _Finder())
