"""The messages of ``docs/signaling.md``, a class each; ``parser`` makes them of what came."""

from dataclasses import dataclass
from typing import Any, Literal

from edgecam.media import EncodedBy
from edgecam.peer.description import Candidate

MOST_TEXT = 256

CallerState = Literal["ready", "full", "failed"]
FloorState = Literal["granted", "busy", "released", "refused"]
RenditionSent = Literal["main", "small"]
RenditionWanted = Literal["auto", "main", "small"]


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that stands, and the servers both sides may use."""

    call: str
    sdp: str
    ice_servers: tuple[dict[str, Any], ...] = ()

    def payload(self) -> dict[str, Any]:
        return {"call": self.call, "sdp": self.sdp, "iceServers": list(self.ice_servers)}


@dataclass(frozen=True, slots=True)
class Answer:
    """A viewer's answer, and whether it hears from the beginning."""

    call: str
    sdp: str
    listen: bool = True

    def payload(self) -> dict[str, Any]:
        return {"call": self.call, "sdp": self.sdp, "listen": self.listen}


@dataclass(frozen=True, slots=True)
class Listen:
    """Whether a viewer hears from now on."""

    call: str
    on: bool

    def payload(self) -> dict[str, Any]:
        return {"call": self.call, "on": self.on}


@dataclass(frozen=True, slots=True)
class AskForRendition:
    """Which rendition a viewer wants; ``auto``: the one that its link carries."""

    call: str
    want: RenditionWanted

    def payload(self) -> dict[str, Any]:
        return {"call": self.call, "want": self.want}


@dataclass(frozen=True, slots=True)
class RenditionNow:
    """Which rendition a viewer is sent; who is told of none has no choice."""

    call: str
    sent: RenditionSent

    def payload(self) -> dict[str, Any]:
        return {"call": self.call, "sent": self.sent}


@dataclass(frozen=True, slots=True)
class Trickle:
    """One more candidate of a side, or None: it has no more."""

    call: str
    candidate: Candidate | None

    def payload(self) -> dict[str, Any]:
        candidate = self.candidate and {
            "candidate": self.candidate.candidate,
            "sdpMid": self.candidate.sdp_mid,
            "sdpMLineIndex": self.candidate.sdp_mline_index,
        }
        return {"call": self.call, "candidate": candidate}


@dataclass(frozen=True, slots=True)
class Hangup:
    """The call is over."""

    call: str
    reason: str

    def payload(self) -> dict[str, Any]:
        return {"call": self.call, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Watcher:
    """A viewer as the others see it."""

    viewer: str
    name: str

    def payload(self) -> dict[str, Any]:
        return {"viewer": self.viewer, "name": self.name}


@dataclass(frozen=True, slots=True)
class Taken:
    """A viewer has been handed the offer; None: the server does not say who."""

    call: str
    viewer: Watcher | None = None

    def payload(self) -> dict[str, Any]:
        return {"call": self.call, **({"viewer": self.viewer.payload()} if self.viewer else {})}


@dataclass(frozen=True, slots=True)
class Rename:
    """A viewer says what the others are to see it as, "": what the server makes of its browser."""

    name: str

    def payload(self) -> dict[str, Any]:
        return {"name": self.name}


@dataclass(frozen=True, slots=True)
class Renamed:
    """The viewer of a call is called something else from now on."""

    call: str
    viewer: Watcher

    def payload(self) -> dict[str, Any]:
        return {"call": self.call, "viewer": self.viewer.payload()}


@dataclass(frozen=True, slots=True)
class Talk:
    """What of a viewer's can be heard and seen at the device."""

    audio: bool = False
    video: bool = False

    def payload(self) -> dict[str, Any]:
        return {"audio": self.audio, "video": self.video}


@dataclass(frozen=True, slots=True)
class Status:
    """How a caller is, who watches it, and who of them (by ``viewer``) has the floor.

    ``privacy``: its privacy switch is on, and nothing can be seen or heard. ``encoder``: who makes
    H.264 of its picture, None if it does not say.
    """

    state: CallerState
    message: str
    viewers: int
    places: int
    watching: tuple[Watcher, ...] = ()
    floor: tuple[str, ...] = ()
    talk: Talk = Talk()
    privacy: bool = False
    encoder: EncodedBy | None = None

    def payload(self) -> dict[str, Any]:
        payload = {
            "state": self.state,
            "message": self.message,
            "viewers": self.viewers,
            "places": self.places,
            "watching": [each.payload() for each in self.watching],
            "floor": list(self.floor),
            "talk": self.talk.payload(),
            "privacy": self.privacy,
        }
        return payload | ({"encoder": self.encoder} if self.encoder else {})


@dataclass(frozen=True, slots=True)
class AskForCall:
    """A viewer wants a call, from ``camera`` or, None, from any."""

    camera: str | None = None


@dataclass(frozen=True, slots=True)
class AskForFloor:
    """A viewer wants to be heard and seen at the device, or no longer."""

    call: str
    want: bool

    def payload(self) -> dict[str, Any]:
        return {"call": self.call, "want": self.want}


@dataclass(frozen=True, slots=True)
class Floor:
    """A caller's answer to that; ``released`` may also come unasked."""

    call: str
    state: FloorState
    reason: str

    def payload(self) -> dict[str, Any]:
        return {"call": self.call, "state": self.state, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Join:
    """What a viewer says of itself when it comes: its name, "" for none, and the camera it wants,
    None for any.
    """

    name: str = ""
    camera: str | None = None


Message = (
    Offer
    | Answer
    | Listen
    | Trickle
    | Hangup
    | Taken
    | Rename
    | Renamed
    | Status
    | AskForCall
    | AskForFloor
    | Floor
    | AskForRendition
    | RenditionNow
)
