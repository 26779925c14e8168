"""Asking for the machine to be restarted, where new processes don't cure what hangs."""

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from edgecam.files import write_private

logger = logging.getLogger(__name__)

FIRST = 3_600.0
LONGEST = 86_400.0
"""Seconds that the machine has to be up: doubled with each restart that did not cure it, up to a
day. edgecam-reboot.service grants none before the first of them, whoever asks.
"""

COMES = 120.0
"""Seconds in which one comes, if it does."""


def since_boot() -> float:
    """Seconds, also those asleep."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Reboots:
    """Asks by writing to the file ``asked``, which edgecam-reboot.path watches; how often is kept
    in ``kept``, across restarts. All of it blocks.
    """

    def __init__(self, kept: Path, asked: Path, now: Callable[[], float] = since_boot) -> None:
        self._kept = kept
        self._asked = asked
        self._now = now
        self._at: float | None = None
        self._told = False

    def ask(self) -> bool:
        """Ask for one, if it is time. Whether one is on its way."""
        if self._at is not None:
            return self._comes(self._at)
        count = self._count()
        if self._now() < min(FIRST * 2 ** min(count, 10), LONGEST):
            return False
        logger.error(
            "new processes do not cure the camera: asking for a restart of the machine, the %d."
            " since it last worked",
            count + 1,
        )
        try:
            # Counted before: what can't be is not asked for, as it could be again and again.
            write_private(self._kept, json.dumps({"count": count + 1}).encode())
            self._asked.write_text("the camera hangs\n")
        except OSError as error:
            logger.error("no restart of the machine could be asked for: %s", error)
            self._told = True
        self._at = self._now()
        return not self._told

    def cured(self) -> None:
        """The camera works: the next time is the first again."""
        self._kept.unlink(missing_ok=True)

    def _comes(self, at: float) -> bool:
        late = self._now() - at > COMES
        if late and not self._told:
            self._told = True
            logger.error(
                "the machine was not restarted: systemctl status edgecam-reboot.path tells whether"
                " anything heard that it was asked for"
            )
        return not late and not self._told

    def _count(self) -> int:
        try:
            return max(0, int(json.loads(self._kept.read_bytes())["count"]))
        except (OSError, ValueError, KeyError, TypeError):
            return 0
