"""A viewer that talks: a tone for a voice and a plain colour for a picture, to be found again."""

import asyncio
import time
from array import array
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from fractions import Fraction
from itertools import pairwise
from math import pi, sin
from typing import Any

from aiortc import MediaStreamTrack, RTCRtpTransceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

from edgecam.peer.peer import Peer
from edgecam.signaling.messages import Trickle
from tests.sockets import PATIENCE
from tests.viewer import Screen, Viewer

VOICE_HZ, VOICE_LEVEL = 600, 0.3
RATE, CHUNK = 48_000, 960
COLOUR = (180, 90, 60)
"""Y, U and V of the picture."""


class _Paced(MediaStreamTrack):
    """Frames at a steady pace."""

    def __init__(self, interval: float) -> None:
        super().__init__()
        self._interval = interval
        self._start = 0.0
        self.count = 0

    async def _turn(self) -> int:
        if self.readyState != "live":
            raise MediaStreamError
        self._start = self._start or time.monotonic()
        await asyncio.sleep(self._start + self.count * self._interval - time.monotonic())
        self.count += 1
        return self.count - 1


class Voice(_Paced):
    """A tone; none while ``mute``, which is sent all the same."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__(CHUNK / RATE)
        self.mute = False

    async def recv(self) -> AudioFrame:
        number = await self._turn()
        level = 0.0 if self.mute else 32_767 * VOICE_LEVEL
        first = number * CHUNK
        turn = 2 * pi * VOICE_HZ / RATE
        frame = AudioFrame("s16", "mono", CHUNK)
        tone = (round(level * sin(turn * index)) for index in range(first, first + CHUNK))
        frame.planes[0].update(array("h", tone).tobytes())
        frame.pts, frame.sample_rate, frame.time_base = first, RATE, Fraction(1, RATE)
        return frame


class Face(_Paced):
    """One colour."""

    kind = "video"

    def __init__(self, width: int = 320, height: int = 180) -> None:
        super().__init__(1 / 15)
        self._size = width, height

    async def recv(self) -> VideoFrame:
        number = await self._turn()
        frame = VideoFrame(*self._size, "yuv420p")
        for plane, value in zip(frame.planes, COLOUR, strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = number * 6_000, Fraction(1, 90_000)
        return frame


class TalkingScreen(Screen):
    """Answers the sections that receive as ``direction`` says, and sends when told to.

    ``codecs``: by kind, the names of the codecs to answer with, where not all that were offered.
    """

    def __init__(self, direction: str = "sendonly", codecs: dict[str, str] | None = None) -> None:
        super().__init__()
        self._direction = direction
        self._codecs = codecs or {}
        self.sections: dict[str, RTCRtpTransceiver] = {}

    async def answer(self, offer: str) -> str:
        await self.pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        for section in self.pc.getTransceivers():
            # As seen from here.
            if section._offerDirection != "sendonly":
                continue
            self.sections[section.kind] = section
            section.direction = self._direction
            if name := self._codecs.get(section.kind):
                section._codecs = [c for c in section._codecs if c.name == name]
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        answer: str = self.pc.localDescription.sdp
        return answer

    def send(self, track: MediaStreamTrack) -> None:
        """Attach ``track`` to its section, as a page does when the microphone is switched on."""
        self.sections[track.kind].sender.replaceTrack(track)

    def send_nothing(self) -> None:
        """Take the tracks off again."""
        for section in self.sections.values():
            section.sender.replaceTrack(None)


class Talker(Viewer):
    """A viewer with a voice and a face. ``screen`` is a TalkingScreen once there is an offer."""

    screen: TalkingScreen

    async def offer(self) -> str:
        offer = await super().offer()
        await self.screen.close()
        self.screen = TalkingScreen()
        return offer

    async def floor(self, *, want: bool = True) -> dict[str, Any]:
        """Ask for the floor, or give it back; the answer."""
        await self.socket.say("floor", {"call": self.call, "want": want})
        answer: dict[str, Any] = await self.socket.hear_until("floor")
        assert answer["call"] == self.call
        return answer


@asynccontextmanager
async def talking(
    peer: Peer, direction: str = "sendonly", codecs: dict[str, str] | None = None
) -> AsyncIterator[TalkingScreen]:
    """A screen in a call with ``peer``, without signaling."""
    screen = TalkingScreen(direction, codecs)
    try:
        await peer.answer(await screen.answer(peer.sdp))
        for candidate in peer.candidates:
            await screen.add_candidate(Trickle("", candidate).payload()["candidate"])
        await peer.connected.wait()
        await screen.connected.wait()
        yield screen
    finally:
        await screen.close()


async def until(true: Callable[[], bool]) -> None:
    """Wait for something nobody tells of."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def pitch(samples: Sequence[int], rate: int = RATE) -> float:
    """Hertz of the tone in ``samples``, by how often it rises through zero."""
    rises = [index for index, (a, b) in enumerate(pairwise(samples)) if a < 0 <= b]
    return (len(rises) - 1) * rate / (rises[-1] - rises[0]) if len(rises) > 1 else 0.0


def longest_tone(samples: Sequence[int]) -> Sequence[int]:
    """The longest run in which there is no silence of 10 ms."""
    best = 0, 0
    quiet = start = 0
    for index, sample in enumerate(samples):
        quiet = 0 if abs(sample) > 300 else quiet + 1
        if quiet > RATE // 100:
            start = index + 1
        elif index - start > best[1] - best[0]:
            best = start, index
    return samples[best[0] : best[1]]
