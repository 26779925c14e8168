"""The levels of H.264: how much a decoder has to carry."""

from typing import NamedTuple

from edgecam.errors import SourceError
from edgecam.media import VideoFormat


class Level(NamedTuple):
    """A row of ITU-T H.264 table A-1, for the Baseline, Main and Extended profiles."""

    idc: int
    macroblocks_per_second: int
    macroblocks: int
    bitrate: int
    """Bits a second: MaxBR times the 1000 of these profiles."""

    def __str__(self) -> str:
        return f"{self.idc // 10}.{self.idc % 10}"


LEVELS = (
    Level(31, 108_000, 3_600, 14_000_000),
    Level(32, 216_000, 5_120, 20_000_000),
    Level(40, 245_760, 8_192, 20_000_000),
    Level(41, 245_760, 8_192, 50_000_000),
    Level(42, 522_240, 8_704, 50_000_000),
    Level(50, 589_824, 22_080, 135_000_000),
    Level(51, 983_040, 36_864, 240_000_000),
    Level(52, 2_073_600, 36_864, 240_000_000),
)
"""From 3.1 up, the level that browsers state for themselves in SDP: a lower one gains nothing."""


def lowest_level(video: VideoFormat, bitrate: int) -> Level:
    """The lowest of LEVELS that carries this size and rate at ``bitrate`` bits a second.

    SourceError if none does.
    """
    wide, high = -(-video.width // 16), -(-video.height // 16)
    for level in LEVELS:
        if (
            wide * high <= level.macroblocks
            and max(wide, high) ** 2 <= 8 * level.macroblocks  # A.3.1, f and g
            and wide * high * video.rate <= level.macroblocks_per_second
            and bitrate <= level.bitrate
        ):
            return level
    raise SourceError(
        f"H.264 has no level for {video} at {bitrate} bit/s: choose a smaller picture, fewer"
        " pictures a second or a lower bitrate"
    )
