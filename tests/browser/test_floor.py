"""When the microphone is on: the page's own rules, without a device."""

from pathlib import Path
from typing import Any

from tests.browser.chromium import chromium
from tests.browser.watcher import watcher
from tests.node import serving_node

PLAY = """
async (stories) => {
  const { plan, reduce, SILENT } = await import("/talk/floor.js");
  return stories.map((events) => {
    let state = SILENT;
    for (const event of events) state = reduce(state, event);
    return { state, plan: plan(state) };
  });
}
"""

Event = dict[str, Any]

CALL: Event = {"type": "call", "call": "one", "audio": True, "video": True}
NEXT: Event = CALL | {"call": "two"}
GONE: Event = {"type": "call", "call": None, "audio": False, "video": False}
HOLD: Event = {"type": "hold"}
LATCH: Event = {"type": "latch"}
HUSH: Event = {"type": "hush"}
TOGGLE: Event = {"type": "toggle"}
PICTURE: Event = {"type": "picture"}
ASKED: Event = {"type": "asked"}
BACK: Event = {"type": "given-back"}
OPENED: Event = {"type": "opened", "kind": "audio"}
CLOSED: Event = {"type": "closed", "kind": "audio"}
SEEN: Event = {"type": "opened", "kind": "video"}


def told(state: str, reason: str = "other") -> Event:
    """The camera says something about the floor."""
    return {"type": "floor", "state": state, "reason": reason}


GRANTED = told("granted")
KNOWN = [CALL, HOLD, OPENED, HUSH, CLOSED]
"""The microphone has been opened once, and closed."""
TALKING = [*KNOWN, HOLD, ASKED, GRANTED, OPENED]
HANDS_FREE = [*TALKING, LATCH]

STORIES: dict[str, tuple[list[Event], bool, bool, bool]] = {
    # What happened: whether the floor is wanted, the microphone is open, and it is sent.
    "nothing": ([CALL], False, False, False),
    "the first touch opens before it asks": ([CALL, HOLD], False, True, False),
    "then it asks": ([CALL, HOLD, OPENED], True, True, False),
    "and sends when it may": ([CALL, HOLD, OPENED, ASKED, GRANTED], True, True, True),
    "a later touch asks before it opens": ([*KNOWN, HOLD], True, False, False),
    "nothing is open while it asks": ([*KNOWN, HOLD, ASKED], True, False, False),
    "opens when granted": ([*KNOWN, HOLD, ASKED, GRANTED], True, True, False),
    "talking": (TALKING, True, True, True),
    "let go": ([*TALKING, HUSH], False, False, False),
    "a tap is hands-free": (HANDS_FREE, True, True, True),
    "and is off by the next": ([*HANDS_FREE, HUSH], False, False, False),
    "let go before it was granted": (
        [*KNOWN, HOLD, ASKED, HUSH, BACK, GRANTED],
        False,
        False,
        False,
    ),
    "let go and pressed at once": (
        [*TALKING, HUSH, BACK, CLOSED, HOLD, ASKED, told("released", "bye")],
        True,
        False,
        False,
    ),
    "let go while the browser asked": ([CALL, HOLD, HUSH, OPENED], False, False, False),
    "busy": ([*KNOWN, HOLD, ASKED, told("busy")], False, False, False),
    "a tap that was busy": ([*KNOWN, HOLD, ASKED, told("busy"), LATCH], False, False, False),
    "refused": ([*KNOWN, HOLD, ASKED, told("refused")], False, False, False),
    "taken away": ([*HANDS_FREE, told("released", "silent")], False, False, False),
    "granted unasked": ([*KNOWN, GRANTED], False, False, False),
    "the call ends while held": ([*TALKING, GONE], False, False, False),
    "and nothing comes back": ([*TALKING, GONE, CLOSED, NEXT], False, False, False),
    "the call is replaced while held": ([*TALKING, NEXT], False, False, False),
    "the call ends while hands-free": ([*HANDS_FREE, GONE], False, False, False),
    "it is asked for again": ([*HANDS_FREE, GONE, CLOSED, NEXT], True, False, False),
    "but not after a while": (
        [*HANDS_FREE, GONE, CLOSED, {"type": "lapse"}, NEXT],
        False,
        False,
        False,
    ),
    "nor when it was off": ([*HANDS_FREE, HUSH, CLOSED, BACK, GONE, NEXT], False, False, False),
    "nor when the page was left": ([*HANDS_FREE, {"type": "leave"}, NEXT], False, False, False),
    "a camera that has no loudspeaker": (
        [*HANDS_FREE, NEXT | {"audio": False}],
        False,
        False,
        False,
    ),
    "the loudspeaker goes": ([*HANDS_FREE, CALL | {"audio": False}], False, False, False),
    "denied": (
        [CALL, HOLD, {"type": "failed", "kind": "audio", "code": "denied"}],
        False,
        False,
        False,
    ),
    "unplugged": (
        [*HANDS_FREE, {"type": "failed", "kind": "audio", "code": "ended"}],
        False,
        False,
        False,
    ),
    "only seen": ([CALL, PICTURE, SEEN, ASKED, GRANTED], True, False, False),
    "seen, then heard": ([CALL, PICTURE, SEEN, ASKED, GRANTED, TOGGLE, OPENED], True, True, True),
    "heard no longer, still seen": (
        [CALL, PICTURE, SEEN, ASKED, GRANTED, TOGGLE, OPENED, TOGGLE],
        True,
        False,
        False,
    ),
}


async def test_the_microphone_is_on_when_it_should_be(tmp_path: Path) -> None:
    """Only while the user wants it, in a call that takes it, and sent only with the floor."""
    async with serving_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = (await watcher(browser, node.link)).page
        found = await page.evaluate(PLAY, [events for events, *_ in STORIES.values()])

    plans = [each["plan"] for each in found]
    assert {
        story: (plan["floor"], plan["open"]["audio"], plan["send"]["audio"])
        for story, plan in zip(STORIES, plans, strict=True)
    } == {story: (floor, opens, sends) for story, (_, floor, opens, sends) in STORIES.items()}
    # Nothing is ever sent of what is not open, or without the floor.
    for each in found:
        for kind in ("audio", "video"):
            if each["plan"]["send"][kind]:
                assert each["state"]["open"][kind]
                assert each["state"]["floor"] == "granted"


WORDS = """
async ([events, camera, viewer]) => {
  const { reduce, SILENT } = await import("/talk/floor.js");
  const { talkWords } = await import("/talk/words.js");
  const { default: language } = await import("/languages/en.js");
  const state = events.reduce(reduce, SILENT);
  return talkWords(state, camera, viewer, language);
}
"""

SILENT_FOR_LONG = "Turned off: nothing was heard for a while"
ANA = {"viewer": "viewer-a", "name": "Ana"}
STATUS = {"watching": [ANA, {"viewer": "viewer-b", "name": ""}], "floor": []}

SAID: list[tuple[list[Event], list[str], str, str]] = [
    # What happened, who has the floor; what is said, and whether anything is on.
    ([CALL], [], "", "off"),
    ([CALL, HOLD], [], "Not on yet", "soon"),
    (TALKING, ["viewer-me"], "Your microphone is on", "on"),
    ([*HANDS_FREE, GONE], [], "Off until the connection is back", "soon"),
    ([*KNOWN, HOLD, ASKED, told("busy")], ["viewer-a"], "Ana is talking", "off"),
    ([*KNOWN, HOLD, ASKED, told("busy")], ["viewer-b"], "Somebody is talking", "off"),
    ([*KNOWN, HOLD, ASKED, told("busy")], ["viewer-?"], "Somebody is talking", "off"),
    ([*KNOWN, HOLD, ASKED, told("busy")], [], "Somebody else is talking", "off"),
    (
        [*KNOWN, HOLD, ASKED, told("busy")],
        ["viewer-a", "viewer-b"],
        "Ana and 1 more are talking",
        "off",
    ),
    ([*HANDS_FREE, told("released", "silent")], [], SILENT_FOR_LONG, "off"),
    ([*HANDS_FREE, told("released", "constructor")], [], "Turned off by the camera", "off"),
    ([CALL, HOLD, HUSH, OPENED], [], "The microphone is allowed", "off"),
]


async def test_it_says_what_is_on_and_why_not(tmp_path: Path) -> None:
    """In a sentence; of a reason that nobody has heard of, too."""
    async with serving_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = (await watcher(browser, node.link)).page
        for events, floor, title, tone in SAID:
            said = await page.evaluate(WORDS, [events, STATUS | {"floor": floor}, "viewer-me"])
            assert (said["title"], said["tone"]) == (title, tone)
