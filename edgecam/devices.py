"""What this machine has to see, hear and be heard with, in lines for a person."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from edgecam.capture.picamera import library, settings
from edgecam.capture.v4l2 import names
from edgecam.capture.v4l2.modes import Mode, Rates
from edgecam.encode.h264 import X264
from edgecam.encode.vp8 import Vp8
from edgecam.errors import SourceError

_PLUMBING = (
    *("null", "hw:", "front", "rear", "center_lfe", "side", "surround", "iec958", "usbstream"),
    *("dmix", "dsnoop", "lavrate", "samplerate", "speexrate", "speex", "jack", "oss"),
    *("upmix", "vdownmix"),
)
"""PCMs that others are built of, or that are a part of a card: nobody's first choice."""

_NONE = "  none"


def listed(dev: Path = names.DEV) -> Iterator[str]:
    """Each with the name to put into the configuration. Blocks as long as the devices do."""
    yield "Cameras (camera.driver = 'v4l2', camera.device as below):"
    yield from _or_none(_cameras(dev))
    yield "Cameras by ribbon (camera.driver = 'picamera', camera.device as below):"
    yield from _or_none(_by_ribbon())
    yield "Microphones (microphone.driver = 'alsa', microphone.device as below):"
    yield from _or_none(_cards(capture=True))
    yield "Loudspeakers (speaker.driver = 'alsa', speaker.device as below):"
    yield from _or_none(_cards(capture=False))
    yield "Encoders:"
    yield f"  {X264.called}"
    yield f"  {Vp8.called}"
    for encoder in names.encoders(dev):
        yield f"  H.264 in hardware ({encoder.card}) at {encoder.path}"


def _or_none(lines: Iterable[str]) -> Iterator[str]:
    given = list(lines)
    yield from given or [_NONE]


def _cameras(dev: Path) -> Iterator[str]:
    for camera in names.cameras(dev):
        yield f"  {camera.path}  {camera.card}"
        for fourcc, modes in groupby(camera.modes, lambda mode: mode.fourcc):
            yield f"    {fourcc}  {', '.join(_mode(mode) for mode in modes)}"


def _by_ribbon() -> Iterator[str]:
    try:
        found = library.load().Picamera2.global_camera_info()
    except SourceError as error:
        yield f"  not known: {error}"
        return
    for number, camera in enumerate(found):
        # libcamera knows those on USB, too, and less of them.
        if "/usb" not in camera["Id"]:
            yield f"  {number}  {settings.name(camera)}"


def _mode(mode: Mode) -> str:
    return f"{mode.size}{_rates(mode.rates)}"


def _rates(rates: Rates) -> str:
    if not rates.each:
        return ""
    between = "-" if rates.between else "/"
    return f"@{between.join(f'{float(rate):.3g}' for rate in rates.each)}"


def _cards(*, capture: bool) -> Iterator[str]:
    try:
        from edgecam.libasound import CAPTURE, PLAYBACK, pcms  # noqa: PLC0415 - not on all machines
    except ImportError as error:
        yield f"  not known: {error}"
        return
    found = pcms(CAPTURE if capture else PLAYBACK)
    for name, meaning in found:
        if not name.startswith(_PLUMBING):
            yield f"  {name}  {meaning}"
