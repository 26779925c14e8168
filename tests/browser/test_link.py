"""How good the link is, in words: judged by what browsers' statistics say."""

from pathlib import Path
from typing import Any

from tests.browser.chromium import chromium
from tests.browser.watcher import watcher
from tests.node import running_node, serving_node

JUDGE = """
async (reports) => {
  const { sample } = await import("/link/sample.js");
  const { Quality } = await import("/link/quality.js");
  const quality = new Quality();
  return reports.map(([at, report]) => {
    if (report === null) return quality.pause();
    return quality.add(sample(report, 1000 * at));
  });
}
"""

Report = list[dict[str, Any]]


def reported(at: int, **changes: float) -> Report:
    """What Chromium says after ``at`` seconds of a call that went well, as far as the page looks.

    ``changes`` are added to the video's counts, but for ``currentRoundTripTime`` and ``jitter``.
    """
    video: dict[str, float] = {
        "packetsReceived": 120 * at,
        "packetsLost": 0,
        "bytesReceived": 125_000 * at,
        "framesDecoded": 30 * at,
        "framesDropped": 0,
        "freezeCount": 0,
        "totalFreezesDuration": 0,
        "nackCount": 0,
        "pliCount": 0,
    }
    rest = {"currentRoundTripTime": 0.004, "jitter": 0.002}
    video |= {name: video[name] + by for name, by in changes.items() if name in video}
    rest |= {name: value for name, value in changes.items() if name in rest}
    return [
        {
            "type": "inbound-rtp",
            "id": "IT01V1",
            "kind": "video",
            "frameWidth": 1280,
            "frameHeight": 720,
            "codecId": "CIT01_102",
            "jitter": 0.02,
            **video,
        },
        {
            "type": "inbound-rtp",
            "id": "IT01A2",
            "kind": "audio",
            "packetsReceived": 50 * at,
            "packetsLost": 0,
            "bytesReceived": 4_000 * at,
            "jitter": rest["jitter"],
        },
        {"type": "codec", "id": "CIT01_102", "mimeType": "video/H264"},
        {"type": "transport", "id": "T01", "selectedCandidatePairId": "CP2"},
        {"type": "candidate-pair", "id": "CP1", "currentRoundTripTime": 9.0},
        {
            "type": "candidate-pair",
            "id": "CP2",
            "localCandidateId": "I1",
            "remoteCandidateId": "I2",
            "currentRoundTripTime": rest["currentRoundTripTime"],
        },
        {"type": "local-candidate", "id": "I1", "candidateType": "prflx", "protocol": "udp"},
        {"type": "remote-candidate", "id": "I2", "candidateType": "host", "protocol": "udp"},
    ]


SECONDS = range(20)
GOOD: list[tuple[int, Report | None]] = [(at, reported(at)) for at in SECONDS]

JUDGED: dict[str, tuple[list[tuple[int, Report | None]], str, str | None]] = {
    # What was reported; the level at the end, and its cause.
    "all is well": (GOOD, "good", None),
    "4 of 100 packets are lost": (
        [(at, reported(at, packetsLost=7 * at)) for at in SECONDS],
        "fair",
        "loss",
    ),
    "every tenth packet is lost": (
        [(at, reported(at, packetsLost=19 * at)) for at in SECONDS],
        "poor",
        "loss",
    ),
    "the picture stands still a tenth of the time": (
        [(at, reported(at, totalFreezesDuration=0.1 * at)) for at in SECONDS],
        "fair",
        "freezes",
    ),
    "the round trip is slow": (
        [(at, reported(at, currentRoundTripTime=0.45)) for at in SECONDS],
        "fair",
        "round-trip",
    ),
    "packets come unevenly": (
        [(at, reported(at, jitter=0.15)) for at in SECONDS],
        "poor",
        "jitter",
    ),
    "half of the pictures do not come any more": (
        [(at, reported(at, framesDecoded=-16 * max(0, at - 6))) for at in SECONDS],
        "poor",
        "frames",
    ),
    "one bad second is no bad link": (
        [*GOOD[:10], (10, reported(10, currentRoundTripTime=2)), *GOOD[11:12]],
        "good",
        None,
    ),
    "two good seconds are no good link": (
        [(at, reported(at, currentRoundTripTime=2 if at < 18 else 0.01)) for at in SECONDS],
        "poor",
        "round-trip",
    ),
    "it gets better": (
        [(at, reported(at, currentRoundTripTime=2 if at < 12 else 0.01)) for at in SECONDS],
        "good",
        None,
    ),
    "a page that was hidden": (
        [*GOOD[:8], (8, None), (60, reported(9)), (61, reported(39)), (62, reported(69))],
        "good",
        None,
    ),
}


async def test_the_link_is_judged(tmp_path: Path) -> None:
    """By the worst there is, over some seconds; a second that was otherwise changes nothing."""
    async with serving_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = (await watcher(browser, node.link)).page
        found = {
            what: (await page.evaluate(JUDGE, reports))[-1]
            for what, (reports, *_) in JUDGED.items()
        }
    assert {what: (it["level"], it["cause"]) for what, it in found.items()} == {
        what: (level, cause) for what, (_, level, cause) in JUDGED.items()
    }
    assert found["4 of 100 packets are lost"]["values"]["percent"] == 4
    assert found["half of the pictures do not come any more"]["values"]["expected"] == 30


FIGURES = """
async ([from, to, latency, tag]) => {
  const { sample } = await import("/link/sample.js");
  const { figures } = await import("/link/figures.js");
  const { default: language } = await import(`/languages/${tag}.js`);
  return figures(sample(from, 0), sample(to, 4000), latency, language);
}
"""

# Firefox names no transport and no freezes, and marks the pair in use.
FIREFOX: Report = [
    {"type": "inbound-rtp", "kind": "video", "packetsReceived": 480, "packetsLost": 5},
    {
        "type": "candidate-pair",
        "id": "p",
        "selected": True,
        "localCandidateId": "l",
        "remoteCandidateId": "r",
    },
    {"type": "local-candidate", "id": "l", "candidateType": "relay", "protocol": "udp"}
    | {"relayProtocol": "tcp"},
    {"type": "remote-candidate", "id": "r", "candidateType": "host", "protocol": "udp"},
]


async def test_the_figures_are_those_of_the_statistics(tmp_path: Path) -> None:
    """In the viewer's language; what a browser does not tell is not made up."""
    before, after = reported(6), reported(10, packetsLost=20, framesDropped=3, freezeCount=1)
    async with serving_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = (await watcher(browser, node.link)).page
        latency = {"drawn": 21.4, "sameClock": False}
        found = dict(await page.evaluate(FIGURES, [before, after, latency, "en"]))
        assert found == {
            "Picture": "1280 × 720",
            "Codec": "H264",
            "Pictures a second": "30",
            "Received": "1.0 Mbit/s",
            "Packets lost, picture": "4.0 %",
            "Packets lost, sound": "0.0 %",
            "Round trip": "4 ms",
            "Jitter": "2 ms",
            "Pictures dropped": "3",
            "Freezes": "1 (0.0 s)",
            "Repairs asked for (NACK / PLI)": "0 / 0",
            "Path": "direct (prflx – host, udp)",
            "From drawn to shown, if both clocks agree": "21 ms",
        }
        found = dict(await page.evaluate(FIGURES, [before, after, None, "pt-BR"]))
        assert found["Pacotes perdidos, imagem"] == "4,0 %"
        found = dict(await page.evaluate(FIGURES, [[], FIREFOX, None, "en"]))
        assert found == {
            "Pictures a second": "0",
            "Received": "0 kbit/s",
            "Packets lost, picture": "1.0 %",
            "Path": "through a relay (relay – host, tcp)",
        }


TOLD = """
async () => {
  const { Link } = await import("/link/link.js");
  const { Store } = await import("/state.js");
  const { load } = await import("/languages.js");
  const store = new Store();
  const say = (state, message = "") => {
    const status = { state, message, viewers: 1, places: 1, watching: [], floor: [], talk: {} };
    store.dispatch({ type: "status", status });
  };
"""
"""How what tells a link begins, without a session."""

FAILING = (
    TOLD
    + """
  let measured = 0;
  const started = performance.now();
  const stats = async () => {
    measured++;
    const at = (performance.now() - started) / 1_000;
    const video = { packetsReceived: 120 * at, framesDecoded: 30 * at };
    return [{ type: "inbound-rtp", kind: "video", ...video }];
  };
  const video = document.getElementById("video");
  new Link({ store, session: { stats }, language: await load(["en"]), video });
  const button = document.getElementById("quality");
  const tick = () => new Promise((next) => setTimeout(next, 1_000));
  store.dispatch({ type: "offer", call: "12345678", camera: null, viewer: null });
  store.dispatch({ type: "frame" });
  while (button.hidden) await tick();
  say("failed");
  const found = [button.hidden];
  const before = measured;
  for (let ticks = 3; ticks > 0; ticks--) await tick();
  found.push(button.hidden, measured - before);
  say("ready");
  while (button.hidden) await tick();
  return [...found, document.getElementById("quality-level").textContent];
}
"""
)


async def test_a_camera_that_has_failed_says_nothing_of_the_link(tmp_path: Path) -> None:
    """No pictures come, and that is not the link's fault. Once some do, it is judged anew."""
    async with serving_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = (await watcher(browser, node.link)).page
        assert await page.evaluate(FAILING) == [True, True, 0, "Good connection"]


FEWER = (
    TOLD
    + """
  let measured = 0;
  let rate = 60;
  let framesDecoded = 0;
  let then = performance.now();
  const stats = async () => {
    measured++;
    framesDecoded += rate * (performance.now() - then) / 1_000;
    then = performance.now();
    const packetsReceived = 4 * framesDecoded;
    return [{ type: "inbound-rtp", kind: "video", packetsReceived, framesDecoded }];
  };
  const video = document.getElementById("video");
  new Link({ store, session: { stats }, language: await load(["en"]), video });
  const tick = () => new Promise((next) => setTimeout(next, 200));
  const looks = async (count) => {
    for (const until = measured + count; measured < until;) await tick();
    return document.getElementById("quality-level").textContent;
  };
  store.dispatch({ type: "offer", call: "12345678", camera: null, viewer: null });
  store.dispatch({ type: "frame" });
  say("ready");
  const found = [await looks(3)];
  await stats();
  rate = 30;
  say("ready", "fewer pictures are sent meanwhile");
  found.push(await looks(5));
  rate = 15;
  return [...found, await looks(5)];
}
"""
)


async def test_fewer_pictures_are_the_links_fault_unless_the_camera_says_so(tmp_path: Path) -> None:
    """What comes is then held to what came since."""
    async with serving_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = (await watcher(browser, node.link)).page
        found = await page.evaluate(FEWER)
        assert found[:2] == ["Good connection", "Good connection"]
        assert found[2] != "Good connection"


async def test_the_page_says_how_good_the_link_is(tmp_path: Path) -> None:
    """A word beside the picture, and the figures behind it for whoever opens them."""
    async with running_node(tmp_path) as node, chromium(tmp_path, node.ca) as browser:
        page = await watcher(browser, node.link)
        await page.until("live")
        await page.page.get_by_role("button", name="connection").click()
        figures = page.page.locator("#figures")
        # Read from the picture itself, twice: then all the others have long been there.
        await figures.get_by_text("From drawn to shown", exact=True).wait_for()
        names = await figures.locator("dt").all_inner_texts()
        found = dict(zip(names, await figures.locator("dd").all_inner_texts(), strict=True))
        assert found["Picture"] == "640 × 360"
        assert found["Codec"] == "H264"
        assert found["Encoded by"] == "its processor"
        assert found["Path"].startswith("direct (")
        assert float(found["Pictures a second"]) > 0
        assert float(found["Received"].split()[0]) > 0
        assert float(found["From drawn to shown"].split()[0]) > 0

        await page.page.keyboard.press("Escape")
        await figures.wait_for(state="hidden")
        assert page.complaints == []
