"""Announced by the system's own daemon, avahi, which is asked over D-Bus.

Where it runs, this is the one sound way: a second responder on the host would claim the same name,
with addresses of other interfaces, which either takes for somebody else's. Avahi itself follows
addresses, answers for HOST.local, and says goodbye when the connection that asked it is closed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageFlag, MessageType, new_method_call
from jeepney.io.asyncio import DBusRouter, open_dbus_router
from jeepney.io.common import RouterClosed
from jeepney.wrappers import DBusErrorResponse

from edgecam.discovery.offer import TYPES, Offer

logger = logging.getLogger(__name__)

POLL = 5.0
"""Seconds between two questions whether all is as it was."""

SETTLE = 0.1
"""The same, until a name is known to be nobody else's."""

ANSWER_DEADLINE = 5.0
MOST_NAMESAKES = 99
ANY = -1
REGISTERING, ESTABLISHED, COLLISION = 1, 2, 3
"""avahi-common/defs.h: AVAHI_IF_UNSPEC and AVAHI_PROTO_UNSPEC, AvahiEntryGroupState."""


class NoAvahi(Exception):  # noqa: N818 - named for what has happened
    """It does not run here, no longer runs, or does not take what it is asked."""


async def announce(offer: Offer, named: Callable[[str], None]) -> None:
    """Have it announced until cancelled; NoAvahi once it can't be.

    ``named`` is told what avahi calls this host, which is another name once two are called alike.
    """
    try:
        async with _server() as server:
            while True:
                host = await _host_name(server)
                named(host)
                await _announce(server, offer, host)
    except _TROUBLE as error:
        raise NoAvahi(str(error)) from error


async def runs() -> bool:
    """Whether it can be asked."""
    try:
        async with _server() as server:
            await server.call("/", "Server", "GetHostNameFqdn")
    except (NoAvahi, *_TROUBLE):
        return False
    return True


_TROUBLE = (
    OSError,
    EOFError,
    DBusErrorResponse,
    RouterClosed,
    LookupError,
    ValueError,
    RuntimeError,
)
"""What comes of a bus that is not there, or goes away; a ValueError if it lets nobody in."""


class _TakenError(Exception):
    """Somebody on this host has that name."""


class _Server:
    """Avahi's, at the other end of ``router``."""

    def __init__(self, router: DBusRouter) -> None:
        self._router = router

    async def call(
        self, path: str, interface: str, method: str, signature: str = "", *body: Any
    ) -> Any:
        """What a method returns first; it is not to be started for that."""
        there = DBusAddress(path, "org.freedesktop.Avahi", f"org.freedesktop.Avahi.{interface}")
        message = new_method_call(there, method, signature or None, body)
        message.header.flags |= MessageFlag.no_auto_start
        async with asyncio.timeout(ANSWER_DEADLINE):
            reply = await self._router.send_and_get_reply(message)
        if reply.header.message_type is MessageType.error:
            reason = reply.header.fields.get(HeaderFields.error_name)
            if reason == "org.freedesktop.Avahi.CollisionError":
                raise _TakenError
            raise NoAvahi(f"{method}: {reason}")
        return reply.body[0] if reply.body else None


@asynccontextmanager
async def _server() -> AsyncIterator[_Server]:
    async with AsyncExitStack() as stack:
        async with asyncio.timeout(ANSWER_DEADLINE):
            router = await stack.enter_async_context(open_dbus_router("SYSTEM"))
        yield _Server(router)


async def _committed(server: _Server, group: str, name: str, offer: Offer) -> int:
    """The state ``group`` comes to with the services of ``offer`` under ``name``."""
    texts = [f"{key}={value}".encode() for key, value in offer.texts.items()]
    for kind in TYPES:
        service = (ANY, ANY, 0, name, kind, "", "", offer.port, texts)
        await server.call(group, "EntryGroup", "AddService", "iiussssqaay", *service)
    await server.call(group, "EntryGroup", "Commit")
    while True:
        state = int(await server.call(group, "EntryGroup", "GetState"))
        if state != REGISTERING:
            return state
        await asyncio.sleep(SETTLE)


async def _host_name(server: _Server) -> str:
    return str(await server.call("/", "Server", "GetHostNameFqdn"))


async def _announce(server: _Server, offer: Offer, host: str) -> None:
    """Until the host is called something else than ``host``: what is announced leads there."""
    for number in range(1, MOST_NAMESAKES):
        name = offer.named(number)
        group = await server.call("/", "Server", "EntryGroupNew")
        try:
            state = await _committed(server, group, name, offer)
        except _TakenError:
            state = COLLISION
        if state == ESTABLISHED:
            logger.info("found on the LAN as %r, at %s, by avahi", name, host)
        same = True
        while state == ESTABLISHED and same:
            await asyncio.sleep(POLL)
            same = await _host_name(server) == host
            state = await server.call(group, "EntryGroup", "GetState")
        await server.call(group, "EntryGroup", "Free")
        if not same or await _host_name(server) != host:
            logger.info("this host is no longer %s", host)
            return
        if state != COLLISION:
            raise NoAvahi(f"its state is {state}")
    raise NoAvahi("all names are taken")
