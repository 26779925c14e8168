"""What an operator can see of a running node, and change about it without a restart."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgecam import hardware
from edgecam.config import Config
from edgecam.config import Ice as IceOptions
from edgecam.encode.eased import Ease
from edgecam.fanout.fanout import Fanout
from edgecam.ground import state_folder
from edgecam.peer.current_ice import CurrentIce
from edgecam.peer.servers import Servers
from edgecam.report import Report, Stream
from edgecam.signaling.caller import Caller
from edgecam.strain import Condition, Step, Strain

logger = logging.getLogger(__name__)

HARDWARE_CHECK = 10.0
"""Seconds between two looks at temperature and voltage."""

RATE_WINDOW = 5.0
"""Seconds over which the bitrate is measured."""

LESS = {
    Step.ALL: "",
    Step.HALF_BITRATE: "the picture has half its bitrate meanwhile",
    Step.HALF_RATE: "fewer pictures are sent meanwhile",
    Step.HALF_SIZE: "fewer and smaller pictures are sent meanwhile",
}
"""What viewers and operators are told of each."""

LIVE = frozenset(
    {
        "encode.video_bitrate",
        "ice.policy",
        "ice.stun_servers",
        "ice.turn_credential",
        "ice.turn_secret_file",
        "ice.turn_servers",
        "ice.turn_username",
        "viewers.most",
        "viewers.standing_offers",
    }
)
"""The options that ``Controls.apply`` puts into force."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What of a node with a camera is looked at and changed.

    ``camera`` in words, ``encoders`` by what they are called in words now, the usual one first, and
    the ``microphone``, if there is one; ``set_bitrate`` in bits a second, of no more than the node
    started with; ``pictures`` is what readers by HTTP read, if they can; ``ease``, if there is one,
    is set by how the machine is; ``encoding``: what it takes now, and what all of it would, of the
    time there is.
    """

    camera: str
    encoders: Callable[[], Mapping[str, Fanout]]
    microphone: Fanout | None
    set_bitrate: Callable[[int], None]
    ice: CurrentIce
    caller: Caller
    pictures: Fanout | None = None
    ease: Ease | None = None
    encoding: Callable[[], tuple[float, float]] = lambda: (0.0, 0.0)


Supervise = Callable[["Controls"], Coroutine[Any, Any, None]]


class Controls:
    """Of one node. ``parts`` is None until there are some, and for a page without a camera.

    ``servers`` makes the STUN and TURN servers of options, blocks, and raises StartError;
    ``renew_certificate`` looks at the certificate on disk again.
    """

    def __init__(
        self,
        config: Config,
        servers: Callable[[IceOptions], Servers],
        renew_certificate: Callable[[], Awaitable[None]],
    ) -> None:
        self.parts: Parts | None = None
        self._most_bitrate = self._bitrate_wanted = config.encode.video_bitrate
        self._strain = Strain()
        self._state = state_folder(config.paths)
        self._servers = servers
        self._renew_certificate = renew_certificate
        self._troubles: dict[str, str] = {}
        self._temperature: float | None = None
        self._sent: deque[tuple[float, int]] = deque()

    def report(self) -> Report:
        """How the node is."""
        parts = self.parts
        troubles = tuple(trouble for trouble in self._troubles.values() if trouble)
        if parts is None:
            return Report(temperature=self._temperature, troubles=troubles)
        status = parts.caller.status
        encoders = parts.encoders()
        fanouts = encoders.values()
        busy = [name for name, fanout in encoders.items() if fanout.subscribers]
        return Report(
            camera=parts.camera,
            encoder=" and ".join(busy or [next(iter(encoders))]),
            viewers=status.viewers,
            places=status.places,
            bitrate=self._bitrate(sum(fanout.delivered_bytes for fanout in fanouts)),
            temperature=self._temperature,
            streams=tuple(
                _stream(each, vital=each is not parts.microphone)
                for each in (*fanouts, parts.microphone, parts.pictures)
                if each is not None
            ),
            troubles=(*parts.caller.troubles, *parts.ice.troubles, *troubles),
        )

    def note(self, about: str, trouble: str) -> None:
        """Report ``trouble``, in place of the one ``about`` the same thing; empty: no more."""
        self._troubles[about] = trouble

    def takes(self, option: str, config: Config) -> bool:
        """Whether ``apply`` can put into force what ``config`` has for ``option``."""
        if option == "encode.video_bitrate":
            # Viewers have been promised a level of H.264 that more might not keep.
            return config.encode.video_bitrate <= self._most_bitrate
        return option in LIVE

    async def apply(self, config: Config) -> None:
        """Put the options in LIVE into force, and the certificate on disk.

        EdgecamError if they can't be; then nothing has changed.
        """
        servers = await asyncio.to_thread(self._servers, config.ice)
        await self._renew_certificate()
        if self.parts is not None:
            viewers = config.viewers
            self.parts.ice.use(servers)
            self.parts.caller.resize(viewers.most, viewers.standing_offers)
            self._bitrate_wanted = config.encode.video_bitrate
            self.parts.set_bitrate(self._bitrate_for(self._strain.step))

    async def run(self, supervise: Supervise) -> None:
        """Look at the hardware, and have ``supervise`` look at all of it, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_hardware(), name="hardware")
            tasks.create_task(supervise(self), name="supervisor")

    async def _watch_hardware(self) -> None:
        while True:
            condition = await asyncio.to_thread(_measured, self._state)
            if self.parts is not None:
                now, all_of_it = self.parts.encoding()
                condition = replace(condition, encoding=now, encoding_all=all_of_it)
            self.stand(condition)
            await asyncio.sleep(HARDWARE_CHECK)

    def stand(self, condition: Condition) -> None:
        """Say what is wrong with the machine, and have the stream be what it can carry."""
        before = self._strain.step
        self._temperature = condition.temperature
        self._strain.look(condition)
        step = self._strain.step
        said = [trouble for trouble in self._strain.troubles.values() if trouble]
        if self.parts is None:
            self.note("machine", "; ".join(said))
            return
        # The caller's troubles are the node's, too.
        self.note("machine", "")
        self.parts.caller.source_failed("machine", "; ".join([*said, LESS[step]] if step else said))
        if step != before:
            log = logger.warning if step > before else logger.info
            log("%s: %s", "; ".join(said) or "the device is well", LESS[step] or "all of it again")
            self.parts.set_bitrate(self._bitrate_for(step))
            if self.parts.ease is not None:
                self.parts.ease.thinned = step >= Step.HALF_RATE
                self.parts.ease.halved = step >= Step.HALF_SIZE

    def _bitrate_for(self, step: Step) -> int:
        return self._bitrate_wanted // (2 if step >= Step.HALF_BITRATE else 1)

    def _bitrate(self, sent: int) -> int:
        """Bits a second over the last RATE_WINDOW, ``sent`` being all bytes so far."""
        now = time.monotonic()
        self._sent.append((now, sent))
        while now - self._sent[0][0] > RATE_WINDOW:
            self._sent.popleft()
        then, before = self._sent[0]
        return round((sent - before) * 8 / (now - then)) if now > then else 0


def _measured(state: Path) -> Condition:
    return Condition(
        hardware.temperature(),
        hardware.throttled(),
        hardware.under_voltage(),
        hardware.memory_left(),
        hardware.disk_left(state),
    )


def _stream(fanout: Fanout, *, vital: bool) -> Stream:
    healing = fanout.healing
    return Stream(
        fanout.name,
        fanout.life,
        fanout.due,
        vital,
        failures=healing.failures,
        encoders=healing.encoder,
        reopened=healing.camera,
        reason=healing.reason,
        failing=None if healing.since is None else round(time.monotonic() - healing.since, 1),
    )
