"""Picture and sound carry the capture clock, so that the flash and the beep meet at the viewer."""

import time
from collections.abc import AsyncIterator
from typing import Any

from aiortc import RTCRtpReceiver
from aiortc.rtp import RtcpSrPacket

from edgecam.capture import stamp
from edgecam.media import NS, capture_clock
from tests.answerer import Answerer, watching
from tests.test_peer import Camera, camera

__all__ = ["camera"]

NTP_EPOCH = 2_208_988_800
"""Seconds from NTP's beginning to Unix time's (RFC 5905, figure 4)."""

LOUD = 4_000
"""Between the tone, 2 % of full scale, and the beep, 40 %."""

PICTURE_TOLERANCE = 0.001
"""Seconds: less than drawing, encoding and sending a picture take together."""

SOUND_TOLERANCE = 0.010
"""Seconds: half of what a microphone's 20 ms of sound are late."""


class Reports:
    """Sender reports as they arrive at a receiver."""

    def __init__(self, receiver: RTCRtpReceiver, rate: int) -> None:
        self._receiver = receiver
        self._rate = rate
        self._last: RtcpSrPacket | None = None
        self._handle = receiver._handle_rtcp_packet
        receiver._handle_rtcp_packet = self._note  # type: ignore[method-assign]

    async def _note(self, packet: Any) -> None:
        if isinstance(packet, RtcpSrPacket):
            self._last = packet
        await self._handle(packet)

    def wall(self, pts: int) -> float | None:
        """Unix time at a decoded frame's pts, by the newest report; None before the first.

        aiortc counts pts from the first RTP timestamp it has seen.
        """
        mapper = self._receiver._RTCRtpReceiver__timestamp_mapper  # type: ignore[attr-defined]
        if self._last is None:
            return None
        timestamp = pts + mapper._origin
        info = self._last.sender_info
        steps = (timestamp - info.rtp_timestamp + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        wall: float = info.ntp_timestamp / 2**32 - NTP_EPOCH + steps / self._rate
        return wall


def reports(viewer: Answerer, kind: str, rate: int) -> Reports:
    """The reports about one of the viewer's tracks."""
    return Reports(next(r for r in viewer.pc.getReceivers() if r.track.kind == kind), rate)


async def test_reports_about_the_picture_say_when_it_was_drawn(camera: Camera) -> None:
    """The stamp in the picture and the report about its timestamp name the same time."""
    async with camera.peer() as peer, watching(peer) as viewer:
        video = reports(viewer, "video", 90_000)
        while True:
            picture = await viewer.picture()
            found = stamp.read(picture)
            assert picture.pts is not None
            told = video.wall(picture.pts)
            if found is not None and told is not None:
                break
    assert told is not None
    assert abs(_apart(told, found.wall / 10_000)) < PICTURE_TOLERANCE


def _apart(one: float, other: float) -> float:
    """Seconds between two times that are known modulo the stamp's 2**32 tenths of a millisecond."""
    cycle = 2**32 / 10_000
    return (one - other + cycle / 2) % cycle - cycle / 2


async def test_reports_about_the_sound_put_the_beep_on_the_flash(camera: Camera) -> None:
    """The beep begins on a whole second of the capture clock, as the flash does."""
    wall_of_zero = time.time() - capture_clock() / NS
    async with camera.peer() as peer, watching(peer) as viewer:
        audio = reports(viewer, "audio", 48_000)
        async for pts in _beeps(viewer):
            told = audio.wall(pts)
            if told is not None:
                break
    assert told is not None
    captured = told - wall_of_zero
    assert abs(captured - round(captured)) < SOUND_TOLERANCE


async def _beeps(viewer: Answerer) -> AsyncIterator[int]:
    """The pts at which beeps begin."""
    loud = True
    while True:
        sound = await viewer.sound()
        assert sound.pts is not None
        channels = len(sound.layout.channels)
        samples = memoryview(sound.planes[0]).cast("h")[: sound.samples * channels : channels]
        for number, sample in enumerate(samples):
            if abs(sample) > LOUD and not loud:
                yield sound.pts + number
                break
        loud = max(map(abs, samples)) > LOUD
