"""Puts together the camera and what is made of it: the composition root's part for pictures."""

from collections.abc import Callable

from edgecam.capture import source
from edgecam.capture.shared import SharedCamera
from edgecam.capture.shutter import Shutter, Shuttered
from edgecam.config import Config
from edgecam.encode import h264
from edgecam.encode.choice import Choice
from edgecam.encode.cost import Cost
from edgecam.encode.decoded import Decoded
from edgecam.encode.eased import Ease, Eased
from edgecam.encode.encoded import EncodedVideo, VideoEncoder
from edgecam.encode.h264 import X264
from edgecam.encode.jpeg import Jpeg
from edgecam.encode.promise import broken_by
from edgecam.encode.smaller import Smaller
from edgecam.encode.vp8 import Vp8
from edgecam.fanout.fanout import Fanout, State
from edgecam.ground import video_format
from edgecam.media import EncodedBy, VideoFormat
from edgecam.options import of_driver
from edgecam.peer.rate import Rate
from edgecam.peer.sending import Rendition

BY_CAMERA = "H.264 by the camera itself"


def seen(config: Config, shutter: Shutter) -> SharedCamera:
    """The camera behind ``shutter``, not open yet."""
    options = config.camera
    driven = source.camera(options.driver, video_format(options), **of_driver(options))
    return SharedCamera(Shuttered(shutter, driven))


class Pictures:
    """Of one camera: ``video``, which is H.264, ``small`` and ``vp8`` if wanted, and ``jpegs`` for
    stills.

    ``told`` is called with the state of what somebody watches, why the camera fails, and why only
    VP8 does. ``encoders`` are the fan-outs by what encodes them; ``rates``, by codec, what
    each follows; ``ease`` says how much less is encoded than was asked for.
    """

    def __init__(
        self, config: Config, camera: SharedCamera, told: Callable[[State, str, str], None]
    ) -> None:
        self._config = config
        self._camera = camera
        self._told = told
        self._size = video_format(config.camera)
        self.ease = Ease()
        self._costs: list[Cost] = []
        self.profile_level_id = h264.profile_level_id(self._size, config.encode.video_bitrate)
        self.rates: dict[str, Rate] = {}
        self._choice, self._small_choice = Choice(config.encode.h264), Choice(config.encode.h264)
        # In this order: the first of its readers reads the camera.
        self._h264 = self._encoded_h264()
        self.video = self._fanout("camera", self._h264)
        self._follow("h264", self._h264)
        self.small = self._small() if config.encode.small == "on" else None
        self.vp8 = self._vp8() if config.encode.vp8 != "off" else None

    def look(self) -> None:
        """See what could encode, so that ``encoders`` knows before somebody watches. It blocks."""
        self._choice.look()
        self._small_choice.look()

    def jpegs(self, rate: int) -> EncodedVideo:
        """Of so many pictures a second."""
        taken = Decoded(self._camera.tap("JPEG"))
        return EncodedVideo(taken, lambda: Jpeg(self._size, rate))

    @property
    def encoders(self) -> dict[str, Fanout]:
        """The usual one first."""
        h264_by = BY_CAMERA if self._h264.by_camera else self._choice.called
        small = {f"small {self._small_choice.called}": self.small.fanout} if self.small else {}
        return {h264_by: self.video} | small | ({Vp8.called: self.vp8} if self.vp8 else {})

    @property
    def encoded_by(self) -> EncodedBy:
        """Who makes the H.264 that is, or would be, sent."""
        software = not self._h264.by_camera and self._choice.called == X264.called
        return "software" if software else "hardware"

    def encoding(self) -> tuple[float, float]:
        """Of the time there is, what the slower encoder takes, which is nothing if nobody watches,
        and what it would take to encode all pictures in full size: see ``Cost``.
        """
        watched = any(fanout.subscribers for fanout in self.encoders.values())
        now = max(cost.now for cost in self._costs) if watched else 0.0
        return now, max(cost.all for cost in self._costs)

    def set_bitrate(self, bitrate: int) -> None:
        """No more than that, in bits a second, of each."""
        for rate in self.rates.values():
            rate.hold_to(bitrate)
        if self.small is not None:
            self.small.rate.hold_to(min(bitrate, self._config.encode.small_bitrate))

    def _encoded_h264(self) -> EncodedVideo:
        size, encode = self._size, self._config.encode
        encoded = EncodedVideo(
            self._camera.tap("H.264"),
            self._eased(
                lambda video: self._choice.make(
                    video, encode.video_bitrate, encode.keyframe_interval
                )
            ),
            lambda first: broken_by(first, size, self.profile_level_id),
        )
        # A camera that encodes by itself knows it from nowhere else.
        encoded.set_bitrate(encode.video_bitrate)
        return encoded

    def _small(self) -> Rendition:
        size, encode = self._size, self._config.encode
        most = min(encode.small_bitrate, encode.video_bitrate)
        encoded = EncodedVideo(
            Decoded(self._camera.tap("small H.264", small=True)),
            lambda: Smaller(
                size,
                lambda video: self._small_choice.make(video, most, encode.keyframe_interval),
            ),
        )
        rate = Rate(encode.small_bitrate_least, most, encoded.set_bitrate)
        return Rendition(self._fanout("small H.264", encoded), rate)

    def _vp8(self) -> Fanout:
        encode = self._config.encode
        divisor = 2 if encode.vp8 == "half" else 1
        encoded = EncodedVideo(
            Decoded(self._camera.tap("VP8")),
            self._eased(
                lambda video: Vp8(video, encode.video_bitrate, encode.keyframe_interval, divisor)
            ),
        )
        self._follow("vp8", encoded)
        return self._fanout("VP8", encoded)

    def _eased(self, make: Callable[[VideoFormat], VideoEncoder]) -> Callable[[], Eased]:
        self._costs.append(cost := Cost(self._size.rate))
        return lambda: Eased(self._size, make, self.ease, cost)

    def _fanout(self, name: str, encoded: EncodedVideo) -> Fanout:
        return Fanout(name, encoded, self._config.viewers.queue, self._tell)

    def _follow(self, codec: str, encoded: EncodedVideo) -> None:
        encode = self._config.encode
        least, most = encode.video_bitrate_least, encode.video_bitrate
        self.rates[codec] = Rate(least, most, encoded.set_bitrate)

    def _tell(self, state: State, _: str) -> None:
        # Whether it is the camera or only one of the encoders that fails.
        only_vp8 = self.vp8.reason if self.vp8 and not self._camera.failure else ""
        small = self.small.fanout.reason if self.small else ""
        self._told(state, self._camera.failure or self.video.reason or small, only_vp8)
