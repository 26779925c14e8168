"""The accounts, and who is signed in: an admin's."""

from aiohttp import web

from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.web.api import messages
from edgecam.web.api.account import described


def attach(app: web.Application, keeper: Doorkeeper) -> None:
    """Serve it in ``app``."""

    def takes(what: str, *fields: str) -> messages.Handler:
        """A handler of the command ``what``, which takes those texts."""

        async def handle(request: web.Request) -> web.Response:
            message = await messages.read(request)
            given = {field: messages.text(message, field) for field in fields}
            return await messages.command(keeper, request, what, given)

        return handle

    async def people(request: web.Request) -> web.Response:
        listed = [
            {"name": it.name, "role": str(it.role), "created": it.created}
            for it in keeper.ledger.people.all()
        ]
        return messages.told({"people": listed})

    async def sessions(request: web.Request) -> web.Response:
        who, ledger = messages.asker(keeper, request), keeper.ledger
        return messages.told(
            {"sessions": [described(ledger, it, who) for it in ledger.sessions.all()]}
        )

    app.router.add_get("/api/people", people)
    app.router.add_post("/api/people/add", takes("user-add", "name", "role", "password"))
    app.router.add_post("/api/people/role", takes("user-role", "name", "role"))
    app.router.add_post("/api/people/password", takes("user-password", "name", "password"))
    app.router.add_post("/api/people/remove", takes("user-remove", "name"))
    app.router.add_get("/api/sessions", sessions)
    app.router.add_post("/api/sessions/end", takes("session-revoke", "id"))
