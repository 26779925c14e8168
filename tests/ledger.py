"""A ledger on a disk, and clocks that a test sets."""

from collections.abc import Callable
from pathlib import Path

from edgecam.accounts import commands
from edgecam.accounts.ledger import Ledger
from edgecam.clock import Clock

NOON = 1_800_000_000.0
PASSWORD = "a long enough password"


class Times:
    """The time of day and a steady clock, which pass when a test says so."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now
        self.steady = 1_000.0

    def clock(self) -> Clock:
        """The clock that says these."""
        return Clock(lambda: self.now, lambda: self.steady)

    def passes(self, seconds: float) -> None:
        """Both go on."""
        self.now += seconds
        self.steady += seconds


def open_ledger(folder: Path, times: Times) -> Ledger:
    """The ledger in ``folder``, as after a start."""
    return Ledger(folder / "door.db", times.clock())


def asking(ledger: Ledger) -> Callable[..., commands.Answer]:
    """What the command line does: ``ask("user-add", name="ana", …)``."""
    return lambda what, **given: commands.run(ledger, what, commands.with_hash(given))
