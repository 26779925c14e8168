"""The page's files, read once and kept in memory."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from aiohttp import web

# What the operating system thinks of a suffix differs from one to the next.
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}
_SMALL = 512


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. ``gzipped`` is None where that would save nothing."""

    body: bytes
    gzipped: bytes | None
    content_type: str
    etag: str


def load() -> dict[str, Asset]:
    """Every file of the page by its path, ``/`` being the page itself. Reads from disk."""
    assets: dict[str, Asset] = {}
    _collect(resources.files("edgecam.web").joinpath("static"), "/", assets)
    assets["/"] = assets["/index.html"]
    return assets


def respond(asset: Asset, request: web.Request) -> web.Response:
    """``asset``, compressed for who takes that; 304 for who has it."""
    headers = {"ETag": f'"{asset.etag}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if any(known.value in ("*", asset.etag) for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    body = asset.body
    if asset.gzipped and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = asset.gzipped
        headers["Content-Encoding"] = "gzip"
    charset = "utf-8" if asset.content_type.startswith("text/") else None
    return web.Response(
        body=body, headers=headers, content_type=asset.content_type, charset=charset
    )


def _collect(folder: Traversable, prefix: str, assets: dict[str, Asset]) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            _collect(entry, f"{prefix}{entry.name}/", assets)
            continue
        suffix = f".{entry.name.rpartition('.')[2]}"
        kind = _TYPES.get(suffix) or mimetypes.guess_type(entry.name)[0] or "text/plain"
        body = entry.read_bytes()
        small = len(body) < _SMALL or kind == "image/png"
        gzipped = None if small else gzip.compress(body, 9, mtime=0)
        etag = hashlib.sha256(body).hexdigest()[:16]
        assets[f"{prefix}{entry.name}"] = Asset(body, gzipped, kind, etag)
