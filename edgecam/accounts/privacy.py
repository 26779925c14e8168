"""The privacy switch: one that is turned by whoever may, and one that can be touched."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from edgecam.accounts.book import CONSOLE, Entry
from edgecam.capture.shutter import Shutter
from edgecam.files import write_private

logger = logging.getLogger(__name__)

SWITCH = "switch"
"""Who did it, if that was somebody at the device's own switch."""

CLOSING = 3.0
"""Seconds that are waited for devices to be closed: longer than a camera that hangs takes."""


class Privacy:
    """On while either switch is: camera and microphone are closed then, by ``shutter``.

    The one that is turned from afar survives the node, as the file ``path``; ``kept`` says whether
    it is there. ``changed`` is called with whether it is on, ``note`` writes into the audit log.
    """

    def __init__(self, shutter: Shutter, path: Path, *, kept: bool) -> None:
        self.changed: Callable[[bool], None] = lambda on: None
        self.note: Callable[[Entry], Awaitable[None]] = _unnoted
        self._shutter = shutter
        self._path = path
        self._afar = kept
        self._touched = False
        self._writing = asyncio.Lock()
        self._notes: set[asyncio.Future[None]] = set()
        shutter.shut = kept

    @property
    def on(self) -> bool:
        """Whether either switch is."""
        return self._afar or self._touched

    async def set(self, on: bool, who: str = CONSOLE, address: str = "") -> dict[str, Any]:
        """Turn the one from afar; how it is then. It is turned also when that can't be kept."""
        async with self._writing:
            changes = on != self._afar
            self._afar = on
            self._act()
            kept = await asyncio.to_thread(self._keep, on)
        if changes:
            what = "privacy switch on" if on else "privacy switch off"
            await self.note(Entry(what, who, "" if kept else "not kept", address))
        if self.on and not await asyncio.to_thread(self._shutter.wait_closed, CLOSING):
            logger.warning("a device is not closed yet, though the privacy switch is on")
        return self.state() | {"kept": kept}

    def touched(self, on: bool) -> None:
        """The one at the device is turned. For the event loop's thread."""
        if on == self._touched:
            return
        self._touched = on
        self._act()
        what = "privacy switch on" if on else "privacy switch off"
        noted = asyncio.ensure_future(self.note(Entry(what, SWITCH)))
        self._notes.add(noted)
        noted.add_done_callback(self._notes.discard)

    def state(self) -> dict[str, Any]:
        """As JSON has it; ``closed``: no device is open."""
        return {"on": self.on, "switch": self._touched, "closed": self._shutter.closed}

    def _act(self) -> None:
        if self._shutter.shut != self.on:
            self._shutter.shut = self.on
            logger.warning("the privacy switch is %s", "on" if self.on else "off")
        self.changed(self.on)

    def _keep(self, on: bool) -> bool:
        try:
            if on:
                write_private(self._path, b"on\n")
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("the privacy switch is turned, but will not stay so: %s", error)
            return False
        return True


async def _unnoted(entry: Entry) -> None:
    """Where there is no audit log, the log has it."""
