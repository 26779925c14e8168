"""A source and its encoder as one thing that packets are read from."""

from collections.abc import Callable, Sequence
from typing import Protocol

from edgecam.capture.source import Source
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
    """Access units of what a camera sees, by an encoder made anew at each ``open``.

    The first packet after ``open`` is a keyframe. ``close`` may be called twice, after a failed
    ``open``, and by another thread to end a ``read``. All raise SourceError.
    """

    def __init__(self, source: Source[Picture], encoder: Callable[[], VideoEncoder]) -> None:
        self._source = source
        self._make = encoder
        self._encoder: VideoEncoder | None = None
        self._bitrate: int | None = None

    def open(self) -> None:
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
        picture = self._source.read()
        return encoder.encode(picture, keyframe())

    def set_bitrate(self, bitrate: int) -> None:
        """In bits a second, from the next picture on and across ``open``. For any thread."""
        self._bitrate = bitrate
        if encoder := self._encoder:
            encoder.set_bitrate(bitrate)

    def close(self) -> None:
        encoder, self._encoder = self._encoder, None
        _close(self._source, encoder)


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
