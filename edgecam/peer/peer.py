"""One viewer's connection, from an offer nobody has asked for yet to its end."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)

from edgecam.errors import BadMessage
from edgecam.fanout.fanout import Fanout
from edgecam.media import Kind
from edgecam.peer import aiortc_internals
from edgecam.peer.description import Candidate, parse_answer, parse_candidate, take_apart
from edgecam.peer.dscp import AF41, mark
from edgecam.peer.liveness import Liveness
from edgecam.peer.rate import Rate
from edgecam.peer.received import NOWHERE, Received, Sinks
from edgecam.peer.round_trips import RoundTrips
from edgecam.peer.sending import TRACKS, Rendition, Sending, capabilities

logger = logging.getLogger(__name__)

MOST_LOOKUPS = 8
"""Candidates that name a host (``.local``) looked up at a time for one viewer."""

MOST_CANDIDATES = 64
"""Candidates taken out of one answer."""


@dataclass(frozen=True, slots=True)
class Streams:
    """What every viewer is offered: the fan-outs, the H.264 profile and level in hex, and to be
    heard and seen at ``sinks``.

    ``vp8`` is for those who can't have ``video``, which is H.264. ``rates``, by codec, are told
    what the links carry. ``small`` is of the same codec and profile as ``video``, at a level within
    it, for those whose link can't carry the least of ``video``.
    """

    video: Fanout
    audio: Fanout | None
    profile_level_id: str
    vp8: Fanout | None = None
    sinks: Sinks = NOWHERE
    rates: Mapping[str, Rate] = field(default_factory=dict)
    small: Rendition | None = None

    @property
    def codecs(self) -> dict[str, Fanout]:
        """The codecs of the picture by preference, and who makes each."""
        return {"h264": self.video} | ({"vp8": self.vp8} if self.vp8 else {})


class Peer:
    """An RTCPeerConnection that offers video and sound.

    Made by ``offering``, with ``sdp`` and ``candidates`` ready to be sent. ``answer`` starts it;
    ``connected`` is set when media can flow, ``ended`` when it no longer can or the viewer is gone;
    ``video`` then is the codec the viewer gets, and ``received`` what it sends. ``on_thin`` is
    called with True when its link can't carry every picture, and with False when it can again.
    ``close`` has to be called, may be called twice, and leaves the fan-outs.
    """

    def __init__(
        self,
        streams: Streams,
        servers: tuple[RTCIceServer, ...],
        *,
        relay_only: bool,
        send_path: str,
        dscp: bool,
    ) -> None:
        policy = RTCIceTransportPolicy.RELAY if relay_only else RTCIceTransportPolicy.ALL
        # None instead of an empty list would mean Google's STUN server.
        self._pc = RTCPeerConnection(
            RTCConfiguration(list(servers), policy, RTCBundlePolicy.MAX_BUNDLE)
        )
        self._streams = streams
        self._make_track = TRACKS[send_path]
        self._dscp = dscp
        self._sendings: list[Sending] = []
        self._wait_for_sound: Callable[[bool], None] = lambda wait: None
        self._lookups: set[asyncio.Task[None]] = set()
        self.received = Received(self._pc, streams.sinks)
        self._signs: aiortc_internals.Signs | None = None
        self._liveness = Liveness(self._ask, time.monotonic())
        self._round_trips = RoundTrips(self._ask, time.monotonic)
        self._next_look: asyncio.TimerHandle | None = None
        self.sdp = ""
        self.candidates: list[Candidate] = []
        self.video = ""
        self.on_thin: Callable[[bool], None] = lambda thin: None
        self.connected = asyncio.Event()
        self.ended = asyncio.Event()
        self._pc.on("connectionstatechange", self._note_state)

    @classmethod
    async def offering(
        cls,
        streams: Streams,
        servers: tuple[RTCIceServer, ...] = (),
        *,
        relay_only: bool = False,
        send_path: str = "shared",
        dscp: bool = True,
    ) -> "Peer":
        """A peer with its offer made and its candidates gathered.

        ``servers`` are asked for candidates, for five seconds at most; what they don't give is
        missing. ``relay_only``: no candidates but those of a TURN server. ``send_path``: of TRACKS.
        ``dscp``: packets are marked.
        """
        aiortc_internals.prepare()
        peer = cls(streams, servers, relay_only=relay_only, send_path=send_path, dscp=dscp)
        try:
            await peer._offer()
        except BaseException:
            await peer.close()
            raise
        return peer

    async def answer(self, sdp: str, *, listen: bool = True) -> None:
        """Take the viewer's answer; the camera warms up while the two find each other.

        ``listen``: as in ``Peer.listen``. BadMessage (or its child Unsupported) if it can't be
        used; the peer is then to be closed.
        """
        if self._pc.signalingState != "have-local-offer":
            raise BadMessage("wrong-state", "the call is already answered")
        offered = {str(each.mid): each.kind for each in self._pc.getTransceivers()}
        codecs = self._streams.codecs
        answer = parse_answer(sdp, offered, list(codecs), self.received.mids)
        self.video = answer.video
        for sending in self._sendings:
            if sending.track.kind == "video":
                rate = self._streams.rates.get(answer.video)
                small = self._streams.small if answer.video == "h264" else None
                sending.choose(answer.video, codecs[answer.video], rate, small)
                sending.begin()
        self.listen(listen)
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        except Exception as error:
            # What aiortc raises for a nonsensical answer has no common root.
            raise BadMessage("bad-answer", f"the answer can't be used: {error!r}") from error
        for candidate in answer.candidates[:MOST_CANDIDATES]:
            self.add_candidate(candidate)

    def listen(self, on: bool) -> None:
        """Whether the viewer hears; nothing for a call that has ended.

        One who does not is sent no sound, and pictures without delay. For one who does, the browser
        may hold pictures back until the sound of their time is played.
        """
        if self.ended.is_set():
            return
        self._wait_for_sound(on)
        for sending in self._sendings:
            if sending.track.kind == "audio":
                sending.begin() if on else sending.pause()

    def add_candidate(self, candidate: Candidate | None) -> None:
        """Take a viewer's candidate; BadMessage if it is malformed. Never waits.

        The end of candidates (None) is not passed on: aioice would give up a call whose viewer
        hides its addresses behind names that can't be looked up, though the viewer's own checks
        are about to arrive. Whoever owns the call limits how long it may take.
        """
        if candidate is None or self.ended.is_set():
            return
        parsed = parse_candidate(candidate)
        if parsed is None:
            return
        if parsed.ip.endswith(".local") and len(self._lookups) >= MOST_LOOKUPS:
            return
        task = asyncio.create_task(self._pc.addIceCandidate(parsed))
        self._lookups.add(task)
        task.add_done_callback(self._looked_up)

    def outlives(self, addresses: Collection[str]) -> bool:
        """Whether the call can go on, or come about, where these are the host's addresses.

        A call by a relay is given the benefit of the doubt once it is connected.
        """
        if self.connected.is_set():
            chosen = aiortc_internals.local_address(self._pc)
            return chosen is None or chosen in addresses
        own = {each.address for each in self.candidates if each.type == "host"}
        return bool(own) and own.issubset(addresses)

    @property
    def dropped(self) -> int:
        """Packets this viewer was too slow for."""
        return sum(sending.dropped for sending in self._sendings)

    async def close(self) -> None:
        """End the call and free everything it holds."""
        self.ended.set()
        self.received.shut()
        for sending in self._sendings:
            sending.close()
        for task in list(self._lookups):
            task.cancel()
        if self._lookups:
            await asyncio.wait(self._lookups)
        if self._next_look is not None:
            self._next_look.cancel()
        aiortc_internals.begin_no_more(self._pc)
        await self._pc.close()

    async def _offer(self) -> None:
        self._add("video", self._streams.video)
        if self._streams.audio is not None:
            self._add("audio", self._streams.audio)
        self.received.offer()
        await self._pc.setLocalDescription(await self._pc.createOffer())
        aiortc_internals.connect_at_once(self._pc)
        if self._dscp:
            mark(aiortc_internals.sockets(self._pc), AF41)
        self.sdp, self.candidates = take_apart(self._pc.localDescription.sdp)

    def _add(self, kind: Kind, fanout: Fanout) -> None:
        track = self._make_track(kind)
        transceiver = self._pc.addTransceiver(track, direction="sendonly")
        if kind == "video":
            codecs = [aiortc_internals.h264(self._streams.profile_level_id)]
            codecs += capabilities(kind, "vp8") if self._streams.vp8 else []
            transceiver.setCodecPreferences(codecs + capabilities(kind, "rtx"))
            self._wait_for_sound = aiortc_internals.send_playout_delay(transceiver.sender)
        else:
            transceiver.setCodecPreferences(capabilities(kind, "opus"))
        track.attach(transceiver.sender)
        aiortc_internals.report_capture_time(transceiver.sender, lambda: track.captured_ns)
        self._sendings.append(
            Sending(track, transceiver, fanout, self._note_thin, self._round_trips.ask)
        )

    def _note_thin(self, thin: bool) -> None:
        self.on_thin(thin)

    def _note_state(self) -> None:
        state = self._pc.connectionState
        if state == "connected":
            self.connected.set()
            if not self.ended.is_set():
                self._watch()
        elif state in ("failed", "closed"):
            self.ended.set()

    def _watch(self) -> None:
        """End the call when the viewer is gone, or when that can't be told any more.

        A timer instead of a task: of many viewers it takes a third of the time.
        """
        loop = asyncio.get_running_loop()
        try:
            self._signs = self._signs or aiortc_internals.Signs(self._pc, self._hear)
            pause = self._liveness.look(loop.time())
        except Exception:
            logger.exception("whether a viewer is still there can't be told; its call ends")
            pause = None
        if pause is None:
            self.ended.set()
        else:
            self._next_look = loop.call_later(pause, self._watch)

    def _ask(self) -> bytes | None:
        return self._signs.ask() if self._signs is not None else None

    def _hear(self, data: bytes) -> None:
        self._liveness.heard(time.monotonic())
        round_trip = self._round_trips.answered(data)
        if round_trip is not None:
            for sending in self._sendings:
                sending.took(round_trip)

    def _looked_up(self, task: asyncio.Task[None]) -> None:
        self._lookups.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.debug("a candidate was of no use: %r", task.exception())
