"""The page's files, read once and kept in memory.

The page asks for them under a name that changes with any of them, so a browser that has them asks
for the page alone. Scripts and styles go without comments and indentation, a third of what would be
sent; their lines keep their numbers.
"""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass, replace
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
_RELATIVE = re.compile(rb'( (?:href|src)=")(?=\w[\w./-]*")')
"""Before an address in the page that is relative to it."""

_REMARK = re.compile(
    rb"^[ \t]*(?:/\*(?!!)(?:[^*]|\*(?!/))*\*/|//[^\n]*)[ \t]*$",
    re.MULTILINE,
)
"""A comment that has its lines for itself, but for licences, which begin with an exclamation."""

_INDENTATION = re.compile(rb"^[ \t]+", re.MULTILINE)

_ASK = "no-cache"
_KEEP = "max-age=31536000, immutable"
"""RFC 8246: not even a reload asks for it again."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. ``gzipped`` is None where that would save nothing; ``cache`` is Cache-Control."""

    body: bytes
    gzipped: bytes | None
    content_type: str
    etag: str
    cache: str = _ASK


def load() -> dict[str, Asset]:
    """Every file of the page by its path, ``/`` being the page itself. Reads from disk.

    Each is there twice: under its own name, and to be kept for good, under a folder named for all
    of them, which is where the page looks.
    """
    files: dict[str, Asset] = {}
    _collect(resources.files("edgecam.web").joinpath("static"), "/", files)
    tags = "".join(f"{path} {files[path].etag}\n" for path in sorted(files))
    edition = hashlib.sha256(tags.encode()).hexdigest()[:16]
    page = _RELATIVE.sub(rb"\g<1>" + f"{edition}/".encode(), files["/index.html"].body)
    kept = {f"/{edition}{path}": replace(file, cache=_KEEP) for path, file in files.items()}
    return files | kept | {"/": _asset(page, "text/html")}


def respond(asset: Asset, request: web.Request) -> web.Response:
    """``asset``, compressed for who takes that; 304 for who has it."""
    headers = {"ETag": f'"{asset.etag}"', "Cache-Control": asset.cache, "Vary": "Accept-Encoding"}
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


def without_remarks(body: bytes, kind: str) -> bytes:
    """A script or a style sheet without what only its readers need."""
    if kind not in ("text/javascript", "text/css"):
        return body
    return _INDENTATION.sub(b"", _REMARK.sub(lambda it: b"\n" * it[0].count(b"\n"), body))


def _collect(folder: Traversable, prefix: str, assets: dict[str, Asset]) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            _collect(entry, f"{prefix}{entry.name}/", assets)
            continue
        suffix = f".{entry.name.rpartition('.')[2]}"
        kind = _TYPES.get(suffix) or mimetypes.guess_type(entry.name)[0] or "text/plain"
        assets[f"{prefix}{entry.name}"] = _asset(without_remarks(entry.read_bytes(), kind), kind)


def _asset(body: bytes, kind: str) -> Asset:
    small = len(body) < _SMALL or kind == "image/png"
    gzipped = None if small else gzip.compress(body, 9, mtime=0)
    return Asset(body, gzipped, kind, hashlib.sha256(body).hexdigest()[:16])
