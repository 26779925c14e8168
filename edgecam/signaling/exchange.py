"""One offer, and what the two sides of the call it becomes say to each other."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from edgecam.errors import BadMessage
from edgecam.signaling.messages import (
    Answer,
    AskForFloor,
    AskForRendition,
    Floor,
    Hangup,
    Listen,
    Offer,
    Renamed,
    RenditionNow,
    Taken,
    Trickle,
    Watcher,
)

MOST_CANDIDATES = 64
ANSWER_DEADLINE = 10.0

Event = Literal[
    "offer",
    "candidate",
    "answer",
    "listen",
    "floor",
    "rendition",
    "hangup",
    "taken",
    "renamed",
    "status",
    "waiting",
    "cameras",
    "error",
]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one socket."""

    to: str
    event: Event
    payload: dict[str, Any]


@dataclass(slots=True)
class Call:
    """One offer and what became of it; sockets are known by an opaque name.

    Methods return what is to be sent, in order, or raise BadMessage and have changed nothing.
    ``early`` waits for the answer it belongs behind. ``wants``: the viewer asked for the floor last
    and has not given it back.
    """

    offer: Offer
    camera: str
    caller: str
    from_caller: list[Trickle] = field(default_factory=list)
    caller_sent: int = 0
    viewer_sent: int = 0
    viewer: str | None = None
    answered: bool = False
    answer_by: float = 0.0
    early: list[Trickle] = field(default_factory=list)
    wants: bool = False

    def hand_to(self, viewer: str, watcher: Watcher, now: float) -> list[Delivery]:
        """The offer and its candidates for ``viewer``, and the caller told."""
        self.viewer = viewer
        self.answer_by = now + ANSWER_DEADLINE
        offer = self.offer.payload() | {"camera": self.camera, "viewer": watcher.viewer}
        return [
            Delivery(viewer, "offer", offer),
            *(Delivery(viewer, "candidate", trickle.payload()) for trickle in self.from_caller),
            Delivery(self.caller, "taken", Taken(self.offer.call, watcher).payload()),
        ]

    def rename(self, watcher: Watcher) -> list[Delivery]:
        """The viewer it was handed to has another name."""
        return [Delivery(self.caller, "renamed", Renamed(self.offer.call, watcher).payload())]

    def viewer_says(
        self, message: Answer | Trickle | Listen | AskForFloor | AskForRendition
    ) -> list[Delivery]:
        """What follows from it."""
        match message:
            case Answer():
                return self.answer(message)
            case Trickle():
                return self.viewer_trickles(message)
            case Listen():
                return self.listen(message)
            case AskForFloor():
                return self.ask_for_floor(message)
            case AskForRendition():
                return self.ask_for_rendition(message)

    def is_overdue(self, now: float) -> bool:
        """Whether it was handed out and not answered in time."""
        return self.viewer is not None and not self.answered and now >= self.answer_by

    def answer(self, answer: Answer) -> list[Delivery]:
        """The viewer answers."""
        if self.answered:
            raise BadMessage("wrong-state", "the call is already answered")
        self.answered = True
        early, self.early = self.early, []
        return [
            Delivery(self.caller, "answer", answer.payload()),
            *(Delivery(self.caller, "candidate", trickle.payload()) for trickle in early),
        ]

    def caller_trickles(self, trickle: Trickle) -> list[Delivery]:
        """One more candidate of the caller."""
        self.caller_sent = _one_more(self.caller_sent)
        if self.viewer is None:
            self.from_caller.append(trickle)
            return []
        return [Delivery(self.viewer, "candidate", trickle.payload())]

    def viewer_trickles(self, trickle: Trickle) -> list[Delivery]:
        """One more candidate of the viewer."""
        self.viewer_sent = _one_more(self.viewer_sent)
        if not self.answered:
            self.early.append(trickle)
            return []
        return [Delivery(self.caller, "candidate", trickle.payload())]

    def listen(self, listen: Listen) -> list[Delivery]:
        """The viewer hears, or no longer."""
        self._has_to_be_answered()
        return [Delivery(self.caller, "listen", listen.payload())]

    def ask_for_floor(self, ask: AskForFloor) -> list[Delivery]:
        """The viewer wants the floor or gives it back, which says nothing new a second time."""
        self._has_to_be_answered()
        if not (ask.want or self.wants):
            return []
        self.wants = ask.want
        return [Delivery(self.caller, "floor", ask.payload())]

    def give_floor(self, floor: Floor) -> list[Delivery]:
        """The caller says whether the viewer has the floor."""
        self._has_to_be_answered()
        return [Delivery(side, "floor", floor.payload()) for side in (self.viewer,) if side]

    def ask_for_rendition(self, ask: AskForRendition) -> list[Delivery]:
        """The viewer wants one of them."""
        self._has_to_be_answered()
        return [Delivery(self.caller, "rendition", ask.payload())]

    def tell_rendition(self, now: RenditionNow) -> list[Delivery]:
        """The caller says which one it sends."""
        self._has_to_be_answered()
        return [Delivery(side, "rendition", now.payload()) for side in (self.viewer,) if side]

    def over(self, reason: str, knowing: Iterable[str]) -> list[Delivery]:
        """The end, for those who took part but for the ``knowing``."""
        told = Hangup(self.offer.call, reason).payload()
        return [
            Delivery(side, "hangup", told)
            for side in (self.caller, self.viewer)
            if side is not None and side not in knowing
        ]

    def _has_to_be_answered(self) -> None:
        if not self.answered:
            raise BadMessage("wrong-state", "the call is not answered yet")


def _one_more(sent: int) -> int:
    if sent >= MOST_CANDIDATES:
        raise BadMessage("too-many", f"a side may send {MOST_CANDIDATES} candidates")
    return sent + 1
