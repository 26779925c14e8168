"""What this host is called on the LAN, by multicast DNS. It blocks, for a moment."""

import socket

from jeepney import DBusAddress, MessageFlag, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection
from jeepney.io.common import RouterClosed

ANSWER_DEADLINE = 1.0
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
    there = DBusAddress("/", "org.freedesktop.Avahi", "org.freedesktop.Avahi.Server")
    asked = new_method_call(there, "GetHostNameFqdn")
    # It is not to be started for that.
    asked.header.flags |= MessageFlag.no_auto_start
    try:
        with open_dbus_connection("SYSTEM", auth_timeout=ANSWER_DEADLINE) as bus:
            reply = bus.send_and_get_reply(asked, timeout=ANSWER_DEADLINE)
    except (OSError, EOFError, RouterClosed, LookupError, ValueError, RuntimeError):
        return ""
    if reply.header.message_type is MessageType.error or not reply.body:
        return ""
    return found if is_lan_name(found := str(reply.body[0]).lower()) else ""


def is_lan_name(name: str) -> bool:
    """Whether it is one that multicast DNS finds (RFC 6762, 3)."""
    label = name.removesuffix(SUFFIX)
    return name.endswith(SUFFIX) and bool(label) and "." not in label
