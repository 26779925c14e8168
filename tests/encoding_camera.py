"""A camera that encodes by itself: the virtual one with an encoder of H.264 inside."""

from threading import Lock

from edgecam.capture.source import Take
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.encode.h264 import X264
from edgecam.media import Packet, Picture, VideoFormat

BITRATE = 1_000_000


class EncodingVirtualCamera:
    """A keyframe comes ``LATE`` access units after it was asked for, as out of hardware."""

    LATE = 2

    def __init__(self, video: VideoFormat) -> None:
        self.bitrate = BITRATE
        self.asked = 0
        self.has_pictures = False
        self.gave_up = False
        self._video = video
        self._camera = VirtualCamera(video)
        self.adjustments = self._camera.adjustments
        self._encoder: X264 | None = None
        self._due: int | None = None
        self._lock = Lock()

    def open(self) -> None:
        self._camera.open()
        self._encoder = X264(self._video, BITRATE, 300)
        self._encoder.set_bitrate(self.bitrate)

    def read(self) -> Packet | Picture:
        picture = self._camera.read()
        if self.gave_up:
            return picture
        assert self._encoder is not None
        return self._encoder.encode(picture, self._key())[0]

    def close(self) -> None:
        self._camera.close()

    def request_keyframe(self) -> None:
        with self._lock:
            self.asked += 1
            self._due = self.LATE if self._due is None else self._due

    def set_bitrate(self, bitrate: int) -> None:
        self.bitrate = bitrate
        if self._encoder is not None:
            self._encoder.set_bitrate(bitrate)

    def give_up_encoding(self) -> bool:
        self.gave_up = self.has_pictures
        return self.gave_up

    def _key(self) -> bool:
        with self._lock:
            if self._due is None:
                return False
            self._due -= 1
            if self._due >= 0:
                return False
            self._due = None
            return True


class ShrinkingVirtualCamera(EncodingVirtualCamera):
    """One that makes smaller pictures beside, if ``shrinks``. ``told``: whether it was to, in turn.

    ``whole``, ``small``: the capture times of what it delivered.
    """

    def __init__(self, video: VideoFormat) -> None:
        super().__init__(video)
        self.shrinks = True
        self.told: list[bool] = []
        self.whole: list[int] = []
        self.small: list[int] = []
        self._take: Take | None = None

    def shrink(self, take: Take | None) -> None:
        self.told.append(take is not None)
        self._take = take

    def read(self) -> Packet | Picture:
        picture = self._camera.read()
        if self.shrinks and (take := self._take) is not None:
            half = self._video.half
            self.small.append(picture.capture_ns)
            take(Picture(picture.frame.reformat(half.width, half.height), picture.capture_ns))
        assert self._encoder is not None
        self.whole.append(picture.capture_ns)
        return self._encoder.encode(picture, self._key())[0]
