"""The small rendition: half the width and height, promised by the same SDP."""

from edgecam.annexb import find_sps
from edgecam.capture import source
from edgecam.encode import sps
from edgecam.encode.h264 import X264, profile_level_id
from edgecam.encode.promise import broken_by
from edgecam.encode.smaller import Smaller
from edgecam.media import Picture, VideoFormat

SIZE = VideoFormat(640, 360, 30)
BITRATE = 1_000_000


def test_half_is_even() -> None:
    """As yuv420p has it."""
    assert VideoFormat(1366, 766, 25).half == VideoFormat(682, 382, 25)


def test_it_keeps_what_the_main_one_promises() -> None:
    """Half the size, at a level within the promise; the picture it was given stays as it was."""
    camera = source.camera("virtual", SIZE)
    camera.open()
    encoder = Smaller(SIZE, lambda video: X264(video, BITRATE // 2, 10))
    try:
        picture = camera.read()
        assert isinstance(picture, Picture)
        pts, pixels = picture.frame.pts, bytes(picture.frame.planes[0])
        (first,) = encoder.encode(picture, keyframe=False)
        assert (picture.frame.pts, bytes(picture.frame.planes[0])) == (pts, pixels)
    finally:
        encoder.close()
        camera.close()
    assert first.keyframe
    assert first.capture_ns == picture.capture_ns
    assert broken_by(first, SIZE.half, profile_level_id(SIZE, BITRATE)) is None
    unit = find_sps(first.data)
    assert unit is not None
    found = sps.parse(unit)
    assert (found.width, found.height) == (320, 180)
