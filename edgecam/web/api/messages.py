"""A message as it comes and as it goes: JSON, from this very page, and never kept by a browser."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from edgecam.accounts.book import CONSOLE
from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.accounts.roles import Pass
from edgecam.errors import CommandError
from edgecam.signaling.tokens import bearer
from edgecam.web.sessions import admitted

DEADLINE = 10.0
"""Seconds a message may take to arrive."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def has_to_be_ours(request: web.Request) -> None:
    """403 if a browser might send it for another site."""
    # Who shows a token is no browser that another site could make say something: of all that a
    # browser may add by itself, this is not one.
    if (request.cookies or not bearer(request)) and request.headers.get(
        "Origin"
    ) != f"https://{request.host}":
        raise web.HTTPForbidden


async def read(request: web.Request) -> dict[str, Any]:
    """The object that was sent. 403 if another site sent it, 400, 408 or 415 if it is none."""
    has_to_be_ours(request)
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(DEADLINE):
            body = json.loads(await request.read())
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return body


def text(message: dict[str, Any], field: str) -> str:
    """A text that has to be in it. 400 if there is none."""
    value = message.get(field)
    if not isinstance(value, str):
        raise web.HTTPBadRequest
    return value


def whole(message: dict[str, Any], field: str) -> int:
    """A whole number that has to be in it. 400 if there is none."""
    value = message.get(field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise web.HTTPBadRequest
    return value


def yes(message: dict[str, Any], field: str) -> bool:
    """True or false, which has to be in it. 400 if neither is."""
    value = message.get(field)
    if not isinstance(value, bool):
        raise web.HTTPBadRequest
    return value


def asker(keeper: Doorkeeper, request: web.Request) -> Pass:
    """Who asks. 401 for whoever has just lost the right to."""
    who = admitted(keeper.ledger, request)
    if who is None:
        raise web.HTTPUnauthorized
    return who


def told(value: dict[str, Any], status: int = 200) -> web.Response:
    """The answer that says so."""
    return web.json_response(value, status=status, headers={"Cache-Control": "no-store"})


def refused(code: str, why: str) -> web.Response:
    """The answer to what can't be done."""
    return told({"code": code, "error": why}, 409)


async def command(
    keeper: Doorkeeper, request: web.Request, what: str, given: dict[str, Any]
) -> web.Response:
    """Do it in the asker's name."""
    who = asker(keeper, request).name or CONSOLE
    try:
        return told(await keeper.command(what, given, who))
    except CommandError as error:
        return refused(error.code, str(error))
