"""How a node is doing, and the one line that tells a person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stream:
    """Pictures of one codec, or sound: ``life`` changes with every sign of life from the device or
    its encoder, which is ``due`` while somebody wants it and it is not known to have failed.
    ``vital``: without it, nothing is left of the call.
    """

    name: str
    life: int
    due: bool
    vital: bool = True


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


def _watched(report: Report) -> str:
    if not report.camera:
        return "page and signaling only"
    who = f"{report.viewers} of {report.places} watch" if report.viewers else "nobody watches"
    return f"{who} {report.camera}"


def _encoded(report: Report) -> str:
    rate = f" at {report.bitrate / 1e6:.1f} Mbit/s" if report.bitrate else ""
    return f", {report.encoder}{rate}" if report.encoder else ""
