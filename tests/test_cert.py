"""``edgecam cert``, on a node that runs and on one that doesn't."""

import asyncio
import os
import plistlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from edgecam.cli import main
from edgecam.web.certificates import CertificateStore, Names
from tests.node import Node, running_node


async def served(node: Node) -> str:
    """The certificate that the node shows, in PEM."""
    return await asyncio.to_thread(ssl.get_server_certificate, ("localhost", node.port))


async def test_a_node_that_runs(tmp_path: Path) -> None:
    """It is asked, and shows the new certificate at once."""
    async with running_node(tmp_path) as node:
        code, told, _ = await node.command("cert", "show")
        assert code == 0
        ca = x509.load_pem_x509_certificate(await asyncio.to_thread(node.ca.read_bytes))
        assert ca.fingerprint(hashes.SHA256()).hex(":").upper() in told
        assert f"to trust it: {node.trust}" in told
        assert "localhost" in told

        _, exported, _ = await node.command("cert", "export")
        assert exported == await asyncio.to_thread(node.ca.read_text)

        before = await served(node)
        assert (await node.command("cert", "renew"))[0] == 0
        again = await served(node)
        assert again != before
        assert await asyncio.to_thread(node.ca.read_text) == exported
        _, told, _ = await node.command("cert", "renew", "--ca")
        assert "every device has to trust it anew" in told
        assert await served(node) != again
        assert await asyncio.to_thread(node.ca.read_text) != exported


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of a node that does not run."""
    monkeypatch.setenv("EDGECAM_PATHS_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def test_a_node_that_does_not_run(state: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Its files are read and renewed, and the key stays; nothing that is secret is printed."""
    assert main(["cert", "show"]) == 0
    leaf = (state / "tls" / "leaf.crt").read_bytes()
    key = (state / "tls" / "leaf.key").read_bytes()
    assert main(["cert", "renew"]) == 0
    assert (state / "tls" / "leaf.crt").read_bytes() != leaf
    assert (state / "tls" / "leaf.key").read_bytes() == key
    ca = (state / "tls" / "ca.crt").read_bytes()
    said = capfdbinary.readouterr().out
    assert main(["cert", "export", "--as", "der"]) == 0
    der = capfdbinary.readouterr().out
    assert x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM) == ca
    assert main(["cert", "export", "--as", "mobileconfig"]) == 0
    profile = capfdbinary.readouterr().out
    assert plistlib.loads(profile)["PayloadType"] == "Configuration"
    assert b"PRIVATE" not in said + der + profile


def test_a_host_that_is_renamed(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the CA can't vouch for is said, with what to do about it."""
    assert main(["cert", "show"]) == 0
    monkeypatch.setattr("socket.gethostname", lambda: "another-cam")
    capsys.readouterr()
    assert main(["cert", "show"]) == 0
    said = capsys.readouterr()
    assert "not good for: another-cam, another-cam.local" in said.out
    assert "edgecam cert renew --ca" in said.err
    assert main(["cert", "renew", "--ca"]) == 0
    said = capsys.readouterr()
    assert "another-cam.local" in said.out.partition("not good for")[0]
    assert "renew --ca" not in said.err


def test_a_certificate_of_ones_own(
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is shown; what concerns edgecam's CA is refused, and there is none."""
    leaf = CertificateStore(tmp_path / "made").ensure(Names("garden-cam"))
    monkeypatch.setenv("EDGECAM_WEB_CERTIFICATE", str(leaf.certificate))
    assert main(["cert", "show"]) == 2
    monkeypatch.setenv("EDGECAM_WEB_KEY", str(leaf.key))
    assert main(["cert", "show"]) == 0
    assert "garden-cam.local" in capsys.readouterr().out
    for refused in (["cert", "export"], ["cert", "renew"], ["cert", "renew", "--ca"]):
        assert main(refused) == 1
        assert "not edgecam's" in capsys.readouterr().err
    assert not (state / "tls").exists()


async def test_a_node_with_a_certificate_of_ones_own(tmp_path: Path) -> None:
    """It is served, and its successor when the files change and the node is told."""
    store = CertificateStore(tmp_path / "made")
    leaf = await asyncio.to_thread(store.ensure, Names("localhost"))
    own = {"web__certificate": str(leaf.certificate), "web__key": str(leaf.key)}
    async with running_node(tmp_path, **own) as node:
        assert await served(node) == await asyncio.to_thread(leaf.certificate.read_text)
        await asyncio.to_thread(store.ensure, Names("localhost"), renew="leaf")
        os.kill(node.process.pid, 1)
        new = await asyncio.to_thread(leaf.certificate.read_text)
        while await served(node) != new:
            pass
        assert not await asyncio.to_thread(node.ca.exists)
