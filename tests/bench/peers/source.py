"""A camera with an encoder, for servers that have none.

``python -m tests.bench.peers.source WIDTH HEIGHT RATE BITRATE RTP RTCP`` draws and encodes what
edgecam does, with edgecam's own parts and settings, and sends it as RTP to the port RTP of
loopback, and sender reports to the port RTCP, which may be the same one. Who answers by RTCP that a
keyframe is needed (PLI or FIR) gets one by edgecam's own rules. Says ``begun`` with the first
picture, and runs until it is killed.
"""

import socket
import struct
import sys
import threading
import time

from edgecam.capture import source
from edgecam.config import Config
from edgecam.encode.encoded import EncodedVideo
from edgecam.encode.h264 import X264
from edgecam.fanout.keyframes import KeyframeGate
from edgecam.media import NS, VideoFormat, capture_clock
from edgecam.peer.send_path.payloads import h264
from tests.bench.fanout.feeder import PAYLOAD_TYPE

LOOPBACK = "127.0.0.1"
SSRC = 1
CLOCK_RATE = 90_000
REPORT_NS = NS // 2
"""As often as a sender of this bitrate may say how it does (RFC 3550, section 6.2)."""

_SENDER_REPORT, _PAYLOAD_FEEDBACK = 200, 206
_PLI, _FIR = 1, 4
"""RFC 4585, section 6.3.1; RFC 5104, section 4.3.1."""

_NTP = 2_208_988_800
"""Seconds from 1900, which NTP counts from, to 1970."""


def main(video: VideoFormat, bitrate: int, rtp: int, rtcp: int) -> None:
    """Send until the process ends."""
    config = Config()
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.bind((LOOPBACK, 0))
    gate = KeyframeGate()
    threading.Thread(target=_listen, args=(out, gate), daemon=True).start()
    camera = EncodedVideo(
        source.camera(config.camera.driver, video),
        lambda: X264(video, bitrate, config.encode.keyframe_interval),
    )
    camera.open()
    sequence, packets, octets, reported = 0, 0, 0, 0
    while True:
        for unit in camera.read(lambda: gate.take(capture_clock())):
            timestamp = unit.capture_ns * CLOCK_RATE // NS & 0xFFFFFFFF
            payloads = [own + cut for own, cut in h264(unit.data)]
            for at, payload in enumerate(payloads):
                marker = 0x80 if at + 1 == len(payloads) else 0
                kind = marker | PAYLOAD_TYPE
                header = struct.pack("!BBHII", 0x80, kind, sequence, timestamp, SSRC)
                out.sendto(header + payload, (LOOPBACK, rtp))
                sequence = sequence + 1 & 0xFFFF
                octets += len(payload)
            packets += len(payloads)
            if unit.capture_ns - reported >= REPORT_NS:
                out.sendto(_report(unit.capture_ns, timestamp, packets, octets), (LOOPBACK, rtcp))
                if not reported:
                    sys.stdout.write("begun\n")
                    sys.stdout.flush()
                reported = unit.capture_ns


def _report(capture_ns: int, timestamp: int, packets: int, octets: int) -> bytes:
    """RFC 3550, section 6.4.1: when the picture of ``timestamp`` was taken."""
    wall = time.time_ns() - (capture_clock() - capture_ns)
    seconds, rest = divmod(wall, NS)
    return struct.pack(
        "!BBHIIIIII",
        *(0x80, _SENDER_REPORT, 6, SSRC),
        *(seconds + _NTP & 0xFFFFFFFF, (rest << 32) // NS, timestamp),
        *(packets & 0xFFFFFFFF, octets & 0xFFFFFFFF),
    )


def _listen(out: socket.socket, gate: KeyframeGate) -> None:
    while True:
        if _asks_for_keyframe(out.recv(2_048)):
            gate.request()


def _asks_for_keyframe(compound: bytes) -> bool:
    """Whether one of the RTCP packets (RFC 3550, section 6.1) is a PLI or a FIR."""
    at = 0
    while at + 4 <= len(compound):
        first, kind, words = struct.unpack_from("!BBH", compound, at)
        if kind == _PAYLOAD_FEEDBACK and first & 0x1F in (_PLI, _FIR):
            return True
        at += 4 * (words + 1)
    return False


if __name__ == "__main__":
    width, height, rate, bitrate, rtp, rtcp = map(int, sys.argv[1:])
    main(VideoFormat(width, height, rate), bitrate, rtp, rtcp)
