"""What a process in the service's sandbox may do: attempts, and what became of each, as JSON.

Copied into a machine and run there as a part of the service, with FILE as its only argument.
"""

import ctypes
import errno
import json
import os
import socket
import sys
from collections.abc import Callable
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


ATTEMPTS: dict[str, Callable[[], object]] = {
    "read a home": lambda: Path("/home/ana/diary").read_text(),
    "read root's home": lambda: list(Path("/root").iterdir()),
    "write to /etc": lambda: Path("/etc/edgecam/mine").write_text(""),
    "write to /usr": lambda: Path("/usr/mine").write_text(""),
    "write to its own program": lambda: Path("/opt/edgecam/mine").write_text(""),
    "write to /proc/sys": lambda: Path("/proc/sys/kernel/hostname").write_text("mine"),
    "see other processes": lambda: Path("/proc/1/cmdline").read_text(),
    "open another device": lambda: os.close(os.open("/dev/forbidden", os.O_RDWR)),
    "load a module": lambda: libc("syscall", FINIT_MODULE, -1, b"", 0),
    "make a user namespace": lambda: libc("unshare", CLONE_NEWUSER),
    "mount": lambda: libc("mount", b"tmpfs", b"/tmp", b"tmpfs", 0, None),
    "become root": lambda: os.setuid(0),
    "open a raw socket": lambda: socket.socket(
        socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP
    ).close(),
    "open a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM).close(),
    "listen at a port of the system": lambda: listen(443),
    "listen at another port": lambda: listen(9999),
    "listen at its own port": lambda: listen(8443),
    "open a UDP port": bind_udp,
    "write to its state": lambda: Path("/var/lib/edgecam/.probe").write_text(""),
    "read a file of the group video": lambda: Path("/var/tmp-video").read_text(),
}


def main(file: str) -> None:
    """Try everything; write down the name of the error of each, or "done"."""
    told = {}
    for name, attempt in ATTEMPTS.items():
        try:
            attempt()
        except OSError as error:
            told[name] = errno.errorcode.get(error.errno or 0, str(error))
        else:
            told[name] = "done"
    Path("/var/lib/edgecam/.probe").unlink(missing_ok=True)
    Path(file).write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
