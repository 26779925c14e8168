"""A viewer as a browser would be one, made of aiortc: for tests that watch a real node."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.sdp import candidate_from_sdp
from av import AudioFrame, VideoFrame

from tests.node import Node
from tests.sockets import PATIENCE, Socket, http_session


class Screen:
    """Where one call is shown: it answers an offer and decodes what then comes."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self.ended = asyncio.Event()
        # None instead of an empty list would mean Google's STUN server.
        # By any other policy aiortc puts a second audio section on a transport it then gives up.
        self.pc = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self.pc.on("track", self._add)
        self.pc.on("connectionstatechange", self._note_state)
        self._tracks: dict[str, MediaStreamTrack] = {}
        self.remote_ports: list[int] = []

    async def answer(self, offer: str) -> str:
        """Take an offer; the answer, with every candidate in it."""
        await self.pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        answer: str = self.pc.localDescription.sdp
        return answer

    async def add_candidate(self, candidate: dict[str, Any] | None) -> None:
        """Take a candidate as it comes in a message; None: there are no more."""
        if candidate is None:
            await self.pc.addIceCandidate(None)
            return
        parsed = candidate_from_sdp(candidate["candidate"].removeprefix("candidate:"))
        parsed.sdpMid, parsed.sdpMLineIndex = candidate["sdpMid"], candidate["sdpMLineIndex"]
        self.remote_ports.append(parsed.port)
        await self.pc.addIceCandidate(parsed)

    async def picture(self) -> VideoFrame:
        """The next picture, decoded."""
        frame = await self._next("video")
        assert isinstance(frame, VideoFrame)
        return frame

    async def sound(self) -> AudioFrame:
        """The next 20 ms of sound, decoded."""
        frame = await self._next("audio")
        assert isinstance(frame, AudioFrame)
        return frame

    def vanish(self) -> None:
        """Be cut off: nothing gets out any more, and nothing in. To be closed all the same."""
        for transceiver in self.pc.getTransceivers():
            ends: list[Any] = transceiver.receiver.transport.transport._connection._protocols
            for end in ends:
                end.datagram_received = end.send_stun = lambda *_: None
                end.send_data = _lose

    async def close(self) -> None:
        """Stop showing. May be called twice."""
        await self.pc.close()

    async def _next(self, kind: str) -> Any:
        async with asyncio.timeout(PATIENCE):
            return await self._tracks[kind].recv()

    def _add(self, track: MediaStreamTrack) -> None:
        self._tracks[track.kind] = track

    def _note_state(self) -> None:
        if self.pc.connectionState == "connected":
            self.connected.set()
        elif self.pc.connectionState in ("failed", "closed"):
            self.ended.set()


async def _lose(*_: object) -> None:
    """Send nothing."""


class Viewer:
    """A socket in ``/viewer`` and, once there is a call, a screen.

    In order: ``connect``, ``offer``, ``answer``, then ``screen.picture`` as often as wanted. Or all
    of it with ``watch``. ``socket`` says and hears everything else. ``camera``: which one; any.
    """

    def __init__(self, http: aiohttp.ClientSession, url: str, camera: str = "") -> None:
        self.camera = camera
        self.socket = Socket("/viewer", http, url)
        self.call = ""
        self.screen = Screen()
        self._offer = ""

    async def connect(self) -> None:
        """Join; the HTTP client has the session."""
        await self.socket.connect({"camera": self.camera} if self.camera else None)

    async def offer(self) -> str:
        """Wait for an offer; its SDP. The call before, if any, is no longer shown."""
        offer = await self.socket.hear_until("offer")
        await self.screen.close()
        self.screen = Screen()
        self.call, self._offer = offer["call"], offer["sdp"]
        return self._offer

    async def answer(self) -> None:
        """Answer the offer and take the caller's candidates."""
        sdp = await self.screen.answer(self._offer)
        await self.socket.say("answer", {"call": self.call, "sdp": sdp})
        candidate: dict[str, Any] | None = {}
        while candidate is not None:
            candidate = (await self.socket.hear_until("candidate"))["candidate"]
            await self.screen.add_candidate(candidate)
        await self.socket.say("candidate", {"call": self.call, "candidate": None})

    async def watch(self) -> VideoFrame:
        """From nothing to the first picture."""
        await self.connect()
        await self.offer()
        await self.answer()
        return await self.screen.picture()

    async def be_killed(self) -> None:
        """Leave as a killed browser does: without a word, but the kernel closes the socket."""
        self.screen.vanish()
        self.socket.cut()
        await self.close()

    async def close(self) -> None:
        """Leave as a closed browser tab does. May be called twice."""
        await self.screen.close()
        await self.socket.close()


def trust(node: Node) -> ssl.SSLContext:
    """A client's context that believes the node's authority only. Reads from disk."""
    return ssl.create_default_context(cafile=node.ca)


@asynccontextmanager
async def browser(node: Node) -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client that has opened a one-time link of ``node`` and has a session."""
    async with (
        http_session(unix_path=str(node.local_socket)) as device,
        device.post("http://edgecam/link") as answer,
    ):
        links: list[str] = (await answer.json())["links"]
    async with http_session(await asyncio.to_thread(trust, node)) as http:
        async with http.get(next(link for link in links if "//localhost" in link)) as answer:
            assert answer.status == 200
        yield http


@asynccontextmanager
async def viewer_of(node: Node, camera: str = "") -> AsyncIterator[Viewer]:
    """A viewer with a session at ``node``, not connected yet, closed at the end."""
    async with browser(node) as http:
        viewer = Viewer(http, node.url(), camera)
        try:
            yield viewer
        finally:
            await viewer.close()
