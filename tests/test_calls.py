"""The signaling server's decisions: who is told what, in which order."""

import itertools

import pytest

from edgecam.errors import BadMessage
from edgecam.peer.description import Candidate
from edgecam.signaling.calls import MOST_OFFERS, Calls
from edgecam.signaling.cameras import Camera
from edgecam.signaling.exchange import ANSWER_DEADLINE, MOST_CANDIDATES, Delivery
from edgecam.signaling.messages import (
    Answer,
    AskForCall,
    AskForFloor,
    Floor,
    Hangup,
    Listen,
    Message,
    Offer,
    Status,
    Taken,
    Trickle,
    Watcher,
)

ONE, TWO = "call-one", "call-two"
PORCH, GARDEN = Camera("porch-id", "Porch"), Camera("garden-id", "Garden")


def candidate(number: int) -> Candidate:
    """A candidate unlike the others."""
    return Candidate(f"candidate:{number}", "0", 0)


def told(deliveries: list[Delivery]) -> list[tuple[str, str]]:
    """Who is told what."""
    return [(delivery.to, delivery.event) for delivery in deliveries]


FULL = Status("full", "all 1 places are taken", 1, 1)
AWAY = {"reason": "no-caller", "message": "the camera is away"}


def in_list(
    camera: Camera, state: str = "ready", message: str = "", viewers: int = 0, places: int = 0
) -> dict[str, str | int]:
    """What the list of cameras has of one."""
    counts = {"viewers": viewers, "places": places}
    return {
        "camera": camera.camera,
        "name": camera.name,
        "state": state,
        "message": message,
    } | counts


def watcher(viewer: str) -> Watcher:
    """What the others know of a viewer."""
    return Watcher(f"viewer-{viewer}", f"{viewer}'s browser")


def joined(calls: Calls, viewer: str, wanted: str | None = None) -> list[Delivery]:
    """What follows when a viewer comes, but for the list of cameras that it is told first."""
    cameras, *others = calls.viewer_joined(viewer, watcher(viewer), wanted, 0)
    assert cameras == Delivery(viewer, "cameras", calls.cameras.listed())
    return others


@pytest.fixture
def calls() -> Calls:
    """A server that one caller has joined and made an offer to."""
    calls = Calls()
    calls.caller_joined("C", PORCH)
    calls.caller_said("C", Offer(ONE, "sdp"), 0)
    return calls


def taken(calls: Calls) -> None:
    """Let viewer V take the offer."""
    joined(calls, "V")


def answered(calls: Calls) -> None:
    """Let viewer V take and answer it."""
    taken(calls)
    calls.viewer_said("V", Answer(ONE, "answer"), 0)


def test_an_offer_and_its_candidates_wait_for_a_viewer(calls: Calls) -> None:
    """What the caller said before anybody came reaches the viewer in the order it was said."""
    for number in (1, 2):
        assert calls.caller_said("C", Trickle(ONE, candidate(number)), 0) == []
    calls.caller_said("C", Trickle(ONE, None), 0)

    assert joined(calls, "V") == [
        Delivery(
            "V",
            "offer",
            Offer(ONE, "sdp").payload() | {"camera": PORCH.camera, "viewer": "viewer-V"},
        ),
        Delivery("V", "candidate", Trickle(ONE, candidate(1)).payload()),
        Delivery("V", "candidate", Trickle(ONE, candidate(2)).payload()),
        Delivery("V", "candidate", Trickle(ONE, None).payload()),
        Delivery("C", "taken", Taken(ONE, watcher("V")).payload()),
    ]
    assert told(calls.caller_said("C", Trickle(ONE, candidate(3)), 0)) == [("V", "candidate")]


def test_an_offer_goes_to_one_viewer_only(calls: Calls) -> None:
    """The second viewer waits, in line, and gets the next offer."""
    taken(calls)

    assert told(joined(calls, "W")) == [("W", "waiting")]
    assert told(joined(calls, "X")) == [("X", "waiting")]
    assert told(calls.caller_said("C", Offer(TWO, "sdp"), 0)) == [("W", "offer"), ("C", "taken")]


def test_candidates_before_the_answer_are_told_after_it(calls: Calls) -> None:
    """A viewer's early candidates are kept until the answer they belong behind."""
    taken(calls)
    assert calls.viewer_said("V", Trickle(ONE, candidate(1)), 0) == []
    assert calls.viewer_said("V", Trickle(ONE, candidate(2)), 0) == []

    deliveries = calls.viewer_said("V", Answer(ONE, "answer"), 0)

    assert told(deliveries) == [("C", "answer"), ("C", "candidate"), ("C", "candidate")]
    assert deliveries[1].payload == Trickle(ONE, candidate(1)).payload()
    assert told(calls.viewer_said("V", Trickle(ONE, None), 0)) == [("C", "candidate")]


@pytest.mark.parametrize(
    ("who", "message", "code"),
    [
        ("V", Answer(ONE, "again"), "wrong-state"),
        ("V", Answer(TWO, "answer"), "unknown-call"),
        ("W", Answer(ONE, "answer"), "unknown-call"),
        ("W", Trickle(ONE, None), "unknown-call"),
        ("W", Hangup(ONE, "bye"), "unknown-call"),
        ("V", Offer(TWO, "sdp"), "unknown-event"),
        ("V", Taken(ONE), "unknown-event"),
        ("V", Floor(ONE, "granted", "other"), "bad-message"),
        ("W", AskForFloor(ONE, want=True), "unknown-call"),
        ("W", Listen(ONE, on=True), "unknown-call"),
        ("C", Listen(ONE, on=True), "unknown-event"),
        ("C", Offer(ONE, "sdp"), "wrong-state"),
        ("C", Answer(ONE, "answer"), "unknown-event"),
        ("D", Trickle(ONE, None), "unknown-call"),
        ("D", Hangup(ONE, "bye"), "unknown-call"),
        ("D", Floor(ONE, "granted", "other"), "unknown-call"),
        ("C", AskForFloor(ONE, want=True), "bad-message"),
    ],
)
def test_what_is_not_ones_business_is_refused(
    calls: Calls, who: str, message: Message, code: str
) -> None:
    """Strangers to a call, and messages out of turn, get a code, and the call goes on."""
    answered(calls)
    joined(calls, "W")
    calls.caller_joined("D", PORCH)
    say = calls.viewer_said if who in "VW" else calls.caller_said

    with pytest.raises(BadMessage) as caught:
        say(who, message, 0)

    assert caught.value.code == code
    assert told(calls.viewer_said("V", Trickle(ONE, None), 0)) == [("C", "candidate")]


def test_floods_of_candidates_and_offers_are_refused(calls: Calls) -> None:
    """A side may send so many candidates, a caller leave so many offers, and no more."""
    answered(calls)
    for number in range(MOST_CANDIDATES):
        calls.viewer_said("V", Trickle(ONE, candidate(number)), 0)
    with pytest.raises(BadMessage, match="candidates"):
        calls.viewer_said("V", Trickle(ONE, None), 0)
    for number in range(MOST_OFFERS):
        calls.caller_said("C", Offer(f"more-calls-{number}", "sdp"), 0)
    with pytest.raises(BadMessage, match="offers"):
        calls.caller_said("C", Offer("one-too-many", "sdp"), 0)


def test_when_a_side_leaves_all_of_the_call_is_forgotten(calls: Calls) -> None:
    """The other side is told, and nothing is left of the call."""
    answered(calls)
    assert calls.viewer_left("V") == [Delivery("C", "hangup", Hangup(ONE, "viewer-left").payload())]
    assert len(calls) == 0

    calls.caller_said("C", Offer(TWO, "sdp"), 0)
    assert told(joined(calls, "W"))[0] == ("W", "offer")
    assert calls.caller_left("C", 0) == [
        Delivery("W", "hangup", Hangup(TWO, "caller-left").payload())
    ]
    assert len(calls) == 0
    assert calls.viewer_said("W", AskForCall(), 0)[0].payload["reason"] == "no-caller"


def test_an_offer_nobody_answers_is_forgotten(calls: Calls) -> None:
    """After the deadline both sides are told; an answered call has no deadline."""
    taken(calls)
    calls.caller_said("C", Offer(TWO, "sdp"), 0)
    joined(calls, "W")
    calls.viewer_said("W", Answer(TWO, "answer"), 0)

    assert calls.overdue(ANSWER_DEADLINE - 0.1) == []
    assert told(calls.overdue(ANSWER_DEADLINE)) == [("C", "hangup"), ("V", "hangup")]
    assert len(calls) == 1


def test_asking_again_replaces_the_call(calls: Calls) -> None:
    """A viewer has one call: the caller is told, the viewer gets the next offer."""
    answered(calls)
    calls.caller_said("C", Offer(TWO, "sdp"), 0)

    deliveries = calls.viewer_said("V", AskForCall(), 0)

    assert told(deliveries) == [("C", "hangup"), ("V", "offer"), ("C", "taken")]
    assert deliveries[0].payload == Hangup(ONE, "replaced").payload()


def test_those_who_wait_are_told_why(calls: Calls) -> None:
    """Full, failed, getting ready or away: the reason is the caller's own, and changes are told."""
    taken(calls)
    assert joined(calls, "W")[0].payload["reason"] == "no-offer"

    assert calls.caller_said("C", FULL, 0) == []
    full = calls.news()

    assert told(full)[:2] == [("V", "status"), ("W", "waiting")]
    why = {"reason": "full", "message": "all 1 places are taken", "camera": None}
    assert full[1].payload == why
    assert told(calls.caller_left("C", 0)) == [("V", "hangup")]
    assert calls.news()[0] == Delivery("W", "waiting", AWAY | {"camera": None})


def test_news_are_told_once(calls: Calls) -> None:
    """However often a caller says how it is, each viewer is told once, and what it was last."""
    taken(calls)
    joined(calls, "W")
    calls.news()
    for number in range(1_000):
        calls.caller_said("C", Status("ready", f"{number}", 1, 4), 0)
    calls.caller_said("C", FULL, 0)

    news = calls.news()

    assert told(news) == [("V", "status"), ("W", "waiting"), ("V", "cameras"), ("W", "cameras")]
    assert news[0].payload == FULL.payload()
    assert news[2].payload == {"cameras": [in_list(PORCH, "full", "all 1 places are taken", 1, 1)]}
    assert not calls.has_news
    calls.caller_said("C", FULL, 0)
    assert told(calls.news()) == [("V", "status")]


def test_who_comes_between_a_change_and_its_news_is_told_the_end(calls: Calls) -> None:
    """A camera that is full for a moment is not full for ever for who came in that moment."""
    calls.news()
    calls.caller_said("C", FULL, 0)
    assert calls.viewer_joined("V", watcher("V"), None, 0)[0].payload["cameras"][0]["places"] == 1
    calls.caller_said("C", Status("ready", "", 0, 0), 0)
    assert Delivery("V", "cameras", {"cameras": [in_list(PORCH)]}) in calls.news()


def test_cameras_are_listed_also_while_away(calls: Calls) -> None:
    """Those that are known, in their order; then those that call all the same, while they do."""
    for camera in (GARDEN, PORCH):
        calls.know(camera)
    guest = Camera("guest-id", "Guest")
    calls.caller_joined("G", guest)
    assert calls.cameras.listed() == {
        "cameras": [in_list(GARDEN, "away"), in_list(PORCH), in_list(guest)]
    }
    calls.caller_left("G", 0)
    calls.caller_left("C", 0)
    calls.forget(GARDEN.camera)
    assert calls.cameras.listed() == {"cameras": [in_list(PORCH, "away")]}


@pytest.fixture
def two(calls: Calls) -> Calls:
    """The same server, with a second camera that has no offer yet."""
    calls.know(PORCH)
    calls.know(GARDEN)
    calls.caller_joined("G", GARDEN)
    return calls


def test_a_viewer_gets_the_camera_it_wants(two: Calls) -> None:
    """Not another's offer, however many stand; of any, the first in the list that has one."""
    two.caller_said("G", Offer(TWO, "sdp"), 0)
    assert joined(two, "V", GARDEN.camera)[0].payload["call"] == TWO
    two.caller_said("G", Offer("call-three", "sdp"), 0)
    assert joined(two, "W")[0].payload["camera"] == PORCH.camera
    assert joined(two, "X")[0].payload["camera"] == GARDEN.camera


def test_those_who_wait_for_one_camera_and_for_any_share_one_line(two: Calls) -> None:
    """Whose turn it is goes by who came first, and only an offer one wants ends the waiting."""
    taken(two)
    for viewer, wanted in (("W", GARDEN.camera), ("X", None), ("Y", PORCH.camera), ("Z", None)):
        assert told(joined(two, viewer, wanted)) == [(viewer, "waiting")]
    order = []
    for number, caller in enumerate("CGCG"):
        heard = two.caller_said(caller, Offer(f"call-{number}-more", "sdp"), 0)
        order += [delivery.to for delivery in heard if delivery.event == "offer"]
    assert order == ["X", "W", "Y", "Z"]


def test_waiting_for_a_camera_that_is_away(two: Calls) -> None:
    """Its own state is told, not another's; when it comes back, its offer is."""
    two.caller_left("G", 0)
    assert joined(two, "V", GARDEN.camera) == [
        Delivery("V", "waiting", AWAY | {"camera": GARDEN.camera})
    ]
    two.news()
    two.caller_joined("G", GARDEN)
    ready = [news for news in two.news() if news.event == "waiting"]
    assert [news.payload["reason"] for news in ready] == ["no-offer"]
    assert told(two.caller_said("G", Offer(TWO, "sdp"), 0)) == [("V", "offer"), ("G", "taken")]


def test_waiting_for_a_camera_nobody_knows(two: Calls) -> None:
    """It may be revoked, or come yet: the viewer stays in line for it, or asks for another."""
    unknown = "camera-of-nobody"
    assert joined(two, "V", unknown)[0].payload == AWAY | {"camera": unknown}
    asked = two.viewer_said("V", AskForCall(PORCH.camera), 0)
    assert told(asked) == [("V", "offer"), ("C", "taken")]


def test_asking_for_another_camera_keeps_the_place_in_line(two: Calls) -> None:
    """Who waits and wants another camera has still waited that long."""
    taken(two)
    joined(two, "W", GARDEN.camera)
    joined(two, "X")
    asked = two.viewer_said("W", AskForCall(PORCH.camera), 0)
    assert asked[0].payload["camera"] == PORCH.camera
    assert told(two.caller_said("C", Offer(TWO, "sdp"), 0))[0] == ("W", "offer")


def test_the_newest_socket_speaks_for_its_camera(calls: Calls) -> None:
    """What stands at the old one is handed out no more, its calls go on; and it may be the one
    that stays.
    """
    answered(calls)
    calls.caller_said("C", FULL, 0)
    calls.caller_said("C", Offer(TWO, "sdp"), 0)
    calls.caller_joined("C2", PORCH)
    assert calls.cameras.listed() == {"cameras": [in_list(PORCH)]}
    assert told(joined(calls, "W")) == [("W", "waiting")]
    assert told(calls.caller_said("C", Trickle(ONE, None), 0)) == [("V", "candidate")]
    calls.caller_said("C", Status("failed", "", 0, 1), 0)
    assert [news.to for news in calls.news() if news.event == "status"] == ["V"]

    assert told(calls.caller_left("C2", 0)) == [("W", "offer"), ("C", "taken"), ("W", "status")]


def test_the_old_socket_closes_at_last(calls: Calls) -> None:
    """Only then do its viewers hear that it is gone; its successor is not touched."""
    answered(calls)
    calls.caller_joined("C2", PORCH)
    calls.caller_said("C2", Offer(TWO, "sdp"), 0)
    assert calls.caller_left("C", 0) == [
        Delivery("V", "hangup", Hangup(ONE, "caller-left").payload())
    ]
    assert told(calls.viewer_said("V", AskForCall(), 0))[0] == ("V", "offer")


def test_the_share_of_a_camera_is_that_of_all_its_sockets(calls: Calls) -> None:
    """Offers are counted together; another camera's count for themselves."""
    calls.caller_joined("C2", PORCH)
    for number in range(MOST_OFFERS - 1):
        calls.caller_said("C2", Offer(f"more-calls-{number}", "sdp"), 0)
    with pytest.raises(BadMessage, match="offers"):
        calls.caller_said("C", Offer("one-too-many", "sdp"), 0)
    calls.caller_joined("G", GARDEN)
    calls.caller_said("G", Offer("one-too-many", "sdp"), 0)


def test_the_floor_goes_both_ways(calls: Calls) -> None:
    """What the viewer wants reaches the caller, what the caller grants reaches that viewer."""
    answered(calls)
    ask, give = AskForFloor(ONE, want=True), Floor(ONE, "granted", "other")
    assert calls.viewer_said("V", ask, 0) == [Delivery("C", "floor", ask.payload())]
    assert calls.caller_said("C", give, 0) == [Delivery("V", "floor", give.payload())]
    back = AskForFloor(ONE, want=False)
    assert calls.viewer_said("V", back, 0) == [Delivery("C", "floor", back.payload())]
    assert calls.viewer_said("V", back, 0) == []


def test_there_is_no_floor_before_the_answer(calls: Calls) -> None:
    """Neither to ask for nor to give."""
    with pytest.raises(BadMessage) as early:
        calls.caller_said("C", Floor(ONE, "granted", "other"), 0)
    taken(calls)
    with pytest.raises(BadMessage) as caught:
        calls.viewer_said("V", AskForFloor(ONE, want=True), 0)
    assert early.value.code == caught.value.code == "wrong-state"


def test_every_interleaving_of_the_two_sides_keeps_each_ones_order() -> None:
    """Whatever the order of arrival, what one side said reaches the other as it was said."""
    caller_says: list[Message] = [Trickle(ONE, candidate(number)) for number in (1, 2)]
    viewer_says: list[Message] = [Trickle(ONE, candidate(3)), Answer(ONE, "a"), Trickle(ONE, None)]
    count = len(caller_says) + len(viewer_says)
    for turns in itertools.combinations(range(count), len(caller_says)):
        calls = Calls()
        calls.caller_joined("C", PORCH)
        calls.caller_said("C", Offer(ONE, "sdp"), 0)
        sent = joined(calls, "V")
        from_caller, from_viewer = iter(caller_says), iter(viewer_says)
        for turn in range(count):
            if turn in turns:
                sent += calls.caller_said("C", next(from_caller), 0)
            else:
                sent += calls.viewer_said("V", next(from_viewer), 0)
        to_viewer = [d.payload for d in sent if d.to == "V" and d.event == "candidate"]
        to_caller = [d.payload for d in sent if d.to == "C" and d.event != "taken"]
        assert to_viewer == [m.payload() for m in caller_says if isinstance(m, Trickle)]
        assert to_caller == [
            Answer(ONE, "a").payload(),
            Trickle(ONE, candidate(3)).payload(),
            Trickle(ONE, None).payload(),
        ]
