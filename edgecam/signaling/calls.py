"""Who may say what to whom, and when: the server's decisions, without a socket.

Callers and viewers are known by an opaque name (their socket's). Every method returns the messages
to be sent, in order, or raises BadMessage and has changed nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from edgecam.errors import BadMessage
from edgecam.signaling.messages import (
    Answer,
    AskForCall,
    Hangup,
    Listen,
    Message,
    Offer,
    Status,
    Taken,
    Trickle,
)

MOST_OFFERS = 64
MOST_CANDIDATES = 64
ANSWER_DEADLINE = 10.0

Event = Literal[
    "offer", "candidate", "answer", "listen", "hangup", "taken", "status", "waiting", "error"
]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one socket."""

    to: str
    event: Event
    payload: dict[str, Any]


@dataclass(slots=True)
class Call:
    """One offer and what became of it. ``early`` waits for the answer it belongs behind."""

    offer: Offer
    caller: str
    from_caller: list[Trickle] = field(default_factory=list)
    caller_sent: int = 0
    viewer_sent: int = 0
    viewer: str | None = None
    answered: bool = False
    answer_by: float = 0.0
    early: list[Trickle] = field(default_factory=list)


class Calls:
    """Every offer and call there is.

    An offer is handed to one viewer only, the one that has waited longest; a viewer has one call.
    """

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}
        self._callers: dict[str, Status | None] = {}
        self._viewers: dict[str, str | None] = {}
        self._waiting: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def viewers(self) -> int:
        """Viewers whose socket is open, in a call or not."""
        return len(self._viewers)

    def under_way(self, viewer: str) -> bool:
        """Whether ``viewer`` has answered an offer and the call goes on."""
        current = self._viewers.get(viewer)
        return current is not None and self._calls[current].answered

    def caller_joined(self, caller: str) -> list[Delivery]:
        """A caller's socket opened."""
        self._callers[caller] = None
        return []

    def viewer_joined(self, viewer: str, now: float) -> list[Delivery]:
        """A viewer's socket opened; it is in line for a call."""
        self._viewers[viewer] = None
        return self._line_up(viewer, now)

    def caller_left(self, caller: str) -> list[Delivery]:
        """A caller's socket closed: its calls are over."""
        self._callers.pop(caller, None)
        ended = [call for call in self._calls.values() if call.caller == caller]
        told = [told for call in ended for told in self._end(call, "caller-left", {caller})]
        return told + [self._why_waiting(viewer) for viewer in self._waiting]

    def viewer_left(self, viewer: str) -> list[Delivery]:
        """A viewer's socket closed: its call is over."""
        self._waiting.pop(viewer, None)
        current = self._viewers.pop(viewer, None)
        return self._end(self._calls[current], "viewer-left", {viewer}) if current else []

    def caller_said(self, caller: str, message: Message, now: float) -> list[Delivery]:
        """What follows from a caller's message."""
        match message:
            case Offer():
                return self._stand(caller, message, now)
            case Trickle():
                return self._caller_trickled(self._of_caller(caller, message.call), message)
            case Hangup():
                return self._end(self._of_caller(caller, message.call), message.reason, {caller})
            case Status():
                return self._status(caller, message)
        raise BadMessage("unknown-event", "a caller does not say that")

    def viewer_said(self, viewer: str, message: Message, now: float) -> list[Delivery]:
        """What follows from a viewer's message."""
        match message:
            case AskForCall():
                current = self._viewers[viewer]
                ended = self._end(self._calls[current], "replaced", {viewer}) if current else []
                return ended + self._line_up(viewer, now)
            case Answer():
                return self._answered(self._of_viewer(viewer, message.call), message)
            case Trickle():
                return self._viewer_trickled(self._of_viewer(viewer, message.call), message)
            case Listen():
                call = self._of_viewer(viewer, message.call)
                if not call.answered:
                    raise BadMessage("wrong-state", "answer first")
                return [Delivery(call.caller, "listen", message.payload())]
            case Hangup():
                return self._end(self._of_viewer(viewer, message.call), message.reason, {viewer})
        raise BadMessage("unknown-event", "a viewer does not say that")

    def overdue(self, now: float) -> list[Delivery]:
        """Forget the offers that were handed out and not answered in time."""
        late = [
            call
            for call in self._calls.values()
            if call.viewer is not None and not call.answered and now >= call.answer_by
        ]
        return [told for call in late for told in self._end(call, "timeout", set())]

    def everybody_hangs_up(self, reason: str) -> list[Delivery]:
        """End every call, telling both sides."""
        return [
            told for call in list(self._calls.values()) for told in self._end(call, reason, set())
        ]

    def _stand(self, caller: str, offer: Offer, now: float) -> list[Delivery]:
        if offer.call in self._calls:
            raise BadMessage("wrong-state", "that call exists already")
        standing = sum(
            call.caller == caller and call.viewer is None for call in self._calls.values()
        )
        if standing >= MOST_OFFERS:
            raise BadMessage("too-many", f"{MOST_OFFERS} offers stand already")
        self._calls[offer.call] = call = Call(offer, caller)
        viewer = next(iter(self._waiting), None)
        return self._hand_out(call, viewer, now) if viewer else []

    def _line_up(self, viewer: str, now: float) -> list[Delivery]:
        standing = next((call for call in self._calls.values() if call.viewer is None), None)
        if standing is not None:
            return self._hand_out(standing, viewer, now)
        self._waiting[viewer] = None
        return [self._why_waiting(viewer)]

    def _hand_out(self, call: Call, viewer: str, now: float) -> list[Delivery]:
        self._waiting.pop(viewer, None)
        self._viewers[viewer] = call.offer.call
        call.viewer = viewer
        call.answer_by = now + ANSWER_DEADLINE
        status = self._callers.get(call.caller)
        return [
            Delivery(viewer, "offer", call.offer.payload()),
            *(Delivery(viewer, "candidate", trickle.payload()) for trickle in call.from_caller),
            *([Delivery(viewer, "status", status.payload())] if status else []),
            Delivery(call.caller, "taken", Taken(call.offer.call).payload()),
        ]

    def _answered(self, call: Call, answer: Answer) -> list[Delivery]:
        if call.answered:
            raise BadMessage("wrong-state", "the call is already answered")
        call.answered = True
        early, call.early = call.early, []
        return [
            Delivery(call.caller, "answer", answer.payload()),
            *(Delivery(call.caller, "candidate", trickle.payload()) for trickle in early),
        ]

    def _caller_trickled(self, call: Call, trickle: Trickle) -> list[Delivery]:
        call.caller_sent = _one_more(call.caller_sent)
        if call.viewer is None:
            call.from_caller.append(trickle)
            return []
        return [Delivery(call.viewer, "candidate", trickle.payload())]

    def _viewer_trickled(self, call: Call, trickle: Trickle) -> list[Delivery]:
        call.viewer_sent = _one_more(call.viewer_sent)
        if not call.answered:
            call.early.append(trickle)
            return []
        return [Delivery(call.caller, "candidate", trickle.payload())]

    def _status(self, caller: str, status: Status) -> list[Delivery]:
        self._callers[caller] = status
        watching = [
            call.viewer for call in self._calls.values() if call.caller == caller and call.viewer
        ]
        return [
            *(Delivery(viewer, "status", status.payload()) for viewer in watching),
            *(self._why_waiting(viewer) for viewer in self._waiting),
        ]

    def _why_waiting(self, viewer: str) -> Delivery:
        reason, message = "no-caller", "the camera is away"
        for status in self._callers.values():
            if status is None or status.state == "ready":
                reason, message = "no-offer", "the camera is getting ready"
                break
            reason, message = status.state, status.message
        return Delivery(viewer, "waiting", {"reason": reason, "message": message})

    def _end(self, call: Call, reason: str, knowing: Iterable[str]) -> list[Delivery]:
        """Forget ``call`` and tell those who took part, but for the ``knowing``."""
        del self._calls[call.offer.call]
        if call.viewer is not None and call.viewer in self._viewers:
            self._viewers[call.viewer] = None
        told = Hangup(call.offer.call, reason).payload()
        return [
            Delivery(side, "hangup", told)
            for side in (call.caller, call.viewer)
            if side is not None and side not in knowing
        ]

    def _of_caller(self, caller: str, name: str) -> Call:
        call = self._calls.get(name)
        if call is None or call.caller != caller:
            raise BadMessage("unknown-call", "you have no such call")
        return call

    def _of_viewer(self, viewer: str, name: str) -> Call:
        call = self._calls.get(name)
        if call is None or call.viewer != viewer:
            raise BadMessage("unknown-call", "you have no such call")
        return call


def _one_more(sent: int) -> int:
    if sent >= MOST_CANDIDATES:
        raise BadMessage("too-many", f"a side may send {MOST_CANDIDATES} candidates")
    return sent + 1
