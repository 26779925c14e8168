"""The figures, as tables for people."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from tests.bench.report import _table

OURS = "edgecam"
SHORTFALL = 0.98
"""Of the stream's frames a second, below which a viewer has not had the stream."""


def heading(results: dict[str, Any]) -> Iterator[str]:
    """What is measured, on what."""
    machine, video = results["machine"], results["stream"]
    changed = " with changes" if results["changed"] else ""
    aes = "" if results["aes"] else ", without AES instructions"
    yield (
        f"edgecam fan-out: {video['width']}x{video['height']} at {video['rate']}, "
        f"{video['bits'] / 1e6:.1f} Mb/s, commit {(results['commit'] or 'unknown')[:12]}{changed}"
    )
    yield f"{machine['cpu']}, {machine['cores']} cores, kernel {machine['kernel']}{aes}"
    yield f"load average before: {machine['load_average'][0]:.1f}"


def line(sample: dict[str, Any]) -> str:
    """One window."""
    return (
        f"{sample['viewers']:>3} viewers, {sample['server']:<15} {sample['cpu']:7.3f} ms, "
        f"{sample['rss']:>7} KiB, at least {sample['least_rate']:.1f} fps, "
        f"{sample['lost']} packets lost, longest gap {sample['longest_gap_ms']} ms"
    )


def tables(results: dict[str, Any]) -> Iterator[str]:
    """Medians with the least and the most, ratios, memory, and what is missing."""
    samples: list[dict[str, Any]] = results["samples"]
    counts = sorted({one["viewers"] for one in samples})
    names = list(dict.fromkeys(one["server"] for one in samples))
    found = {
        (name, count): [s for s in samples if (s["server"], s["viewers"]) == (name, count)]
        for name in names
        for count in counts
    }
    yield "\nCPU of the sending process, ms a viewer-second: median (least-most)"
    yield from _table(
        ["viewers", *names],
        [[str(count), *(_spread(found[name, count]) for name in names)] for count in counts],
    )
    yield f"\n{OURS}'s share of each, medians"
    others = [name for name in names if name != OURS]
    if OURS in names:
        yield from _table(
            ["viewers", *others],
            [
                [str(count), *(_ratio(found[OURS, count], found[name, count]) for name in others)]
                for count in counts
            ],
        )
    yield "\nMemory: resident KiB, medians, and the growth a viewer since the row before"
    yield from _table(
        ["viewers", *names],
        [
            [str(count), *(_memory(found, name, counts, at) for name in names)]
            for at, count in enumerate(counts)
        ],
    )
    yield from _shortfalls(results, found)
    for name, why in results["missing"].items():
        yield f"NOT MEASURED: {name}: {why}"


def _spread(samples: list[dict[str, Any]]) -> str:
    if not samples:
        return "-"
    values = [sample["cpu"] for sample in samples]
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def _ratio(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> str:
    if not ours or not theirs:
        return "-"
    return f"{median(s['cpu'] for s in ours) / median(s['cpu'] for s in theirs):.2f}"


def _memory(
    found: dict[tuple[str, int], list[dict[str, Any]]], name: str, counts: list[int], at: int
) -> str:
    samples = found[name, counts[at]]
    if not samples:
        return "-"
    held = median(sample["rss"] for sample in samples)
    before = found[name, counts[at - 1]] if at else []
    if not before:
        return f"{held:.0f}"
    more = counts[at] - counts[at - 1]
    return f"{held:.0f} (+{(held - median(s['rss'] for s in before)) / more:.0f})"


def _shortfalls(
    results: dict[str, Any], found: dict[tuple[str, int], list[dict[str, Any]]]
) -> Iterator[str]:
    """Where viewers did not get the stream: what was measured there is not that load."""
    rate = results["stream"]["rate"]
    for (name, count), samples in found.items():
        short = [s for s in samples if s["least_rate"] < SHORTFALL * rate]
        lost = sum(s["lost"] for s in samples)
        if short:
            least = min(s["least_rate"] for s in short)
            yield (
                f"{name} at {count}: in {len(short)} of {len(samples)} windows a viewer had fewer "
                f"frames than were sent, {least:.1f} a second at the least"
            )
        if lost:
            yield f"{name} at {count}: {lost} packets lost in {len(samples)} windows"
