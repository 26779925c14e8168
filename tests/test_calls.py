"""The signaling server's decisions: who is told what, in which order."""

import itertools

import pytest

from edgecam.errors import BadMessage
from edgecam.peer.description import Candidate
from edgecam.signaling.calls import MOST_OFFERS, MOST_UNANSWERED, Calls
from edgecam.signaling.exchange import ANSWER_DEADLINE, MOST_CANDIDATES, Delivery
from edgecam.signaling.messages import (
    Answer,
    AskForCall,
    AskForFloor,
    Floor,
    Hangup,
    Join,
    Listen,
    Message,
    Offer,
    Rename,
    Renamed,
    Taken,
    Trickle,
    Watcher,
)
from tests.decisions import (
    AWAY,
    FULL,
    GARDEN,
    ONE,
    PORCH,
    TWO,
    answered,
    joined,
    standing,
    taken,
    told,
    watcher,
)


def candidate(number: int) -> Candidate:
    """A candidate unlike the others."""
    return Candidate(f"candidate:{number}", "0", 0)


@pytest.fixture
def calls() -> Calls:
    """A server with an offer."""
    return standing()


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


def test_a_call_is_under_way_from_its_answer_to_its_end(calls: Calls) -> None:
    """Before and after, and for whoever has left, there is none to lose."""
    assert not calls.under_way("V")
    taken(calls)
    assert not calls.under_way("V")
    calls.viewer_said("V", Answer(ONE, "answer"), 0)
    assert calls.under_way("V")
    calls.caller_said("C", Hangup(ONE, "bye"), 0)
    assert not calls.under_way("V")


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


def test_a_caller_that_comes_again_ends_what_it_lost(calls: Calls) -> None:
    """Over its new connection, as nothing has told the server that the old one is dead.

    Another camera can't.
    """
    answered(calls)
    calls.caller_joined("C2", PORCH)
    calls.caller_joined("G", GARDEN)
    with pytest.raises(BadMessage) as caught:
        calls.caller_said("G", Hangup(ONE, "caller-left"), 0)
    assert caught.value.code == "unknown-call"

    deliveries = calls.caller_said("C2", Hangup(ONE, "caller-left"), 0)

    assert Delivery("V", "hangup", Hangup(ONE, "caller-left").payload()) in deliveries
    assert len(calls) == 0


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


def test_the_floor_goes_both_ways(calls: Calls) -> None:
    """What the viewer wants reaches the caller, what the caller grants reaches that viewer."""
    answered(calls)
    ask, give = AskForFloor(ONE, want=True), Floor(ONE, "granted", "other")
    assert calls.viewer_said("V", ask, 0) == [Delivery("C", "floor", ask.payload())]
    assert calls.caller_said("C", give, 0) == [Delivery("V", "floor", give.payload())]
    back = AskForFloor(ONE, want=False)
    assert calls.viewer_said("V", back, 0) == [Delivery("C", "floor", back.payload())]
    assert calls.viewer_said("V", back, 0) == []


def test_a_name_changes_in_the_middle_of_a_call(calls: Calls) -> None:
    """The caller is told, once; a name that is given back is the one the server made."""
    made = watcher("V")
    calls.viewer_joined("V", made, Join("Ana"), 0)
    for name, called in (("Bia", "Bia"), ("", made.name)):
        renamed = Renamed(ONE, Watcher(made.viewer, called))
        assert calls.viewer_said("V", Rename(name), 0) == [
            Delivery("C", "renamed", renamed.payload())
        ]
        assert calls.viewer_said("V", Rename(name), 0) == []


def test_a_name_costs_no_place_in_line(calls: Calls) -> None:
    """Who waits goes on waiting, and is known by its new name when its turn comes."""
    taken(calls)
    for viewer in ("W", "X"):
        joined(calls, viewer)
    assert calls.viewer_said("W", Rename("Ana"), 0) == []
    handed = calls.caller_said("C", Offer(TWO, "sdp"), 0)
    assert told(handed)[0] == ("W", "offer")
    assert handed[-1].payload["viewer"]["name"] == "Ana"


@pytest.mark.parametrize("message", [Rename("Ana"), Renamed(ONE, watcher("V"))])
def test_only_a_viewer_names_itself(calls: Calls, message: Message) -> None:
    """A caller says neither, a viewer not what it is to be told."""
    taken(calls)
    with pytest.raises(BadMessage):
        calls.caller_said("C", message, 0)
    with pytest.raises(BadMessage):
        calls.viewer_said("V", Renamed(ONE, watcher("V")), 0)


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


def home(calls: Calls, *viewers: str) -> list[tuple[str, str]]:
    """What viewers of one address are told when they come, but for the list of cameras."""
    came = [calls.viewer_joined(each, watcher(each), Join(), 0, "home") for each in viewers]
    return [
        who for deliveries in came for who in told(deliveries) if who[1] in ("offer", "waiting")
    ]


def test_nobody_takes_every_place_by_not_answering() -> None:
    """An address has few unanswered offers; the next viewer of another goes before the rest."""
    calls = Calls()
    calls.caller_joined("C", PORCH)
    for number in range(MOST_UNANSWERED + 2):
        calls.caller_said("C", Offer(f"call-{number}", "sdp"), 0)
    first = [f"V{number}" for number in range(MOST_UNANSWERED)]

    assert home(calls, *first) == [(viewer, "offer") for viewer in first]
    assert home(calls, "W", "X", "Y") == [("W", "waiting"), ("X", "waiting"), ("Y", "waiting")]
    assert told(calls.viewer_said("V0", AskForCall(), 0))[1:3] == [("V0", "offer"), ("C", "taken")]
    assert ("Z", "offer") in told(joined(calls, "Z"))
    assert told(calls.caller_said("C", Offer("call-next", "sdp"), 0)) == []

    assert told(calls.viewer_said("V1", Answer("call-1", "sdp"), 0)) == [
        ("C", "answer"),
        ("W", "offer"),
        ("C", "taken"),
    ]
    calls.caller_said("C", Offer("call-last", "sdp"), 0)
    late = told(calls.overdue(ANSWER_DEADLINE))
    assert ("X", "offer") in late


def test_eight_pictures_side_by_side() -> None:
    """Each is handed its offer as soon as those before it have answered theirs."""
    calls = Calls()
    calls.caller_joined("C", PORCH)
    for number in range(8):
        calls.caller_said("C", Offer(f"call-{number}", "sdp"), 0)
    tiles = [f"V{number}" for number in range(8)]
    home(calls, *tiles)

    for number, tile in enumerate(tiles):
        calls.viewer_said(tile, Answer(f"call-{number}", "sdp"), 0)
    assert all(calls.under_way(tile) for tile in tiles)
