"""One's own: who one is here, one's sessions, one's password."""

from typing import Any

from aiohttp import web

from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.accounts.ledger import Ledger
from edgecam.accounts.people import fold
from edgecam.accounts.roles import Pass
from edgecam.accounts.sessions import Session
from edgecam.errors import NotAdmitted
from edgecam.web import sessions
from edgecam.web.api import messages


def attach(app: web.Application, keeper: Doorkeeper) -> None:
    """Serve it in ``app``."""

    async def me(request: web.Request) -> web.Response:
        who = messages.asker(keeper, request)
        account = keeper.ledger.account_of(who)
        return messages.told(
            {
                "name": who.name,
                "role": str(who.role),
                "account": account is not None,
                "sessions": [described(keeper.ledger, it, who) for it in _own(keeper.ledger, who)],
            }
        )

    async def password(request: web.Request) -> web.Response:
        message = await messages.read(request)
        old, new = messages.text(message, "old"), messages.text(message, "password")
        who, whence = messages.asker(keeper, request), sessions.whence(request)
        try:
            secret = await keeper.change_password(who, old, new, whence)
        except NotAdmitted as error:
            return messages.refused(error.code, str(error))
        return sessions.begin(messages.told({}), secret)

    async def end(request: web.Request) -> web.Response:
        id_ = messages.text(await messages.read(request), "id")
        who = messages.asker(keeper, request)
        if all(it.id != id_ for it in _own(keeper.ledger, who)):
            return messages.refused("gone", "that is no session of yours")
        return await messages.command(keeper, request, "session-revoke", {"id": id_})

    app.router.add_get("/api/me", me)
    app.router.add_post("/api/me/password", password)
    app.router.add_post("/api/me/sessions/end", end)


def described(ledger: Ledger, it: Session, who: Pass) -> dict[str, Any]:
    """A session as the page shows it to ``who``; times are in seconds since 1970."""
    return {
        "id": it.id,
        "name": ledger.name_of(it),
        "created": it.created,
        "ends": it.ends,
        "address": it.address,
        "agent": it.agent,
        "this": it.id == who.id,
    }


def _own(ledger: Ledger, who: Pass) -> list[Session]:
    account = ledger.account_of(who)
    if account is None:
        return [it for it in ledger.sessions.all() if it.id == who.id]
    return [it for it in ledger.sessions.all() if it.account == fold(account.name)]
