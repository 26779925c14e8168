"""Who a request comes from: the session in its cookie, or the API token that it shows."""

from base64 import b64decode

from aiohttp import web

from edgecam.accounts.ledger import Ledger
from edgecam.accounts.roles import Pass, Whence
from edgecam.accounts.sessions import SESSION_AGE
from edgecam.signaling.tokens import bearer

COOKIE = "__Host-edgecam"
"""The prefix makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2)."""


FOR_PROGRAMS = frozenset({"/snapshot.jpg", "/stream.mjpg"})
"""What is read by programs that can show a token in no better way."""


def admitted(ledger: Ledger, request: web.Request) -> Pass | None:
    """Who that is; None for a stranger."""
    by_cookie = ledger.admit(request.cookies.get(COOKIE))
    return by_cookie or ledger.admit_token(bearer(request) or token_besides(request))


def token_besides(request: web.Request) -> str:
    """The token that is shown in another way than it should be, where that is good enough: as the
    password of basic authentication (RFC 7617), whatever the name, or in the address.
    """
    if request.path not in FOR_PROGRAMS:
        return ""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return str(request.query.get("token", ""))
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(shown.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


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
