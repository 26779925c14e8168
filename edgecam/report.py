"""How a node is doing, and the one line that tells a person."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stream:
    """Pictures of one codec, or sound: ``life`` changes with every sign of life from the device or
    its encoder, which is ``due`` while somebody wants it and it is not known to have failed.
    ``vital``: without it, nothing is left of the call. ``failures``, and how often only its
    ``encoders`` or the whole of it was begun anew for them, ``reopened``, since the node's start;
    ``reason`` of the last, and for how many seconds it has been ``failing``, None if it does not.
    """

    name: str
    life: int
    due: bool
    vital: bool = True
    failures: int = 0
    encoders: int = 0
    reopened: int = 0
    reason: str = ""
    failing: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How a node is doing.

    ``camera`` and ``encoder`` in words, empty if it has none; ``bitrate`` of the video in bits a
    second; ``temperature`` in degrees Celsius, None if it can't be read. ``troubles``: a sentence
    for each thing that is wrong.
    """

    camera: str = ""
    encoder: str = ""
    viewers: int = 0
    places: int = 0
    bitrate: int = 0
    temperature: float | None = None
    streams: tuple[Stream, ...] = ()
    troubles: tuple[str, ...] = ()


def line(report: Report, *, starting: bool = False) -> str:
    """``report`` for a person, what is wrong first; without line breaks. While it is ``starting``
    that is said before, and of a node without a camera no more, as it may get one.
    """
    parts = ["starting", *report.troubles] if starting else [*report.troubles]
    if report.camera or not starting:
        parts.append(f"{_watched(report)}{_encoded(report)}")
    if report.temperature is not None:
        parts.append(f"{report.temperature:.0f} °C")
    return " ".join("; ".join(parts).split())


def told(report: Report) -> dict[str, Any]:
    """``report`` for a program; as JSON has it, without what only the supervisor reads."""
    streams = [asdict(stream) for stream in report.streams]
    kept = ("name", "failures", "encoders", "reopened", "reason", "failing")
    return asdict(report) | {
        "streams": [{name: stream[name] for name in kept} for stream in streams]
    }


def _watched(report: Report) -> str:
    if not report.camera:
        return "page and signaling only"
    who = f"{report.viewers} of {report.places} watch" if report.viewers else "nobody watches"
    return f"{who} {report.camera}"


def _encoded(report: Report) -> str:
    rate = f" at {report.bitrate / 1e6:.1f} Mbit/s" if report.bitrate else ""
    return f", {report.encoder}{rate}" if report.encoder else ""
