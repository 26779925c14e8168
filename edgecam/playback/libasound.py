"""The few calls of ALSA's own library that playing takes, with the types of its header.

By ctypes, on the system's library: it is on every Debian and Raspberry Pi OS that can play sound,
its interface has not changed for twenty years, and it can load the system's plug-ins, which the
copy inside PyAV can't. FFmpeg's ALSA output always asks for the largest buffer, up to 2.7 s, and
does not tell how full it is.
"""

from ctypes import (
    CDLL,
    POINTER,
    byref,
    c_char_p,
    c_int,
    c_long,
    c_uint,
    c_ulong,
    c_void_p,
)
from errno import EAGAIN

_PLAYBACK, _NONBLOCK, _S16_LE, _INTERLEAVED = 0, 1, 2, 3
"""From alsa/pcm.h: a direction, an open mode, a sample format, an access type."""

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
    "snd_pcm_writei": (c_long, _handle, c_char_p, c_ulong),
    "snd_pcm_wait": (c_int, _handle, c_int),
    "snd_pcm_delay": (c_int, _handle, POINTER(c_long)),
    "snd_pcm_recover": (c_int, _handle, c_int, c_int),
    "snd_pcm_drop": (c_int, _handle),
    "snd_pcm_close": (c_int, _handle),
    "snd_strerror": (c_char_p, c_int),
}
for _name, (_result, *_arguments) in _SIGNATURES.items():
    _function = getattr(_library, _name)
    _function.restype, _function.argtypes = _result, _arguments


class AlsaError(Exception):
    """What ALSA says is wrong."""


class Pcm:
    """A PCM open for playing, without blocking. AlsaError wherever ALSA returns one."""

    def __init__(self, name: str) -> None:
        self._handle = _handle()
        _checked(_library.snd_pcm_open(byref(self._handle), name.encode(), _PLAYBACK, _NONBLOCK))

    def configure(self, rate: int, channels: int, latency_us: int) -> None:
        """s16, interleaved; ALSA converts what the hardware lacks if this PCM can."""
        _checked(
            _library.snd_pcm_set_params(
                self._handle, _S16_LE, _INTERLEAVED, channels, rate, 1, latency_us
            )
        )

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
        """Frames written and not heard yet; 0 where the PCM does not know."""
        frames = c_long()
        error = _library.snd_pcm_delay(self._handle, byref(frames))
        return max(frames.value, 0) if error == 0 else 0

    def close(self) -> None:
        """Drop what has not been heard. May be called twice."""
        if self._handle.value:
            _library.snd_pcm_drop(self._handle)
            _library.snd_pcm_close(self._handle)
            self._handle = _handle()


def _checked(result: int) -> None:
    if result < 0:
        raise AlsaError(_library.snd_strerror(result).decode("utf-8", "replace"))
