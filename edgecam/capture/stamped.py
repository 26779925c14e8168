"""Timestamps of drivers, as far as they can be trusted."""

from edgecam.media import NS, capture_clock

LATE_NS = 5 * NS
"""A driver's timestamp that is older, or ahead, is of another clock: the time of arrival counts."""


def trusted(stamped: int) -> int:
    """``stamped`` in nanoseconds, if that can be on the capture clock; else now."""
    now = capture_clock()
    return stamped if now - LATE_NS < stamped <= now else now
