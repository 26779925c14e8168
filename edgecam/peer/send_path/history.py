"""What was sent of late, for viewers who lost some of it."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from edgecam.media import NS

KEPT = 2 * NS
"""Nanoseconds of the capture clock a frame can be repaired for: a browser gives up before."""

_MOST_FRAMES = 256


class Sent(NamedTuple):
    """A frame as one viewer got it: its first sequence number, and what else its headers held."""

    first: int
    timestamp: int
    extensions: bytes
    payloads: Sequence[bytes]
    capture_ns: int


class History:
    """The last two seconds of one viewer's frames, however large; the payloads are everybody's."""

    def __init__(self) -> None:
        self._frames: deque[Sent] = deque(maxlen=_MOST_FRAMES)

    def add(self, sent: Sent) -> None:
        """Remember ``sent``; forget what is older than it by KEPT."""
        frames = self._frames
        while frames and sent.capture_ns - frames[0].capture_ns > KEPT:
            frames.popleft()
        frames.append(sent)

    @property
    def newest(self) -> Sent | None:
        """The last one."""
        return self._frames[-1] if self._frames else None

    def find(self, sequence_number: int) -> tuple[Sent, int] | None:
        """The frame that the packet with this number was of, and which of its packets it was."""
        for sent in reversed(self._frames):
            number = (sequence_number - sent.first) & 0xFFFF
            if number < len(sent.payloads):
                return sent, number
        return None
