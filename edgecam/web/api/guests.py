"""Guest links and API tokens: an admin's to give away. Neither can be shown a second time."""

from aiohttp import web

from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.web.api import messages
from edgecam.web.qr import qr


def attach(app: web.Application, keeper: Doorkeeper) -> None:
    """Serve it in ``app``."""

    async def links(request: web.Request) -> web.Response:
        listed = [
            {
                "id": it.id,
                "name": it.name,
                "role": str(it.role),
                "ends": it.ends,
                "uses": it.uses,
            }
            for it in keeper.ledger.links.all()
        ]
        return messages.told({"links": listed})

    async def add_link(request: web.Request) -> web.Response:
        message = await messages.read(request)
        texts = {field: messages.text(message, field) for field in ("name", "role")}
        numbers = {field: messages.whole(message, field) for field in ("seconds", "uses")}
        return await messages.command(keeper, request, "link-add", texts | numbers)

    async def photographed(request: web.Request) -> web.Response:
        code = messages.text(await messages.read(request), "code")
        if keeper.guest(code) is None:
            return messages.refused("gone", "there is no such link, or it is used up")
        image = qr(f"https://{request.host}/guest/{code}")
        return messages.told({"svg": image.decode()})

    async def revoke_link(request: web.Request) -> web.Response:
        given = {"id": messages.text(await messages.read(request), "id")}
        return await messages.command(keeper, request, "link-revoke", given)

    async def tokens(request: web.Request) -> web.Response:
        listed = [
            {"name": it.name, "role": str(it.role), "created": it.created}
            for it in keeper.ledger.tokens.all()
        ]
        return messages.told({"tokens": listed})

    async def add_token(request: web.Request) -> web.Response:
        message = await messages.read(request)
        given = {field: messages.text(message, field) for field in ("name", "role")}
        return await messages.command(keeper, request, "token-add", given)

    async def revoke_token(request: web.Request) -> web.Response:
        given = {"name": messages.text(await messages.read(request), "name")}
        return await messages.command(keeper, request, "token-revoke", given)

    app.router.add_get("/api/links", links)
    app.router.add_post("/api/links/add", add_link)
    app.router.add_post("/api/links/qr", photographed)
    app.router.add_post("/api/links/revoke", revoke_link)
    app.router.add_get("/api/tokens", tokens)
    app.router.add_post("/api/tokens/add", add_token)
    app.router.add_post("/api/tokens/revoke", revoke_token)
