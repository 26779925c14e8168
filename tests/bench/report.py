"""The figures, as tables for people."""

from collections.abc import Iterator, Sequence
from typing import Any

from tests.bench.drivers import Found
from tests.bench.encoders import Encoders
from tests.bench.figures import Spread
from tests.bench.going import Going
from tests.bench.joins import STEPS, Joins
from tests.bench.latency import Latency
from tests.bench.lips import Lips
from tests.bench.load import TOLERANCE, Load, Row
from tests.bench.plan import RATE
from tests.bench.squeeze import squeeze
from tests.bench.squeeze.squeeze import Squeezed
from tests.bench.start import Start
from tests.bench.storm import Storm, Watched


def heading(machine: dict[str, Any], commit: dict[str, Any], picture: str) -> Iterator[str]:
    """What was measured, on what."""
    changed = " with changes" if commit["changed"] else ""
    load = machine["load_average"][0]
    yield f"edgecam bench: {picture}, commit {(commit['commit'] or 'unknown')[:12]}{changed}"
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['system']} {machine['kernel']}"
    yield f"Python {machine['python']}, {machine['chromium']}, Node.js {machine['node']}"
    yield f"load average before: {load:.1f}" + (
        " - something else is running: take the figures with care" if load > 0.5 else ""
    )


def joins(title: str, found: Joins) -> Iterator[str]:
    """First frames, and where the time goes."""
    yield (
        f"\nFirst frame, {title}: ms over {found.first_frame.count} joins, warm browser, "
        "opened from a light page of the same site"
    )
    rows = [
        _spread("script start to first frame", found.first_frame),
        _spread("navigation to first frame", found.from_navigation),
    ]
    rows += [_spread(f"  {sentence}", found.steps[name]) for name, sentence in STEPS]
    yield from _table(("", "p50", "p95", "least", "most"), rows)


def latency(found: Latency) -> Iterator[str]:
    """How old pictures are when they are seen."""
    frames = found.frames
    offset = found.clock_offset
    yield f"\nLatency, {found.picture}: ms over {found.seconds:.0f} s, {frames.expected} pictures"
    yield from _table(
        ("from being drawn until", "p50", "p95", "least", "most"),
        [
            _spread("presented (presentationTime)", found.presented),
            _spread("  last packet received", found.to_browser),
            _spread("  then, in the browser", found.in_browser),
            _spread("expected on the display", found.displayed),
            _spread("the page's callback", found.called),
        ],
    )
    yield "a picture's mean in the browser: " + ", ".join(
        f"{name.replace('_', ' ')} {ms:.1f}" for name, ms in found.decoder_ms.items()
    )
    error = "" if found.slope_error is None else f", give or take {found.slope_error:.2f}"
    yield (
        f"trend {found.slope:+.2f} ms a minute{error}; {frames.late} late, "
        f"{frames.skipped} skipped, {frames.unreadable} unreadable, "
        f"{frames.uncalled} without a callback, {frames.dropped} dropped by the browser"
    )
    yield (
        f"clocks: the page's was {offset.ms:+.2f} ms off, known to {offset.error:.2f} ms and taken "
        f"out; {found.clock_offset_after.ms:+.2f} at the end"
    )


def lips(found: Lips) -> Iterator[str]:
    """Whether the flash and the beep meet."""
    yield f"\nLip sync, sound on: ms over {found.seconds:.0f} s; positive: the sound is late"
    yield from _table(
        ("", "p50", "p95", "least", "most"),
        [
            _spread("sound after picture, by the browser's statistics", found.browser),
            _spread("sound after picture, as heard through WebAudio", found.heard),
            _spread("  the picture's age when presented", found.picture),
            _spread("  the sound's age when heard through WebAudio", found.sound),
        ],
    )
    yield f"drift {found.drift_ms_per_minute:+.2f} ms a minute"


def going(found: Sequence[Going]) -> Iterator[str]:
    """Who comes and goes."""
    yield "\nComing and going, seconds: until the place was free, and until a picture was back"
    heads = ("", "n", "freed p50", "most", "back p50", "most")
    yield from _table(heads, [_going_row(each) for each in found])


def squeezed(capacity: str, found: Sequence[Squeezed]) -> Iterator[str]:
    """What a slow link costs its viewer, and the one beside."""
    yield (
        f"\nA link of {capacity} under a stream of {squeeze.BITRATE / 1e6:.0f} Mb/s: "
        "ms from being drawn until presented"
    )
    heads = ("", "before p50", "p95", "squeezed p50", "p95", "after p50", "p95", "p95 moved")
    rows = []
    for number, each in enumerate(found, 1):
        for name, seen in (("slow", each.slow), ("good", each.good)):
            spreads = (seen.before, seen.squeezed, seen.after)
            figures = [f"{figure:.1f}" for s in spreads for figure in (s.p50, s.p95)]
            moved = f"{seen.squeezed.p95 - seen.before.p95:+.1f}"
            rows.append((f"{number}, {name} link", *figures, moved))
    yield from _table(heads, rows)
    for number, each in enumerate(found, 1):
        yield (
            f"{number}: {each.freezes} freezes above {squeeze.FREEZE_MS} ms in {each.seconds:.0f} s"
            f" (the first {squeeze.FIRST} s left out), {each.first_freeze_ms:.0f} ms at the most"
            f" in the first; pictures as before {_after(each.recovered)} the end of the squeeze,"
            f" bitrate {_after(each.bitrate_back)};"
            f" {each.received / 1e6:.2f} Mb/s received while squeezed"
        )


def _after(seconds: float | None) -> str:
    return "never after" if seconds is None else f"{seconds:.1f} s after"


def drivers(found: Found) -> Iterator[str]:
    """From capture to packet, and a node that nobody watches."""
    yield "\nDrivers: ms from capture until the event loop has the packet, and to the first one"
    rows = []
    for name, each in found.drivers.items():
        rows.append(_spread(f"{name}, {each.encoder}", each.latency))
        rows.append(_spread(f"{name}, camera closed before: first packet", each.cold))
    yield from _table(("", "p50", "p95", "least", "most"), rows)
    for name, each in found.drivers.items():
        yield f"{name}: camera {'closed' if each.closed else 'NOT CLOSED'} when nobody was left"
    for name, why in found.missing.items():
        yield f"{name}: NOT MEASURED: {why}"
    yield f"A node that nobody watches: {found.idle.p50:.1f} ms of CPU a second"


def start(found: Start) -> Iterator[str]:
    """What it takes before there is anything to see."""
    yield "\nStart"
    rows = [_spread("importing all of it, ms", found.imports)]
    rows += [_spread("until a call could be answered, ms", found.ready)]
    yield from _table(("", "p50", "p95", "least", "most"), rows)
    yield f"the first start of all, which makes keys: {found.first:.2f} s"
    yield (
        f"resident: {found.bare} KiB of Python, {found.imported} KiB with the imports, "
        f"{found.idle} KiB of a node that nobody watches"
    )
    dear = [each for each in found.packages if each.ms >= 1]
    yield "imports, ms: " + ", ".join(f"{it.name} {it.ms:.0f}" for it in dear if it.declared)
    yield "dragged in by those: " + ", ".join(
        f"{it.name} {it.ms:.0f}" for it in dear if not it.declared
    )


def storm(found: Storm) -> Iterator[str]:
    """Whether the many get their picture, and what it does to the few."""
    came = f"{found.joining} viewers within {found.within:.0f} s"
    yield f"\n{came}, ms until each has its first frame"
    rows = [_spread("from its beginning to connect", found.first_frame)]
    yield from _table(("", "p50", "p95", "least", "most"), rows)
    yield f"the {found.watching} who were watching"
    heads = ("", "of all frames", "who got the fewest", "packets lost", "longest gap, ms")
    yield from _table(
        heads, [_watched_row("before", found.calm), _watched_row("storm", found.storm)]
    )


def _watched_row(name: str, found: Watched) -> tuple[str, ...]:
    share = (f"{100 * part:.1f} %" for part in (found.frames, found.fewest))
    return (name, *share, f"{found.lost}", f"{found.longest_gap_ms}")


def _going_row(each: Going) -> tuple[str, ...]:
    spreads = (each.freed, each.back)
    count = max(spread.count for spread in spreads if spread)
    figures = (
        f"{figure:.2f}" if spread else "-"
        for spread in spreads
        for figure in ((spread.p50, spread.most) if spread else (0, 0))
    )
    return (each.what, f"{count}", *figures)


def load(found: Load) -> Iterator[str]:
    """What viewers cost."""
    yield "\nCPU of the node, ms a second, medians of the windows; memory, KiB a viewer"
    heads = "viewers,all,event loop,all / n,loop / n,beyond encode / n,RSS + / n,PSS + / n,fps,lost"
    yield from _table(heads.split(","), [_load_row(row) for row in found.rows])
    idle, shared = found.idle, found.shared
    yield f"nobody watching: {idle.p50:.1f} ({idle.least:.1f}-{idle.most:.1f}) ms a second"
    yield (
        f"capture and encode alone in a process: {shared.p50:.1f} "
        f"({shared.least:.0f}-{shared.most:.0f}) ms a second, subtracted in 'beyond encode'"
    )
    if found.marginal is not None:
        yield (
            f"one more viewer: {found.marginal:.2f} ms a second "
            f"(slope over the rows; of the event loop alone {found.marginal_loop:.2f})"
        )
    invalid = [str(row.viewers) for row in found.rows if not row.valid]
    if invalid:
        yield (
            f"INVALID at {', '.join(invalid)} viewers: not every viewer received {RATE} frames a "
            f"second, give or take {TOLERANCE:.0%}; what was measured is not that load"
        )
    else:
        yield f"every viewer received {RATE} frames a second, give or take {TOLERANCE:.0%}"


def encoders(found: Encoders) -> Iterator[str]:
    """What VP8 costs beside H.264."""
    yield "\nEncoders alone: CPU in ms a second of pictures"
    rows = [
        (*_spread(name, spread), f"{found.ratios[name]:.2f}", f"{found.bitrate[name] / 1e6:.2f}")
        for name, spread in found.cpu.items()
    ]
    yield from _table(("", "p50", "p95", "least", "most", "times H.264", "Mb/s"), rows)


def _load_row(row: Row) -> tuple[str, ...]:
    rates = f"{row.frame_rate.least:.1f}-{row.frame_rate.most:.1f}"
    return (
        f"{row.viewers}",
        f"{row.cpu.p50:.1f} ({row.cpu.least:.0f}-{row.cpu.most:.0f})",
        f"{row.loop.p50:.1f} ({row.loop.least:.0f}-{row.loop.most:.0f})",
        f"{row.per_viewer:.1f}",
        f"{row.delivery:.1f}",
        f"{row.beyond_shared:.1f}",
        *(
            "-" if growth is None else f"{growth:.0f}"
            for growth in (row.rss_per_viewer, row.pss_per_viewer)
        ),
        rates if row.valid else f"{rates} INVALID",
        f"{row.lost}",
    )


def _spread(title: str, found: Spread) -> tuple[str, ...]:
    figures = (found.p50, found.p95, found.least, found.most)
    return (title, *(f"{figure:.1f}" for figure in figures))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        first, *rest = (
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((first, *rest)).rstrip()
