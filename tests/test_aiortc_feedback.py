"""What viewers report through aiortc is told, and what they make up is not."""

import time
from typing import Any

from aiortc.rtp import (
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    pack_remb_fci,
)

from edgecam.peer import aiortc_internals
from tests.test_aiortc_internals import sender


class Noted:
    """In the place of a Link: notes what it is told, without the times."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def sent(self, octets: int, now: float) -> None:
        self.told.append(("sent", octets))

    def estimated(self, bitrate: int, now: float) -> None:
        self.told.append(("estimated", bitrate))

    def reported(self, lost: int, highest: int, now: float) -> None:
        self.told.append(("reported", lost, highest))

    def took(self, round_trip: float, now: float) -> None:
        self.told.append(("took", round(round_trip)))

    def full(self, now: float) -> None:
        self.told.append(("full",))

    def take(self) -> list[tuple[object, ...]]:
        """What was told since the last time."""
        told, self.told = self.told, []
        return told


def report(ssrc: int, lost: int, highest: int, lsr: int = 0, dlsr: int = 0) -> RtcpReceiverInfo:
    """A report block."""
    return RtcpReceiverInfo(ssrc, 0, lost, highest, 0, lsr, dlsr)


async def test_what_a_viewer_reports_is_told() -> None:
    """Receiver reports, also those in sender reports; of this stream, and what was sent of it."""
    pc, mine = sender()
    noted = Noted()
    aiortc_internals.on_feedback(mine, lambda: noted)
    private: Any = mine
    private._RTCRtpSender__octet_count = 700

    others, ours = report(mine._ssrc + 1, 9, 9), report(mine._ssrc, 3, 70_000)
    await mine._handle_rtcp_packet(RtcpRrPacket(ssrc=1, reports=[others, ours]))
    assert noted.take() == [("sent", 700), ("reported", 3, 70_000)]
    info = RtcpSenderInfo(0, 0, 0, 0)
    await mine._handle_rtcp_packet(RtcpSrPacket(ssrc=1, sender_info=info, reports=[ours]))
    assert noted.take() == [("sent", 700), ("reported", 3, 70_000)]

    # aiortc goes on keeping its statistics.
    stats = {each.type: each for each in (await mine.getStats()).values()}
    assert stats["remote-inbound-rtp"].packetsLost == 3
    await pc.close()


async def test_a_round_trip_is_told_once() -> None:
    """All reports until the next of ours answer the same one."""
    pc, mine = sender()
    noted = Noted()
    aiortc_internals.on_feedback(mine, lambda: noted)
    private: Any = mine
    answer = RtcpRrPacket(ssrc=1, reports=[report(mine._ssrc, 0, 5, lsr=77, dlsr=3 << 16)])
    for _ in range(2):
        private._RTCRtpSender__lsr, private._RTCRtpSender__lsr_time = 77, time.time() - 7
        await mine._handle_rtcp_packet(answer)
        assert noted.take()[1:] == [("took", 4), ("reported", 0, 5)]
        await mine._handle_rtcp_packet(answer)
        assert noted.take()[1:] == [("reported", 0, 5)]
        private._RTCRtpSender__lsr = 78
        newer = RtcpRrPacket(ssrc=1, reports=[report(mine._ssrc, 0, 5, lsr=78, dlsr=7 << 16)])
        await mine._handle_rtcp_packet(newer)
        assert noted.take()[1:] == [("took", 0), ("reported", 0, 5)]
    await pc.close()


async def test_an_estimate_is_told() -> None:
    """Of this stream alone; what is no estimate, or a broken one, is not."""
    pc, mine = sender()
    noted = Noted()
    aiortc_internals.on_feedback(mine, lambda: noted)

    def remb(fci: bytes, fmt: int = 15) -> RtcpPsfbPacket:
        return RtcpPsfbPacket(fmt=fmt, ssrc=1, media_ssrc=0, fci=fci)

    good = pack_remb_fci(1_000_000, [1, mine._ssrc])
    await mine._handle_rtcp_packet(remb(good))
    assert noted.take() == [("sent", 0), ("estimated", 1_000_000)]
    for fci in (pack_remb_fci(5, [1]), b"", b"REMB", b"XXXX" + good[4:]):
        await mine._handle_rtcp_packet(remb(fci))
        assert noted.take() == [("sent", 0)]
    await mine._handle_rtcp_packet(remb(good, fmt=1))
    assert noted.take() == [("sent", 0)]
    await pc.close()
