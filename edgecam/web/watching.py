"""Who is watching, for admins, who may hang up."""

from aiohttp import web

from edgecam.accounts.book import CONSOLE
from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.errors import CommandError
from edgecam.web.api import messages


def attach(app: web.Application, keeper: Doorkeeper) -> None:
    """Serve it in ``app``."""

    async def watching(request: web.Request) -> web.Response:
        return messages.told({"watching": keeper.audience.listed()})

    async def hang_up(request: web.Request) -> web.Response:
        messages.has_to_be_ours(request)
        who = messages.asker(keeper, request)
        try:
            name = await keeper.hang_up(request.match_info["id"], who.name or CONSOLE)
        except CommandError as error:
            return messages.refused("gone", str(error))
        return messages.told({"who": name})

    app.router.add_get("/api/watching", watching)
    app.router.add_post("/api/watching/{id}/hang-up", hang_up)
