"""The virtual camera before a wall of noise, so that no bitrate is more than its picture takes."""

import random

from av import VideoFrame

from edgecam.capture.testcard import Card
from edgecam.capture.virtual_camera import VirtualCamera
from edgecam.media import VideoFormat

WALLS = 7
"""Pictures until the noise comes again."""

GRAIN = 24
"""How far a pixel's luma is from its neighbour's at most."""


class NoisyCard(Card):
    """Below the stamp there is noise, another in every picture."""

    def __init__(self, video: VideoFormat) -> None:
        super().__init__(video)
        chance = random.Random(1)
        below = self.top * video.width
        noise = bytes(chance.choices(range(96, 96 + GRAIN), k=len(self.ground[0])))
        self._walls = [
            self.ground[0][:below] + noise[shift:] + noise[: shift - below]
            for shift in (below + 1_009 * wall for wall in range(WALLS))
        ]

    def draw(self, number: int, capture_ns: int, wall_ns: int) -> VideoFrame:
        self.ground[0] = self._walls[number % WALLS]
        return super().draw(number, capture_ns, wall_ns)


class NoisyCamera(VirtualCamera):
    """Pictures that take any bitrate."""

    def open(self) -> None:
        super().open()
        self._card = NoisyCard(self._video)
