"""How a tree of options is read, checked and shown, whatever the options are.

The tree is a dataclass of sections, each a dataclass whose fields are made by ``option``. Nothing
is raised: what is wrong comes back as sentences, each with the path of what it is about.
"""

import tomllib
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

Tree = TypeVar("Tree")
Values = dict[tuple[str, str], Any]

PREFIX = "EDGECAM_"


@dataclass(frozen=True, slots=True)
class Rule:
    """What an option may hold. ``least`` and ``most`` bound numbers and the length of lists.
    ``drivers``: those of its section's that have this option; empty: all.
    """

    sentence: str
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()


def option(
    default: Any,
    sentence: str,
    least: int | None = None,
    most: int | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field that is an option."""
    return field(default=default, metadata={"rule": Rule(sentence, least, most, choices)})


def only_for(drivers: tuple[str, ...], general: Any) -> Any:
    """The ``general`` option as one that only these drivers of its section have."""
    rule = replace(general.metadata["rule"], drivers=drivers)
    return field(default=general.default, metadata={"rule": rule})


@dataclass(frozen=True, slots=True)
class Entry:
    """One option of a tree."""

    section: str
    name: str
    kind: Any
    rule: Rule
    default: Any


def read(tree: type[Tree], path: Path | None, environ: Mapping[str, str]) -> tuple[Tree, list[str]]:
    """The tree as ``path`` and, above it, ``environ`` have it; and all that is wrong with them."""
    problems: list[str] = []
    known = list(entries(tree))
    values = _from_file(path, known, problems) if path else {}
    values.update(_from_environment(environ, known, problems))
    sections = {}
    for name, section in _sections(tree).items():
        sections[name] = section(**{key: v for (of, key), v in values.items() if of == name})
    return tree(**sections), problems


def entries(tree: type) -> Iterator[Entry]:
    """Every option of the tree."""
    for name, section in _sections(tree).items():
        hints = typing.get_type_hints(section)
        for each in fields(section):
            rule = each.metadata["rule"]
            yield Entry(name, each.name, hints[each.name], rule, each.default)


def of_driver(section: Any) -> dict[str, Any]:
    """By name, what only some drivers of ``section`` have and the selected one is among them."""
    return {
        each.name: getattr(section, each.name)
        for each in fields(section)
        if section.driver in each.metadata["rule"].drivers
    }


def misplaced(tree: Any) -> Iterator[str]:
    """A sentence for each option that was set and that the selected driver does not have."""
    for entry in entries(type(tree)):
        section, drivers = getattr(tree, entry.section), entry.rule.drivers
        unused = drivers and section.driver not in drivers
        if unused and getattr(section, entry.name) != entry.default:
            yield (
                f"{entry.section}.{entry.name}: the driver {section.driver!r} has no such option:"
                f" leave it out, or set {entry.section}.driver = {' or '.join(map(repr, drivers))}"
            )


def table(tree: type) -> str:
    """The options as a Markdown table."""
    rows = ["| option | default | allowed | meaning |", "|---|---|---|---|"]
    for entry in entries(tree):
        option = f"`{entry.section}.{entry.name}`"
        default = f"`{_toml(entry.default)}`"
        meaning = f"{_only_for(entry.rule)}{entry.rule.sentence}"
        rows.append(f"| {option} | {default} | {_allowed(entry)} | {meaning} |")
    return "\n".join(rows)


def dump(tree: Any, *, changed: bool) -> str:
    """``tree`` as TOML; ``changed``: only what differs from a default."""
    out: list[str] = []
    for section in _sections(type(tree)):
        lines = []
        for entry in entries(type(tree)):
            value = getattr(getattr(tree, section), entry.name, None)
            if entry.section == section and not (changed and value == entry.default):
                lines.append(f"{entry.name} = {_toml(value)}")
        if lines:
            out += [f"[{section}]", *lines, ""]
    return "\n".join(out)


def _sections(tree: type) -> dict[str, Any]:
    hints = typing.get_type_hints(tree)
    return {each.name: hints[each.name] for each in fields(tree)}


def _from_file(path: Path, known: list[Entry], problems: list[str]) -> Values:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        problems.append(f"{path}: can't be read: {error.strerror}")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: is not TOML: {error}")
        return {}
    values: Values = {}
    sections = {entry.section for entry in known}
    for section, content in document.items():
        if section not in sections:
            nearest = _nearest(section, sections)
            problems.append(f"{section}: there is no such section{nearest}")
        elif not isinstance(content, dict):
            problems.append(f"{section}: is a section; write [{section}] and options below it")
        else:
            paths = {f"{section}.{name}": value for name, value in content.items()}
            by_path = {f"{entry.section}.{entry.name}": entry for entry in known}
            _take(paths, by_path, values, problems)
    return values


def _from_environment(
    environ: Mapping[str, str], known: list[Entry], problems: list[str]
) -> Values:
    by_path = {f"${PREFIX}{e.section}_{e.name}".upper(): e for e in known}
    paths: dict[str, Any] = {}
    for variable, text in environ.items():
        if variable.startswith(PREFIX):
            entry = by_path.get(f"${variable}")
            paths[f"${variable}"] = _parsed(text, entry.kind) if entry else text
    values: Values = {}
    _take(paths, by_path, values, problems)
    return values


def _take(
    paths: Mapping[str, Any], by_path: Mapping[str, Entry], values: Values, problems: list[str]
) -> None:
    """Put what is right into ``values`` and a sentence about each other into ``problems``."""
    for path, value in paths.items():
        entry = by_path.get(path)
        if entry is None:
            problems.append(f"{path}: there is no such option{_nearest(path, by_path)}")
        elif wrong := _wrong(value, entry.kind, entry.rule):
            problems.append(f"{path}: {wrong}")
        else:
            kept = tuple(value) if isinstance(value, list) else value
            values[entry.section, entry.name] = kept


def _parsed(text: str, kind: Any) -> Any:
    """What ``text`` of the environment stands for; itself where it can't be that."""
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


def _nearest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), 1, 0.5)
    return f" (did you mean {close[0].removeprefix('$')}?)" if close else ""


def _allowed(entry: Entry) -> str:
    rule = entry.rule
    if rule.choices:
        return ", ".join(f"`{choice}`" for choice in rule.choices)
    if entry.kind is int:
        return f"{rule.least:,} to {rule.most:,}"
    if isinstance(entry.kind, types.GenericAlias):
        return f"a list of up to {rule.most}"
    return "text"


def _only_for(rule: Rule) -> str:
    drivers = ", ".join(f"`{driver}`" for driver in rule.drivers)
    return f"Only for {drivers}. " if drivers else ""


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value}"
