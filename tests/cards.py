"""Sound cards that are files, by ALSA's own plug-ins: no hardware."""

import ctypes
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from math import pi, sin
from pathlib import Path

import pytest

from edgecam.media import AudioFormat

TONE_HZ = 500


FORMATS = {
    "tone": AudioFormat(48_000, 1),
    "tone44": AudioFormat(44_100, 1),
    "tone8": AudioFormat(8_000, 1),
    "stereo": AudioFormat(48_000, 2),
    "stereo44": AudioFormat(44_100, 2),
}
"""What each card has, and nothing else."""


def tone(format_: AudioFormat, samples: int) -> bytes:
    """A tone, every channel the same."""
    turn = 2 * pi * TONE_HZ / format_.rate
    run = [round(8_000 * sin(turn * i)) for i in range(samples) for _ in range(format_.channels)]
    return array("h", run).tobytes()


@contextmanager
def sound_cards(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have ALSA's configuration name those of FORMATS, which play a tone for two seconds and then
    silence; ``shown``, which it lists; and ``broken``, which is nothing ALSA can use.
    """
    lines = [
        "pcm.null { type null }",
        'pcm.shown { type null hint { show on description "A card that is shown" } }',
        "pcm.broken { type plug slave.pcm { type null-and-void } }",
    ]
    for name, format_ in FORMATS.items():
        file = folder / f"{name}.raw"
        file.write_bytes(tone(format_, 2 * format_.rate))
        bindings = " ".join(
            f"bindings.{each} {{ slave a channel {each} }}" for each in range(format_.channels)
        )
        # A plug converts any number of channels, "multi" none.
        lines.append(
            f"pcm.rate_{name} {{ type plug slave {{ pcm null rate {format_.rate} }} }}\n"
            f"pcm.only_{name} {{ type multi {bindings}"
            f' slaves.a {{ pcm "rate_{name}" channels {format_.channels} }} }}\n'
            f'pcm.{name} {{ type file slave.pcm "only_{name}" file "/dev/null" infile "{file}"'
            " format raw }"
        )
    config = folder / "asound.conf"
    config.write_text("\n".join(lines))
    forget = ctypes.CDLL("libasound.so.2").snd_config_update_free_global
    with monkeypatch.context() as environment:
        # ALSA reads the C library's environment.
        environment.setenv("ALSA_CONFIG_PATH", str(config))
        forget()
        yield
    forget()
