"""How much one socket may say, and how many sockets one address may have."""

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
