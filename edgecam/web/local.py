"""What the Unix socket serves: signaling for the device's caller, and the command line's wishes."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from edgecam.errors import CommandError
from edgecam.signaling.callers import Registered
from edgecam.signaling.desk import Desk

MOST_BODY = 4_096


def local_app(
    new_links: Callable[[], list[str]],
    desk: Desk,
    where: Callable[[], dict[str, Any]],
    mount: Callable[[web.Application], None],
    status: Callable[[], str],
) -> web.Application:
    """An application of those routes. ``where``: how others get here, and whom they find;
    ``status``: a line about how the node is.

    What can't be done is answered 409, with the reason as ``error``.
    """

    async def link(request: web.Request) -> web.Response:
        return web.json_response({"links": new_links()} | where())

    async def how(request: web.Request) -> web.Response:
        return web.json_response({"status": status()})

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

    app = web.Application(middlewares=[_refusing], client_max_size=MOST_BODY)
    app.router.add_post("/link", link)
    app.router.add_get("/status", how)
    app.router.add_get("/callers", callers)
    app.router.add_post("/callers/add", add)
    app.router.add_post("/callers/revoke", revoke)
    mount(app)
    return app


def _listed(caller: Registered, state: str) -> dict[str, str]:
    return {
        "camera": caller.camera,
        "name": caller.name,
        "created": caller.created,
        "state": state,
    }


async def _name(request: web.Request) -> str:
    """What the body, ``{"name": "…"}``, says."""
    try:
        name = (await request.json())["name"]
    except (ValueError, TypeError, KeyError, RecursionError):
        name = None
    if not isinstance(name, str):
        raise CommandError("the name is missing")
    return name


@web.middleware
async def _refusing(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except CommandError as error:
        response = web.json_response({"error": str(error)}, status=409)
    return response
