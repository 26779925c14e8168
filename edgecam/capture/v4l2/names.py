"""Which V4L2 devices there are, and the names of them that last."""

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from edgecam.capture.v4l2.device import Device
from edgecam.capture.v4l2.modes import FORMATS, Mode

DEV = Path("/dev")


@dataclass(frozen=True, slots=True)
class Found:
    """One camera: ``path`` is the best name of it."""

    path: Path
    card: str
    modes: tuple[Mode, ...]


def lasting_name(device: Path, dev: Path = DEV) -> Path:
    """The link that udev makes for what ``device`` is, rather than for when it was plugged in: by
    its serial number, else by its port, else ``device``.
    """
    for folder in ("by-id", "by-path"):
        for link in sorted((dev / "v4l" / folder).glob("*")):
            if link.resolve() == device.resolve():
                return link
    return device


def cameras(dev: Path = DEV) -> Iterator[Found]:
    """Every device out of which pictures come in a format that edgecam takes."""
    for node, device in _devices(dev):
        modes = tuple(m for m in device.modes() if m.fourcc in FORMATS["auto"])
        if device.captures and modes:
            yield Found(lasting_name(node, dev), device.card, modes)


def encoders(dev: Path = DEV) -> Iterator[Found]:
    """Every device that encodes H.264."""
    for node, device in _devices(dev):
        if device.encodes_h264:
            yield Found(node, device.card, ())


def _devices(dev: Path) -> Iterator[tuple[Path, Device]]:
    nodes = [node for node in dev.glob("video*") if node.name[5:].isdigit()]
    for node in sorted(nodes, key=lambda node: int(node.name[5:])):
        # One that is not ours to open, or just being unplugged, is none.
        with suppress(OSError), closing(Device.open(node)) as device:
            yield node, device
