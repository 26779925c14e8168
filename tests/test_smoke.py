"""The smoke test: it passes where a picture arrives, and says how far it came where none does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.node import Node
from tests.sockets import http_session
from tests.viewer import trust, viewer_of

ONE = {"EDGECAM_VIEWERS_MOST": "1", "EDGECAM_VIEWERS_STANDING_OFFERS": "1"}


@asynccontextmanager
async def running(folder: Path, **environ: str) -> AsyncIterator[Node]:
    """A node, killed at the end."""
    node = Node(folder, environ)
    await node.start()
    try:
        yield node
    finally:
        await node.kill()


async def test_a_picture(tmp_path: Path) -> None:
    """What it says is what is so: size, address, fingerprint, and a link that opens."""
    async with running(tmp_path) as node:
        code, out, told = await node.command("smoke", "--json")
        assert (code, told) == (0, "")
        seen = json.loads(out)
        assert (seen["width"], seen["height"]) == (640, 360)
        assert seen["addresses"][-1] == node.url()
        assert seen["fingerprint"] == await asyncio.to_thread(fingerprint, node.ca)
        path = "/enter/" + seen["link"].rpartition("/enter/")[2]
        tls = await asyncio.to_thread(trust, node)
        async with http_session(tls) as http, http.get(node.url(path)) as answer:
            assert answer.status == 200


def fingerprint(certificate: Path) -> str:
    """As browsers show it."""
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    return loaded.fingerprint(hashes.SHA256()).hex(":").upper()


async def test_for_people(tmp_path: Path) -> None:
    """Without --json it is five lines, and the viewer has left its place when it ends."""
    async with running(tmp_path, **ONE) as node:
        for _ in range(2):
            code, out, _ = await node.command("smoke")
            assert code == 0
            words = [line.split()[0] for line in out.splitlines()]
            assert words == ["a", "address", "trust", "fingerprint", "link"]


async def test_a_camera_that_is_full(tmp_path: Path) -> None:
    """Nobody is put out for it; a code of its own says that nothing was proven, nor disproven."""
    async with running(tmp_path, **ONE) as node, viewer_of(node) as viewer:
        await viewer.watch()
        code, out, told = await node.command("smoke", "--within", "8")
        assert (code, out) == (3, "")
        assert told.startswith("edgecam: no picture within 8 s: in line, as full: ")
        await viewer.screen.picture()


async def test_no_node(tmp_path: Path) -> None:
    """It waits for the node to start as long as it may, then says that there is none."""
    node = Node(tmp_path, {})
    code, _, told = await node.command("smoke", "--within", "0.5")
    assert code == 1
    assert told.endswith("is edgecam running?\n")


async def test_a_page_without_a_camera(tmp_path: Path) -> None:
    """It says why nothing came."""
    node = Node(tmp_path, {}, "serve")
    await node.start()
    try:
        code, _, told = await node.command("smoke", "--within", "8")
        assert code == 1
        assert "in line, as unknown-camera" in told
    finally:
        await node.kill()


async def test_calls_elsewhere(tmp_path: Path) -> None:
    """A node without a page of its own has nothing to try here."""
    node = Node(
        tmp_path,
        {
            "EDGECAM_SIGNALING_URL": "https://localhost:1",
            "EDGECAM_SIGNALING_TOKEN_FILE": str(tmp_path / "token"),
        },
    )
    code, _, told = await node.command("smoke")
    assert code == 1
    assert "try edgecam smoke there" in told
