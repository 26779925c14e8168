"""Disks that lose what they were not told to keep when the power is cut."""

import ctypes
import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 32 * 2**20

EXT4_IOC_SHUTDOWN = 0x8004_587D
NO_LOG_FLUSH = 2
"""Linux's fs/ext4/ext4.h: what is in memory only, the journal's buffer included, is lost."""


IN_CREATE = 0x100
EVENT = struct.Struct("iIII")
"""Linux's inotify(7)."""


def make(image: Path, folder: Path) -> None:
    """A file system with a copy of what is in ``folder``."""
    image.unlink(missing_ok=True)
    image.touch()
    os.truncate(image, SIZE)
    _run("mke2fs", "-q", "-F", "-t", "ext4", "-d", str(folder), str(image))


def mend(image: Path) -> None:
    """What a boot does before it mounts: have the journal replayed."""
    # 1: something was put right, which is what it is for.
    _run("e2fsck", "-p", str(image), fine=(0, 1))


def cut(folder: Path) -> None:
    """Let nothing reach the disk that ``folder`` is on any more; what had not yet is lost."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
    finally:
        os.close(descriptor)


@contextmanager
def files_made(folder: Path) -> Iterator[Iterator[str]]:
    """The names of the files made in ``folder`` from now on; none is missed."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_CLOEXEC)
    try:
        watch = libc.inotify_add_watch(descriptor, bytes(folder), IN_CREATE)
        assert watch >= 0, f"inotify: {os.strerror(ctypes.get_errno())}"
        yield _names(descriptor)
    finally:
        os.close(descriptor)


def _names(descriptor: int) -> Iterator[str]:
    while True:
        events = os.read(descriptor, 65_536)
        while events:
            length = EVENT.unpack_from(events)[3]
            name, events = events[EVENT.size :][:length], events[EVENT.size + length :]
            yield name.rstrip(b"\0").decode()


def _run(*command: str, fine: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in fine, f"{command}: {done.stdout} {done.stderr}"
