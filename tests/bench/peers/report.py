"""The figures, as tables for people."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from tests.bench.figures import Spread
from tests.bench.report import _table

OURS = "edgecam"

STEPS = (
    ("offer", "offer"),
    ("answered", "answer"),
    ("iceConnected", "ICE"),
    ("connected", "DTLS"),
    ("firstReceived", "keyframe"),
    ("firstPresented", "presented"),
    ("firstFrame", "callback"),
)
"""What there is of every server, each lasting from the one before, the first from the start of the
script: until the page has the offer, or has made it; until it has answered, or has the answer."""

NOTES = """
edgecam: TLS and a session; a light viewer watches beside, so that its camera runs, as theirs do.
janus: its plugin makes the offer, for which there has to be a session and a handle. It asks the
  source for a keyframe when a viewer is connected, once a second at the most. The playout delay is
  0 by `configure`. The page has it begin DTLS.
pion: the browser makes the offer (WHEP), which is answered at once. The source is asked for a
  keyframe when a viewer is connected. The playout delay is 0 with every packet.
janus, pion: {scheme}; nobody beside; the camera and the encoder in a process of their own.
go2rtc, mediamtx: not measured, as Debian has no packages of them.
"""


def heading(results: dict[str, Any]) -> Iterator[str]:
    """What is measured, on what."""
    machine = results["machine"]
    changed = " with changes" if results["changed"] else ""
    rates = ", ".join(f"{name} at {rate / 1e6} Mb/s" for name, rate in results["bitrates"].items())
    yield f"edgecam beside its peers: {rates}, commit {(results['commit'] or '?')[:12]}{changed}"
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['chromium']}"
    yield f"load average before: {machine['load_average'][0]:.1f}"


def line(sample: dict[str, Any]) -> str:
    """One server in one round."""
    first, presented = _first([sample]), sample["latency"]["presented"]
    return (
        f"{sample['size']:<8} {sample['server']:<8} ms, p50 / p95:"
        f" first frame {first.p50:6.1f} / {first.p95:6.1f},"
        f" latency {presented['p50']:5.1f} / {presented['p95']:5.1f}"
    )


def tables(results: dict[str, Any]) -> Iterator[str]:
    """All rounds together: first frames, latency, ratios, and where the time goes."""
    samples: list[dict[str, Any]] = results["samples"]
    names = list(dict.fromkeys(sample["server"] for sample in samples))
    for size in dict.fromkeys(sample["size"] for sample in samples):
        found = {
            name: [s for s in samples if (s["server"], s["size"]) == (name, size)] for name in names
        }
        present = {name: chosen for name, chosen in found.items() if chosen}
        yield f"\n{size}, ms: from the script's start to the first frame, and from being drawn"
        yield "until presented (all joins together; of latency, the median of the rounds)"
        yield from _table(
            ("", "joins", "first p50", "p95", "least", "most", "latency p50", "p95", "skipped"),
            [_row(name, chosen) for name, chosen in present.items()],
        )
        if OURS in present:
            yield f"{OURS}'s part of each"
            yield from _table(
                ("", "first p50", "p95", "latency p50", "p95"),
                [
                    _ratios(name, present[OURS], chosen)
                    for name, chosen in present.items()
                    if name != OURS
                ],
            )
        yield "where the first frame's time goes, p50"
        yield from _table(
            ("", *(title for _, title in STEPS), "page loaded before"),
            [_steps(name, chosen) for name, chosen in present.items()],
        )
    yield NOTES.rstrip().format(scheme="HTTPS" if results["tls"] else "plain HTTP on loopback")
    for name, why in results["missing"].items():
        yield f"NOT MEASURED: {name}: {why}"


def _row(name: str, samples: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    first = _first(samples)
    figures = (first.p50, first.p95, first.least, first.most, *_latency(samples))
    skipped = sum(sample["latency"]["frames"]["skipped"] for sample in samples)
    return (name, f"{first.count}", *(f"{figure:.1f}" for figure in figures), f"{skipped}")


def _ratios(
    name: str, ours: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]]
) -> tuple[str, ...]:
    mine, yours = ((_first(one).p50, _first(one).p95, *_latency(one)) for one in (ours, theirs))
    return (name, *(f"{a / b:.2f}" for a, b in zip(mine, yours, strict=True)))


def _steps(name: str, samples: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    marks = [mark for sample in samples for mark in sample["marks"]]
    before = "scriptStart"
    cells = []
    for step, _ in STEPS:
        cells.append(f"{median(mark[step] - mark[before] for mark in marks):.1f}")
        before = step
    return (name, *cells, f"{median(mark['scriptStart'] for mark in marks):.1f}")


def _first(samples: Sequence[dict[str, Any]]) -> Spread:
    return Spread.of(
        [mark["firstFrame"] - mark["scriptStart"] for one in samples for mark in one["marks"]]
    )


def _latency(samples: Sequence[dict[str, Any]]) -> tuple[float, float]:
    spreads = [sample["latency"]["presented"] for sample in samples]
    return median(one["p50"] for one in spreads), median(one["p95"] for one in spreads)
