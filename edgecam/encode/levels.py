"""What a profile-level-id in SDP promises of a stream."""

from edgecam.encode.sps import Sps

_CONSTRAINED_BASELINE = {0x42: (0x4F, 0x40), 0x4D: (0x8F, 0x80), 0x58: (0xCF, 0xC0)}
"""For each profile_idc, which constraint bits count and what they are (RFC 6184 table 5)."""


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
