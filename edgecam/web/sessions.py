"""Who a request comes from: the session in its cookie, or the API token that it shows."""

from aiohttp import web

from edgecam.accounts.ledger import Ledger
from edgecam.accounts.roles import Pass, Whence
from edgecam.accounts.sessions import SESSION_AGE
from edgecam.signaling.tokens import bearer

COOKIE = "__Host-edgecam"
"""The prefix makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2)."""


def admitted(ledger: Ledger, request: web.Request) -> Pass | None:
    """Who that is; None for a stranger."""
    return ledger.admit(request.cookies.get(COOKIE)) or ledger.admit_token(bearer(request))


def whence(request: web.Request) -> Whence:
    """Where it comes from."""
    # A socket for both families calls an IPv4 address ::ffff:192.0.2.1 (RFC 4291, 2.5.5.2).
    address = (request.remote or "unix").removeprefix("::ffff:")
    return Whence(address, request.headers.get("User-Agent", ""))


def begin(response: web.Response, secret: str) -> web.Response:
    """``response``, with which the browser has the session."""
    response.set_cookie(
        COOKIE, secret, max_age=SESSION_AGE, secure=True, httponly=True, samesite="Strict"
    )
    return response


def end(response: web.Response) -> web.Response:
    """``response``, with which the browser has none any more."""
    response.del_cookie(COOKIE, secure=True, httponly=True, samesite="Strict")
    return response
