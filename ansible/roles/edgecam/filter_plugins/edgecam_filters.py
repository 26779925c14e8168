"""What the role needs of Jinja and Jinja lacks."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

PREFIX = "edgecam_"
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
OWNER = re.compile(r"(?P<user>.+)@(?P<host>\S+), process (?P<pid>\d+) since (?P<since>.+)")


def strangers(names: Iterable[str], specs: Mapping[str, Any]) -> list[str]:
    """A sentence for each of ``names`` that no entry point in ``specs`` has as an option."""
    known = {name for spec in specs.values() for name in spec["options"]}
    return [_stranger(name, known) for name in sorted(set(names) - known)]


def _stranger(name: str, known: set[str]) -> str:
    short = {each.removeprefix(PREFIX): each for each in known}
    near = get_close_matches(name.removeprefix(PREFIX), short, n=1)
    meant = f"; did you mean {short[near[0]]}?" if near else ""
    return f"{name}: there is no such variable{meant}"


def toml(config: Mapping[str, Any]) -> str:
    """``config``, sections of options, as TOML. ValueError names what can't be written."""
    lines: list[str] = []
    for section, options in config.items():
        if not isinstance(options, Mapping):
            raise ValueError(f"edgecam_config.{section} has to be a section with options")
        lines += ["", f"[{_key(section)}]"]
        lines += [f"{_key(name)} = {_value(section, name, it)}" for name, it in options.items()]
    return "\n".join([*lines[1:], ""])


def _key(name: object) -> str:
    text = str(name)
    return text if BARE_KEY.fullmatch(text) else _string(text)


def _value(section: object, name: object, value: object) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(section, name, each) for each in value)}]"
    raise ValueError(f"edgecam_config.{section}.{name} is nothing that an option can be: {value!r}")


def _string(text: str) -> str:
    # JSON's escapes are TOML's, except that DEL is not to stand for itself.
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")


def is_over(owner: str) -> bool:
    """Whether ``owner``, as the lookup ``edgecam_run`` names a run, ran here and has ended."""
    found = OWNER.fullmatch(owner.strip())
    if found is None or found["host"] != socket.gethostname():
        return False
    return begun(int(found["pid"])) != found["since"]


def begun(pid: int) -> str:
    """When process ``pid`` began, as ``ps`` says it; empty if there is none."""
    done = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LC_ALL": "C", "TZ": "UTC"},
    )
    return " ".join(done.stdout.split())


class FilterModule:
    """The filters, as Ansible finds them."""

    def filters(self) -> dict[str, Any]:
        return {
            "edgecam_strangers": strangers,
            "edgecam_toml": toml,
            "edgecam_is_over": is_over,
        }
