"""What this host is called on the LAN, by multicast DNS. It blocks, for a moment."""

import socket
import time
from typing import Any

from jeepney import DBusAddress, MessageFlag, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.io.common import RouterClosed

ANSWER_DEADLINE = 1.0
SETTLE, PAUSE = 5.0, 0.1
"""Seconds in which a daemon that is just starting finds out whether its name is another's."""

REGISTERING, COLLISION = 1, 3
"""avahi-common/defs.h: AvahiServerState."""

SUFFIX = ".local"


def lan_name() -> str:
    """``HOST.local``: as avahi has it, which takes another where two hosts are called alike; where
    it does not run, by the host name.
    """
    return _by_avahi() or by_host_name()


def by_host_name() -> str:
    """``HOST.local`` for the host name's first label."""
    return f"{socket.gethostname().partition('.')[0].lower()}{SUFFIX}"


def _by_avahi() -> str:
    """Its name for this host; "" if it says none, or one that no multicast DNS finds."""
    end = time.monotonic() + SETTLE
    try:
        with open_dbus_connection("SYSTEM", auth_timeout=ANSWER_DEADLINE) as bus:
            while _said(bus, "GetState") in (REGISTERING, COLLISION) and time.monotonic() < end:
                time.sleep(PAUSE)
            found = str(_said(bus, "GetHostNameFqdn")).lower()
    except (OSError, EOFError, RouterClosed, LookupError, ValueError, RuntimeError):
        return ""
    return found if is_lan_name(found) else ""


def _said(bus: DBusConnection, method: str) -> Any:
    """What avahi answers, which is not to be started for that. LookupError if it does not."""
    there = DBusAddress("/", "org.freedesktop.Avahi", "org.freedesktop.Avahi.Server")
    asked = new_method_call(there, method)
    asked.header.flags |= MessageFlag.no_auto_start
    reply = bus.send_and_get_reply(asked, timeout=ANSWER_DEADLINE)
    if reply.header.message_type is MessageType.error or not reply.body:
        raise LookupError(method)
    return reply.body[0]


def is_lan_name(name: str) -> bool:
    """Whether it is one that multicast DNS finds (RFC 6762, 3)."""
    label = name.removesuffix(SUFFIX)
    return name.endswith(SUFFIX) and bool(label) and "." not in label
