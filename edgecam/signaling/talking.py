"""The floor of one device among its calls: who asks, who is let in, who has been silent."""

from collections.abc import Callable
from dataclasses import dataclass

from edgecam.limits import TokenBucket
from edgecam.media import Kind
from edgecam.peer.received import Received
from edgecam.signaling.floor import Floor as FloorRules
from edgecam.signaling.messages import Floor, Talk

ASKS_AT_ONCE, ASKS_A_SECOND = 8, 2
"""How often one viewer may ask: everybody is told each time that the floor changes."""

NOTHING = Talk()


@dataclass(frozen=True, slots=True)
class TalkBack:
    """What of a viewer's the device plays, how many seconds of silence cost the floor, and when the
    last of the holder was heard or seen, on the clock of the event loop, by what it may send.
    """

    plays: Talk = NOTHING
    silence: float = 20.0
    last_heard: Callable[[set[Kind]], float] = lambda kinds: 0.0


class Talking:
    """Answers those who want the floor, and opens and shuts what they send by it."""

    def __init__(self, back: TalkBack) -> None:
        self.plays = back.plays
        self._last_heard = back.last_heard
        self._floor = FloorRules(back.silence)
        self._holding: Received | None = None

    @property
    def holder(self) -> str | None:
        """The call that has the floor."""
        return self._floor.holder

    def asked(self, call: str, received: Received | None, asks: TokenBucket, now: float) -> Floor:
        """The answer to ``call``, which wants the floor. ``received`` is None before the call's
        answer; ``asks`` limits this viewer.
        """
        if not (self.plays.audio or self.plays.video):
            return Floor(call, "refused", "no-speaker")
        if received is None:
            return Floor(call, "refused", "not-answered")
        if self._floor.holder == call:
            return Floor(call, "granted", "asked")
        if not asks.take(now):
            return Floor(call, "refused", "too-often")
        if not received.kinds:
            return Floor(call, "refused", "no-media")
        if not self._floor.ask(call, now):
            return Floor(call, "busy", "other")
        received.open()
        self._holding = received
        return Floor(call, "granted", "asked")

    def release(self, call: str) -> bool:
        """Whether ``call`` had the floor. It is heard and seen no more."""
        if not self._floor.give_back(call):
            return False
        if self._holding is not None:
            self._holding.shut()
        self._holding = None
        return True

    def due(self) -> float | None:
        """When to ask again who has been silent; None if nobody has the floor."""
        self._hear()
        return self._floor.due()

    def silent(self, now: float) -> str | None:
        """The call that has the floor and has been silent for too long, if it has."""
        self._hear()
        return self._floor.overdue(now)

    def _hear(self) -> None:
        if self._holding is not None:
            self._floor.heard(self._last_heard(self._holding.kinds))
