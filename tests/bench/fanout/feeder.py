"""RTP of the stream on loopback, for servers that are fed with it: ``... feeder FILE PORT``.

Runs until it is killed. What it costs is not counted.
"""

import socket
import struct
import sys
import time
from pathlib import Path

from edgecam.media import NS
from edgecam.peer.send_path.payloads import h264
from tests.bench.fanout import stream

PAYLOAD_TYPE = 96


def feed(file: Path, port: int) -> None:
    """Send it at its pace, over and over."""
    frames = [[own + cut for own, cut in h264(unit)] for unit in stream.load(file)]
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.connect(("127.0.0.1", port))
    sequence, start, number = 0, time.monotonic_ns(), 0
    while True:
        early = start + number * NS // stream.VIDEO.rate - time.monotonic_ns()
        if early > 0:
            time.sleep(early / NS)
        payloads = frames[number % len(frames)]
        timestamp = number * 90_000 // stream.VIDEO.rate & 0xFFFFFFFF
        for at, payload in enumerate(payloads):
            marker = 0x80 if at + 1 == len(payloads) else 0
            header = struct.pack("!BBHII", 0x80, marker | PAYLOAD_TYPE, sequence, timestamp, 1)
            try:
                out.send(header + payload)
            except ConnectionRefusedError:
                # The server does not listen yet.
                continue
            sequence = sequence + 1 & 0xFFFF
        number += 1


if __name__ == "__main__":
    feed(Path(sys.argv[1]), int(sys.argv[2]))
