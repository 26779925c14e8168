"""The privacy switch, for whoever is in to see and for admins to turn."""

from aiohttp import web

from edgecam.accounts.book import CONSOLE
from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.accounts.privacy import Privacy
from edgecam.web.api import messages
from edgecam.web.sessions import whence


class PrivacySwitch:
    """Handlers of those routes. ``privacy`` is None where there is no camera."""

    def __init__(self, keeper: Doorkeeper) -> None:
        self.privacy: Privacy | None = None
        self._keeper = keeper

    def attach(self, app: web.Application) -> None:
        """Serve them in ``app``."""
        app.router.add_get("/api/privacy", self._see)
        app.router.add_post("/api/privacy", self._turn)

    async def _see(self, request: web.Request) -> web.Response:
        if self.privacy is None:
            return _no_camera()
        return messages.told(self.privacy.state())

    async def _turn(self, request: web.Request) -> web.Response:
        on = messages.yes(await messages.read(request), "on")
        who = messages.asker(self._keeper, request)
        if self.privacy is None:
            return _no_camera()
        name = who.name or CONSOLE
        return messages.told(await self.privacy.set(on, name, whence(request).address))


def _no_camera() -> web.Response:
    return messages.refused("no-camera", "there is no camera at this node")
