"""One parser for every message of ``docs/signaling.md``: type, length and form. State is not its
business.

Whatever comes out of ``parse`` can be believed to be what its class says; everything else is a
BadMessage with the code the document names.
"""

import re
from collections.abc import Callable
from typing import Any

from edgecam import names
from edgecam.errors import BadMessage
from edgecam.media import EncodedBy
from edgecam.peer.description import MOST_CANDIDATE, MOST_SDP, Candidate
from edgecam.signaling.messages import (
    MOST_TEXT,
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
    Renamed,
    RenditionNow,
    Status,
    Taken,
    Talk,
    Trickle,
    Watcher,
)

CALL_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""Also of cameras and viewers."""

REASON = re.compile(r"[a-z-]{1,32}")
MOST_MESSAGE = 131_072
MOST_ICE_SERVERS = 8
MOST_WATCHING = 64


def parse(event: str, payload: object) -> Message:
    """The message that ``event`` with ``payload`` is, or BadMessage."""
    parser = _PARSERS.get(event)
    if parser is None:
        raise BadMessage("unknown-event", f"there is no event {event[:32]!r}")
    if not isinstance(payload, dict):
        raise BadMessage("bad-message", "the payload has to be one object")
    return parser(payload)


def parse_join(auth: object) -> Join:
    """What a viewer's ``auth`` says; BadMessage if it is malformed."""
    if auth is None:
        return Join()
    if not isinstance(auth, dict):
        raise BadMessage("bad-message", "auth has to be one object")
    return Join(_name_if_any(auth.get("name", "")), _camera(auth))


def call_of(payload: object) -> str | None:
    """The call a message that may be anything names, if it names one."""
    if isinstance(payload, dict):
        call = payload.get("call")
        if isinstance(call, str) and CALL_ID.fullmatch(call):
            return call
    return None


def _offer(payload: dict[str, Any]) -> Offer:
    servers = payload.get("iceServers", [])
    if not isinstance(servers, list) or len(servers) > MOST_ICE_SERVERS:
        raise BadMessage("bad-message", f"iceServers has to be a list of up to {MOST_ICE_SERVERS}")
    return Offer(_call(payload), _sdp(payload), tuple(_ice_server(server) for server in servers))


def _ice_server(server: object) -> dict[str, Any]:
    if not isinstance(server, dict):
        raise BadMessage("bad-message", "an ICE server has to be an object")
    urls = server.get("urls")
    urls = [urls] if isinstance(urls, str) else urls
    if not isinstance(urls, list) or not 1 <= len(urls) <= MOST_ICE_SERVERS:
        raise BadMessage("bad-message", "urls of an ICE server has to be a text or a list of them")
    kept = {key: server[key] for key in ("username", "credential") if key in server}
    for text in (*urls, *kept.values()):
        if not isinstance(text, str) or len(text) > MOST_TEXT:
            raise BadMessage("bad-message", "what an ICE server holds has to be short text")
    return {"urls": urls, **kept}


def _answer(payload: dict[str, Any]) -> Answer:
    return Answer(_call(payload), _sdp(payload), _flag(payload, "listen", default=True))


def _listen(payload: dict[str, Any]) -> Listen:
    return Listen(_call(payload), _flag(payload, "on"))


def _trickle(payload: dict[str, Any]) -> Trickle:
    call = _call(payload)
    candidate = payload.get("candidate", payload)
    if candidate is None:
        return Trickle(call, None)
    if not isinstance(candidate, dict):
        raise BadMessage("bad-message", "candidate has to be an object or null")
    text = candidate.get("candidate")
    mid = candidate.get("sdpMid")
    index = candidate.get("sdpMLineIndex")
    if not isinstance(text, str) or len(text) > MOST_CANDIDATE:
        raise BadMessage("bad-message", f"candidate has to be text of up to {MOST_CANDIDATE}")
    if mid is not None and not (isinstance(mid, str) and len(mid) <= 16):
        raise BadMessage("bad-message", "sdpMid has to be text of up to 16")
    if index is not None and _int(index, 15) is None:
        raise BadMessage("bad-message", "sdpMLineIndex has to be a whole number up to 15")
    if mid is None and index is None:
        raise BadMessage("bad-message", "one of sdpMid and sdpMLineIndex is needed")
    if text == "":
        return Trickle(call, None)
    return Trickle(call, Candidate(text, mid, index))


def _hangup(payload: dict[str, Any]) -> Hangup:
    reason = payload.get("reason")
    if not isinstance(reason, str) or not REASON.fullmatch(reason):
        raise BadMessage("bad-message", "reason has to be 1 to 32 of a-z and -")
    return Hangup(_call(payload), reason)


def _taken(payload: dict[str, Any]) -> Taken:
    viewer = payload.get("viewer")
    return Taken(_call(payload), None if viewer is None else _watcher(viewer))


def _rename(payload: dict[str, Any]) -> Rename:
    return Rename(_name_if_any(payload.get("name")))


def _renamed(payload: dict[str, Any]) -> Renamed:
    return Renamed(_call(payload), _watcher(payload.get("viewer")))


def _watcher(value: object) -> Watcher:
    if not isinstance(value, dict):
        raise BadMessage("bad-message", "a viewer has to be an object")
    name = value.get("name")
    if not isinstance(name, str) or len(name) > MOST_TEXT:
        raise BadMessage("bad-message", f"name has to be text of up to {MOST_TEXT}")
    # Whoever let it in may know another Unicode: a name is never what a call fails by.
    return Watcher(_id(value.get("viewer"), "viewer"), names.cleaned(name))


def _status(payload: dict[str, Any]) -> Status:
    state, message = payload.get("state"), payload.get("message")
    viewers, places = _int(payload.get("viewers"), 10_000), _int(payload.get("places"), 10_000)
    if state not in ("ready", "full", "failed"):
        raise BadMessage("bad-message", "state has to be ready, full or failed")
    if not isinstance(message, str) or len(message) > MOST_TEXT:
        raise BadMessage("bad-message", f"message has to be text of up to {MOST_TEXT}")
    if viewers is None or places is None:
        raise BadMessage("bad-message", "viewers and places have to be whole numbers")
    watching = tuple(_watcher(each) for each in _few(payload, "watching"))
    floor = tuple(_id(each, "a viewer in floor") for each in _few(payload, "floor"))
    message = "".join(each if each.isprintable() else " " for each in message)
    return Status(
        *(state, message, viewers, places, watching, floor, _talk(payload), _privacy(payload)),
        encoder=_encoder(payload),
    )


def _few(payload: dict[str, Any], key: str) -> list[object]:
    value = payload.get(key, [])
    if not isinstance(value, list) or len(value) > MOST_WATCHING:
        raise BadMessage("bad-message", f"{key} has to be a list of up to {MOST_WATCHING}")
    return value


def _privacy(payload: dict[str, Any]) -> bool:
    privacy = payload.get("privacy", False)
    if not isinstance(privacy, bool):
        raise BadMessage("bad-message", "privacy has to be true or false")
    return privacy


def _encoder(payload: dict[str, Any]) -> EncodedBy | None:
    encoder = payload.get("encoder")
    if encoder not in (None, "hardware", "software"):
        raise BadMessage("bad-message", "encoder has to be hardware or software")
    return encoder


def _talk(payload: dict[str, Any]) -> Talk:
    talk = payload.get("talk", {})
    if not isinstance(talk, dict):
        raise BadMessage("bad-message", "talk has to be an object")
    audio, video = talk.get("audio", False), talk.get("video", False)
    if not (isinstance(audio, bool) and isinstance(video, bool)):
        raise BadMessage("bad-message", "audio and video of talk have to be true or false")
    return Talk(audio, video)


def _ask_for_call(payload: dict[str, Any]) -> AskForCall:
    return AskForCall(_camera(payload))


def _floor(payload: dict[str, Any]) -> AskForFloor | Floor:
    """A viewer's, which wants, or a caller's, which answers."""
    if "want" in payload:
        return AskForFloor(_call(payload), _flag(payload, "want"))
    state, reason = payload.get("state"), payload.get("reason")
    if state not in ("granted", "busy", "released", "refused"):
        raise BadMessage("bad-message", "state has to be granted, busy, released or refused")
    if not isinstance(reason, str) or not REASON.fullmatch(reason):
        raise BadMessage("bad-message", "reason has to be 1 to 32 of a-z and -")
    return Floor(_call(payload), state, reason)


def _rendition(payload: dict[str, Any]) -> AskForRendition | RenditionNow:
    """A viewer's, which wants, or a caller's, which sends."""
    if "want" in payload:
        want = payload["want"]
        if want not in ("auto", "main", "small"):
            raise BadMessage("bad-message", "want has to be auto, main or small")
        return AskForRendition(_call(payload), want)
    sent = payload.get("sent")
    if sent not in ("main", "small"):
        raise BadMessage("bad-message", "sent has to be main or small")
    return RenditionNow(_call(payload), sent)


def _call(payload: dict[str, Any]) -> str:
    return _id(payload.get("call"), "call")


def _camera(payload: dict[str, Any]) -> str | None:
    camera = payload.get("camera")
    return None if camera is None else _id(camera, "camera")


def _id(value: object, what: str) -> str:
    if not isinstance(value, str) or not CALL_ID.fullmatch(value):
        raise BadMessage("bad-message", f"{what} has to be 8 to 64 of A-Z a-z 0-9 _ -")
    return value


def _name_if_any(value: object) -> str:
    return "" if value == "" else _name(value)


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise BadMessage("bad-message", "name has to be text")
    if fault := names.fault(value):
        raise BadMessage("bad-message", f"name {fault}")
    return value.strip()


def _sdp(payload: dict[str, Any]) -> str:
    sdp = payload.get("sdp")
    if not isinstance(sdp, str) or not 0 < len(sdp) <= MOST_SDP:
        raise BadMessage("bad-message", f"sdp has to be text of up to {MOST_SDP}")
    return sdp


def _flag(payload: dict[str, Any], key: str, *, default: bool | None = None) -> bool:
    value = payload.get(key, default)
    if not isinstance(value, bool):
        raise BadMessage("bad-message", f"{key} has to be true or false")
    return value


def _int(value: object, most: int) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    return None


_PARSERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "offer": _offer,
    "answer": _answer,
    "listen": _listen,
    "candidate": _trickle,
    "hangup": _hangup,
    "taken": _taken,
    "name": _rename,
    "renamed": _renamed,
    "status": _status,
    "call": _ask_for_call,
    "floor": _floor,
    "rendition": _rendition,
}
