"""The socket that systemd has opened for this process, if any (sd_listen_fds(3))."""

import os
import socket
from collections.abc import Mapping

_FIRST = 3
"""SD_LISTEN_FDS_START."""


def passed_socket(environ: Mapping[str, str] = os.environ) -> socket.socket | None:
    """The first of the listening sockets passed; None if there is none, or it was for another."""
    if environ.get("LISTEN_PID") != str(os.getpid()) or environ.get("LISTEN_FDS") in (None, "0"):
        return None
    try:
        listener = socket.socket(fileno=_FIRST)
    except OSError:
        return None
    listener.setblocking(False)
    listener.set_inheritable(False)
    return listener
