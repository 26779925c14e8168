"""What a program or the page's own scripts send: JSON, never from another site."""

import asyncio
import json
from typing import Any

from aiohttp import web

DEADLINE = 10.0
"""Seconds a message may take to arrive."""


def has_to_be_ours(request: web.Request) -> None:
    """403 if a browser might send it for another site."""
    # Who shows a token is no browser that another site could make say something.
    by_token = "Authorization" in request.headers and not request.cookies
    if not by_token and request.headers.get("Origin") != f"https://{request.host}":
        raise web.HTTPForbidden


async def message(request: web.Request) -> dict[str, Any]:
    """The object that was sent. 403 if another site sent it; 400, 408 or 415 if it is none."""
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


def told(value: dict[str, Any], status: int = 200) -> web.Response:
    """The answer that says so."""
    return web.json_response(value, status=status, headers={"Cache-Control": "no-store"})
