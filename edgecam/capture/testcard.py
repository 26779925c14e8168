"""The test picture: a ground drawn once, and what is drawn over it for every picture.

A clock to read, a stamp for programs, colour bars, a flash square in the top right corner, and a
ball that touches the floor on every whole second of the capture clock, as the flash goes on.
"""

from math import cos, pi
from time import localtime

from av import VideoFrame

from edgecam.capture import flash, stamp
from edgecam.capture.ball import ball, shadow
from edgecam.capture.canvas import Canvas, Colour, rgb
from edgecam.capture.glyphs import Matrix
from edgecam.media import NS, VideoFormat

SKY, FLOOR = rgb(0.05, 0.07, 0.16), rgb(0.13, 0.30, 0.40)
PANEL = rgb(0.03, 0.04, 0.07)
FRAME = rgb(0.34, 0.40, 0.46)
WHITE = Colour(stamp.WHITE)
BALL = rgb(0.98, 0.42, 0.16)

BARS = [
    rgb(0.75 * red, 0.75 * green, 0.75 * blue)
    for red, green, blue in (
        (1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1), (0, 0, 0),
    )
]  # fmt: skip
"""75 % colour bars, in the order of ITU-R BT.471."""

CROSSING_NS = 7 * NS
"""How long the ball takes there and back."""

LEAST_UNIT = 6
"""In pixels. In a picture that leaves less than this, there is only the stamp and the flash."""


def flash_square(width: int) -> tuple[int, int, int]:
    """Left, top and side, in pixels, of the square that flashes in a picture of that width."""
    block = stamp.block_size(width)
    return 36 * block + block // 2 & ~1, block // 2 & ~1, 3 * block


class Card:
    """Draws test pictures of one format. Everything below the stamp is laid out in even units."""

    def __init__(self, video: VideoFormat) -> None:
        self.video = video
        block = stamp.block_size(video.width)
        self.top = 4 * block
        self.unit = min(block, (video.height - self.top) // 18 & ~1)
        self.left = (video.width - 32 * self.unit) // 2 & ~1
        canvas = Canvas(VideoFrame(video.width, video.height, "yuv420p"))
        self._draw_sky(canvas)
        self._draw_flash_frame(canvas)
        if self.unit >= LEAST_UNIT:
            self._prepare(canvas)
        self.ground = [bytes(plane) for plane in canvas.planes]

    def draw(self, number: int, capture_ns: int, wall_ns: int) -> VideoFrame:
        """Picture ``number``, as it looks at one instant of the capture clock and of Unix time."""
        canvas = Canvas(VideoFrame(self.video.width, self.video.height, "yuv420p"))
        for plane, ground in zip(canvas.planes, self.ground, strict=True):
            plane[:] = ground
        mark = stamp.Stamp.of(wall_ns, number)
        stamp.draw(canvas.planes[0], canvas.strides[0], self.video.width, mark)
        if flash.is_on(capture_ns):
            x, y, side = flash_square(self.video.width)
            canvas.rectangle(x, y, side, side, WHITE)
        if self.unit >= LEAST_UNIT:
            self._draw_text(canvas, number, wall_ns)
            self._draw_ball(canvas, capture_ns)
        return canvas.frame

    def _draw_sky(self, canvas: Canvas) -> None:
        width, height = self.video.width, self.video.height
        for y in range(0, height, 2):
            part = y / height
            shade = [round(a + (b - a) * part * part) for a, b in zip(SKY, FLOOR, strict=True)]
            canvas.rectangle(0, y, width, 2, Colour(*shade))
        block = stamp.block_size(width)
        edge = block // 2 & ~1
        canvas.rectangle(4 * block - edge, edge, 32 * block + 2 * edge, 3 * block, PANEL)

    def _draw_flash_frame(self, canvas: Canvas) -> None:
        x, y, side = flash_square(self.video.width)
        canvas.rectangle(x, y, side, side, FRAME)
        canvas.rectangle(x + 2, y + 2, side - 4, side - 4, PANEL)

    def _prepare(self, canvas: Canvas) -> None:
        unit, left, width = self.unit, self.left, 32 * self.unit
        self._clock = Matrix(width // 71, WHITE.y, PANEL.y + 14, PANEL.y)
        self._label = Matrix(max(1, width // 190), 190, PANEL.y, PANEL.y)
        self._clock_at = left + (width - self._clock.width(12)) // 2, self.top + unit // 2
        self._label_y = self._clock_at[1] + self._clock.height + unit // 2
        label_end = self._label_y + self._label.height + unit // 2
        edge = unit // 2 & ~1
        canvas.rectangle(
            left - edge, self.top, width + 2 * edge, (label_end - self.top) & ~1, PANEL
        )
        video = self.video
        label = self._label.rows(f"{video.width}X{video.height}  {video.rate} FPS")
        canvas.luma(self._clock_at[0], self._label_y, label)

        bars_y = video.height - 4 * unit & ~1
        canvas.rectangle(left - edge, bars_y - edge, width + 2 * edge, 3 * unit + 2 * edge, PANEL)
        for index, bar in enumerate(BARS):
            canvas.rectangle(left + index * 4 * unit, bars_y, 4 * unit, 3 * unit, bar)
        self._floor = bars_y - unit - edge
        self._radius = min(3 * unit, (self._floor - label_end) // 4) // 2 * 2
        self._drop = self._floor - label_end - 2 * self._radius - unit // 2
        ground = canvas.planes[0][(self._floor - self._radius) * canvas.strides[0]]
        self._ball = ball(self._radius, BALL, ground)
        self._shadow = shadow(self._radius, SKY)

    def _draw_text(self, canvas: Canvas, number: int, wall_ns: int) -> None:
        seconds, rest = divmod(wall_ns, NS)
        now = localtime(seconds)
        clock = f"{now.tm_hour:02}:{now.tm_min:02}:{now.tm_sec:02}.{rest // 1_000_000:03}"
        x, y = self._clock_at
        canvas.luma(x, y, self._clock.rows(clock))
        count = self._label.rows(f"FRAME {number % 10**6:06}")
        right = x + self._clock.width(len(clock)) - len(count[0])
        canvas.luma(right, self._label_y, count)

    def _draw_ball(self, canvas: Canvas, capture_ns: int) -> None:
        part = capture_ns % flash.PERIOD_NS / flash.PERIOD_NS
        along = (1 - cos(2 * pi * (capture_ns % CROSSING_NS) / CROSSING_NS)) / 2
        x = self.left + round(along * (32 * self.unit - 2 * self._radius)) & ~1
        y = self._floor - 2 * self._radius - round(4 * part * (1 - part) * self._drop) & ~1
        canvas.sprite(x, self._floor - self._radius // 4, self._shadow)
        canvas.sprite(x, y, self._ball)
