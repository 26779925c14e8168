"""One track on its way to a viewer: what it reads, how much of it, and in which codec."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Literal

from aiortc import RTCRtpCodecCapability, RTCRtpSender, RTCRtpTransceiver

from edgecam.fanout.fanout import Fanout
from edgecam.fanout.subscription import Subscription
from edgecam.media import Kind
from edgecam.peer import aiortc_internals
from edgecam.peer.link import PROBE, Link
from edgecam.peer.rate import WHOLE_AGAIN, Rate
from edgecam.peer.send_path.payloads import MOST
from edgecam.peer.send_path.track import SharedTrack
from edgecam.peer.tracks import MOST_UNSENT, PacketTrack

PAUSE = 0.25
"""Seconds that a viewer is sent nothing whose link is flooded: what its router holds goes out, and
a keyframe has room."""

REPAIRS = 0.25
"""Of what a link carries, what may be spent on sending lost packets again: in congestion these are
most, and the more are sent again the more are lost."""

PATIENCE, MOST_PATIENCE = 10.0, 300.0
"""Seconds that a viewer stays with the small rendition before the main one is tried again; twice as
long after each time that was in vain, up to the second."""

logger = logging.getLogger(__name__)

Track = PacketTrack | SharedTrack

Which = Literal["main", "small"]

TRACKS: dict[str, type[Track]] = {"shared": SharedTrack, "stock": PacketTrack}
"""By the send path: see ``edgecam.peer.send_path``."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """The same pictures in one size, in the codec of the call, and the rate of those who get it."""

    fanout: Fanout
    rate: Rate


class Sending:
    """One track on its way to the viewer, and the subscription it reads while it does.

    ``thinned`` is called when the viewer's link can't carry all of it, and when it can again;
    ``ask`` when a round trip is to be measured and told to ``took``; ``changed``, where there is a
    choice, with what is sent.
    """

    def __init__(
        self,
        track: Track,
        transceiver: RTCRtpTransceiver,
        fanout: Fanout,
        thinned: Callable[[bool], None],
        ask: Callable[[], None],
    ) -> None:
        self.track = track
        self._transceiver = transceiver
        self._sender = transceiver.sender
        self._fanout = fanout
        self._subscription: Subscription | None = None
        self._dropped = 0
        self._rate: Rate | None = None
        self._link: Link | None = None
        self._main: Rendition | None = None
        self._small: Rendition | None = None
        self._coming: tuple[Subscription, Rendition] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._patience = PATIENCE
        self._left_small_at = -inf
        self._wanted: Which | Literal["auto"] = "auto"
        self._thinned = thinned
        self.changed: Callable[[Which], None] = lambda which: None
        self._ask = ask
        aiortc_internals.on_feedback(self._sender, lambda: self._link)
        aiortc_internals.limit_repairs(self._sender, MOST_UNSENT, self._most_repairs)

    @property
    def dropped(self) -> int:
        """Packets the viewer was too slow for."""
        return self._dropped + (self._subscription.dropped if self._subscription else 0)

    def choose(
        self, codec: str, fanout: Fanout, rate: Rate | None, small: Rendition | None = None
    ) -> None:
        """Send what ``fanout`` has, in ``codec`` at whatever level of it the viewer names, and let
        ``rate`` know what gets through. A link that can't carry its floor is sent ``small``.
        """
        self._fanout, self._rate = fanout, rate
        if rate is not None and small is not None:
            self._main, self._small = Rendition(fanout, rate), small
        self._transceiver.setCodecPreferences(capabilities(self.track.kind, codec, "rtx"))

    def begin(self) -> None:
        """Send what the fan-out has, unless that is so already."""
        if self._subscription is None:
            self._subscription = subscription = self._fanout.subscribe()
            self._read(subscription)
            self._join()
            if self._small is not None:
                self.changed("main")

    def prefer(self, want: Which | Literal["auto"]) -> None:
        """Send that rendition, or the one that the link carries."""
        main, small = self._main, self._small
        if main is None or small is None or want == self._wanted:
            return
        self._wanted = want
        self._stay()
        on_small = self._fanout is small.fanout
        if want == "small" and not on_small:
            self._prepare(small)
        elif want == "main" and on_small:
            self._prepare(main)
        elif on_small and want == "auto":
            self._try_main()
        elif self._link is not None:
            self._follow(self._link)

    def took(self, round_trip: float) -> None:
        """One that was asked for, in seconds."""
        if self._link is not None:
            self._link.took(round_trip, time.monotonic())

    def pause(self) -> None:
        """Send nothing until ``begin``."""
        self._stay()
        self.track.pause()
        if self._subscription is not None:
            self._dropped = self.dropped
            self._subscription = None
        self._leave_rate()

    def close(self) -> None:
        """Leave the fan-out; the track ends."""
        self._stay()
        if self._subscription is not None:
            self._subscription.close()
        self._leave_rate()

    def _read(self, subscription: Subscription) -> None:
        """Have the track send what comes there."""
        self.track.begin(subscription, lambda: aiortc_internals.unsent_bytes(self._sender))
        if self.track.kind == "video":
            aiortc_internals.on_keyframe_request(self._sender, subscription.want_keyframe)

    def _join(self, left: Link | None = None) -> None:
        """Let the rate know what gets through; ``left``: by the link that has left another."""
        if self._rate is not None:
            self._link = self._rate.join(
                self._follow,
                self._skip,
                self._ask,
                lambda more: self.track.probe(more, PROBE, self._ask),
                left,
            )

    def _skip(self) -> None:
        if self._subscription is not None:
            self._subscription.skip(PAUSE)

    def _leave_rate(self) -> None:
        link, self._link = self._link, None
        if link is not None and self._rate is not None:
            self._rate.leave(link)

    def _follow(self, link: Link) -> None:
        """Send the small rendition where a link can't carry the main one, and thin out what it
        can't carry whole.
        """
        if self._subscription is None or link is not self._link:
            return
        small = self._small if self._wanted != "main" else None
        if link.thin and small is not None and self._fanout is not small.fanout:
            soon = time.monotonic() - self._left_small_at < self._patience
            if self._coming is None:
                self._patience = min(MOST_PATIENCE, 2 * self._patience) if soon else PATIENCE
                self._prepare(small)
            return
        thin = self._subscription.allowance is not None
        self._subscription.allowance = link.limit if link.thin else None
        if link.thin is not thin:
            self._thinned(link.thin)

    def _prepare(self, rendition: Rendition) -> None:
        """Have the track read ``rendition`` from its next keyframe on; until then, what it reads
        now.
        """
        coming = rendition.fanout.subscribe()
        self._coming = coming, rendition
        coming.read_by(self._switch)

    def _switch(self) -> None:
        """The rendition that was to come is there: go on with its keyframe, if that is newer than
        what was sent last. If not, what was sent ends here, so that the next one will be.
        """
        if self._coming is None or self._subscription is None:
            return
        coming, rendition = self._coming
        if not coming.waiting:
            return
        before = self._subscription
        if coming.waiting[0].capture_ns <= self.track.captured_ns:
            before.skip(PAUSE)
            coming.want_keyframe()
            return
        self._coming = None
        link = self._link
        self._leave_rate()
        self._dropped += before.dropped
        self._fanout, self._rate, self._subscription = rendition.fanout, rendition.rate, coming
        self._join(link)
        self._read(coming)
        before.close()
        if self._link is not None:
            self._follow(self._link)
        small = rendition is self._small
        logger.info("the %s rendition is sent from now on", "small" if small else "main")
        self.changed("small" if small else "main")
        if small and self._wanted == "auto":
            self._try_later()
        elif not small:
            self._left_small_at = time.monotonic()

    def _try_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._retry = loop.call_later(self._patience, self._try_main)

    def _try_main(self) -> None:
        """Go back to the main rendition if its floor can be carried with a margin, or all of the
        small one if that is less.
        """
        self._retry = None
        main, link = self._main, self._link
        if main is None or link is None:
            return
        # A link of which no limit is known has shown that it carries the ceiling, and no more.
        if not link.thin and link.limit >= min(main.rate.floor * WHOLE_AGAIN, link.ceiling):
            self._prepare(main)
        else:
            self._try_later()

    def _stay(self) -> None:
        """With the rendition there is."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._coming is not None:
            self._coming[0].close()
            self._coming = None

    def _most_repairs(self) -> float:
        """Packets a second, and at once, that are sent again to a viewer."""
        limit = self._link.limit if self._link is not None else inf
        return min(aiortc_internals.REPAIRS, max(1, REPAIRS * limit / 8 / MOST))


def capabilities(kind: Kind, *names: str) -> list[RTCRtpCodecCapability]:
    """aiortc's codecs of these names (in lower case), each at every level it knows."""
    codecs = RTCRtpSender.getCapabilities(kind).codecs
    return [codec for codec in codecs if codec.name.lower() in names]
