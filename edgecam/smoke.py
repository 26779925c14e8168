"""A viewer of the node that runs, until it has seen a picture: whether a call works, for real.

It goes the way a browser goes: one-time link, session, signaling over TLS, an answer, WebRTC, a
decoder. The page is known by the pin that the node's local socket has told.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import socketio
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp
from av import VideoFrame
from socketio.exceptions import ConnectionError as SocketError

from edgecam import control
from edgecam.config import Config
from edgecam.errors import CommandError, NoPlace, StartError
from edgecam.signaling.pins import PinnedKey

WITHIN = 30.0
PAUSE = 0.25
LEAVING = 1.0
NAMESPACE = "/viewer"
NAME = "smoke test"


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture has arrived: its size in pixels, and the seconds from opening the link until then.

    ``entrance`` is how a person gets in; its links are as good as new.
    """

    width: int
    height: int
    seconds: float
    entrance: control.Entrance


def smoke(config: Config, within: float = WITHIN) -> Seen:
    """Watch until a picture has arrived, for ``within`` seconds, the node's own start included.

    CommandError says how far it came; it is NoPlace if all that it got is a place in line.
    """
    if config.signaling.url:
        raise CommandError("this node calls at another's page: try edgecam smoke there")
    end = time.monotonic() + within
    entrance = _entrance(config, end)
    begun = time.monotonic()
    picture = asyncio.run(_watch(entrance, end - begun))
    seconds = time.monotonic() - begun
    # The first link of those is spent.
    return Seen(picture.width, picture.height, seconds, control.entrance(config))


def _entrance(config: Config, end: float) -> control.Entrance:
    while True:
        try:
            return control.entrance(config)
        except StartError:
            if time.monotonic() >= end:
                raise
        time.sleep(PAUSE)


async def _watch(entrance: control.Entrance, within: float) -> VideoFrame:
    url, link = entrance.by_address
    viewer = _Viewer(entrance.camera)
    try:
        async with asyncio.timeout(within):
            return await viewer.watch(url, link, entrance.pin)
    except TimeoutError:
        error = NoPlace if viewer.full else CommandError
        raise error(f"no picture within {within:.0f} s: {viewer.came}") from None
    except (SocketError, aiohttp.ClientError, OSError, MediaStreamError) as error:
        raise CommandError(
            f"no picture: {viewer.came} ({error or type(error).__name__})"
        ) from error


class _Viewer:
    """One call. ``came`` says how far it came, ``full`` that it only waited for a place."""

    def __init__(self, camera: str) -> None:
        self.came = "the page does not answer"
        self.full = False
        self._camera = camera
        self._call = ""
        self._peer: RTCPeerConnection | None = None
        self._video: asyncio.Queue[MediaStreamTrack] = asyncio.Queue()
        self._inbox: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def watch(self, url: str, link: str, pin: str) -> VideoFrame:
        """The first picture."""
        connector = aiohttp.TCPConnector(ssl=PinnedKey(pin))
        # Cookies of an address that has no name, too.
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as http:
            async with http.get(link) as answer:
                answer.raise_for_status()
            self.came = "the page answers, its signaling server does not"
            socket = socketio.AsyncClient(
                reconnection=False, http_session=http, handle_sigint=False
            )
            socket.on("*", self._hear, NAMESPACE)
            socket.on("disconnect", lambda reason: self._hear("disconnect", reason), NAMESPACE)
            await socket.connect(
                url,
                auth={"name": NAME, "camera": self._camera},
                transports=["websocket"],
                namespaces=[NAMESPACE],
            )
            self.came = "the signaling server answers, but the camera has made no offer"
            talking = asyncio.create_task(self._talk(socket))
            watching = asyncio.create_task(self._picture())
            try:
                await asyncio.wait((talking, watching), return_when=asyncio.FIRST_COMPLETED)
                return (watching if watching.done() else talking).result()
            finally:
                await self._leave(socket, talking, watching)
                await _sign_out(http, url)

    def _hear(self, event: str, payload: Any = None) -> None:
        self._inbox.put_nowait((event, payload))

    async def _talk(self, socket: socketio.AsyncClient) -> VideoFrame:
        """Do this side's part of the call; never returns, but raises when nothing will come."""
        while True:
            event, told = await self._inbox.get()
            if event == "waiting":
                self.full = told["reason"] == "full"
                self.came = f"in line, as {told['reason']}: {told['message'] or 'no message'}"
            elif event == "offer":
                self._call, self.full = told["call"], False
                sdp = await self._answer(told["sdp"], told["iceServers"])
                await socket.emit("answer", {"call": self._call, "sdp": sdp}, NAMESPACE)
                await socket.emit("candidate", {"call": self._call, "candidate": None}, NAMESPACE)
                self.came = "the offer is answered, but no media has come: is UDP let through?"
            elif event == "candidate" and self._peer:
                await _add(self._peer, told["candidate"])
            elif event == "hangup":
                self.came = f"the camera hung up: {told['reason']}"
                await socket.emit("call", {"camera": self._camera}, NAMESPACE)
            elif event == "error":
                raise CommandError(f"no picture: the signaling server refuses: {told['message']}")
            elif event == "disconnect":
                raise CommandError("no picture: the signaling server has closed the connection")

    async def _answer(self, offer: str, servers: list[dict[str, Any]]) -> str:
        await self._hang_up()
        self._peer = peer = RTCPeerConnection(
            # None instead of an empty list would mean Google's STUN server.
            RTCConfiguration(
                iceServers=[RTCIceServer(**server) for server in servers],
                bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
            )
        )
        peer.on("track", self._add_track)
        peer.on("connectionstatechange", lambda: self._note(peer))
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        answer: str = peer.localDescription.sdp
        return answer

    def _add_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "video":
            self._video.put_nowait(track)

    def _note(self, peer: RTCPeerConnection) -> None:
        if peer is self._peer and peer.connectionState == "connected":
            self.came = "the call is connected, but no picture has come"

    async def _picture(self) -> VideoFrame:
        while True:
            track = await self._video.get()
            try:
                frame = await track.recv()
            except MediaStreamError:
                # That call is over; the next brings a track of its own.
                continue
            if isinstance(frame, VideoFrame):
                return frame

    async def _hang_up(self) -> None:
        if self._peer:
            await self._peer.close()

    async def _leave(self, socket: socketio.AsyncClient, *tasks: asyncio.Task[Any]) -> None:
        """Give the place back at once, and never wait long for a server that is gone."""
        for task in tasks:
            task.cancel()
        goodbyes = [asyncio.create_task(do()) for do in (socket.disconnect, self._hang_up)]
        await asyncio.wait((*tasks, *goodbyes), timeout=LEAVING)


async def _sign_out(http: aiohttp.ClientSession, url: str) -> None:
    """End the session, so that those of a trial a minute don't pile up."""
    headers = {"Origin": url.rstrip("/")}
    with suppress(aiohttp.ClientError, OSError, TimeoutError):
        async with asyncio.timeout(LEAVING):
            await http.post(f"{url}sign-out", headers=headers, allow_redirects=False)


async def _add(peer: RTCPeerConnection, candidate: dict[str, Any] | None) -> None:
    if candidate is None:
        await peer.addIceCandidate(None)
        return
    parsed = candidate_from_sdp(candidate["candidate"].removeprefix("candidate:"))
    parsed.sdpMid, parsed.sdpMLineIndex = candidate["sdpMid"], candidate["sdpMLineIndex"]
    await peer.addIceCandidate(parsed)


def told(seen: Seen) -> str:
    """What to say to the operator."""
    trust = [f"trust        {seen.entrance.trust}"] if seen.entrance.trust else []
    return "\n".join(
        (
            f"a picture of {seen.width}x{seen.height} has arrived, after {seen.seconds:.1f} s",
            f"address      {seen.entrance.urls[0]}",
            *trust,
            f"fingerprint  {seen.entrance.fingerprint}",
            f"link         {seen.entrance.by_address[1]}  (opens once, within an hour)",
        )
    )


def as_fields(seen: Seen) -> dict[str, object]:
    """The same for a program."""
    return {
        "width": seen.width,
        "height": seen.height,
        "seconds": round(seen.seconds, 3),
        "addresses": seen.entrance.urls,
        "trust": seen.entrance.trust,
        "fingerprint": seen.entrance.fingerprint,
        "link": seen.entrance.by_address[1],
    }
