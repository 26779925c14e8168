"""How long somebody has to wait who keeps guessing."""

import ipaddress
from dataclasses import dataclass

MOST_KEYS = 4_096


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


class Delays:
    """``free`` failures of a key cost nothing, each one after that twice as long as the one before,
    from ``first`` to ``most`` seconds. A key that has not failed for ``forget`` seconds is new.

    ``now`` is any steady clock.
    """

    def __init__(self, free: int, first: float, most: float, forget: float = 3_600.0) -> None:
        self._free = free
        self._first = first
        self._most = most
        self._forget = max(forget, most)
        self._failed: dict[str, _Failures] = {}

    def pause(self, key: str, now: float) -> float:
        """Seconds between the last failure of ``key`` and the next try; 0 if there are none."""
        it = self._failed.get(key)
        if it is None or now - it.last >= self._forget or it.count <= self._free:
            return 0.0
        return float(min(self._most, self._first * 2 ** min(it.count - self._free - 1, 32)))

    def wait(self, key: str, now: float) -> float:
        """Seconds until ``key`` may try again; 0 if it may."""
        pause = self.pause(key, now)
        return max(0.0, self._failed[key].last + pause - now) if pause else 0.0

    def failed(self, key: str, now: float) -> None:
        """It has failed once more."""
        before = self._failed.pop(key, None)
        count = before.count if before and now - before.last < self._forget else 0
        while len(self._failed) >= MOST_KEYS:
            # Whoever failed longest ago.
            del self._failed[next(iter(self._failed))]
        self._failed[key] = _Failures(count + 1, now)

    def worked(self, key: str) -> None:
        """It knew."""
        self._failed.pop(key, None)


def network(address: str) -> str:
    """What one that guesses has as many addresses of as it likes: an IPv6 /64 (RFC 6177), an IPv4
    address. ``address`` itself if it is neither.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
