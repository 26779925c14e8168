"""Who may say what to whom, and when: the server's decisions, without a socket.

Callers and viewers are known by an opaque name (their socket's). Every method returns the messages
to be sent, in order, or raises BadMessage and has changed nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from edgecam.errors import BadMessage
from edgecam.signaling.cameras import Camera, Cameras, Why
from edgecam.signaling.exchange import Call, Delivery
from edgecam.signaling.line import Line
from edgecam.signaling.messages import (
    Answer,
    AskForCall,
    AskForFloor,
    AskForRendition,
    Floor,
    Hangup,
    Join,
    Listen,
    Message,
    Offer,
    Rename,
    RenditionNow,
    Status,
    Trickle,
    Watcher,
)

MOST_OFFERS = 64
"""Offers of one camera that may stand."""

MOST_UNANSWERED = 4
"""Offers that viewers of one address may have and not have answered."""


HUNG_UP = Why("hung-up", "an administrator has ended the call: it can be had again in a minute")


@dataclass(slots=True)
class _Viewer:
    """A viewer as the others see it, where it comes from, and the call it has.

    ``made``: what it is called for as long as it gives no name.
    """

    watcher: Watcher
    address: str
    made: str
    call: str | None = None


class Calls:
    """Every offer and call there is.

    An offer is handed to one viewer only, the one of those who want that camera that has waited
    longest; a viewer has one call. Nobody can take every place by not answering: the viewers of an
    address have few unanswered offers at a time, and wait in line for the next. How cameras are
    changes at any rate callers like: what viewers are to be told of it is kept in ``news`` until
    somebody asks, and told once.
    """

    def __init__(self) -> None:
        self.cameras = Cameras()
        self._calls: dict[str, Call] = {}
        self._viewers: dict[str, _Viewer] = {}
        self._line = Line()
        self._held: dict[str, float] = {}
        self._said: set[str] = set()
        self._changed = False
        self._listed: dict[str, Any] | None = None

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def viewers(self) -> int:
        """Viewers whose socket is open, in a call or not."""
        return len(self._viewers)

    def under_way(self, viewer: str) -> bool:
        """Whether ``viewer`` has answered an offer and the call goes on."""
        it = self._viewers.get(viewer)
        return it is not None and it.call is not None and self._calls[it.call].answered

    def know(self, camera: Camera) -> None:
        """List ``camera`` also while it is away."""
        self.cameras.know(camera)
        self._changed = True

    def forget(self, camera: str) -> None:
        """Undo that; its sockets are to be closed as well."""
        self.cameras.forget(camera)
        self._changed = True

    def caller_joined(self, caller: str, camera: Camera) -> list[Delivery]:
        """A socket of ``camera`` opened: from now on it speaks for it."""
        self.cameras.joined(caller, camera)
        self._changed = True
        return []

    def caller_left(self, caller: str, now: float) -> list[Delivery]:
        """A caller's socket closed: its calls are over. An older one may speak for it again."""
        camera = self.cameras.of(caller).camera
        self.cameras.left(caller)
        self._said.discard(caller)
        self._changed = True
        ended = [call for call in self._calls.values() if call.caller == caller]
        told = [told for call in ended for told in self._end(call, "caller-left", {caller})]
        for call in self._standing():
            if call.camera == camera:
                told += self._offer_around(call, now)
        return told

    def viewer_joined(
        self, viewer: str, watcher: Watcher, join: Join, now: float, address: str = ""
    ) -> list[Delivery]:
        """A viewer's socket opened; it is in line for a call of the camera it wants, or of any.

        ``watcher`` is what it is called for as long as it gives no name. Without an ``address`` it
        is taken to have one of its own.
        """
        named = replace(watcher, name=join.name or watcher.name)
        self._viewers[viewer] = _Viewer(named, address or viewer, watcher.name)
        if self._changed:
            # It is told what the others have not been told yet, and may never be.
            self._listed = None
        cameras = Delivery(viewer, "cameras", self.cameras.listed())
        return [cameras, *self._line_up(viewer, join.camera, now)]

    def viewer_left(self, viewer: str) -> list[Delivery]:
        """A viewer's socket closed: its call is over."""
        ended = self._hang_up(viewer, "viewer-left")
        self._line.leave(viewer)
        del self._viewers[viewer]
        self._held.pop(viewer, None)
        return ended

    def hold(self, viewer: str, until: float) -> None:
        """Hand ``viewer``, who may be yet to join, no offer before."""
        self._held[viewer] = until

    def hang_up_on(self, viewer: str) -> list[Delivery]:
        """Somebody who may ends the call ``viewer`` has, if any."""
        call = self._viewers[viewer].call
        return self._end(self._calls[call], "hung-up", set()) if call else []

    def caller_said(self, caller: str, message: Message, now: float) -> list[Delivery]:
        """What follows from a caller's message."""
        match message:
            case Offer():
                return self._stand(caller, message, now)
            case Trickle():
                return self._of_caller(caller, message.call).caller_trickles(message)
            case Floor():
                return self._of_caller(caller, message.call).give_floor(message)
            case RenditionNow():
                return self._of_caller(caller, message.call).tell_rendition(message)
            case Hangup():
                # Also of a connection before this one, which may be dead without having said so.
                call = self._of_camera(self.cameras.of(caller).camera, message.call)
                return self._end(call, message.reason, {caller})
            case Status():
                self.cameras.said(caller, message)
                self._said.add(caller)
                self._changed = True
                return []
            case AskForFloor():
                raise BadMessage("bad-message", "a caller says the state of the floor")
            case AskForRendition():
                raise BadMessage("bad-message", "a caller says which rendition is sent")
        raise BadMessage("unknown-event", "a caller does not say that")

    def viewer_said(self, viewer: str, message: Message, now: float) -> list[Delivery]:
        """What follows from a viewer's message."""
        told = self._viewer_said(viewer, message, now)
        if isinstance(message, Answer | AskForCall | Hangup):
            told += self._move_on(now)
        return told

    def _viewer_said(self, viewer: str, message: Message, now: float) -> list[Delivery]:
        match message:
            case AskForCall():
                ended = self._hang_up(viewer, "replaced")
                return ended + self._line_up(viewer, message.camera, now)
            case Answer() | Trickle() | Listen() | AskForFloor() | AskForRendition():
                return self._of_viewer(viewer, message.call).viewer_says(message)
            case Hangup():
                return self._end(self._of_viewer(viewer, message.call), message.reason, {viewer})
            case Rename():
                return self._rename(self._viewers[viewer], message.name)
            case Floor():
                raise BadMessage("bad-message", "a viewer says whether it wants the floor")
            case RenditionNow():
                raise BadMessage("bad-message", "a viewer says which rendition it wants")
        raise BadMessage("unknown-event", "a viewer does not say that")

    def overdue(self, now: float) -> list[Delivery]:
        """Forget the offers that were handed out and not answered in time: others may have one."""
        late = [call for call in self._calls.values() if call.is_overdue(now)]
        ended = [told for call in late for told in self._end(call, "timeout", set())]
        self._held = {viewer: until for viewer, until in self._held.items() if until > now}
        return ended + self._move_on(now)

    def everybody_hangs_up(self, reason: str) -> list[Delivery]:
        """End every call, telling both sides."""
        return [
            told for call in list(self._calls.values()) for told in self._end(call, reason, set())
        ]

    @property
    def has_news(self) -> bool:
        """Whether ``news`` may have any."""
        return self._changed

    def news(self) -> list[Delivery]:
        """How cameras are now, for the viewers it concerns: at most three messages for each."""
        if not self._changed:
            return []
        self._changed = False
        said, self._said = self._said, set()
        told = []
        for call in self._calls.values():
            if call.caller in said and call.viewer is not None:
                told += self._how_it_is(call.caller, call.viewer)
        for viewer in self._line:
            told += self._why_waiting(viewer, repeat=False)
        before, self._listed = self._listed, self.cameras.listed()
        if self._listed != before:
            told += [Delivery(viewer, "cameras", self._listed) for viewer in self._viewers]
        return told

    def _stand(self, caller: str, offer: Offer, now: float) -> list[Delivery]:
        camera = self.cameras.of(caller).camera
        if offer.call in self._calls:
            raise BadMessage("wrong-state", "that call exists already")
        of_camera = (call for call in self._calls.values() if call.camera == camera)
        if sum(call.viewer is None for call in of_camera) >= MOST_OFFERS:
            raise BadMessage("too-many", f"{MOST_OFFERS} offers stand already")
        self._calls[offer.call] = call = Call(offer, camera, caller)
        return self._offer_around(call, now)

    def _offer_around(self, call: Call, now: float) -> list[Delivery]:
        """Hand it to whose turn it is, if anybody waits and the caller speaks for its camera."""
        viewer = self._line.first(call.camera, self._may_have_one)
        if viewer is None or self.cameras.speaker(call.camera) != call.caller:
            return []
        return self._hand_out(call, viewer, now)

    def _move_on(self, now: float) -> list[Delivery]:
        """Hand out what stands to those in line whom only their address held up."""
        return [told for call in self._standing() for told in self._offer_around(call, now)]

    def _may_have_one(self, viewer: str) -> bool:
        if viewer in self._held:
            return False
        address = self._viewers[viewer].address
        handed = (call.viewer for call in self._calls.values() if not call.answered)
        unanswered = (each for each in handed if each is not None)
        held = sum(self._viewers[each].address == address for each in unanswered)
        return held < MOST_UNANSWERED

    def _line_up(self, viewer: str, wanted: str | None, now: float) -> list[Delivery]:
        order = {each.camera: at for at, each in enumerate(self.cameras.all())}
        fitting = (call for call in self._standing() if wanted in (None, call.camera))
        # Of one camera's, the oldest.
        call = min(fitting, key=lambda call: order[call.camera], default=None)
        if call is not None and self._may_have_one(viewer):
            return self._hand_out(call, viewer, now)
        self._line.join(viewer, wanted)
        return self._why_waiting(viewer, repeat=True)

    def _standing(self) -> list[Call]:
        """The offers a viewer may have, the oldest first.

        Not those of a socket that has a successor: it may be gone without having said so.
        """
        speaker = self.cameras.speaker
        calls = self._calls.values()
        return [
            call for call in calls if call.viewer is None and call.caller == speaker(call.camera)
        ]

    def _hand_out(self, call: Call, viewer: str, now: float) -> list[Delivery]:
        self._line.leave(viewer)
        it = self._viewers[viewer]
        it.call = call.offer.call
        return call.hand_to(viewer, it.watcher, now) + self._how_it_is(call.caller, viewer)

    def _how_it_is(self, caller: str, viewer: str) -> list[Delivery]:
        status = self.cameras.status(caller)
        return [Delivery(viewer, "status", status.payload())] if status else []

    def _why_waiting(self, viewer: str, *, repeat: bool) -> list[Delivery]:
        wanted = self._line.wanted(viewer)
        why = HUNG_UP if viewer in self._held else self.cameras.why_none(wanted)
        if not self._line.is_news(viewer, why) and not repeat:
            return []
        return [Delivery(viewer, "waiting", why._asdict() | {"camera": wanted})]

    def _rename(self, viewer: _Viewer, name: str) -> list[Delivery]:
        """Call ``viewer`` that, in the call it has and in those to come."""
        named = replace(viewer.watcher, name=name or viewer.made)
        if named == viewer.watcher:
            return []
        viewer.watcher = named
        return self._calls[viewer.call].rename(named) if viewer.call else []

    def _hang_up(self, viewer: str, reason: str) -> list[Delivery]:
        """End the call ``viewer`` has, if any, on its own account."""
        current = self._viewers[viewer].call
        return self._end(self._calls[current], reason, {viewer}) if current else []

    def _end(self, call: Call, reason: str, knowing: Iterable[str]) -> list[Delivery]:
        """Forget ``call`` and tell those who took part, but for the ``knowing``."""
        del self._calls[call.offer.call]
        if call.viewer is not None:
            self._viewers[call.viewer].call = None
        return call.over(reason, knowing)

    def _of_caller(self, caller: str, name: str) -> Call:
        call = self._calls.get(name)
        if call is None or call.caller != caller:
            raise BadMessage("unknown-call", "you have no such call")
        return call

    def _of_camera(self, camera: str, name: str) -> Call:
        call = self._calls.get(name)
        if call is None or call.camera != camera:
            raise BadMessage("unknown-call", "you have no such call")
        return call

    def _of_viewer(self, viewer: str, name: str) -> Call:
        call = self._calls.get(name)
        if call is None or call.viewer != viewer:
            raise BadMessage("unknown-call", "you have no such call")
        return call
