"""What a process has cost so far, as the kernel counts it: proc(5)."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 11, 12
"""Places in stat(5) after the name in brackets, which may hold anything."""


@dataclass(frozen=True, slots=True)
class Cpu:
    """User and system seconds of a process with all its threads, and of its first thread alone.

    The first thread runs the event loop.
    """

    all: float
    loop: float

    def __sub__(self, before: "Cpu") -> "Cpu":
        return Cpu(self.all - before.all, self.loop - before.loop)


@dataclass(frozen=True, slots=True)
class Memory:
    """KiB: resident, and resident with what is shared divided among those who share it.

    The second also moves when other processes with the same libraries come and go.
    """

    rss: int
    pss: int


def cpu(pid: int) -> Cpu:
    """CPU time used so far. Threads that have ended are in it."""
    process = Path("/proc") / str(pid)
    return Cpu(_seconds(process / "stat"), _seconds(process / "task" / str(pid) / "stat"))


def memory(pid: int) -> Memory:
    """Memory held now."""
    text = (Path("/proc") / str(pid) / "smaps_rollup").read_text()
    found = {
        name: int(size) for name, size in re.findall(r"^(\w+): +(\d+) kB$", text, re.MULTILINE)
    }
    return Memory(found["Rss"], found["Pss"])


def _seconds(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS
