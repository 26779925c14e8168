"""The audit log: an admin's to read, nobody's to change."""

from aiohttp import web

from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.web.api import messages

MOST_SHOWN = 200


def attach(app: web.Application, keeper: Doorkeeper) -> None:
    """Serve it in ``app``."""

    async def audit(request: web.Request) -> web.Response:
        listed = [
            {
                "at": it.at,
                "event": it.entry.event,
                "who": it.entry.who,
                "what": it.entry.what,
                "address": it.entry.address,
            }
            for it in await keeper.log(MOST_SHOWN)
        ]
        return messages.told({"audit": listed})

    app.router.add_get("/api/audit", audit)
