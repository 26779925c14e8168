"""What a phone installs the page with."""

import json
import struct
import zlib
from pathlib import Path

import pytest

from edgecam.web import assets
from tests.icons import FOLDER, ICONS, png


def pixels(body: bytes) -> tuple[tuple[int, ...], bytes]:
    """Size, depth and colours of a PNG, and what its pixels are."""
    head = struct.unpack(">IIBB", body[16:26])
    at, data = 8, b""
    while at < len(body):
        length, kind = struct.unpack(">I4s", body[at : at + 8])
        data += body[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += length + 12
    return head, zlib.decompress(data)


@pytest.mark.parametrize("name", ICONS)
def test_an_icon_is_as_drawn(name: str) -> None:
    """However well another zlib packs it."""
    assert pixels((FOLDER / f"{name}.png").read_bytes()) == pixels(png(*ICONS[name]))


def test_the_manifest_names_them() -> None:
    """Each with the size that it has, where anybody may have it."""
    files = assets.load()
    manifest = json.loads(files["/manifest.webmanifest"].body)
    assert files["/manifest.webmanifest"].content_type == "application/manifest+json"
    assert {Path(icon["src"]).stem for icon in manifest["icons"]} == set(ICONS)
    for icon in manifest["icons"]:
        (width, height, *_), _ = pixels(files[icon["src"]].body)
        assert icon["sizes"] == f"{width}x{height}"
    assert manifest["display"] == "standalone"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
