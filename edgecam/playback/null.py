"""A loudspeaker nobody hears and a screen nobody sees: they take everything, in real time."""

from av import VideoFrame

from edgecam.media import AudioFormat
from edgecam.playback.pace import Pace


class NullSpeaker:
    """Drops what it is written, at the pace of a sound card."""

    def __init__(self, device: str = "") -> None:
        self._pace: Pace | None = None

    def open(self) -> AudioFormat:
        format_ = AudioFormat()
        self._pace = Pace(format_.rate)
        return format_

    def write(self, samples: bytes) -> int:
        if self._pace is not None:
            self._pace.wrote(len(samples) // 2)
        return 0

    def close(self) -> None:
        self._pace = None


class NullScreen:
    """Drops what it is shown."""

    def __init__(self, device: str = "") -> None:
        pass

    def open(self) -> None:
        pass

    def show(self, picture: VideoFrame) -> None:
        pass

    def idle(self) -> None:
        pass

    def close(self) -> None:
        pass
