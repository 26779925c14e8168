"""Every option, once: its type, its bounds, its default and a sentence about it.

``load`` reads a TOML file and the environment (``EDGECAM_<SECTION>_<OPTION>``, which wins) and
either returns a Config or raises one ConfigError that names everything wrong. ``table`` renders
the options for the README.
"""

import os
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from edgecam.errors import ConfigError

PREFIX = "EDGECAM_"


@dataclass(frozen=True, slots=True)
class Rule:
    """What an option may hold. ``least`` and ``most`` bound numbers and the length of lists."""

    sentence: str
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()


def option(
    default: Any,
    sentence: str,
    least: int | None = None,
    most: int | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field that is an option."""
    return field(default=default, metadata={"rule": Rule(sentence, least, most, choices)})


@dataclass(frozen=True, slots=True)
class Camera:
    """The camera."""

    driver: str = option("virtual", "The camera's driver.", choices=("virtual",))
    width: int = option(1280, "Width of the picture in pixels, even.", 320, 1920)
    height: int = option(720, "Height of the picture in pixels, even.", 180, 1080)
    rate: int = option(30, "Pictures a second.", 1, 60)


@dataclass(frozen=True, slots=True)
class Microphone:
    """The microphone."""

    driver: str = option(
        "virtual",
        "The microphone's driver; `none` for a silent camera.",
        choices=("virtual", "none"),
    )


@dataclass(frozen=True, slots=True)
class Encode:
    """How picture and sound are encoded, once for everybody."""

    video_bitrate: int = option(2_500_000, "Bits a second of video.", 100_000, 25_000_000)
    keyframe_interval: int = option(
        10, "Seconds between keyframes nobody asked for; viewers get theirs at once.", 1, 300
    )
    audio_bitrate: int = option(32_000, "Bits a second of sound.", 6_000, 510_000)


@dataclass(frozen=True, slots=True)
class Viewers:
    """How many may watch, and what a slow one costs itself."""

    most: int = option(8, "Viewers at a time.", 1, 64)
    standing_offers: int = option(2, "Offers kept ready for viewers to come.", 1, 16)
    queue: int = option(
        15, "Pictures a viewer may lag before it is dropped to the next keyframe.", 2, 300
    )


@dataclass(frozen=True, slots=True)
class Ice:
    """How the two sides of a call find each other."""

    stun_servers: tuple[str, ...] = option(
        (), "STUN servers, as `stun:HOST:PORT`; with none, nothing leaves the LAN.", 0, 4
    )


@dataclass(frozen=True, slots=True)
class Signaling:
    """Where the camera posts its offers."""

    url: str = option("", "Another node's `https://HOST:PORT` to call at; empty: this one's own.")
    token_file: str = option("", "The file with the caller token for `signaling.url`.")
    ca_file: str = option("", "The CA certificate that vouches for `signaling.url`.")


@dataclass(frozen=True, slots=True)
class Web:
    """The page."""

    host: str = option("", "The address to listen on; empty: all of them.")
    port: int = option(8443, "The HTTPS port; 0 lets the system choose.", 0, 65_535)


@dataclass(frozen=True, slots=True)
class Paths:
    """Folders the node writes to."""

    state: str = option(
        "", "Keys and certificates; empty: `$STATE_DIRECTORY`, else `~/.local/state/edgecam`."
    )
    runtime: str = option(
        "", "The signaling socket; empty: `$RUNTIME_DIRECTORY`, else `run` in the state folder."
    )


@dataclass(frozen=True, slots=True)
class Log:
    """What is logged."""

    level: str = option(
        "info", "The least that is logged.", choices=("debug", "info", "warning", "error")
    )


@dataclass(frozen=True, slots=True)
class Config:
    """All of it. Parts are handed the section or the values they use, never the whole."""

    camera: Camera = Camera()
    microphone: Microphone = Microphone()
    encode: Encode = Encode()
    viewers: Viewers = Viewers()
    ice: Ice = Ice()
    signaling: Signaling = Signaling()
    web: Web = Web()
    paths: Paths = Paths()
    log: Log = Log()


SECTIONS: dict[str, type] = {f.name: typing.get_type_hints(Config)[f.name] for f in fields(Config)}


def load(path: Path | None, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration of ``path`` (None: defaults) under that of the environment."""
    problems: list[str] = []
    values = _from_file(path, problems) if path else {}
    values.update(_from_environment(environ, problems))
    sections: dict[str, Any] = {}
    for name, section in SECTIONS.items():
        mine = {key: value for (of, key), value in values.items() if of == name}
        sections[name] = section(**mine)
    config = Config(**sections)
    problems += _contradictions(config)
    if problems:
        raise ConfigError(problems)
    return config


def options() -> Iterator[tuple[str, str, Any, Rule, Any]]:
    """Every option: section, name, type, rule, default."""
    for name, section in SECTIONS.items():
        hints = typing.get_type_hints(section)
        for entry in fields(section):
            yield name, entry.name, hints[entry.name], entry.metadata["rule"], entry.default


def table() -> str:
    """The options as a Markdown table."""
    rows = ["| option | default | allowed | meaning |", "|---|---|---|---|"]
    for section, name, kind, rule, default in options():
        rows.append(
            f"| `{section}.{name}` | {_shown(default)} | {_allowed(kind, rule)} | {rule.sentence} |"
        )
    return "\n".join(rows)


def dump(config: Config, *, changed: bool = False) -> str:
    """``config`` as TOML that ``load`` reads; ``changed``: only what differs from a default."""
    out: list[str] = []
    for section in SECTIONS:
        lines = [
            f"{name} = {_toml(getattr(getattr(config, section), name))}"
            for of, name, _, _, default in options()
            if of == section
            and not (changed and getattr(getattr(config, section), name) == default)
        ]
        if lines:
            out += [f"[{section}]", *lines, ""]
    return "\n".join(out)


def _from_file(path: Path, problems: list[str]) -> dict[tuple[str, str], Any]:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        problems.append(f"{path}: can't be read: {error.strerror}")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: is not TOML: {error}")
        return {}
    values: dict[tuple[str, str], Any] = {}
    for section, content in document.items():
        if section not in SECTIONS:
            problems.append(f"{section}: there is no such section{_nearest(section, SECTIONS)}")
        elif not isinstance(content, dict):
            problems.append(f"{section}: is a section; write [{section}] and options below it")
        else:
            _take(section, content, values, problems)
    return values


def _take(
    section: str,
    content: dict[str, Any],
    values: dict[tuple[str, str], Any],
    problems: list[str],
) -> None:
    known = {name: (kind, rule) for of, name, kind, rule, _ in options() if of == section}
    everywhere = [f"{of}.{name}" for of, name, *_ in options()]
    for name, value in content.items():
        where = f"{section}.{name}"
        if name not in known:
            problems.append(f"{where}: there is no such option{_nearest(where, everywhere)}")
            continue
        kind, rule = known[name]
        wrong = _wrong(value, kind, rule)
        if wrong:
            problems.append(f"{where}: {wrong}")
        else:
            values[section, name] = tuple(value) if isinstance(value, list) else value


def _from_environment(
    environ: Mapping[str, str], problems: list[str]
) -> dict[tuple[str, str], Any]:
    known = {
        f"{PREFIX}{section}_{name}".upper(): (section, name, kind, rule)
        for section, name, kind, rule, _ in options()
    }
    values: dict[tuple[str, str], Any] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX):
            continue
        if variable not in known:
            problems.append(f"${variable}: there is no such option{_nearest(variable, known)}")
            continue
        section, name, kind, rule = known[variable]
        value = _read(text, kind)
        wrong = _wrong(value, kind, rule)
        if wrong:
            problems.append(f"${variable}: {wrong}")
        else:
            values[section, name] = tuple(value) if isinstance(value, list) else value
    return values


def _read(text: str, kind: Any) -> Any:
    if kind is int:
        try:
            return int(text)
        except ValueError:
            return text
    if kind is str:
        return text
    return [part.strip() for part in text.split(",") if part.strip()]


def _wrong(value: Any, kind: Any, rule: Rule) -> str | None:
    if kind is int:
        return _wrong_number(value, rule)
    if kind is str:
        if not isinstance(value, str):
            return f"has to be text in quotes, not {value!r}"
        if rule.choices and value not in rule.choices:
            nearest = _nearest(value, rule.choices)
            return f"has to be one of {', '.join(rule.choices)}, not {value!r}{nearest}"
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return f"has to be a list of texts, not {value!r}"
    if rule.most is not None and len(value) > rule.most:
        return f"may hold {rule.most} at most, not {len(value)}"
    return None


def _wrong_number(value: Any, rule: Rule) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"has to be a whole number, not {value!r}"
    if rule.least is not None and value < rule.least:
        return f"has to be {rule.least} or more, not {value}"
    if rule.most is not None and value > rule.most:
        return f"has to be {rule.most} or less, not {value}"
    return None


def _contradictions(config: Config) -> Iterator[str]:
    for name in ("width", "height"):
        if getattr(config.camera, name) % 2:
            yield f"camera.{name}: has to be even, as 4:2:0 video is"
    if config.viewers.standing_offers > config.viewers.most:
        yield "viewers.standing_offers: can't exceed viewers.most"
    for server in config.ice.stun_servers:
        if not server.startswith("stun:") or len(server) < 6:
            yield f"ice.stun_servers: {server!r} is not of the form stun:HOST:PORT"
    if config.signaling.url and not config.signaling.url.startswith("https://"):
        yield "signaling.url: has to begin with https://"
    if config.signaling.url and not config.signaling.token_file:
        yield "signaling.token_file: is needed with signaling.url"


def _nearest(name: str, known: Iterator[str] | typing.Iterable[str]) -> str:
    close = get_close_matches(name, list(known), 1, 0.5)
    return f" (did you mean {close[0]}?)" if close else ""


def _shown(default: Any) -> str:
    return f"`{_toml(default)}`"


def _allowed(kind: Any, rule: Rule) -> str:
    if rule.choices:
        return ", ".join(f"`{choice}`" for choice in rule.choices)
    if kind is int:
        return f"{rule.least:,} to {rule.most:,}"
    if isinstance(kind, types.GenericAlias):
        return f"a list of up to {rule.most}"
    return "text"


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value}"
