"""The camera's controls, for operators, and for the command line."""

from typing import Any

from aiohttp import web

from edgecam.capture.adjustments import Adjustments
from edgecam.errors import CommandError, NotAdjusted
from edgecam.web.api import messages

NONE_KNOWN = "no camera that can be adjusted has been open since the node started: look at it first"


class CameraControls:
    """Handlers of those routes, for the node's own ``camera``. ``adjustments`` is None where there
    is nothing to adjust.

    A message is ``{"set": {name: value}}``, ``{"reset": true}`` or ``{"reset": [name]}``, or both:
    what is named is reset first. Nothing is changed unless all of it can be.
    """

    def __init__(self) -> None:
        self.camera = ""
        self.adjustments: Adjustments | None = None

    def attach(self, app: web.Application) -> None:
        """Serve them in ``app``."""
        app.router.add_get("/api/camera/controls", self._see)
        app.router.add_post("/api/camera/controls", self._change)

    def attach_locally(self, app: web.Application) -> None:
        """Serve the command line in ``app``."""
        app.router.add_get("/camera/controls", self._see)
        app.router.add_post("/camera/controls", self._change_locally)

    async def _see(self, request: web.Request) -> web.Response:
        return messages.told(self._told())

    async def _change(self, request: web.Request) -> web.Response:
        message = await messages.read(request)
        try:
            return messages.told(self._changed(message))
        except NotAdjusted as error:
            said = {"code": error.code, "error": str(error), "faults": error.faults}
            return messages.told(said, 400)
        except CommandError as error:
            return messages.refused(error.code, str(error))

    async def _change_locally(self, request: web.Request) -> web.Response:
        try:
            message = await request.json()
        except (ValueError, RecursionError):
            message = None
        return messages.told(self._changed(message if isinstance(message, dict) else {}))

    def _changed(self, message: dict[str, Any]) -> dict[str, Any]:
        if self.adjustments is None or not self.adjustments.controls():
            raise CommandError(NONE_KNOWN, "no-controls")
        changes, reset = message.get("set", {}), message.get("reset", [])
        if not isinstance(changes, dict) or not _is_reset(reset) or not (changes or reset):
            raise NotAdjusted(['nothing to change: send {"set": {name: value}} or {"reset": true}'])
        self.adjustments.adjust(changes, None if reset is True else tuple(reset or ()))
        return self._told()

    def _told(self) -> dict[str, Any]:
        adjustments = self.adjustments
        if adjustments is None:
            return {"camera": self.camera, "device": "", "controls": []}
        return {
            "camera": self.camera,
            "device": adjustments.device,
            "controls": [control.told() for control in adjustments.controls()],
        }


def _is_reset(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(name, str) for name in value)
    return isinstance(value, bool)
