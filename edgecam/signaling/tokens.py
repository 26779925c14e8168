"""How a caller shows that it may call."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from aiohttp import web

MOST_TOKEN = 256


def bearer(request: web.Request) -> str:
    """The token in ``Authorization: Bearer`` (RFC 6750, 2.1); empty if there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def same_token(shown: str, kept: str) -> bool:
    """Whether they are the same, in a time that does not tell how much of them is."""
    if not shown.isascii() or not 0 < len(shown) <= MOST_TOKEN:
        return False
    return hmac.compare_digest(shown.encode(), kept.encode())


def camera_of(token: str) -> str:
    """The ID of the camera that calls with this node's own token: as lasting as that, and nothing
    can be learnt from it.
    """
    return urlsafe_b64encode(hmac.digest(token.encode(), b"camera", hashlib.sha256)[:12]).decode()
