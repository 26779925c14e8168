"""The screen by SDL: on the console by KMS/DRM, or full screen in a desktop."""

from ctypes import POINTER, c_ubyte, cast
from typing import Any

from av import VideoFrame

from edgecam.errors import SinkError

try:
    import sdl2
except ImportError as error:
    raise ImportError(
        f"{error}; install PySDL2 (edgecam's extra 'screen') and Debian's package libsdl2-2.0-0"
    ) from error

TITLE = b"edgecam"


class SdlScreen:
    """The screen that SDL's video driver ``device`` finds, as ``KMSDRM`` or ``x11``; "" lets SDL
    choose.

    Pictures fill it as far as their shape allows. SDL wants to be used by one thread alone, and is.
    """

    def __init__(self, device: str = "") -> None:
        self._device = device
        self._window: Any = None
        self._renderer: Any = None
        self._texture: Any = None
        self._size = (0, 0)
        self._open = False

    def open(self) -> None:
        # Ctrl-C and SIGTERM are the node's.
        sdl2.SDL_SetHint(sdl2.SDL_HINT_NO_SIGNAL_HANDLERS, b"1")
        self._open = True
        if self._device:
            sdl2.SDL_SetHintWithPriority(
                sdl2.SDL_HINT_VIDEODRIVER, self._device.encode(), sdl2.SDL_HINT_OVERRIDE
            )
        if sdl2.SDL_VideoInit(None) != 0:
            raise self._failed()
        full = sdl2.SDL_WINDOW_FULLSCREEN_DESKTOP
        self._window = sdl2.SDL_CreateWindow(TITLE, 0, 0, 1280, 720, full)
        if not self._window:
            raise self._failed()
        self._renderer = sdl2.SDL_CreateRenderer(self._window, -1, 0)
        if not self._renderer:
            raise self._failed()
        sdl2.SDL_ShowCursor(sdl2.SDL_DISABLE)
        sdl2.SDL_RenderClear(self._renderer)
        sdl2.SDL_RenderPresent(self._renderer)

    def show(self, picture: VideoFrame) -> None:
        if not self._renderer:
            raise SinkError("the screen is closed: open it before showing anything on it")
        if picture.format.name not in ("yuv420p", "yuvj420p"):
            picture = picture.reformat(format="yuv420p")
        self._fit(picture.width, picture.height)
        planes: list[Any] = []
        for plane in picture.planes:
            planes += [cast(plane.buffer_ptr, POINTER(c_ubyte)), plane.line_size]
        if sdl2.SDL_UpdateYUVTexture(self._texture, None, *planes) != 0:
            raise self._failed()
        sdl2.SDL_RenderClear(self._renderer)
        sdl2.SDL_RenderCopy(self._renderer, self._texture, None, None)
        sdl2.SDL_RenderPresent(self._renderer)
        self.idle()

    def idle(self) -> None:
        """Nobody asks for the events, but they have to go."""
        sdl2.SDL_PumpEvents()
        sdl2.SDL_FlushEvents(sdl2.SDL_FIRSTEVENT, sdl2.SDL_LASTEVENT)

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        if self._renderer:
            sdl2.SDL_DestroyRenderer(self._renderer)
        if self._window:
            sdl2.SDL_DestroyWindow(self._window)
        self._window = self._renderer = self._texture = None
        self._size = (0, 0)
        sdl2.SDL_VideoQuit()

    def _fit(self, width: int, height: int) -> None:
        """A texture of that size, drawn as large as the screen allows."""
        if self._size == (width, height):
            return
        if self._texture:
            sdl2.SDL_DestroyTexture(self._texture)
        self._texture = sdl2.SDL_CreateTexture(
            self._renderer,
            sdl2.SDL_PIXELFORMAT_IYUV,
            sdl2.SDL_TEXTUREACCESS_STREAMING,
            width,
            height,
        )
        if not self._texture:
            raise self._failed()
        self._size = (width, height)
        sdl2.SDL_RenderSetLogicalSize(self._renderer, width, height)

    def _failed(self) -> SinkError:
        reason = sdl2.SDL_GetError().decode("utf-8", "replace") or "SDL does not say why"
        return SinkError(
            f"the screen {self._device or 'of this device'} can't be used ({reason}): check that it"
            " is on, that the user is in the groups video and render, and screen.device"
        )
