"""A loudspeaker and a screen that are files. Each time they open they begin anew."""

import wave
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
from av import FFmpegError, VideoFrame
from av.container import OutputContainer
from av.video.stream import VideoStream

from edgecam.errors import SinkError
from edgecam.media import NS, AudioFormat, capture_clock
from edgecam.playback.pace import Pace

_MILLISECONDS = Fraction(1, 1000)


class FileSpeaker:
    """A WAV file at ``device``, written at the pace of a sound card."""

    def __init__(self, device: str) -> None:
        self._path = Path(device)
        self._pace: Pace | None = None
        self._raw: BinaryIO | None = None
        self._file: wave.Wave_write | None = None

    def open(self) -> AudioFormat:
        format_ = AudioFormat()
        self._raw = _opened(self._path)
        self._file = wave.open(self._raw, "wb")  # noqa: SIM115
        self._file.setnchannels(format_.channels)
        self._file.setsampwidth(2)
        self._file.setframerate(format_.rate)
        self._pace = Pace(format_.rate)
        return format_

    def write(self, samples: bytes) -> int:
        if self._file is None or self._pace is None:
            raise SinkError(f"{self._path} is closed: open it before writing to it")
        try:
            self._file.writeframes(samples)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self._pace.wrote(len(samples) // 2)
        return 0

    def close(self) -> None:
        file, self._file = self._file, None
        raw, self._raw = self._raw, None
        if file is not None and raw is not None:
            with suppress(OSError), raw:
                file.close()


class FileScreen:
    """A Matroska file at ``device`` of the pictures and when they were shown, all of the size of
    the first.
    """

    def __init__(self, device: str) -> None:
        self._path = Path(device)
        self._raw: BinaryIO | None = None
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._start_ns = 0
        self._last = -1

    def open(self) -> None:
        self._stream = None
        self._raw = _opened(self._path)
        self._container = av.open(self._raw, "w", format="matroska")
        self._start_ns, self._last = capture_clock(), -1

    def show(self, picture: VideoFrame) -> None:
        if self._container is None:
            raise SinkError(f"{self._path} is closed: open it before showing anything in it")
        try:
            self._write(self._container, picture)
        except (OSError, FFmpegError) as error:
            raise _unwritable(self._path, error) from error

    def idle(self) -> None:
        pass

    def close(self) -> None:
        container, self._container = self._container, None
        stream, self._stream = self._stream, None
        raw, self._raw = self._raw, None
        if container is not None and raw is not None:
            with suppress(OSError, FFmpegError), raw:
                if stream is not None:
                    container.mux(stream.encode())
                container.close()

    def _write(self, container: OutputContainer, picture: VideoFrame) -> None:
        if self._stream is None:
            # Every picture stands alone, so that a file cut short by a crash is still one.
            stream = container.add_stream("mjpeg", rate=30)
            stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuvj420p"
            stream.time_base = stream.codec_context.time_base = _MILLISECONDS
            self._stream = stream
        stream = self._stream
        resized = picture.reformat(stream.width, stream.height, "yuvj420p")
        now = (capture_clock() - self._start_ns) * 1000 // NS
        self._last = max(now, self._last + 1)
        resized.pts, resized.time_base = self._last, _MILLISECONDS
        container.mux(stream.encode(resized))


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: Exception) -> SinkError:
    reason = getattr(error, "strerror", None) or error
    return SinkError(f"{path} can't be written ({reason}): choose another file")
