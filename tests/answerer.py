"""A viewer without signaling, straight to one peer, over a good link or a lossy one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiortc import RTCRtpReceiver

from edgecam.capture import stamp
from edgecam.peer.description import Candidate, take_out_candidates
from edgecam.peer.peer import Peer
from edgecam.signaling.messages import Trickle
from tests.viewer import Screen


class Answerer(Screen):
    """A screen whose pictures are the virtual camera's."""

    async def add(self, candidates: list[Candidate]) -> None:
        """Take the peer's candidates."""
        for candidate in candidates:
            await self.add_candidate(Trickle("", candidate).payload()["candidate"])

    async def stamp(self) -> stamp.Stamp:
        """The stamp of the next picture that has a whole one."""
        while (found := stamp.read(await self.picture())) is None:
            pass
        return found

    @property
    def receiver(self) -> RTCRtpReceiver:
        """What receives the video."""
        return next(r for r in self.pc.getReceivers() if r.track.kind == "video")


@asynccontextmanager
async def watching(
    peer: Peer,
    lose: Callable[[int], bool] | None = None,
    *,
    listen: bool = True,
    worded: Callable[[str], str] = str,
) -> AsyncIterator[Answerer]:
    """An answerer in a call with ``peer``. ``lose``: which packets of media to it get lost.

    ``worded``: how it would put its answer, if it were somebody else.
    """
    answerer = Answerer()
    relays: list[Relay] = []
    try:
        answer = worded(await answerer.answer(peer.sdp))
        if lose is None:
            await peer.answer(answer, listen=listen)
            await answerer.add(peer.candidates)
        else:
            # Neither knows the other's address, so everything takes the relay.
            await peer.answer(take_out_candidates(answer)[0])
            for candidate in peer.candidates:
                relay = Relay(lose)
                relays.append(relay)
                await answerer.add([await relay.open(candidate)])
        yield answerer
    finally:
        await answerer.close()
        for relay in relays:
            relay.close()


class Relay(asyncio.DatagramProtocol):
    """A lossy link: forwards datagrams between a viewer and one candidate of a peer.

    ``lose`` is asked with the number of each packet of media (RFC 7983: first byte 128 to 191)
    that goes to the viewer; STUN and DTLS are never lost.
    """

    def __init__(self, lose: Callable[[int], bool]) -> None:
        self._lose = lose
        self._media = 0
        self.lost = 0
        self._peer: tuple[str, int] | None = None
        self._viewer: tuple[str, int] | None = None
        self._front: asyncio.DatagramTransport | None = None
        self._back: asyncio.DatagramTransport | None = None

    async def open(self, candidate: Candidate) -> Candidate:
        """Relay to ``candidate``; the candidate to give to the viewer instead."""
        parts = candidate.candidate.split(" ")
        host, port = parts[4], int(parts[5])
        self._peer = (host, port)
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(
            lambda: _End(self.from_viewer), local_addr=(host, 0)
        )
        self._back, _ = await loop.create_datagram_endpoint(
            lambda: _End(self.from_peer), local_addr=(host, 0)
        )
        parts[5] = str(self._front.get_extra_info("sockname")[1])
        return Candidate(" ".join(parts), candidate.sdp_mid, candidate.sdp_mline_index)

    def from_viewer(self, data: bytes, address: tuple[str, int]) -> None:
        """Forward to the peer."""
        self._viewer = address
        if self._back is not None:
            self._back.sendto(data, self._peer)

    def from_peer(self, data: bytes, address: tuple[str, int]) -> None:
        """Forward to the viewer, or lose it."""
        if 128 <= data[0] <= 191:
            self._media += 1
            if self._lose(self._media):
                self.lost += 1
                return
        if self._front is not None and self._viewer is not None:
            self._front.sendto(data, self._viewer)

    def close(self) -> None:
        """Stop relaying."""
        for end in (self._front, self._back):
            if end is not None:
                end.close()


class _End(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._received(data, addr)
