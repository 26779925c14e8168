"""The signaling server's decisions where there are several cameras, or several sockets of one."""

import pytest

from edgecam.errors import BadMessage
from edgecam.signaling.calls import MOST_OFFERS, Calls
from edgecam.signaling.cameras import Camera
from edgecam.signaling.exchange import Delivery
from edgecam.signaling.messages import AskForCall, Hangup, Join, Offer, Status, Trickle
from tests.decisions import (
    AWAY,
    FULL,
    GARDEN,
    ONE,
    PORCH,
    TWO,
    answered,
    in_list,
    joined,
    standing,
    taken,
    told,
    watcher,
)


@pytest.fixture
def calls() -> Calls:
    """A server with an offer."""
    return standing()


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
    assert calls.viewer_joined("V", watcher("V"), Join(), 0)[0].payload["cameras"][0]["places"] == 1
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
    none = {"reason": "unknown-camera", "message": "there is no such camera"}
    assert joined(two, "V", unknown)[0].payload == none | {"camera": unknown}
    asked = two.viewer_said("V", AskForCall(PORCH.camera), 0)
    assert told(asked) == [("V", "offer"), ("C", "taken")]


def test_a_camera_is_revoked_under_who_waits_for_it(two: Calls) -> None:
    """From away it becomes unknown, and is away again should it be known again."""
    two.caller_left("G", 0)
    joined(two, "V", GARDEN.camera)
    two.news()
    two.forget(GARDEN.camera)
    gone = [news for news in two.news() if news.event == "waiting"]
    two.know(GARDEN)
    back = [news for news in two.news() if news.event == "waiting"]
    assert [each.payload["reason"] for each in gone + back] == ["unknown-camera", "no-caller"]


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
    assert calls.caller_said("C", Offer("call-three", "sdp"), 0) == []
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
