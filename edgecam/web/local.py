"""What the Unix socket serves: signaling for the device's caller, and the command line's wishes."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.accounts.privacy import Privacy
from edgecam.errors import CommandError, StartError
from edgecam.signaling.callers import Registered
from edgecam.signaling.desk import Desk
from edgecam.web.certificates import Renewal

MOST_BODY = 8_192


def control_app(status: Callable[[], dict[str, Any]], privacy: Privacy | None) -> web.Application:
    """An application of what every node has. ``status``: how it is, ``status`` as a line and
    ``report`` for programs; ``privacy`` is None where there is no camera.

    What can't be done is answered 409, with the reason as ``error``.
    """

    async def how(request: web.Request) -> web.Response:
        return web.json_response(status())

    async def see(request: web.Request) -> web.Response:
        return web.json_response(_camera(privacy).state())

    async def turn(request: web.Request) -> web.Response:
        on = (await _body(request)).get("on")
        if not isinstance(on, bool):
            raise CommandError("the switch is to be on or off: true or false")
        return web.json_response(await _camera(privacy).set(on))

    app = web.Application(middlewares=[_refusing], client_max_size=MOST_BODY)
    app.router.add_get("/status", how)
    app.router.add_get("/privacy", see)
    app.router.add_post("/privacy", turn)
    return app


def add_page(
    app: web.Application,
    desk: Desk,
    keeper: Doorkeeper,
    where: Callable[[], dict[str, Any]],
    mount: Callable[[web.Application], None],
) -> None:
    """Have ``app`` serve what a node with a page has besides. ``where``: how others get here, and
    whom they find.
    """

    async def link(request: web.Request) -> web.Response:
        return web.json_response(_with_links(where(), keeper.new_link()))

    async def setup(request: web.Request) -> web.Response:
        return web.json_response({"code": keeper.new_set_up_code()} | where())

    async def accounts(request: web.Request) -> web.Response:
        told = await keeper.command(request.match_info["what"], await _body(request))
        return web.json_response(told | where())

    async def watching(request: web.Request) -> web.Response:
        return web.json_response({"watching": keeper.audience.listed()})

    async def hang_up(request: web.Request) -> web.Response:
        id_ = (await _body(request)).get("id")
        return web.json_response({"who": await keeper.hang_up(id_ if isinstance(id_, str) else "")})

    async def callers(request: web.Request) -> web.Response:
        listed = [_listed(caller, state) for caller, state in desk.list()]
        return web.json_response({"callers": listed})

    async def add(request: web.Request) -> web.Response:
        camera, token = await desk.add(await _name(request))
        told = {"camera": camera.camera, "name": camera.name, "token": token}
        return web.json_response(told | where())

    async def revoke(request: web.Request) -> web.Response:
        camera = await desk.revoke(await _name(request))
        return web.json_response({"camera": camera.camera, "name": camera.name})

    app.router.add_post("/link", link)
    app.router.add_post("/setup", setup)
    app.router.add_post("/accounts/{what}", accounts)
    app.router.add_get("/watching", watching)
    app.router.add_post("/watching/hang-up", hang_up)
    app.router.add_get("/callers", callers)
    app.router.add_post("/callers/add", add)
    app.router.add_post("/callers/revoke", revoke)
    mount(app)


def add_certificate(
    app: web.Application, told: Callable[[Renewal | None], Awaitable[dict[str, Any]]]
) -> None:
    """Have ``app`` tell of the certificate, and renew it: ``told`` does both."""

    async def show(request: web.Request) -> web.Response:
        return web.json_response(await told(None))

    async def renew(request: web.Request) -> web.Response:
        wish: Renewal = "authority" if (await _body(request)).get("authority") is True else "leaf"
        return web.json_response(await told(wish))

    app.router.add_get("/certificate", show)
    app.router.add_post("/certificate/renew", renew)


def _camera(privacy: Privacy | None) -> Privacy:
    if privacy is None:
        raise CommandError("there is no camera at this node to be private about")
    return privacy


def _with_links(told: dict[str, Any], code: str) -> dict[str, Any]:
    return told | {"links": [f"{url}enter/{code}" for url in told["urls"]]}


def _listed(caller: Registered, state: str) -> dict[str, str]:
    return {
        "camera": caller.camera,
        "name": caller.name,
        "created": caller.created,
        "state": state,
    }


async def _name(request: web.Request) -> str:
    """What the body, ``{"name": "…"}``, says."""
    name = (await _body(request)).get("name")
    if not isinstance(name, str):
        raise CommandError("the name is missing")
    return name


async def _body(request: web.Request) -> dict[str, Any]:
    """The object in it; an empty one if there is none."""
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        body = None
    return body if isinstance(body, dict) else {}


@web.middleware
async def _refusing(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except (CommandError, StartError) as error:
        response = web.json_response({"error": str(error)}, status=409)
    return response
