"""From packets that arrive when they like to sound that is played steadily, at bounded delay.

Three clocks disagree: the talker's, the network's and the sound card's. What is measured is how
much is left in the buffer at the worst moment of some seconds: what is never needed is delay for
nothing and is taken out, a grain at a time; when hardly anything is left, a grain is put in. So
drift in either direction is undone as it happens, the delay follows the jitter there is, and after
an hour it is what it was.
"""

from array import array
from collections import deque
from collections.abc import Callable

from edgecam.playback import grains

START_MS = 60
"""Sound kept back before the first of it is played, and again after it ran out."""

MOST_MS = 400
"""More than this is never kept: all but START_MS is skipped."""

RESERVE_MS, NEAR_MS, FAR_MS = 20, 25, 60
"""What should be left at the worst moment: less is stretched. How much more is trimmed slowly, and
how much quickly. The reserve is a packet at least: packets are late by the whole or not at all."""

SLOT_MS, SLOTS = 500, 10
"""The worst moment is that of the last five seconds, looked at twice a second."""

GRAIN_MS, RAMP_MS, LONGEST_GAP_MS = 10, 5, 120

MOST_PACKETS = 64
"""Packets that wait for a sink that blocks."""

MOST_JUMP_MS = 5_000
"""A timestamp farther ahead than this begins a new count, as one does that is too far behind for
anything between them to be kept."""

LONGEST_PACKET_MS = 120
"""RFC 6716, section 2.1.4."""

Decode = Callable[[bytes], "array[int]"]


class Playout:
    """One talker's voice, one channel.

    ``push`` is for the event loop, everything else for one other thread; neither waits for the
    other. ``rate``: of the RTP timestamps and of the sound. Counts, in packets but for the last
    two, which are in grains: ``late``, ``lost``, ``skipped``, ``underruns`` (times it ran out),
    ``trimmed``, ``stretched``.
    """

    def __init__(self, decode: Decode, rate: int = 48_000) -> None:
        self.late = self.lost = self.skipped = self.underruns = 0
        self.trimmed = self.stretched = 0
        self._decode = decode
        self._ms = rate // 1000
        self._inbox: deque[tuple[int, bytes]] = deque(maxlen=MOST_PACKETS)
        self._packets: dict[int, bytes] = {}
        self._pcm = array("h")
        self._next: int | None = None
        self._newest = 0
        self._begun = False
        self._packet = 20 * self._ms
        self._broken = True
        self._last = 0
        self._slots: deque[int] = deque(maxlen=SLOTS)
        self._least = self._measured = 0
        self._measure_anew()

    @property
    def delay(self) -> int:
        """Samples kept."""
        ahead = self._end - self._next if self._next is not None else 0
        return len(self._pcm) + max(ahead, 0)

    def push(self, timestamp: int, data: bytes) -> None:
        """A packet arrived. The oldest goes if nobody takes them."""
        if data:
            self._inbox.append((timestamp, data))

    def pull(self, samples: int) -> "array[int]":
        """The next ``samples``; silence where there is no voice."""
        self._take_in()
        self._limit()
        if self._fill(samples):
            self._measure(samples)
        missing = samples - len(self._pcm)
        if missing > 0:
            self._pcm.extend(self._falling(missing))
        out = self._pcm[:samples]
        del self._pcm[:samples]
        self._last = out[-1] if out else self._last
        return out

    @property
    def _end(self) -> int:
        """The timestamp after the newest packet."""
        return self._newest + self._packet

    def _take_in(self) -> None:
        while self._inbox:
            timestamp, data = self._inbox.popleft()
            if self._begun:
                # RFC 3550, section 5.1: 32 bits that wrap around.
                ahead = (timestamp - self._newest + 0x8000_0000 & 0xFFFF_FFFF) - 0x8000_0000
                timestamp = self._newest + ahead
                if not -MOST_MS * self._ms <= ahead <= MOST_JUMP_MS * self._ms:
                    self._start_over(timestamp)
            else:
                self._start_over(timestamp)
            if self._next is not None and timestamp < self._next:
                self.late += 1
                continue
            self._newest = max(self._newest, timestamp)
            self._packets[timestamp] = data

    def _start_over(self, timestamp: int) -> None:
        self._begun = True
        self._packets.clear()
        self._newest = timestamp
        self._next = None
        self._broken = True

    def _limit(self) -> None:
        """Skip what would be too late to be a conversation."""
        if not self._packets:
            return
        oldest = min(self._packets) if self._next is None else self._next
        if len(self._pcm) + self._end - oldest <= MOST_MS * self._ms:
            return
        keep = self._end - START_MS * self._ms
        old = [timestamp for timestamp in self._packets if timestamp < keep]
        for timestamp in old:
            del self._packets[timestamp]
        self.skipped += len(old)
        self._next = min(self._packets, default=None)
        del self._pcm[:]
        self._pcm.extend(self._falling(RAMP_MS * self._ms))
        self._broken = True
        self._measure_anew()

    def _falling(self, samples: int) -> "array[int]":
        """Silence after what was played or decoded last, without a click."""
        last = self._pcm[-1] if self._pcm else self._last
        return grains.faded_out(last, samples, RAMP_MS * self._ms)

    def _fill(self, samples: int) -> bool:
        """Have ``samples`` decoded; False if there are not so many."""
        while len(self._pcm) < samples:
            if not self._more():
                return False
        return True

    def _more(self) -> bool:
        """Decode or make up some more; False if there is nothing."""
        if self._next is None:
            start = START_MS * self._ms + max(self._packet - 20 * self._ms, 0)
            if not self._packets or self._end - min(self._packets) < start:
                return False
            self._next = min(self._packets)
        data = self._packets.pop(self._next, None)
        if data is not None:
            self._append(self._next, self._decoded(data))
        elif not self._packets:
            self.underruns += 1
            self._next = None
            self._broken = True
            self._measure_anew()
            return False
        else:
            self._bridge(self._next, min(self._packets))
        return True

    def _decoded(self, data: bytes) -> "array[int]":
        run = self._decode(data)[: LONGEST_PACKET_MS * self._ms]
        if run:
            self._packet = len(run)
        else:
            self.lost += 1
            run = grains.silence(self._packet)
        return run

    def _append(self, timestamp: int, run: "array[int]") -> None:
        self._next = until = timestamp + len(run)
        # A packet that overlaps the one before, as no encoder makes them.
        for covered in [each for each in self._packets if each < until]:
            del self._packets[covered]
            self.late += 1
        if self._broken:
            run = grains.faded_in(run, RAMP_MS * self._ms)
            self._broken = False
        self._pcm.extend(run)

    def _bridge(self, missing: int, upcoming: int) -> None:
        """Make up what is missing before the packet that is there."""
        gap = upcoming - missing
        self._next = upcoming
        self._broken = True
        if gap <= LONGEST_GAP_MS * self._ms:
            self.lost += 1
            self._pcm.extend(self._falling(gap))

    def _measure_anew(self) -> None:
        self._slots.clear()
        self._least, self._measured = MOST_MS * self._ms, 0

    def _measure(self, samples: int) -> None:
        """Note what will be left, and after each slot trim or stretch by what the last of them
        had left at their worst.
        """
        self._least = min(self._least, self.delay - samples)
        self._measured += samples
        if self._measured < SLOT_MS * self._ms:
            return
        self._slots.append(self._least)
        self._least, self._measured = MOST_MS * self._ms, 0
        if len(self._slots) < SLOTS:
            return
        excess = min(self._slots) - max(RESERVE_MS * self._ms, self._packet)
        grain = GRAIN_MS * self._ms
        if excess > FAR_MS * self._ms:
            self._trim(2 * grain, samples)
            self._slots.extend([left - 2 * grain for left in self._slots])
        elif excess > NEAR_MS * self._ms:
            self._trim(grain, samples)
            self._slots.clear()
        elif excess < 0 and len(self._pcm) >= 2 * grain:
            self._pcm = grains.lengthened(self._pcm, grain)
            self.stretched += 1
            self._slots.clear()

    def _trim(self, grain: int, samples: int) -> None:
        if self._fill(max(2 * grain, samples + grain)):
            self._pcm = grains.shortened(self._pcm, grain)
            self.trimmed += 1
