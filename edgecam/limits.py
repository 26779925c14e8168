"""How much one socket may say, and how many sockets one address may have."""

import logging
from collections import Counter
from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """At most ``burst`` at once and ``rate`` a second over time. ``now`` is any steady clock."""

    burst: float
    rate: float
    now: float
    _tokens: float = -1.0

    def take(self, now: float) -> bool:
        """Whether one more is within the limit."""
        if self._tokens < 0:
            self._tokens = self.burst
        self._tokens = min(self.burst, self._tokens + (now - self.now) * self.rate)
        self.now = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class PerAddress:
    """Counts the sockets each address holds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Whether ``address`` may hold one more; if so it does."""
        if self._held[address] >= self._most:
            return False
        self._held[address] += 1
        return True

    def give_back(self, address: str) -> None:
        """``address`` holds one less."""
        self._held[address] -= 1
        if self._held[address] <= 0:
            del self._held[address]


class Seldom:
    """What somebody else can provoke all day, in the log: a few lines, then one in ten seconds.

    Those in between are counted, and the count is told with the next.
    """

    def __init__(self, logger: logging.Logger, burst: float = 10, rate: float = 0.1) -> None:
        self._logger = logger
        self._bucket = TokenBucket(burst, rate, 0)
        self._kept = 0

    def log(self, now: float, level: int, text: str, *values: object) -> None:
        """Log it, or count it. ``now`` is any steady clock."""
        if not self._logger.isEnabledFor(level):
            return
        if not self._bucket.take(now):
            self._kept += 1
            return
        kept, self._kept = self._kept, 0
        more = f" (and {kept} lines before that are left out)" if kept else ""
        self._logger.log(level, f"{text}%s", *values, more)  # noqa: G004 (it stays a template)
