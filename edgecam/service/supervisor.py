"""Tells the service manager how the node is, feeds its watchdog, and reloads when asked to."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from edgecam.config import Config
from edgecam.errors import ConfigError, EdgecamError
from edgecam.loading import contradictions, load
from edgecam.report import Report, Stream, line
from edgecam.service.changes import changed, merged
from edgecam.service.notify import Notifier
from edgecam.service.pulse import Pulse
from edgecam.service.restarts import Restarts

logger = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between two looks at the node."""

FROZEN = 15.0
"""Seconds without a sign of life after which a camera that is watched hangs. A slow one takes
five to open."""

REFUSED = "the new configuration is refused and the old one in force, see the log"

STARTING = "EXTEND_TIMEOUT_USEC=60000000"
"""As long as the event loop turns, starting may take: a signaling server elsewhere can be down."""


class Node(Protocol):
    """What is supervised."""

    def report(self) -> Report: ...

    def note(self, about: str, trouble: str) -> None:
        """Report ``trouble``, in place of the one ``about`` the same thing; empty: no more."""

    def takes(self, option: str, config: Config) -> bool:
        """Whether ``apply`` can put into force what ``config`` has for ``option``."""

    async def apply(self, config: Config) -> None:
        """Put into force what can be without a restart. EdgecamError if nothing was."""


class Supervisor:
    """Between a node and the service manager.

    The watchdog is fed as long as the event loop turns, unless a camera that is watched gives no
    sign of life for FROZEN seconds: a driver that hangs is cured by a new process only, and where
    it is not, ``restarts`` has less and less of them, or the machine restarted. A camera that has
    failed is none of its business: that is known, told, and tried again by the node.
    """

    def __init__(
        self,
        notifier: Notifier,
        path: Path | None,
        config: Config,
        log: Callable[[str], None],
        restarts: Restarts,
    ) -> None:
        self._notifier = notifier
        self._path = path
        self._config = config
        self._log = log
        self._restarts = restarts
        self._asked = asyncio.Event()
        self._ready = False
        self._node: Node | None = None
        self._biting = self._cured = False
        self._pulses: dict[str, Pulse] = {}
        self._told = ""

    def ready(self) -> None:
        """A call could be answered. With that goes how the node is now, not how it was before."""
        self._ready = True
        if self._node is None:
            self._notifier.tell("READY=1")
        else:
            self._tell(self._node, "READY=1")

    def reload(self) -> None:
        """Read configuration and certificates again, soon."""
        self._asked.set()

    def stopping(self) -> None:
        """The node has been asked to stop."""
        self._notifier.tell("STOPPING=1", "STATUS=stopping")

    def close(self) -> None:
        """Free the socket to the service manager."""
        self._notifier.close()

    async def run(self, node: Node) -> None:
        """Supervise ``node`` until cancelled."""
        self._node = node
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_looking(node), name="watchdog")
            # A file that takes its time is no reason for the watchdog to bite.
            tasks.create_task(self._reload_when_asked(node), name="reload")

    async def _keep_looking(self, node: Node) -> None:
        look = min(LOOK, (self._notifier.watchdog or LOOK * 4) / 4)
        while True:
            await self._look(node)
            await asyncio.sleep(look)

    async def _reload_when_asked(self, node: Node) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self._reload(node)

    async def _look(self, node: Node) -> None:
        frozen = works = False
        for stream in node.report().streams:
            hangs = self._hangs(node, stream)
            frozen = frozen or (hangs and stream.vital)
            works = works or (stream.vital and stream.life > 0 and stream.failing is None)
        if works and not (frozen or self._cured):
            await asyncio.to_thread(self._restarts.cured)
        self._cured = works and not frozen
        if not frozen:
            self._biting = False
        elif not self._biting and self._notifier.watchdog:
            self._biting = await asyncio.to_thread(self._may_bite)
            if self._biting:
                self._notifier.tell("WATCHDOG=trigger")
        if not self._biting:
            self._notifier.tell(*(["WATCHDOG=1"] if self._ready else ["WATCHDOG=1", STARTING]))
        self._tell(node)

    def _may_bite(self) -> bool:
        if not self._restarts.may():
            return False
        try:
            self._restarts.note()
        except OSError as error:
            logger.error("no new process for what hangs, as it can't be counted: %s", error)
            return False
        return True

    def _hangs(self, node: Node, stream: Stream) -> bool:
        """Whether ``stream`` does, which is told when it begins and when it ends."""
        now, name = time.monotonic(), stream.name
        pulse = self._pulses.setdefault(name, Pulse(now))
        did = pulse.quiet >= FROZEN
        quiet = pulse.look(now, stream.life, due=stream.due)
        if quiet >= FROZEN and not did:
            logger.error("the %s hangs: it is wanted and has given nothing for %.0f s", name, quiet)
            node.note(name, f"the {name} hangs")
        elif did and quiet < FROZEN:
            logger.warning("the %s no longer hangs", name)
            node.note(name, "")
        return quiet >= FROZEN

    def _tell(self, node: Node, *assignments: str) -> None:
        """Tell ``assignments``, and how ``node`` is if that is another than was told last."""
        status = line(node.report(), starting=not self._ready)
        if status != self._told:
            self._told = status
            assignments = (*assignments, f"STATUS={status}")
        if assignments:
            self._notifier.tell(*assignments)

    async def _reload(self, node: Node) -> None:
        if self._ready:
            self._notifier.reloading()
        logger.info("reading configuration and certificates again")
        trouble = await self._take_over(node)
        node.note("configuration", trouble)
        self._tell(node)
        if self._ready:
            self._notifier.tell("READY=1")

    async def _take_over(self, node: Node) -> str:
        """Put into force what is in the file; what is to be told about it, empty if all is well."""
        try:
            new = await asyncio.to_thread(load, self._path)
            different = changed(self._config, new)
            now = [name for name in different if name == "log.level" or node.takes(name, new)]
            config = merged(self._config, new, now)
            if problems := list(contradictions(config)):
                raise ConfigError([f"{problem}, until a restart" for problem in problems])
            await node.apply(config)
        except EdgecamError as error:
            problems = list(error.problems) if isinstance(error, ConfigError) else [str(error)]
            for problem in problems:
                logger.error("refused to reload: %s", problem)
            return REFUSED
        except Exception:
            # Nobody is to lose a call by it.
            logger.exception("refused to reload")
            return REFUSED
        self._log(config.log.level)
        self._config = config
        later = [name for name in different if name not in now]
        for name in now:
            logger.info("%s has changed", name)
        for name in later:
            logger.warning("%s takes a restart to change; until then the old value is used", name)
        return f"{', '.join(later)} changed, restart to use it" if later else ""
