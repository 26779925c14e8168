"""What one viewer's link carries, by what the viewer says of it.

Pure: told everything, the time included, it does nothing but reckon. The rules are those of Google
Congestion Control (draft-ietf-rmcat-gcc-02), of which the viewer runs the half that sees delay and
sends its result (REMB); where a viewer sends none, loss and round trips have to do.
"""

from collections import deque
from collections.abc import Callable
from math import inf

LEAST = 30_000.0
"""Bits a second, below which no link is held to be: something has to get through to be reported."""

MOST_CLAIM = 10**9
"""Bits a second. Who claims more says nothing."""

PAYLOAD = 0.94
"""Of an estimate, which counts headers, tags and sound, what may be payload of the picture."""

BEYOND = 1.3
"""How far the stream may outrun an estimate, which follows what it is shown: one that fell too low
would else take minutes to find out."""

SHORT, FALL = 0.92, 0.98
"""An estimate says that there is congestion if it is below the first part of what was sent (it is
then 0.85 of what came), and below the second part of the estimate before. """

STANDSTILL = 0.4
"""Seconds after which it says so, too, if it is as short and no longer grows; but then a round trip
without a queue speaks against it. Estimates also fall where a machine is busy for a moment."""

HALF = 0.5
"""Of what was sent, or was to be: an estimate takes it no further down at once."""

TO_ESTIMATE, GROWTH, SLOW_GROWTH = 1.5, 1.08, 1.02
"""Factors a second: up to an estimate; beyond it, or without one; and, without one, about where
congestion was last (from 0.9 to 1.1 of that)."""

HOLD = 1.0
"""Seconds after congestion in which nothing grows."""

LITTLE_LOSS, MUCH_LOSS = 0.02, 0.10
"""Parts of the packets. Above the first nothing grows, above the second there is congestion."""

WINDOW, LEAST_PACKETS = 0.5, 20
"""Seconds, and packets, that a part of them lost is taken from: reports may come with every loss,
each about the few packets since the last."""

FLOOD, SELDOM = 0.25, 5.0
"""A part of the packets lost above which sending them again only adds to it, and no more is sent
than came through; and the seconds for which that is said once."""

BACKED_OFF = 0.85
"""Of what was sent into congestion, what is sent then."""

LEAST_TIME = 0.2
"""Seconds that what was sent is measured over at least; one second at most."""

SHORT_QUEUE, QUEUE = 0.03, 0.1
"""Seconds that a round trip may take beyond the shortest of late to show that there is no queue,
and until it says that there is congestion."""

ROUND_TRIPS = 30
"""Round trips that are remembered, about one a second."""

FRESH = 5.0
"""Seconds for which an estimate holds. Who estimates says so with each report."""


class Link:
    """``limit``: bits a second of payload that the link carries; inf while it shows no limit.

    ``ceiling``: more than that is never sent. ``changed`` is called when ``limit`` may be another,
    ``flooded`` when so much is lost that a pause and a new start get the viewer further. ``now``:
    seconds, on any steady clock. Nothing that is told can break it or take ``limit`` below LEAST.
    ``thin`` is its owner's to use.
    """

    def __init__(
        self,
        ceiling: float,
        changed: Callable[[], None] = lambda: None,
        flooded: Callable[[], None] = lambda: None,
    ) -> None:
        self.limit = inf
        self.thin = False
        self._ceiling = ceiling
        self._changed = changed
        self._flooded = flooded
        self._flooded_at = -inf
        self._sent: deque[tuple[float, int]] = deque()
        self._estimate = inf
        self._estimated = self._moved = -inf
        self._ended_at = inf
        self._held_until = -inf
        self._grown = -inf
        self._reported: tuple[float, int, int] | None = None
        self._round_trips: deque[float] = deque(maxlen=ROUND_TRIPS)
        self._tripped = self._cut_at = -inf
        self._loss = 0.0

    def sent(self, octets: int, now: float) -> None:
        """So many of payload, all in all, were sent until ``now``."""
        sent = self._sent
        while len(sent) > 1 and now - sent[1][0] >= 1:
            sent.popleft()
        if not sent or now - sent[-1][0] >= 0.05:
            sent.append((now, octets))

    def estimated(self, bitrate: int, now: float) -> None:
        """The viewer's own estimate (REMB), in bits a second."""
        if bitrate > MOST_CLAIM:
            return
        before, estimate = self._estimate, bitrate * PAYLOAD
        self._estimate, self._estimated = estimate, now
        short, fallen = estimate < self._part(SHORT), estimate < before * FALL
        if fallen or estimate > before or not short:
            self._moved = now
        stands = now - self._moved > STANDSTILL and not self._is_clear()
        least = HALF * min(self.limit, self._part(1))
        if short and (fallen or stands) and self._cut(max(estimate, least), now):
            return
        self._grow(now)

    def reported(self, lost: int, highest: int, round_trip: float | None, now: float) -> None:
        """A receiver report (RFC 3550, section 6.4.1): packets lost in all, the highest extended
        sequence number; and the round trip in seconds, if it tells a new one.
        """
        if round_trip is not None:
            self._round_trips.append(max(0.0, round_trip))
            self._tripped = now
        before = self._reported
        if before is None or highest < before[2]:
            self._reported = (now, lost, highest)
            return
        expected = highest - before[2]
        if now - before[0] >= WINDOW and expected >= LEAST_PACKETS:
            self._reported = (now, lost, highest)
            self._loss = min(1.0, max(0.0, (lost - before[1]) / expected))
            if self._loss > FLOOD and now - self._flooded_at > SELDOM:
                self._flooded_at = now
                self._flooded()
            flooded = self._loss > FLOOD
            kept = BACKED_OFF * (1 - self._loss) if flooded else 1 - self._loss / 2
            if self._loss > MUCH_LOSS and self._cut(self._part(kept), now):
                return
        if round_trip is not None and self._queues(now) and self._cut(self._part(BACKED_OFF), now):
            return
        self._grow(now)

    def full(self, now: float) -> None:
        """This host could not get rid of what was to be sent."""
        if now >= self._held_until:
            self._cut(self._part(BACKED_OFF), now)

    def _part(self, factor: float) -> float:
        """So much of the bits a second that were sent of late; inf if that is not known."""
        if len(self._sent) < 2:
            return inf
        (begin, before), (end, after) = self._sent[0], self._sent[-1]
        return factor * 8 * (after - before) / (end - begin) if end - begin >= LEAST_TIME else inf

    def _queues(self, now: float) -> bool:
        """Whether round trips have grown by a queue. A viewer that estimates knows that better."""
        trips = self._round_trips
        return (
            self._known(now) == inf
            and len(trips) > 2
            and min(trips[-1], trips[-2]) > min(trips) + QUEUE
        )

    def _is_clear(self) -> bool:
        """Whether, since the last cut, nothing is lost and a round trip has shown no queue."""
        trips = self._round_trips
        return (
            self._tripped > self._cut_at
            and self._loss <= LITTLE_LOSS
            and trips[-1] < min(trips) + SHORT_QUEUE
        )

    def _cut(self, limit: float, now: float) -> bool:
        """There is congestion. Whether the link carries less than was known."""
        self._held_until = now + HOLD
        self._grown = self._cut_at = now
        if limit >= self.limit or limit >= self._ceiling:
            return False
        self._ended_at = min(self.limit, self._ceiling, self._part(1))
        self.limit = max(limit, LEAST)
        self._changed()
        return True

    def _grow(self, now: float) -> None:
        """Nothing speaks against a little more than before."""
        since, self._grown = self._grown, now
        if self.limit == inf or now < self._held_until or self._loss > LITTLE_LOSS:
            return
        passed = min(1.0, max(0.0, now - max(since, self._held_until)))
        estimate = self._known(now)
        if self.limit < estimate < inf:
            most, factor = estimate, TO_ESTIMATE
        else:
            most, factor = estimate * BEYOND, GROWTH if estimate < inf else self._growth()
        limit = min(self.limit * factor**passed, max(most, self.limit))
        if limit == self.limit:
            return
        self.limit = limit if limit < self._ceiling else inf
        self._changed()

    def _growth(self) -> float:
        near = 0.9 * self._ended_at < self.limit < 1.1 * self._ended_at
        return SLOW_GROWTH if near else GROWTH

    def _known(self, now: float) -> float:
        """The viewer's estimate if it still holds, else inf."""
        return self._estimate if now - self._estimated < FRESH else inf
