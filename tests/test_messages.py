"""The parser of messages believes nothing."""

from typing import Any

import pytest

from edgecam.errors import BadMessage
from edgecam.names import cleaned
from edgecam.peer.description import Candidate
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
    Renamed,
    RenditionNow,
    Status,
    Taken,
    Talk,
    Trickle,
    Watcher,
)
from edgecam.signaling.parser import call_of, parse, parse_join
from tests.names import GOOD, MENDED, NONE

CALL = "abcdefgh"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("offer", Offer(CALL, "v=0", ({"urls": ["stun:x"]},))),
        ("answer", Answer(CALL, "v=0")),
        ("answer", Answer(CALL, "v=0", listen=False)),
        ("listen", Listen(CALL, on=True)),
        ("candidate", Trickle(CALL, Candidate("candidate:1", "0", None))),
        ("candidate", Trickle(CALL, None)),
        ("hangup", Hangup(CALL, "bye")),
        ("taken", Taken(CALL)),
        ("taken", Taken(CALL, Watcher("12345678", "Ana"))),
        ("name", Rename("Ana")),
        ("name", Rename("")),
        ("renamed", Renamed(CALL, Watcher("12345678", "Ana"))),
        ("status", Status("ready", "", 1, 2)),
        ("status", Status("ready", "", 1, 2, encoder="hardware")),
        (
            "status",
            Status(
                "full",
                "x",
                1,
                2,
                (Watcher("12345678", "Ana"),),
                ("12345678",),
                Talk(audio=True, video=False),
            ),
        ),
        ("floor", AskForFloor(CALL, want=True)),
        ("floor", Floor(CALL, "released", "silent")),
        ("rendition", AskForRendition(CALL, "auto")),
        ("rendition", RenditionNow(CALL, "small")),
    ],
)
def test_what_is_written_is_read_back(event: str, message: Any) -> None:
    """Every message's payload parses to the message."""
    assert parse(event, message.payload()) == message


def test_a_viewer_asks_with_an_empty_object() -> None:
    """``call`` may name a camera; whatever else it has is ignored."""
    asked: list[Message] = [parse("call", {}), parse("call", {"x": 1, "camera": "12345678"})]

    assert asked == [AskForCall(), AskForCall("12345678")]


def test_a_viewer_says_who_it_is_and_what_it_wants() -> None:
    """Both are optional, and so is saying anything."""
    assert parse_join(None) == Join()
    assert parse_join({}) == Join()
    assert parse_join({"name": " Ana ", "camera": "12345678"}) == Join("Ana", "12345678")


@pytest.mark.parametrize(
    "auth",
    [
        "x",
        1,
        [],
        {"name": None},
        {"name": 1},
        {"name": "x" * 41},
        {"name": "a\nb"},
        {"camera": "x"},
        {"camera": 1},
    ],
)
def test_a_viewer_who_says_nonsense_is_refused(auth: object) -> None:
    """What it says of itself is shown to others."""
    with pytest.raises(BadMessage) as refused:
        parse_join(auth)
    assert refused.value.code == "bad-message"


@pytest.mark.parametrize("name", [*MENDED, *NONE], ids=ascii)
def test_a_name_is_checked(name: str) -> None:
    """Refused of who says it. Cleaned of who hands it on, who may know another Unicode."""
    with pytest.raises(BadMessage):
        parse_join({"name": name})
    handed_on = {"viewer": CALL, "name": name}
    watcher = Watcher(CALL, cleaned(name))
    assert parse("taken", {"call": CALL, "viewer": handed_on}) == Taken(CALL, watcher)
    assert parse("renamed", {"call": CALL, "viewer": handed_on}) == Renamed(CALL, watcher)
    status = parse("status", STATUS | {"watching": [handed_on]})
    assert isinstance(status, Status)
    assert status.watching == (watcher,)


@pytest.mark.parametrize("name", GOOD, ids=ascii)
def test_a_good_name_is_taken_as_it_is(name: str) -> None:
    """A viewer's own, and one that a caller tells of."""
    assert parse_join({"name": name}).name == name
    status = parse("status", STATUS | {"watching": [{"viewer": CALL, "name": name}]})
    assert isinstance(status, Status)
    assert status.watching == (Watcher(CALL, name),)


def test_a_message_of_a_status_is_one_printable_line() -> None:
    """It is shown to viewers, whatever a driver or a foreign caller put in it."""
    status = parse("status", STATUS | {"message": "no camera:\n\x1b\u202eodd"})
    assert isinstance(status, Status)
    assert status.message == "no camera:   odd"


def test_an_empty_candidate_is_the_end_of_candidates() -> None:
    """W3C's older way to say that there are no more."""
    assert parse("candidate", {"call": CALL, "candidate": {"candidate": "", "sdpMid": "0"}}) == (
        Trickle(CALL, None)
    )


ICE = {"candidate": "candidate:1", "sdpMid": "0"}
STATUS: dict[str, Any] = {"state": "ready", "message": "", "viewers": 0, "places": 0}


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("answer", None),
        ("answer", "text"),
        ("answer", []),
        ("answer", {}),
        ("answer", {"call": CALL}),
        ("answer", {"call": 12345678, "sdp": "x"}),
        ("answer", {"call": "short", "sdp": "x"}),
        ("answer", {"call": "a" * 65, "sdp": "x"}),
        ("answer", {"call": "abc defgh", "sdp": "x"}),
        ("answer", {"call": "abcdefgh\n", "sdp": "x"}),
        ("answer", {"call": CALL, "sdp": ""}),
        ("answer", {"call": CALL, "sdp": 1}),
        ("answer", {"call": CALL, "sdp": "x" * 65_537}),
        ("answer", {"call": CALL, "sdp": b"x"}),
        ("answer", {"call": CALL, "sdp": "x", "listen": 0}),
        ("listen", {"call": CALL}),
        ("listen", {"call": CALL, "on": None}),
        ("candidate", {"call": CALL, "candidate": 1}),
        ("candidate", {"call": CALL, "candidate": {}}),
        ("candidate", {"call": CALL, "candidate": {"candidate": "x"}}),
        ("candidate", {"call": CALL, "candidate": ICE | {"candidate": "x" * 1_025}}),
        ("candidate", {"call": CALL, "candidate": ICE | {"sdpMid": 0}}),
        ("candidate", {"call": CALL, "candidate": ICE | {"sdpMid": "x" * 17}}),
        ("candidate", {"call": CALL, "candidate": ICE | {"sdpMLineIndex": -1}}),
        ("candidate", {"call": CALL, "candidate": ICE | {"sdpMLineIndex": True}}),
        ("candidate", {"call": CALL, "candidate": ICE | {"sdpMLineIndex": 1e9}}),
        ("hangup", {"call": CALL}),
        ("hangup", {"call": CALL, "reason": "Bye!"}),
        ("hangup", {"call": CALL, "reason": "x" * 33}),
        ("offer", {"call": CALL, "sdp": "x", "iceServers": "stun:x"}),
        ("offer", {"call": CALL, "sdp": "x", "iceServers": [{"urls": 1}]}),
        ("offer", {"call": CALL, "sdp": "x", "iceServers": [{"urls": []}]}),
        ("offer", {"call": CALL, "sdp": "x", "iceServers": [{"urls": "x" * 257}]}),
        ("offer", {"call": CALL, "sdp": "x", "iceServers": [{"urls": "x", "username": 1}]}),
        ("offer", {"call": CALL, "sdp": "x", "iceServers": [{"urls": "x"}] * 9}),
        ("status", STATUS | {"encoder": "magic"}),
        ("status", {"state": "fine", "message": "", "viewers": 0, "places": 0}),
        ("status", {"state": "ready", "message": "x" * 257, "viewers": 0, "places": 0}),
        ("status", {"state": "ready", "message": "", "viewers": -1, "places": 0}),
        ("status", {"state": "ready", "message": "", "viewers": 0}),
        ("status", STATUS | {"watching": "Ana"}),
        ("status", STATUS | {"watching": ["Ana"]}),
        ("status", STATUS | {"watching": [{"viewer": CALL, "name": "x" * 257}]}),
        ("status", STATUS | {"watching": [{"viewer": "x", "name": "Ana"}]}),
        ("status", STATUS | {"watching": [{"viewer": CALL, "name": "Ana"}] * 65}),
        ("status", STATUS | {"floor": [1]}),
        ("status", STATUS | {"floor": CALL}),
        ("status", STATUS | {"talk": True}),
        ("status", STATUS | {"talk": {"audio": 1}}),
        ("taken", {"call": CALL, "viewer": "Ana"}),
        ("taken", {"call": CALL, "viewer": {"viewer": CALL}}),
        ("name", {}),
        ("name", {"name": None}),
        ("name", {"name": "x" * 41}),
        ("name", {"name": "\u202eAna"}),
        ("renamed", {"call": CALL}),
        ("renamed", {"call": CALL, "viewer": {"viewer": CALL, "name": None}}),
        ("renamed", {"viewer": {"viewer": CALL, "name": "Ana"}}),
        ("call", {"camera": 1}),
        ("call", {"camera": "x"}),
        ("floor", {"call": CALL}),
        ("floor", {"call": CALL, "want": 1}),
        ("floor", {"want": True}),
        ("floor", {"call": CALL, "state": "mine", "reason": "bye"}),
        ("floor", {"call": CALL, "state": "busy"}),
        ("floor", {"call": CALL, "state": "busy", "reason": "No!"}),
        ("rendition", {"call": CALL}),
        ("rendition", {"want": "small"}),
        ("rendition", {"call": CALL, "want": "large"}),
        ("rendition", {"call": CALL, "want": ["main"]}),
        ("rendition", {"call": CALL, "sent": "auto"}),
    ],
)
def test_what_is_malformed_is_refused(event: str, payload: object) -> None:
    """A missing field, a wrong type, too much of anything: one code for all of it."""
    with pytest.raises(BadMessage) as caught:
        parse(event, payload)

    assert caught.value.code == "bad-message"


def test_an_unknown_event_is_refused() -> None:
    """Its name comes back shortened."""
    with pytest.raises(BadMessage) as caught:
        parse("x" * 10_000, {})

    assert caught.value.code == "unknown-event"
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("payload", [None, [], {}, {"call": 1}, {"call": "x"}, "call"])
def test_no_call_is_made_out_of_nonsense(payload: object) -> None:
    """``call_of`` finds a call only where there is one."""
    assert call_of(payload) is None
    assert call_of({"call": CALL}) == CALL
