"""The few calls of ALSA's own library that playing and listening take, with its header's types.

By ctypes, on the system's library: it is on every Debian and Raspberry Pi OS that can play sound,
its interface has not changed for twenty years, and it reads the system's configuration, without
which no device has a name; the copy inside PyAV's wheels finds none. FFmpeg's ALSA output always
asks for the largest buffer, up to 2.7 s, and does not tell how full it is; its input stamps with
the clock on the wall, and recovers from overruns without a word.
"""

from ctypes import (
    CDLL,
    CFUNCTYPE,
    POINTER,
    byref,
    c_char_p,
    c_int,
    c_long,
    c_uint,
    c_ulong,
    c_void_p,
    cast,
    create_string_buffer,
)
from errno import EAGAIN, EPIPE
from itertools import count

PLAYBACK, CAPTURE = 0, 1
_NONBLOCK, _S16_LE, _INTERLEAVED = 1, 2, 3
"""From alsa/pcm.h: directions, an open mode, a sample format, an access type."""

try:
    _library = CDLL("libasound.so.2")
except OSError as error:
    raise ImportError(
        f"{error}; install Debian's package libasound2 (libasound2t64 from Debian 13 on)"
    ) from error

_handle = c_void_p
_SIGNATURES = {
    "snd_pcm_open": (c_int, POINTER(_handle), c_char_p, c_int, c_int),
    "snd_pcm_set_params": (c_int, _handle, c_int, c_int, c_uint, c_uint, c_int, c_uint),
    "snd_pcm_start": (c_int, _handle),
    "snd_pcm_readi": (c_long, _handle, c_char_p, c_ulong),
    "snd_pcm_writei": (c_long, _handle, c_char_p, c_ulong),
    "snd_pcm_wait": (c_int, _handle, c_int),
    "snd_pcm_delay": (c_int, _handle, POINTER(c_long)),
    "snd_pcm_recover": (c_int, _handle, c_int, c_int),
    "snd_pcm_drop": (c_int, _handle),
    "snd_pcm_close": (c_int, _handle),
    "snd_strerror": (c_char_p, c_int),
    "snd_device_name_hint": (c_int, c_int, c_char_p, POINTER(POINTER(c_void_p))),
    "snd_device_name_get_hint": (c_void_p, c_void_p, c_char_p),
    "snd_device_name_free_hint": (c_int, POINTER(c_void_p)),
}
for _name, (_result, *_arguments) in _SIGNATURES.items():
    _function = getattr(_library, _name)
    _function.restype, _function.argtypes = _result, _arguments
# What it would write on standard error comes as an AlsaError, too, where it matters.
_quiet = CFUNCTYPE(None)(lambda: None)
_library.snd_lib_error_set_handler(_quiet)
_free = CDLL(None).free
_free.restype, _free.argtypes = None, [c_void_p]


class AlsaError(Exception):
    """What ALSA says is wrong; ``number`` is that of the system's error."""

    def __init__(self, number: int) -> None:
        super().__init__(_library.snd_strerror(-number).decode("utf-8", "replace"))
        self.number = number


class Pcm:
    """A PCM open for playing, or to ``CAPTURE``, without blocking. AlsaError wherever ALSA returns
    one. Of ``overruns`` there is one for each time that captured sound was lost.
    """

    def __init__(self, name: str, direction: int = PLAYBACK) -> None:
        self.overruns = 0
        self._handle = _handle()
        _checked(_library.snd_pcm_open(byref(self._handle), name.encode(), direction, _NONBLOCK))

    def configure(
        self, rate: int, channels: int, latency_us: int, *, resample: bool = True
    ) -> None:
        """s16, interleaved; ALSA converts what the hardware lacks if this PCM can, also the rate if
        it is to ``resample``.
        """
        _checked(
            _library.snd_pcm_set_params(
                self._handle, _S16_LE, _INTERLEAVED, channels, rate, int(resample), latency_us
            )
        )

    def start(self) -> None:
        """Begin to capture."""
        _checked(_library.snd_pcm_start(self._handle))

    def read(self, frames: int, size: int) -> bytes:
        """Up to so many frames of ``size`` bytes of what was captured; what there is. Recovers from
        overruns.
        """
        samples = create_string_buffer(frames * size)
        taken: int = _library.snd_pcm_readi(self._handle, samples, frames)
        if taken == -EAGAIN:
            return b""
        if taken < 0:
            self.overruns += taken == -EPIPE
            _checked(_library.snd_pcm_recover(self._handle, taken, 1))
            self.start()
            return b""
        return samples.raw[: taken * size]

    def write(self, samples: bytes, frames: int) -> int:
        """How many of ``frames`` were taken; none if there is no room. Recovers from underruns."""
        taken: int = _library.snd_pcm_writei(self._handle, samples, frames)
        if taken == -EAGAIN:
            return 0
        if taken < 0:
            _checked(_library.snd_pcm_recover(self._handle, taken, 1))
            return 0
        return taken

    def wait(self, milliseconds: int) -> bool:
        """Whether there is room within so long."""
        ready: int = _library.snd_pcm_wait(self._handle, milliseconds)
        if ready < 0:
            _checked(_library.snd_pcm_recover(self._handle, ready, 1))
        return ready > 0

    def delay(self) -> int:
        """Frames written and not heard yet, or captured and not read yet; 0 where the PCM does not
        know.
        """
        frames = c_long()
        error = _library.snd_pcm_delay(self._handle, byref(frames))
        return max(frames.value, 0) if error == 0 else 0

    def close(self) -> None:
        """Drop what has not been heard. May be called twice."""
        if self._handle.value:
            _library.snd_pcm_drop(self._handle)
            _library.snd_pcm_close(self._handle)
            self._handle = _handle()


def pcms(direction: int) -> list[tuple[str, str]]:
    """The PCMs for that direction that the system's configuration names, each with what it says
    about it.
    """
    hints = POINTER(c_void_p)()
    if _library.snd_device_name_hint(-1, b"pcm", byref(hints)) < 0:
        return []
    found = []
    try:
        for index in count():
            if not (hint := hints[index]):
                break
            # Without a direction, it is for both.
            if _hint(hint, b"IOID") in ("", ("Output", "Input")[direction]):
                found.append((_hint(hint, b"NAME"), " ".join(_hint(hint, b"DESC").split("\n"))))
    finally:
        _library.snd_device_name_free_hint(hints)
    return found


def _hint(hint: int, about: bytes) -> str:
    text = _library.snd_device_name_get_hint(hint, about)
    if not text:
        return ""
    try:
        return (cast(text, c_char_p).value or b"").decode("utf-8", "replace")
    finally:
        _free(text)


def _checked(result: int) -> None:
    if result < 0:
        raise AlsaError(-result)
