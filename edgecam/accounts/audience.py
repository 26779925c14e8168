"""Who watches or listens now, by whatever way, and who has just been hung up on."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from edgecam.accounts.roles import Pass
from edgecam.clock import Clock
from edgecam.errors import CommandError

Kind = Literal["call", "mjpeg", "snapshot"]

HELD = 60.0
"""Seconds in which whoever was hung up on gets nothing: a page would be back at once."""

MOST_HELD = 256


@dataclass(frozen=True, slots=True)
class Watching:
    """Somebody who watches, since a moment of the steady clock. ``hang_up`` ends it."""

    id: str
    admitted: Pass
    address: str
    kind: Kind
    since: float
    hang_up: Callable[[], None]


class Audience:
    """Everybody who watches. ``still`` says whether somebody who was admitted would be again;
    ``changed`` is called when somebody has come or gone.
    """

    def __init__(self, clock: Clock, still: Callable[[Pass], bool]) -> None:
        self.still = still
        self.changed: Callable[[], None] = lambda: None
        self._clock = clock
        self._watching: dict[str, Watching] = {}
        self._held: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._watching)

    def come(self, admitted: Pass, address: str, kind: Kind, hang_up: Callable[[], None]) -> str:
        """Somebody watches from now on; what it is known by until ``go``."""
        now = self._clock.steady()
        it = Watching(secrets.token_hex(6), admitted, address, kind, now, hang_up)
        self._watching[it.id] = it
        self.changed()
        return it.id

    def go(self, id_: str) -> None:
        """It does no longer. May come twice."""
        if self._watching.pop(id_, None) is not None:
            self.changed()

    def hang_up(self, id_: str) -> Watching:
        """End it, and give the same session or token nothing for a while. CommandError if there is
        nobody of that id.
        """
        it = self._watching.get(id_)
        if it is None:
            raise CommandError(f"nobody is watching by the ID {id_[:16]!r}: see edgecam watching")
        now = self._clock.steady()
        lasting = {who: until for who, until in self._held.items() if until > now}
        self._held = dict(list(lasting.items())[1 - MOST_HELD :]) | {it.admitted.id: now + HELD}
        for each in list(self._watching.values()):
            if each.admitted.id == it.admitted.id:
                each.hang_up()
        return it

    def held(self, admitted: Pass) -> float:
        """Seconds in which whoever that is gets nothing; 0: it may watch."""
        return max(0.0, self._held.get(admitted.id, 0.0) - self._clock.steady())

    def look_again(self) -> None:
        """Hang up on those who may no longer watch."""
        for each in list(self._watching.values()):
            if not self.still(each.admitted):
                each.hang_up()

    def listed(self) -> list[dict[str, Any]]:
        """Those who watch, the first first, as JSON has it: ``since`` is in seconds since 1970,
        ``who`` "" for whoever came by the console.
        """
        # From the steady clock: the time of day may have been set since.
        now, steady = self._clock.now(), self._clock.steady()
        return [
            {
                "id": it.id,
                "who": it.admitted.name,
                "role": str(it.admitted.role),
                "since": round(now - (steady - it.since)),
                "address": it.address,
                "kind": it.kind,
            }
            for it in sorted(self._watching.values(), key=lambda it: it.since)
        ]
