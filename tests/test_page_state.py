"""The state machine of the page's call, and what else of the page is pure: without a browser."""

from pathlib import Path
from typing import Any

from tests.modules import in_node

Event = dict[str, Any]

WORDS = """
async (cameras) => {
  const { wordsFor } = await import("./page/words.js");
  const { INITIAL } = await import("./page/state.js");
  const english = (await import("./page/languages/en.js")).default;
  return cameras.map((camera) => wordsFor({ ...INITIAL, phase: "live", camera }, english));
}
"""
TELL = """
async (stories) => {
  const { reduce, INITIAL } = await import("./page/state.js");
  return stories.map((events) => events.reduce(reduce, INITIAL));
}
"""
UP: Event = {"type": "socket-up"}
OFFER: Event = {"type": "offer", "call": "one", "camera": "porch", "viewer": "me"}
NEXT: Event = OFFER | {"call": "two"}
ELSEWHERE: Event = NEXT | {"camera": "gate"}
FRAME: Event = {"type": "frame", "late": None}
LATE: Event = {"type": "frame", "late": 2.9}
LIVE = [UP, OFFER, FRAME]
STATUS: Event = {"type": "status", "status": {"state": "ready"}}
QUIET: Event = {"type": "quiet", "age": 3.7}
FULL: Event = {"type": "waiting", "reason": "full", "message": "", "camera": "porch"}


def over(call: str, reason: str = "bye") -> Event:
    """A call ends."""
    return {"type": "hangup", "call": call, "reason": reason}


def down(code: str = "lost") -> Event:
    """The server is gone."""
    return {"type": "socket-down", "code": code}


OVER = over("one", "unsupported")

STORIES: dict[str, tuple[list[Event], dict[str, Any]]] = {
    "nothing yet": ([], {"phase": "connecting", "call": None}),
    "a picture without a call is none": ([UP, FRAME], {"phase": "connecting"}),
    "offered": ([UP, OFFER], {"phase": "answering", "call": "one", "viewer": "me"}),
    "live": (LIVE, {"phase": "live", "call": "one", "age": None}),
    "delayed: how old it is, in whole seconds": ([*LIVE, QUIET], {"phase": "stale", "age": 3}),
    "and live again": ([*LIVE, QUIET, FRAME], {"phase": "live", "age": None}),
    "they come, but late": ([*LIVE, LATE], {"phase": "live", "late": 2}),
    "a little is a second": ([*LIVE, LATE | {"late": 0.6}], {"phase": "live", "late": 1}),
    "late from the first on": ([UP, OFFER, LATE], {"phase": "live", "late": 2}),
    "and as they should again": ([*LIVE, LATE, FRAME], {"phase": "live", "late": None}),
    "late, then none": ([*LIVE, LATE, QUIET], {"phase": "stale", "age": 3, "late": None}),
    "late, then over": ([*LIVE, LATE, over("one")], {"phase": "lost", "late": None}),
    "quiet before there was a picture": ([UP, OFFER, QUIET], {"phase": "answering", "age": None}),
    "over": ([*LIVE, over("one")], {"phase": "lost", "call": None, "reason": "bye"}),
    "another call is over": ([*LIVE, over("two")], {"phase": "live", "call": "one"}),
    "a late picture of a call that is over": ([*LIVE, over("one"), FRAME], {"phase": "lost"}),
    "a replaced call ends late": ([*LIVE, NEXT, over("one")], {"phase": "answering"}),
    "in line": ([UP, FULL], {"phase": "waiting", "reason": "full", "showing": "porch"}),
    "the server goes": ([*LIVE, down()], {"phase": "reconnecting", "call": None, "reason": None}),
    "why it ended stays known": (
        [*LIVE, over("one", "shutdown"), down()],
        {"phase": "reconnecting", "reason": "shutdown"},
    ),
    "the server says why": ([*LIVE, down("too-many")], {"reason": "too-many"}),
    "refused": ([{"type": "refused", "code": "forbidden"}], {"phase": "needs-login"}),
    "let in again": ([{"type": "refused", "code": "forbidden"}, UP], {"phase": "connecting"}),
    "what one camera says is not true of another": (
        [*LIVE, STATUS, ELSEWHERE],
        {"camera": None, "showing": "gate"},
    ),
    "nor forgotten with a new call of the same": ([*LIVE, STATUS, NEXT], {"showing": "porch"}),
    "paused": ([*LIVE, {"type": "paused", "paused": True}], {"phase": "stale", "age": 0}),
    "a paused picture is not live": (
        [UP, OFFER, {"type": "paused", "paused": True}, FRAME],
        {"phase": "answering"},
    ),
    "no H.264": (
        [UP, OFFER, {"type": "no-codec", "call": "one", "reason": "h264"}],
        {"phase": "unsupported", "reason": "h264"},
    ),
    "and its next call is no news": (
        [UP, OFFER, {"type": "no-codec", "call": "one", "reason": "h264"}, OVER, NEXT],
        {"phase": "unsupported", "call": "two"},
    ),
    "the floor of a call that is over": (
        [*LIVE, NEXT, {"type": "floor", "floor": {"call": "one", "state": "granted"}}],
        {"floor": None},
    ),
    "left": ([*LIVE, {"type": "leave"}], {"phase": "ended", "call": None}),
    "nothing comes after that": ([*LIVE, {"type": "leave"}, down()], {"phase": "ended"}),
    "until one returns": ([{"type": "leave"}, {"type": "return"}], {"phase": "connecting"}),
}


def test_the_call(tmp_path: Path) -> None:
    """What the page knows after each story."""
    found = in_node(tmp_path, TELL, [events for events, _ in STORIES.values()])
    told = {
        story: {key: state[key] for key in expected}
        for (story, (_, expected)), state in zip(STORIES.items(), found, strict=True)
    }
    assert told == {story: expected for story, (_, expected) in STORIES.items()}


EVERY = """
async (events) => {
  const { reduce, INITIAL, Store } = await import("./page/state.js");
  const wrong = [];
  const seen = new Map([[JSON.stringify(INITIAL), INITIAL]]);
  for (const state of seen.values()) {
    for (const event of events) {
      const before = JSON.stringify(state);
      const next = reduce(Object.freeze(state), event);
      if (JSON.stringify(state) !== before) wrong.push(["changed what was", event]);
      if (["live", "stale", "answering"].includes(next.phase) && next.call === null)
        wrong.push([next.phase, state, event]);
      if ((next.phase === "stale") !== (next.age !== null)) wrong.push(["age", state, event, next]);
      if (next.late !== null && next.phase !== "live") wrong.push(["late", state, event, next]);
      const key = JSON.stringify(next);
      if (!seen.has(key)) seen.set(key, next);
    }
  }
  const phases = new Set([...seen.values()].map(({ phase }) => phase));
  return { wrong: wrong.slice(0, 3), phases: [...phases] };
}
"""


def test_whatever_happens_in_whatever_order(tmp_path: Path) -> None:
    """There is no live picture without a call, and only one that is old has an age."""
    events = [
        *(UP, OFFER, NEXT, ELSEWHERE, FRAME, LATE, QUIET, FULL, STATUS),
        *(over("one"), over("two", "unsupported"), down(), down("too-many")),
        *({"type": "paused", "paused": paused} for paused in (True, False)),
        *({"type": kind} for kind in ("leave", "return", "rejoin", "no-webrtc", "named")),
        {"type": "refused", "code": "forbidden"},
        {"type": "no-codec", "call": "one", "reason": "codecs"},
        {"type": "show", "camera": "gate"},
    ]
    found = in_node(tmp_path, EVERY, events)
    assert found["wrong"] == []
    assert len(found["phases"]) == 10


LENS = """
async (steps) => {
  const { WHOLE, moved, pinched, scaled } = await import("./page/lens/lens.js");
  const acts = { moved, pinched, scaled };
  const step = (views, [act, ...how]) => [...views, acts[act](views.at(-1), ...how)];
  return steps.reduce(step, [WHOLE]);
}
"""


def test_the_lens(tmp_path: Path) -> None:
    """What is under a finger stays there; the picture never leaves its room."""
    corner, middle = {"x": 0.5, "y": 0.5}, {"x": 0, "y": 0}
    fingers = [{"x": -0.1, "y": 0}, {"x": 0.1, "y": 0}]
    apart = [{"x": -0.3, "y": 0.1}, {"x": 0.3, "y": 0.1}]
    steps = [
        ["moved", {"x": 0.3, "y": 0}],
        ["scaled", 2, corner],
        ["moved", {"x": -9, "y": 0.25}],
        ["scaled", 100],
        ["scaled", 0.001],
        ["pinched", fingers, apart],
        ["pinched", [middle, middle], apart],
    ]
    found = [
        {key: round(value, 9) + 0.0 for key, value in view.items()}
        for view in in_node(tmp_path, LENS, steps)
    ]
    whole = {"scale": 1, "x": 0, "y": 0}
    assert found[:2] == [whole, whole]
    assert found[2] == {"scale": 2, "x": -0.5, "y": -0.5}
    assert found[3] == {"scale": 2, "x": -0.5, "y": -0.25}
    assert found[4]["scale"] == 8
    assert found[5] == whole
    assert found[6] == {"scale": 3, "x": 0, "y": 0.1}
    assert found[7] == {"scale": 3, "x": 0, "y": 0.2}


NAMES = """
async (names) => {
  const { fileName } = await import("./page/tools/snapshot.js");
  return names.map((name) => fileName(name, new Date(2026, 0, 2, 3, 4, 5)));
}
"""


def test_a_picture_is_named_as_any_system_can_keep_it(tmp_path: Path) -> None:
    """By the camera and the time."""
    names = ["Porch", "Ana/Gate: \\<1>", "../..", "...", ""]
    assert [
        name.removesuffix(" 2026-01-02 03.04.05.jpg") for name in in_node(tmp_path, NAMES, names)
    ] == ["Porch", "Ana Gate 1", "edgecam", "edgecam", "edgecam"]


READ = """
async (told) => {
  const readers = await import("./page/settings/readers.js");
  return told.map(([reader, ...values]) => readers[reader](...values));
}
"""
SESSION = {"id": "a", "name": "Ana", "created": 7, "address": "::1", "agent": "x", "this": True}
PERSON = {"name": "Ana", "role": "admin", "created": 7}
LINK = {"id": "a", "name": "Oma", "role": "viewer", "ends": 9, "uses": 0}
KNOWN = {"id": "a", "name": "Ana", "created": 7, "address": "::1", "agent": "x", "own": True}


def test_what_the_server_says_of_the_settings_is_checked(tmp_path: Path) -> None:
    """Known fields of the right type come through, and nothing else."""
    taken: list[tuple[list[Any], Any]] = [
        (["readSessions", {"sessions": [SESSION | {"more": 1}]}], [KNOWN]),
        (["readNamed", "people", {"people": [PERSON | {"more": 1}]}], [PERSON]),
        (["readLinks", {"links": [LINK]}], [LINK]),
        (
            ["readMe", {"name": "", "role": "admin", "account": 1, "sessions": []}],
            {"name": "", "role": "admin", "account": False, "sessions": []},
        ),
        (
            ["readLog", {"audit": [{"at": 1, "event": "new", "who": 7}]}],
            [{"at": 1, "event": "new", "who": "", "what": "", "address": ""}],
        ),
        (["readSecret", "code", {"code": "abcdefgh-_"}], "abcdefgh-_"),
        (["readPicture", {"svg": "<svg a='#'/>"}], "data:image/svg+xml,%3Csvg%20a%3D'%23'%2F%3E"),
        (["browserOf", "Mozilla/5.0 (X11; Linux x86_64) Chrome/1 Safari/1"], "Chrome · Linux"),
        (["browserOf", "Mozilla/5.0 (iPhone; CPU iPhone OS) Safari/1"], "Safari · iPhone"),
        (["browserOf", "curl"], ""),
    ]
    refused: list[list[Any]] = [
        *(["readMe", value] for value in ("", 1)),
        *(["readLinks", value] for value in ("", 1)),
        ["readSessions", {"sessions": [SESSION | {"id": 7}]}],
        ["readSessions", {"sessions": [SESSION, None]}],
        ["readNamed", "people", {"tokens": []}],
        ["readNamed", "people", {"people": [PERSON | {"role": "king"}]}],
        ["readNamed", "people", {"people": [PERSON | {"created": -1}]}],
        ["readLinks", {"links": [LINK | {"uses": "2"}]}],
        ["readWatching", {"watching": [{"id": "", "since": 7}]}],
        ["readSecret", "code", {"code": "../../sign-out?"}],
        ["readSecret", "code", {"token": "abcdefgh"}],
        *(["readPicture", value] for value in ("", {"svg": 7}, {"svg": "<html><svg "})),
        ["readPicture", {"svg": "<svg " + 70_000 * " "}],
    ]
    found = in_node(tmp_path, READ, [*(told for told, _ in taken), *refused])
    assert found == [*(expected for _, expected in taken), *[None] * len(refused)]


def test_what_is_wrong_is_said_beside_the_picture(tmp_path: Path) -> None:
    """Also while the camera is ready; that all places are taken is no news to who has one."""
    states = ("ready", "failed", "full", "ready")
    cameras = [{"state": state, "message": "it is hot", "privacy": False} for state in states]
    cameras[-1]["message"] = ""
    said = in_node(tmp_path, WORDS, cameras)
    assert [words["detail"] for words in said] == ["It is hot.", "It is hot.", "", ""]
