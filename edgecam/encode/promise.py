"""Whether the H.264 that comes is what viewers were promised."""

from edgecam.annexb import find_sps
from edgecam.encode import sps
from edgecam.encode.levels import broken_promise
from edgecam.media import Packet, VideoFormat


def broken_by(first: Packet, video: VideoFormat, promised: str) -> str | None:
    """What is wrong with beginning a stream of ``video``'s size with this access unit after the
    profile-level-id ``promised``; None if nothing is.
    """
    unit = find_sps(first.data)
    if unit is None or not first.keyframe:
        return "the stream began without a keyframe"
    try:
        found = sps.parse(unit)
    except ValueError as error:
        return f"the stream's parameters make no sense ({error})"
    if (found.width, found.height) != (video.width, video.height):
        return f"the stream says that it is {found.width}x{found.height}"
    return broken_promise(found, promised)
