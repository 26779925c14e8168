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

BEYOND, FAR_BEYOND = 1.1, 2.0
"""How far the stream may outrun an estimate, which follows what it is shown, by a twelfth a second:
the first as it is, where an estimate after congestion still shows a fall; the second while round
trips show that there is no queue."""

SHORT, FALL = 0.92, 0.98
"""An estimate says that there is congestion if it is below the first part of what was sent (it is
then 0.85 of what came), and below the second part of the estimate before. """

STANDSTILL = 0.4
"""Seconds after which it says so, too, if it is as short and no longer grows. Either way a round
trip without a queue speaks against it: estimates also fall where a machine is busy for a moment."""

HALF = 0.5
"""Of what was sent, or was to be: an estimate takes it no further down at once."""

TO_ESTIMATE, GROWTH, SLOW_GROWTH = 1.5, 1.06, 1.02
"""Factors a second: where an estimate is far above; elsewhere; and about where congestion was last,
from 0.8 to 1.1 of that."""

PROBE, PROBE_AFTER = 0.2, 3.0
"""Seconds that a probe takes, and between probes that find nothing."""

USED = 0.85
"""Of the limit, what has to be sent for a probe to say something about more."""

AFTERMATH = 1.0
"""Seconds from its beginning in which a probe may itself be the cause of congestion."""

PROBED, PROVED = 1.5, 0.9
"""What a probe sends of what is known to get through, and what part of that it proves if no queue
comes of it: a third more than before."""

LEAST_TRIPS = 3
"""The last so many round trips of a probe are looked at."""

LONGEST = 0.5
"""Seconds that it grows by at once: who says little has it grow little."""

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

ASK, RECENT = 0.15, 0.7
"""Seconds between round trips asked for, at least; and that one tells how things are."""

REMEMBERED, MOST_TRIPS = 30.0, 256
"""Seconds that round trips are remembered for, and how many."""

FRESH = 5.0
"""Seconds for which an estimate holds. Who estimates says so with each report."""


def nothing() -> None:
    """What is done where nobody wants to know."""


class Link:
    """``limit``: bits a second of payload that the link carries; inf while it shows no limit.

    ``ceiling``: more than that is never sent. ``now``: seconds, on any steady clock. Nothing that
    is told can break it or take ``limit`` below LEAST. ``thin`` is its owner's to use.

    ``changed`` is called when ``limit`` may be another; ``flooded`` when so much is lost that a
    pause and a new start get the viewer further; ``ask`` when a round trip is to be measured;
    ``probe`` to have so many bits a second more sent than the stream has, for PROBE seconds, and
    round trips measured meanwhile: whether that will be done.
    """

    def __init__(
        self,
        ceiling: float,
        changed: Callable[[], None] = nothing,
        flooded: Callable[[], None] = nothing,
        ask: Callable[[], None] = nothing,
        probe: Callable[[float], bool] = lambda more: False,
    ) -> None:
        self.limit = inf
        self.thin = False
        self.ceiling = ceiling
        self._changed = changed
        self._flooded = flooded
        self._flooded_at = self._asked = -inf
        self._ask = ask
        self._probe = probe
        self._probed = self._probes_from = -inf
        self._target: float | None = None
        self._sent: deque[tuple[float, int]] = deque()
        self._estimate = inf
        self._estimated = self._moved = -inf
        self._ended_at = inf
        self._held_until = -inf
        self._grown = -inf
        self._reported: tuple[float, int, int] | None = None
        self._trips: deque[tuple[float, float]] = deque(maxlen=MOST_TRIPS)
        self._loss = 0.0

    def carry(self, ceiling: float, changed: Callable[[], None]) -> None:
        """Another stream, of no more than ``ceiling``, from now on; what is known of the link stays
        known, and its first estimates are not taken for a fall from nothing.
        """
        known = min(self.limit, self.ceiling)
        self.limit = known if known < ceiling else inf
        self.ceiling, self._changed, self.thin = ceiling, changed, False
        self._sent.clear()
        self._target = None

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
        stands = now - self._moved > STANDSTILL
        least = HALF * min(self.limit, self._part(1))
        believed = now - self._probed > AFTERMATH and not self._is_clear(now)
        if short and (fallen or stands) and believed and self._cut(max(estimate, least), now):
            return
        self._go_on(now)

    def took(self, round_trip: float, now: float) -> None:
        """A round trip, in seconds, that has just ended."""
        trips = self._trips
        while trips and now - trips[0][0] > REMEMBERED:
            trips.popleft()
        trips.append((now, max(0.0, round_trip)))
        if self._target is not None:
            self._judge(self._target, now)
        elif self._queues() and now > max(self._held_until, self._probed + AFTERMATH):
            self._cut(self._part(BACKED_OFF), now)

    def reported(self, lost: int, highest: int, now: float) -> None:
        """A receiver report (RFC 3550, section 6.4.1): packets lost in all, and the highest
        sequence number, extended.
        """
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
        self._go_on(now)

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

    def _queues(self) -> bool:
        """Whether round trips have grown by a queue."""
        trips = [trip for _, trip in self._trips]
        return len(trips) > 2 and min(trips[-2:]) > min(trips) + QUEUE

    def _is_clear(self, now: float) -> bool:
        """Whether nothing is lost, and a round trip has just shown that there is no queue."""
        if not self._trips or self._loss > LITTLE_LOSS:
            return False
        return now - self._trips[-1][0] < RECENT and not self._shows_queue(now)

    def _shows_queue(self, now: float) -> bool:
        """Whether a round trip has just shown a queue, however short."""
        if not self._trips:
            return False
        at, trip = self._trips[-1]
        return now - at < RECENT and trip >= min(trip for _, trip in self._trips) + SHORT_QUEUE

    def _cut(self, limit: float, now: float) -> bool:
        """There is congestion. Whether the link carries less than was known."""
        self._held_until = now + HOLD
        self._probes_from = now + PROBE_AFTER
        self._grown = now
        if limit >= self.limit or limit >= self.ceiling:
            return False
        self._ended_at = min(self.limit, self.ceiling, self._part(1))
        self.limit = max(limit, LEAST)
        self._changed()
        return True

    def _go_on(self, now: float) -> None:
        """Nothing speaks against a little more than before."""
        since, self._grown = self._grown, now
        if self.limit == inf:
            return
        if now - self._asked > ASK:
            self._asked = now
            self._ask()
        if now < self._held_until or self._loss > LITTLE_LOSS:
            return
        if self._target is None and now > self._probes_from and self._is_clear(now):
            self._begin_probe(now)
        if self._shows_queue(now):
            return
        passed = min(LONGEST, max(0.0, now - max(since, self._held_until)))
        most, factor = self._growth(now)
        limit = min(self.limit * factor**passed, max(most, self.limit))
        if limit != self.limit:
            self.limit = limit if limit < self.ceiling else inf
            self._changed()

    def _growth(self, now: float) -> tuple[float, float]:
        """Up to where it may grow now, and the factor a second."""
        estimate = self._estimate if now - self._estimated < FRESH else inf
        clear = self._is_clear(now)
        most = estimate * (FAR_BEYOND if clear else BEYOND)
        if self.limit < 0.9 * estimate < inf:
            return most, TO_ESTIMATE
        known = 0.8 * self._ended_at < self.limit < 1.1 * self._ended_at
        return most, SLOW_GROWTH if known else GROWTH

    def _begin_probe(self, now: float) -> None:
        """See whether the link carries a good deal more, without having the stream depend on it."""
        if self._part(1) > USED * self.limit and self._probe((PROBED - 1) * self.limit):
            self._probed, self._target = now, PROBED * self.limit
            self._probes_from = now + PROBE_AFTER

    def _judge(self, target: float, now: float) -> None:
        """Whether the probe has made a queue."""
        trips = [trip for at, trip in self._trips if at - trip > self._probed]
        if now - self._probed < PROBE:
            return
        self._target = None
        clear = min(trip for _, trip in self._trips) + SHORT_QUEUE
        if len(trips) < LEAST_TRIPS or max(trips[-LEAST_TRIPS:]) > clear or now < self._held_until:
            return
        self.limit = PROVED * target if PROVED * target < self.ceiling else inf
        self._ended_at = inf
        self._probes_from = now + PROBE
        self._changed()
