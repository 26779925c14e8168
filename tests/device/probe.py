"""What a process in the service's sandbox may do: attempts, and what became of each, as JSON.

Copied into a machine and run there as a part of the service: ``probe.py FILE``. With
``probe.py FILE DEVICE...`` only that is tried which does no harm where nothing is denied, and the
devices.
"""

import ctypes
import errno
import json
import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

CLONE_NEWUSER = 0x1000_0000
FINIT_MODULE = {"x86_64": 313, "aarch64": 273}.get(os.uname().machine, -1)
LIBC = ctypes.CDLL(None, use_errno=True)


def libc(name: str, *arguments: object) -> None:
    """Call a function of the C library; OSError if it fails."""
    if getattr(LIBC, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def listen(port: int) -> None:
    """Open a TCP port."""
    socket.create_server(("", port)).close()


def bind_udp() -> None:
    """Open a UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("", 0))


def open_device(path: str) -> None:
    """Open it to read and write."""
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))


def start_processes() -> None:
    """Start a thousand that wait for the last, and wait for them."""
    ours, theirs = os.pipe()
    started = []
    try:
        for _ in range(1_000):
            if not (process := os.fork()):
                os.close(theirs)
                os.read(ours, 1)
                os._exit(0)
            started.append(process)
    finally:
        os.close(theirs)
        for process in started:
            os.waitpid(process, 0)


ATTEMPTS: dict[str, Callable[[], object]] = {
    "read a home": lambda: Path("/home/ana/diary").read_text(),
    "read root's home": lambda: list(Path("/root").iterdir()),
    "write to /etc": lambda: Path("/etc/edgecam/mine").write_text(""),
    "write to /usr": lambda: Path("/usr/mine").write_text(""),
    "write to its own program": lambda: Path("/opt/edgecam/mine").write_text(""),
    "write to /proc/sys": lambda: Path("/proc/sys/kernel/hostname").write_text("mine"),
    "see other processes": lambda: Path("/proc/1/cmdline").read_text(),
    "open another device": lambda: open_device("/dev/forbidden"),
    "load a module": lambda: libc("syscall", FINIT_MODULE, -1, b"", 0),
    "make a user namespace": lambda: libc("unshare", CLONE_NEWUSER),
    "mount": lambda: libc("mount", b"tmpfs", b"/tmp", b"tmpfs", 0, None),
    "become root": lambda: os.setuid(0),
    "open a raw socket": lambda: socket.socket(
        socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP
    ).close(),
    "open a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM).close(),
    "open a socket to hypervisors": lambda: socket.socket(socket.AF_VSOCK).close(),
    "listen at a port of the system": lambda: listen(443),
    "listen at another port": lambda: listen(9999),
    "listen at its own port": lambda: listen(8443),
    "open a UDP port": bind_udp,
    "write to its state": lambda: Path("/var/lib/edgecam/.probe").write_text(""),
    "read a file of the group video": lambda: Path("/var/tmp-video").read_text(),
}


HARMLESS = (
    "open a packet socket",
    "open a socket to hypervisors",
    "listen at another port",
    "listen at its own port",
    "open a UDP port",
)


def main(file: str, *devices: str) -> None:
    """Try everything; write down the name of the error of each, or "done"."""
    told = {}
    attempts = ATTEMPTS
    if devices:
        attempts = {name: ATTEMPTS[name] for name in HARMLESS}
        attempts["start processes"] = start_processes
        attempts |= {device: partial(open_device, device) for device in devices}
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError as error:
            told[name] = errno.errorcode.get(error.errno or 0, str(error))
        else:
            told[name] = "done"
    Path("/var/lib/edgecam/.probe").unlink(missing_ok=True)
    Path(file).write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
