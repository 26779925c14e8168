"""Links that are not there: what is sent into them waits, is lost and is reported, step by step."""

import random
from dataclasses import dataclass, field
from functools import partial

from edgecam.peer.link import PROBE, Link
from edgecam.peer.rate import Rate

STEP = 0.05
PACKET = 1_300
HEADERS = 1.04
"""What the viewer sees of each byte of payload."""


@dataclass
class Path:
    """A bottleneck that carries ``capacity`` bits a second, behind a queue of ``room`` seconds.

    ``loss``: the part of the packets lost whatever the rate. ``taken``: the part of the bitrate
    that the picture takes.
    """

    capacity: float = 100e6
    room: float = 0.2
    loss: float = 0.0
    taken: float = 1.0
    waiting: float = 0.0

    @property
    def delay(self) -> float:
        """Seconds that what is sent now waits."""
        return self.waiting / self.capacity

    def carry(self, bits: float, seconds: float) -> tuple[float, float]:
        """Bits that come out, and the part lost of those that went in."""
        room = self.room * self.capacity
        lost = bits * self.loss
        self.waiting += bits - lost
        out = min(self.waiting, self.capacity * seconds)
        self.waiting -= out
        if self.waiting > room:
            lost += self.waiting - room
            self.waiting = room
        return out, lost / bits if bits else 0.0


class Estimator:
    """What a browser does with what comes: Google Congestion Control's receiver, in outline."""

    def __init__(self) -> None:
        self.estimate: float | None = None
        self._came: list[float] = []
        self._delay = 0.0
        self._capacity = 0.0

    def step(self, bits: float, delay: float) -> None:
        """``bits`` came within a STEP; the last of them had waited for ``delay``."""
        self._came = [*self._came[-9:], bits * HEADERS / STEP]
        came = sum(self._came) / len(self._came)
        growing, self._delay = delay - self._delay, delay
        if delay > 0.03 and (growing > 0.001 or (growing > -0.001 and came < (self.estimate or 0))):
            self._capacity = came
            self.estimate = min(self.estimate or came, 0.85 * came)
        elif delay > 0.03 or growing < -0.001:
            pass
        elif self.estimate is not None and self.estimate < 1.5 * came:
            if came > 1.05 * self._capacity:
                self._capacity = 0.0
            self.estimate += 80_000 * STEP if self._capacity else 0.08 * STEP * self.estimate
        elif self.estimate is None and len(self._came) == 10:
            self.estimate = came


@dataclass
class Viewer:
    """One who watches by ``path``. ``estimates``: it sends REMB, of ``lie`` if that is set."""

    path: Path
    estimates: bool = True
    lie: int | None = None
    link: Link = field(init=False)
    probes: bool = True
    floods: int = 0
    probe: tuple[float, float] = (0.0, 0.0)
    delays: list[float] = field(default_factory=list)
    octets: float = 0.0
    packets: float = 0.0
    lost: float = 0.0
    estimator: Estimator = field(default_factory=Estimator)


class Node:
    """A Rate, and viewers on the links it follows. ``bitrates`` are its own, one a step."""

    def __init__(self, floor: int, ceiling: int, *viewers: Viewer) -> None:
        self.now = 1_000.0
        self.steps = 0
        self.bitrates: list[int] = []
        self.rate = Rate(floor, ceiling, lambda bitrate: None)
        self.viewers = viewers
        self._chance = random.Random(4)
        for viewer in viewers:
            viewer.link = self.rate.join(
                flooded=partial(self._flood, viewer),
                ask=partial(self._ask, viewer),
                probe=partial(self._probe, viewer),
            )

    def run(self, seconds: float) -> list[int]:
        """Let time pass; the bitrates of it."""
        count = round(seconds / STEP)
        for _ in range(count):
            self._step()
        return self.bitrates[-count:]

    def _ask(self, viewer: Viewer) -> None:
        viewer.link.took(viewer.path.delay + 0.002, self.now)

    def _probe(self, viewer: Viewer, more: float) -> bool:
        viewer.probe = (self.now + PROBE, more)
        return viewer.probes

    def _flood(self, viewer: Viewer) -> None:
        viewer.floods += 1

    def _step(self) -> None:
        self.now += STEP
        self.steps += 1
        self.bitrates.append(self.rate.bitrate)
        for number, viewer in enumerate(self.viewers):
            self._send(viewer)
            if (self.steps + 7 * number) % 4 == 0:
                self._report(viewer)

    def _send(self, viewer: Viewer) -> None:
        """Pictures are never quite as large as wanted; one who is thin is sent what it can take."""
        bitrate = viewer.path.taken * self.rate.bitrate * self._chance.uniform(0.9, 1.1)
        if viewer.link.thin:
            bitrate = min(bitrate, viewer.link.limit)
        until, more = viewer.probe
        if not viewer.probes or self.now > until:
            more = 0.0
        came, lost = viewer.path.carry((bitrate + more) * STEP, STEP)
        if more:
            self._ask(viewer)
        viewer.octets += bitrate * STEP / 8
        viewer.packets += bitrate * STEP / 8 / PACKET
        viewer.lost += lost * bitrate * STEP / 8 / PACKET
        viewer.delays.append(viewer.path.delay)
        viewer.estimator.step(came, viewer.path.delay)

    def _report(self, viewer: Viewer) -> None:
        link, now = viewer.link, self.now
        link.sent(round(viewer.octets), now)
        if self.steps % 20 == 0:
            link.took(viewer.path.delay + 0.002, now)
        link.reported(round(viewer.lost), round(viewer.packets), now)
        estimate = viewer.estimator.estimate if viewer.lie is None else viewer.lie
        if viewer.estimates and estimate is not None:
            link.estimated(round(estimate), now)
