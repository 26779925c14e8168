"""One track on its way to a viewer: what it reads, how much of it, and in which codec."""

import time
from collections.abc import Callable
from math import inf

from aiortc import RTCRtpCodecCapability, RTCRtpSender, RTCRtpTransceiver

from edgecam.fanout.fanout import Fanout
from edgecam.fanout.subscription import Subscription
from edgecam.media import Kind
from edgecam.peer import aiortc_internals
from edgecam.peer.link import PROBE, Link
from edgecam.peer.rate import Rate
from edgecam.peer.send_path.payloads import MOST
from edgecam.peer.send_path.track import SharedTrack
from edgecam.peer.tracks import MOST_UNSENT, PacketTrack

PAUSE = 0.25
"""Seconds that a viewer is sent nothing whose link is flooded: what its router holds goes out, and
a keyframe has room."""

REPAIRS = 0.25
"""Of what a link carries, what may be spent on sending lost packets again: in congestion these are
most, and the more are sent again the more are lost."""

Track = PacketTrack | SharedTrack

TRACKS: dict[str, type[Track]] = {"shared": SharedTrack, "stock": PacketTrack}
"""By the send path: see ``edgecam.peer.send_path``."""


class Sending:
    """One track on its way to the viewer, and the subscription it reads while it does.

    ``thinned`` is called when the viewer's link can't carry all of it, and when it can again;
    ``ask`` when a round trip is to be measured and told to ``took``.
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
        self._thinned = thinned
        self._ask = ask
        aiortc_internals.on_feedback(self._sender, lambda: self._link)
        aiortc_internals.limit_repairs(self._sender, MOST_UNSENT, self._most_repairs)

    @property
    def dropped(self) -> int:
        """Packets the viewer was too slow for."""
        return self._dropped + (self._subscription.dropped if self._subscription else 0)

    def choose(self, codec: str, fanout: Fanout, rate: Rate | None) -> None:
        """Send what ``fanout`` has, in ``codec`` at whatever level of it the viewer names, and let
        ``rate`` know what gets through.
        """
        self._fanout, self._rate = fanout, rate
        self._transceiver.setCodecPreferences(capabilities(self.track.kind, codec, "rtx"))

    def begin(self) -> None:
        """Send what the fan-out has, unless that is so already."""
        if self._subscription is None:
            self._subscription = subscription = self._fanout.subscribe()
            self.track.begin(subscription, lambda: aiortc_internals.unsent_bytes(self._sender))
            if self.track.kind == "video":
                aiortc_internals.on_keyframe_request(self._sender, subscription.want_keyframe)
            if self._rate is not None:
                self._link = self._rate.join(
                    self._follow,
                    lambda: subscription.skip(PAUSE),
                    self._ask,
                    lambda more: self.track.probe(more, PROBE, self._ask),
                )

    def took(self, round_trip: float) -> None:
        """One that was asked for, in seconds."""
        if self._link is not None:
            self._link.took(round_trip, time.monotonic())

    def pause(self) -> None:
        """Send nothing until ``begin``."""
        self.track.pause()
        if self._subscription is not None:
            self._dropped = self.dropped
            self._subscription = None
        self._leave_rate()

    def close(self) -> None:
        """Leave the fan-out; the track ends."""
        if self._subscription is not None:
            self._subscription.close()
        self._leave_rate()

    def _leave_rate(self) -> None:
        link, self._link = self._link, None
        if link is not None and self._rate is not None:
            self._rate.leave(link)

    def _follow(self, link: Link) -> None:
        """Thin out what a link can't carry whole."""
        if self._subscription is None:
            return
        thin = self._subscription.allowance is not None
        self._subscription.allowance = link.limit if link.thin else None
        if link.thin is not thin:
            self._thinned(link.thin)

    def _most_repairs(self) -> float:
        """Packets a second, and at once, that are sent again to a viewer."""
        limit = self._link.limit if self._link is not None else inf
        return min(aiortc_internals.REPAIRS, max(1, REPAIRS * limit / 8 / MOST))


def capabilities(kind: Kind, *names: str) -> list[RTCRtpCodecCapability]:
    """aiortc's codecs of these names (in lower case), each at every level it knows."""
    codecs = RTCRtpSender.getCapabilities(kind).codecs
    return [codec for codec in codecs if codec.name.lower() in names]
