"""The routes by which somebody comes in or leaves. Each change has to come from this very page."""

import asyncio
import math
from collections.abc import Awaitable

from aiohttp import web

from edgecam.accounts.doorkeeper import Doorkeeper
from edgecam.errors import NotAdmitted, NotKept
from edgecam.web import sessions
from edgecam.web.pages import page
from edgecam.web.words import Page

BODY_DEADLINE = 10.0
"""Seconds a form may take to arrive."""

STATUS = {
    "wrong": 401,
    "wait": 429,
    "busy": 429,
    "name": 400,
    "password": 400,
    "done": 409,
    "not-kept": 503,
}


class Entrance:
    """Handlers of those routes; ``keeper`` decides."""

    def __init__(self, keeper: Doorkeeper) -> None:
        self._keeper = keeper

    def attach(self, app: web.Application) -> None:
        """Serve them in ``app``."""
        # Not HEAD: asking whether a link exists would use it up.
        app.router.add_get("/enter/{code}", self._enter, allow_head=False)
        app.router.add_get("/guest/{code}", self._guest)
        app.router.add_post("/guest/{code}", self._enter_as_guest)
        app.router.add_post("/sign-in", self._sign_in)
        app.router.add_post("/set-up", self._set_up)
        app.router.add_post("/sign-out", self._sign_out)

    def signed_out(self, request: web.Request, notice: str = "") -> web.Response:
        """What a stranger sees: the form that lets one in, if there is one."""
        name: Page = "signed_out"
        if self._keeper.is_set_up:
            name = "sign_in"
        elif self._keeper.has_set_up_code():
            name = "set_up"
        return page(request, STATUS.get(notice, 401), name, notice=notice)

    async def _enter(self, request: web.Request) -> web.Response:
        try:
            code = request.match_info["code"]
            secret = await self._keeper.enter(code, sessions.whence(request))
        except NotAdmitted:
            return page(request, 403, "used_up")
        # A redirect would still count as coming from wherever the link was, and a strict cookie
        # would not be sent; a page that moves on by itself is the site's own.
        return sessions.begin(page(request, 200, "welcome", refresh=True), secret)

    async def _guest(self, request: web.Request) -> web.Response:
        """Only ask: whatever shows a preview of a link would use it up."""
        if self._keeper.guest(request.match_info["code"]) is None:
            return page(request, 403, "used_up")
        return page(request, 200, "guest")

    async def _enter_as_guest(self, request: web.Request) -> web.Response:
        await _form(request)
        code, whence = request.match_info["code"], sessions.whence(request)
        try:
            secret = await self._keeper.enter_as_guest(code, whence)
        except NotAdmitted as error:
            if error.code == "wrong":
                return page(request, 403, "used_up")
            return page(request, STATUS[error.code], "guest", notice=error.code)
        return sessions.begin(_on_to_the_page(), secret)

    async def _sign_in(self, request: web.Request) -> web.Response:
        name, password = await _form(request, "name", "password")
        whence = sessions.whence(request)
        return await self._let_in(request, self._keeper.sign_in(name, password, whence))

    async def _set_up(self, request: web.Request) -> web.Response:
        code, name, password = await _form(request, "code", "name", "password")
        whence = sessions.whence(request)
        return await self._let_in(request, self._keeper.set_up(code, name, password, whence))

    async def _let_in(self, request: web.Request, attempt: Awaitable[str]) -> web.Response:
        try:
            secret = await attempt
        except NotAdmitted as error:
            response = self.signed_out(request, error.code)
            if error.wait:
                response.headers["Retry-After"] = str(math.ceil(error.wait))
            return response
        return sessions.begin(_on_to_the_page(), secret)

    async def _sign_out(self, request: web.Request) -> web.Response:
        await _form(request)
        admitted = sessions.admitted(self._keeper.ledger, request)
        if admitted is not None and admitted.kind == "session":
            try:
                await self._keeper.sign_out(admitted)
            except NotKept:
                return sessions.end(page(request, 503, "not_signed_out"))
        return sessions.end(_on_to_the_page())


async def _form(request: web.Request, *fields: str) -> list[str]:
    """What was written into a form of this page. 403 if it is another's, 400 if it is none."""
    if request.headers.get("Origin") != f"https://{request.host}":
        raise web.HTTPForbidden
    if not fields:
        return []
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(BODY_DEADLINE):
            written = await request.post()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, LookupError) as error:
        raise web.HTTPBadRequest from error
    values = [written.get(field) for field in fields]
    texts = [each for each in values if isinstance(each, str)]
    if len(texts) < len(fields):
        raise web.HTTPBadRequest
    return texts


def _on_to_the_page() -> web.Response:
    return web.Response(status=303, headers={"Location": "/", "Cache-Control": "no-store"})
