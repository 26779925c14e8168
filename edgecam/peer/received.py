"""What one viewer sends: nothing of it comes in unless that viewer has the floor."""

from dataclasses import dataclass
from functools import partial

from aiortc import RTCPeerConnection, RTCRtpTransceiver

from edgecam.media import Kind
from edgecam.peer import aiortc_receiving
from edgecam.playback.pictures import Pictures
from edgecam.playback.playout import Playout
from edgecam.playback.screen import Screen
from edgecam.playback.speaker import Speaker


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where a viewer is heard and seen, if anywhere."""

    speaker: Speaker | None = None
    screen: Screen | None = None


NOWHERE = Sinks()


class Received:
    """The sections of an offer that receive: one for each sink, each ``recvonly``.

    ``offer`` adds them after those that send. ``open`` lets the viewer in and ``shut`` out, any
    number of times; before and between, its packets are dropped as they arrive.
    """

    def __init__(self, pc: RTCPeerConnection, sinks: Sinks) -> None:
        self._pc = pc
        self._sinks = sinks
        self._gate: aiortc_receiving.Gate | None = None
        self._sections: dict[Kind, RTCRtpTransceiver] = {}
        self._playout: Playout | None = None
        self._pictures: Pictures | None = None

    def offer(self) -> None:
        """Add the sections, and the gate before everything the viewer sends."""
        if self._sinks.speaker is not None:
            receiver = self._add("audio").receiver
            aiortc_receiving.on_packet(receiver, self._hear)
        if self._sinks.screen is not None:
            receiver = self._add("video").receiver
            aiortc_receiving.on_picture(receiver, self._see)
        self._gate = aiortc_receiving.gate(self._pc)

    @property
    def mids(self) -> set[str]:
        """The sections' ids, once they are offered."""
        return {str(section.mid) for section in self._sections.values()}

    @property
    def kinds(self) -> set[Kind]:
        """What the viewer may send, by its answer."""
        return {
            kind
            for kind, section in self._sections.items()
            if section.currentDirection == "recvonly"
        }

    @property
    def dropped(self) -> int:
        """Packets that were not let in."""
        return self._gate.dropped if self._gate is not None else 0

    def open(self) -> bool:
        """Let the viewer be heard and seen; False if it said that it would send nothing."""
        kinds = self.kinds
        if self._gate is None or not kinds:
            return False
        self.shut()
        if "audio" in kinds and self._sinks.speaker is not None:
            self._playout = self._sinks.speaker.begin()
        if "video" in kinds and self._sinks.screen is not None:
            receiver = self._sections["video"].receiver
            aiortc_receiving.start_over(receiver)
            ask = partial(aiortc_receiving.ask_for_keyframe, receiver)
            self._pictures = self._sinks.screen.begin(ask)
            # The picture starts at once, whatever the viewer has sent before.
            ask()
        types = (aiortc_receiving.payload_types(self._sections[kind]) for kind in kinds)
        self._gate.open = frozenset().union(*types)
        return True

    def shut(self) -> None:
        """Let nothing in any more. May be called twice."""
        if self._gate is not None:
            self._gate.open = frozenset()
        playout, self._playout = self._playout, None
        pictures, self._pictures = self._pictures, None
        if playout is not None and self._sinks.speaker is not None:
            self._sinks.speaker.end(playout)
        if pictures is not None and self._sinks.screen is not None:
            self._sinks.screen.end(pictures)

    def _hear(self, timestamp: int, data: bytes) -> None:
        if self._playout is not None:
            self._playout.push(timestamp, data)

    def _see(self, codec: str, data: bytes) -> None:
        if self._pictures is not None:
            self._pictures.push(codec, data)

    def _add(self, kind: Kind) -> RTCRtpTransceiver:
        section = self._pc.addTransceiver(kind, direction="recvonly")
        section.setCodecPreferences(aiortc_receiving.received(kind))
        self._sections[kind] = section
        return section
