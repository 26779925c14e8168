"""The README's table of troubles, for the tests that try its commands."""

import re
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A row: the commands that any device answers, and those that only a Raspberry Pi does."""

    name: str
    anywhere: tuple[str, ...]
    on_a_pi: tuple[str, ...]


def table() -> list[Trouble]:
    """All of them, in their order."""
    _, _, text = README.read_text().partition("\n| trouble |")
    found = []
    for line in text.splitlines()[2:]:
        if not line.startswith("|"):
            break
        name, anywhere, on_a_pi, _ = line.strip("| ").split(" | ")
        found.append(Trouble(name, _commands(anywhere), _commands(on_a_pi)))
    return found


def _commands(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))
