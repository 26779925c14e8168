"""How far a page's clock is from this machine's."""

import time
from dataclasses import dataclass

from tests.bench.opener import Evaluates

EXCHANGES = 40

_PAGE_CLOCK = "() => performance.timeOrigin + performance.now()"
_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Offset:
    """The page's clock (``performance.timeOrigin + performance.now()``) less this machine's.

    In milliseconds. The true offset lies within ``error`` of ``ms``: that is known, not estimated.
    """

    ms: float
    error: float


async def offset(page: Evaluates) -> Offset:
    """The page is asked its time again and again, between two looks at the clock.

    A page can't have answered before it was asked nor after it was heard, so each exchange bounds
    the offset from both sides, and the narrowest bounds of all exchanges hold.
    """
    least, most = float("-inf"), float("inf")
    for _ in range(EXCHANGES):
        asked = time.time_ns() / _MS
        said = await page.evaluate(_PAGE_CLOCK)
        heard = time.time_ns() / _MS
        least, most = max(least, said - heard), min(most, said - asked)
    return Offset((least + most) / 2, (most - least) / 2)
