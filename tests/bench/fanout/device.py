"""edgecam's sending alone, as a process: ``python -m tests.bench.fanout.device FILE PATH``.

Plays the stream of FILE through a fan-out to peers on the send path PATH, ``shared`` or ``stock``.
Lines of JSON on standard input, one answered by one on standard output:
``{"offer": true}`` by ``{"call", "sdp"}``, ``{"call", "answer"}`` by ``{"call"}``, ``{"played":
true}`` by ``{"seconds"}``, the processor's time that playing FILE has taken, without handing it on.
The end of the input ends it.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edgecam.annexb import is_keyframe
from edgecam.config import Viewers
from edgecam.encode.h264 import profile_level_id
from edgecam.fanout.fanout import Fanout
from edgecam.lifecycle import cancelled
from edgecam.media import NS, Packet, capture_clock
from edgecam.peer.peer import Peer, Streams
from edgecam.peer.send_path import profiles
from tests.bench.fanout import stream


class Playback:
    """The fan-out's Producer of what was encoded before."""

    def __init__(self, units: list[bytes]) -> None:
        self._units = [(unit, is_keyframe(unit)) for unit in units]
        self._start = 0
        self._next = 0
        self.spent_ns = 0

    def open(self) -> None:
        self._start = capture_clock()
        self._next = 0

    def read(self, keyframe: Callable[[], bool]) -> Sequence[Packet]:
        begun = time.thread_time_ns()
        packet = self._next_packet()
        self.spent_ns += time.thread_time_ns() - begun
        return [packet]

    def _next_packet(self) -> Packet:
        due = self._start + self._next * NS // stream.VIDEO.rate
        if (early := due - capture_clock()) > 0:
            time.sleep(early / NS)
        unit, is_key = self._units[self._next % len(self._units)]
        self._next += 1
        return Packet("video", unit, due, is_key)

    def close(self) -> None: ...

    def abandon(self) -> bool:
        return False


async def serve(file: Path, send_path: str) -> None:
    """Until standard input ends."""
    playback = Playback(stream.load(file))
    fanout = Fanout("stream", playback, Viewers().queue)
    streams = Streams(fanout, None, profile_level_id(stream.VIDEO, stream.BITRATE))
    running = asyncio.create_task(fanout.run())
    peers: list[Peer] = []
    lines = asyncio.StreamReader(2**20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    while line := await lines.readline():
        command: dict[str, Any] = json.loads(line)
        if "offer" in command:
            peer = await Peer.offering(streams, send_path=send_path)
            peers.append(peer)
            candidates = "".join(f"a={one.candidate}\r\n" for one in peer.candidates)
            at = peer.sdp.index("a=mid:0")
            sdp = peer.sdp[:at] + candidates + peer.sdp[at:]
            _say({"call": len(peers) - 1, "sdp": sdp})
        elif "played" in command:
            _say({"seconds": playback.spent_ns / NS})
        else:
            await peers[command["call"]].answer(command["answer"])
            _say({"call": command["call"]})
    for peer in peers:
        await peer.close()
    await cancelled(running)


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    profiles.prefer_the_fastest()
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
