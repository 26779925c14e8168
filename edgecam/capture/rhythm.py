"""Cameras that do not keep the rate they said."""

import logging

from edgecam.media import NS

logger = logging.getLogger(__name__)

WINDOW_NS = 5 * NS
"""How long a camera is watched before it is judged: they begin unsteadily."""

ENOUGH = 0.8
"""The part of the rate below which a camera is too slow."""


class Rhythm:
    """Of one camera, opened once, that was asked for ``rate`` pictures a second.

    One that is too slow is told of in the log, once.
    """

    def __init__(self, camera: str, rate: int) -> None:
        self._camera = camera
        self._rate = rate
        self._next = 0
        self._first: int | None = None
        self._count = 0
        self._judged = False

    def due(self, capture_ns: int) -> bool:
        """Whether a picture that was taken then is wanted: what is too much is left out."""
        self._judge(capture_ns)
        period = NS // self._rate
        if capture_ns < self._next - period // 4:
            return False
        self._next = max(self._next, capture_ns - period) + period
        return True

    def _judge(self, capture_ns: int) -> None:
        if self._first is None:
            self._first = capture_ns
        passed = capture_ns - self._first
        if not self._judged and passed >= WINDOW_NS:
            self._judged = True
            rate = self._count * NS / passed
            if rate < ENOUGH * self._rate:
                logger.warning(
                    "%s delivers %.0f pictures a second, not %d as it said: give it more light,"
                    " switch off that it lowers the rate for a longer exposure, or put it on"
                    " another USB port",
                    self._camera,
                    rate,
                    self._rate,
                )
        self._count += 1
