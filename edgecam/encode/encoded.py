"""A source and its encoder as one thing that packets are read from."""

from collections.abc import Callable, Sequence
from typing import Protocol

from edgecam.capture.source import EncodingCamera, Seen, Source
from edgecam.errors import SourceError
from edgecam.media import Packet, Picture, Sound


class VideoEncoder(Protocol):
    """Begins with a keyframe. SourceError when it fails."""

    def encode(self, picture: Picture, keyframe: bool) -> list[Packet]: ...

    def set_bitrate(self, bitrate: int) -> None: ...

    def close(self) -> None: ...


class AudioEncoder(Protocol):
    """SourceError when it fails."""

    def encode(self, sound: Sound) -> list[Packet]: ...

    def close(self) -> None: ...


class Closable(Protocol):
    """What sources and encoders have in common."""

    def close(self) -> None: ...


class EncodedVideo:
    """Access units of what a camera sees, by an encoder made anew at each ``open``; those of a
    camera that encodes by itself as they are.

    The first packet after ``open`` is a keyframe. ``close`` may be called twice, after a failed
    ``open``, and by another thread to end a ``read``. All raise SourceError. ``flaw`` says what is
    wrong with a camera's own stream that begins with this packet, None if nothing is; without it,
    all of them are wrong. ``by_camera``: whether the camera encoded what was read last.
    """

    def __init__(
        self,
        source: Source[Seen],
        encoder: Callable[[], VideoEncoder],
        flaw: Callable[[Packet], str | None] = lambda first: "it is not what goes to these viewers",
    ) -> None:
        self.by_camera = False
        self._source = source
        self._make = encoder
        self._flaw = flaw
        self._encoder: VideoEncoder | None = None
        self._encoding: VideoEncoder | None = None
        self._bitrate: int | None = None
        self._unchecked = True

    def open(self) -> None:
        self._unchecked, self._encoding = True, None
        encoder = self._make()
        if self._bitrate is not None:
            encoder.set_bitrate(self._bitrate)
        self._encoder = encoder
        self._source.open()

    def read(self, keyframe: Callable[[], bool]) -> Sequence[Packet]:
        """Waits for the next picture, then asks ``keyframe`` if a decoder has to start at it."""
        encoder = self._encoder
        if encoder is None:
            raise SourceError("the camera is closed: open it before reading from it")
        seen = self._source.read()
        self.by_camera = isinstance(seen, Packet)
        if isinstance(seen, Packet):
            return self._passed_on(seen, keyframe())
        self._encoding = encoder
        packets = encoder.encode(seen, keyframe())
        # Not by one that was abandoned: its place is another's by now.
        if self._encoding is encoder:
            self._encoding = None
        return packets

    def abandon(self) -> bool:
        """For another thread than the one that reads, which hangs: let go of an encoder that does
        not return, and close the camera, so that a third may open both anew. Whether it was the
        encoder that hung; if not, nothing is done.
        """
        if self._encoding is None:
            return False
        self._encoding = self._encoder = None
        self._source.close()
        return True

    def set_bitrate(self, bitrate: int) -> None:
        """In bits a second, from the next picture on and across ``open``. For any thread."""
        self._bitrate = bitrate
        if isinstance(self._source, EncodingCamera):
            self._source.set_bitrate(bitrate)
        if encoder := self._encoder:
            encoder.set_bitrate(bitrate)

    def close(self) -> None:
        encoder, self._encoder = self._encoder, None
        _close(self._source, encoder)

    def _passed_on(self, packet: Packet, keyframe: bool) -> Sequence[Packet]:
        if self._unchecked:
            if flaw := self._flaw(packet):
                raise SourceError(
                    f"the camera's own H.264 can't be sent: {flaw}; {self._instead()}"
                )
            self._unchecked = False
        if keyframe and not packet.keyframe and isinstance(self._source, EncodingCamera):
            self._source.request_keyframe()
        return [packet]

    def _instead(self) -> str:
        """What is done instead of sending the camera's own stream, or has to be."""
        if isinstance(self._source, EncodingCamera) and self._source.give_up_encoding():
            return "its pictures are encoded here from now on"
        return "choose a format that edgecam encodes, see the options of the camera's driver"


class EncodedAudio:
    """Opus packets of what a microphone hears, otherwise like ``EncodedVideo``."""

    def __init__(self, source: Source[Sound], encoder: Callable[[], AudioEncoder]) -> None:
        self._source = source
        self._make = encoder
        self._encoder: AudioEncoder | None = None

    def open(self) -> None:
        self._encoder = self._make()
        self._source.open()

    def read(self, keyframe: Callable[[], bool]) -> Sequence[Packet]:
        """Waits for the next sound. ``keyframe`` means nothing here: every packet is one."""
        encoder = self._encoder
        if encoder is None:
            raise SourceError("the microphone is closed: open it before reading from it")
        return encoder.encode(self._source.read())

    def abandon(self) -> bool:
        """Never: Opus does not hang."""
        return False

    def close(self) -> None:
        encoder, self._encoder = self._encoder, None
        _close(self._source, encoder)


def _close(source: Closable, encoder: Closable | None) -> None:
    """The source first, which ends a read; the encoder whatever that raises."""
    try:
        source.close()
    finally:
        if encoder is not None:
            encoder.close()
