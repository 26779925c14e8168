"""The page believes nothing that comes from the server either."""

import json
from pathlib import Path
from typing import Any

from tests.browser.chromium import chromium
from tests.browser.watcher import watcher
from tests.names import GOOD, MENDED, NONE
from tests.node import serving_node

READ = """
async (told) => {
  const readers = await import("/messages.js");
  return told.map(([reader, value]) => readers[reader](value));
}
"""

CLEAN = """
async (names) => {
  const { readCameras } = await import("/messages.js");
  const camera = { camera: "12345678", state: "away" };
  const read = (name) => readCameras({ cameras: [{ ...camera, name: JSON.parse(name) }] });
  return names.map((name) => read(name)[0].name);
}
"""

ID = "12345678"
STATUS: dict[str, Any] = {"state": "ready", "message": "", "viewers": 1, "places": 2}
SILENT = {"audio": False, "video": False}
CAMERA: dict[str, Any] = {
    "camera": ID,
    "name": "Gate",
    "state": "ready",
    "message": "",
    "viewers": 1,
    "places": 2,
}
OFFER: dict[str, Any] = {"call": ID, "sdp": "v=0"}
FLOOR = {"call": ID, "state": "granted", "reason": "other"}

TAKEN: list[tuple[str, Any, Any]] = [
    ("readStatus", STATUS, STATUS | {"watching": [], "floor": [], "talk": SILENT}),
    (
        "readStatus",
        STATUS
        | {
            "watching": [{"viewer": ID, "name": "Ana", "more": 1}],
            "floor": [ID],
            "talk": {"audio": True, "video": "yes"},
        },
        STATUS
        | {
            "watching": [{"viewer": ID, "name": "Ana"}],
            "floor": [ID],
            "talk": {"audio": True, "video": False},
        },
    ),
    ("readOffer", OFFER, OFFER | {"iceServers": [], "camera": None, "viewer": None}),
    (
        "readOffer",
        OFFER | {"camera": ID, "viewer": "abcdefgh"},
        OFFER | {"iceServers": [], "camera": ID, "viewer": "abcdefgh"},
    ),
    (
        "readOffer",
        OFFER | {"camera": 1},
        OFFER | {"iceServers": [], "camera": None, "viewer": None},
    ),
    (
        "readWaiting",
        {"reason": "full", "message": "x", "camera": ID},
        {"reason": "full", "message": "x", "camera": ID},
    ),
    ("readWaiting", {"reason": "full"}, {"reason": "full", "message": "", "camera": None}),
    ("readCameras", {"cameras": []}, []),
    ("readCameras", {"cameras": [CAMERA | {"more": 1}]}, [CAMERA]),
    (
        "readCameras",
        {"cameras": [{"camera": ID, "name": "x", "state": "away", "viewers": -1}]},
        [CAMERA | {"name": "x", "state": "away", "viewers": 0, "places": 0}],
    ),
    ("readFloor", FLOOR | {"more": 1}, FLOOR),
]

# A name is shown in one line, whatever is in it: no control, no override of the direction.
NAMES = {name: name for name in GOOD} | MENDED | dict.fromkeys(NONE, "")

REFUSED: list[tuple[str, Any]] = [
    *(
        (reader, value)
        for reader in ("readStatus", "readCameras", "readFloor")
        for value in ("", 1)
    ),
    *(("readStatus", STATUS | {"watching": value}) for value in ("x", [1], [{"viewer": ID}])),
    ("readStatus", STATUS | {"watching": [{"viewer": "short", "name": "Ana"}]}),
    ("readStatus", STATUS | {"watching": [{"viewer": ID, "name": "x" * 257}]}),
    ("readStatus", STATUS | {"watching": [{"viewer": ID, "name": "Ana"}] * 65}),
    ("readStatus", STATUS | {"floor": [1]}),
    ("readStatus", STATUS | {"floor": {}}),
    ("readStatus", STATUS | {"talk": True}),
    ("readStatus", STATUS | {"viewers": -1}),
    ("readCameras", {}),
    ("readCameras", {"cameras": {}}),
    ("readCameras", {"cameras": [CAMERA] * 65}),
    ("readCameras", {"cameras": [CAMERA, None]}),
    ("readCameras", {"cameras": [CAMERA | {"camera": "../../x"}]}),
    ("readCameras", {"cameras": [CAMERA | {"name": None}]}),
    ("readCameras", {"cameras": [CAMERA | {"state": "fine"}]}),
    ("readFloor", FLOOR | {"call": 1}),
    ("readFloor", FLOOR | {"state": "yes"}),
    ("readFloor", FLOOR | {"reason": "Because!"}),
    ("readFloor", FLOOR | {"reason": None}),
]


async def test_what_the_server_says_is_checked(tmp_path: Path) -> None:
    """Known fields of the right type come through, and nothing else; a name is cleaned."""
    async with serving_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = (await watcher(browser, node.link)).page
        found = await page.evaluate(READ, [[reader, value] for reader, value, _ in TAKEN])
        assert found == [expected for _, _, expected in TAKEN]

        found = await page.evaluate(READ, [list(each) for each in REFUSED])
        assert [told for told, read in zip(REFUSED, found, strict=True) if read is not None] == []

        # Half of a surrogate pair does not travel as UTF-8.
        named = [json.dumps(name) for name in ("  Ana \t Lúcia ", *NAMES)]
        assert await page.evaluate(CLEAN, named) == ["Ana Lúcia", *NAMES.values()]


ADDRESS = """
async (addresses) => {
  const { readAddress, writeAddress } = await import("/choice.js");
  return addresses.map((each) => writeAddress(readAddress(each)));
}
"""


async def test_an_address_says_which_camera_and_no_more(tmp_path: Path) -> None:
    """What is in it is kept as it is; what can't be a camera is not asked for."""
    addresses = {
        "": "./",
        "?camera=12345678": "?camera=12345678",
        "?side&camera=12345678": "?camera=12345678&side",
        "?camera=12345678&tile=": "?camera=12345678&tile",
        "?camera=short": "./",
        "?camera=%22onload%3D12345678": "./",
        "?side=1&x=y": "?side",
    }
    async with serving_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = (await watcher(browser, node.link)).page
        assert await page.evaluate(ADDRESS, list(addresses)) == list(addresses.values())


SECTIONS = """
async (sdp) => {
  const { receivingSections } = await import("/uplink.js");
  return [...receivingSections(sdp)];
}
"""


async def test_which_sections_the_camera_would_receive(tmp_path: Path) -> None:
    """Those that say so themselves; what stands before the first is about no section."""
    lines = [
        *("v=0", "a=recvonly"),
        *("m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:0", "a=sendonly"),
        *("m=audio 9 UDP/TLS/RTP/SAVPF 97", "a=recvonly", "a=mid:voice"),
        *("m=audio 9 UDP/TLS/RTP/SAVPF 97", "a=mid:2", "a=inactive", "a=x:recvonly"),
    ]
    async with serving_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = (await watcher(browser, node.link)).page
        assert await page.evaluate(SECTIONS, "\r\n".join(lines)) == ["voice"]
