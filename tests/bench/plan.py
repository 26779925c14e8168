"""How much is measured, and of what."""

from dataclasses import asdict, dataclass
from typing import Any

from edgecam import config, loading
from edgecam.media import VideoFormat


@dataclass(frozen=True, slots=True)
class Plan:
    """``joins`` of either kind; latency for ``latency_seconds``, and of the large picture for
    ``large_seconds``; ``windows`` of ``window`` seconds at every count of ``viewers``;
    ``encodes`` of the same pictures by every encoder; ``goings`` of every kind; ``starts``;
    ``squeezes`` of ``squeeze_seconds`` each.
    """

    joins: int
    latency_seconds: float
    large_seconds: float
    lips_seconds: float
    viewers: tuple[int, ...]
    windows: int
    window: float
    goings: int
    encodes: int
    starts: int
    squeezes: int
    squeeze_seconds: float


FULL = Plan(
    joins=20,
    latency_seconds=120,
    large_seconds=30,
    lips_seconds=30,
    viewers=(1, 4, 8, 16),
    windows=3,
    window=8,
    goings=5,
    encodes=9,
    starts=9,
    squeezes=3,
    squeeze_seconds=70,
)
QUICK = Plan(
    joins=5,
    latency_seconds=6,
    large_seconds=6,
    lips_seconds=6,
    viewers=(1, 4),
    windows=1,
    window=4,
    goings=1,
    encodes=3,
    starts=3,
    squeezes=1,
    squeeze_seconds=25,
)

WIDTH, HEIGHT, RATE = 1280, 720, 30
PICTURE = VideoFormat(WIDTH, HEIGHT, RATE)
LARGE = VideoFormat(1920, 1080, RATE)

BITRATES = {PICTURE: config.Encode().video_bitrate, LARGE: 4_000_000}


def options(most: int, picture: VideoFormat = PICTURE) -> dict[str, str | int]:
    """What ``running_node`` is told: the picture measured, else the defaults.

    ``most`` viewers find room, and beyond them as many standing offers as ever.
    """
    standing = config.Viewers().standing_offers
    return {
        "camera__width": picture.width,
        "camera__height": picture.height,
        "camera__rate": picture.rate,
        "encode__video_bitrate": BITRATES[picture],
        "viewers__most": most + standing,
    }


def described(most: int) -> dict[str, Any]:
    """The node's configuration, for the record: what differs between machines is left out."""
    environ = {f"EDGECAM_{k.replace('__', '_')}".upper(): str(v) for k, v in options(most).items()}
    loaded = loading.load(None, environ)
    return {
        name: options
        for name, options in asdict(loaded).items()
        if name not in ("paths", "web", "log")
    }
