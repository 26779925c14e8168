"""H.264 levels, and what a profile-level-id in SDP promises of a stream."""

from typing import NamedTuple

from edgecam.encode.sps import Sps
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

_CONSTRAINED_BASELINE = {0x42: (0x4F, 0x40), 0x4D: (0x8F, 0x80), 0x58: (0xCF, 0xC0)}
"""For each profile_idc, which constraint bits count and what they are (RFC 6184 table 5)."""


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


def broken_promise(sps: Sps, promised: str) -> str | None:
    """What is wrong with sending a stream with this SPS under this profile-level-id, or None.

    Only promises of constrained baseline are understood: ValueError for any other.
    """
    profile, constraints, level = bytes.fromhex(promised)
    if not _is_constrained_baseline(profile, constraints):
        raise ValueError(f"profile-level-id {promised} is not constrained baseline")
    if not _is_constrained_baseline(sps.profile_idc, sps.constraints):
        return (
            f"the stream is {sps.profile_level_id}, which is not the constrained baseline profile"
            f" that {promised} promises"
        )
    if _level(sps.constraints, sps.level_idc) > _level(constraints, level):
        return f"the stream is {sps.profile_level_id}, of a higher level than {promised} promises"
    if sps.max_num_reorder_frames:
        return "the stream shows pictures in another order than it sends them"
    return None


def _is_constrained_baseline(profile: int, constraints: int) -> bool:
    mask, wanted = _CONSTRAINED_BASELINE.get(profile, (0, 1))
    return constraints & mask == wanted


def _level(constraints: int, level_idc: int) -> float:
    """Levels of these profiles in order, 1b between 1 and 1.1 (ITU-T H.264 A.3.1)."""
    return 10.5 if level_idc == 11 and constraints & 0x10 else level_idc
