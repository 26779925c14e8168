"""What the local authority may vouch for, and certificates of one's own in its place."""

import asyncio
import ipaddress
import shutil
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from edgecam.errors import StartError
from edgecam.web.authority import LEAF_AGE, Names, Pair, is_constrained
from edgecam.web.certificates import (
    CertificateStore,
    Leaf,
    server_context,
    swap,
)
from edgecam.web.own import OwnCertificate
from tests.forgery import forge
from tests.leaves import NAMES, NOON, Clock, read, shake, trusting


@pytest.fixture
def clock() -> Clock:
    """The time as the store sees it."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> CertificateStore:
    """A store in a folder that is not there yet."""
    return CertificateStore(tmp_path / "state" / "tls", clock)


@pytest.fixture
def today(tmp_path: Path) -> Leaf:
    """A leaf made by the system's clock, as a handshake judges by it."""
    return CertificateStore(tmp_path / "today").ensure(NAMES)


ELSEWHERE = [
    "porch-cam.local.example",
    "notporch-cam.local",
    "other.local",
    "example.com",
    "8.8.8.8",
    "172.32.0.1",
    "2606:4700::1",
    "::ffff:192.168.1.1",
]


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_the_authority_can_fool_nobody_about_other_sites(tmp_path: Path, name: str) -> None:
    """Whoever has its key and signs for another site with it is not believed."""
    leaf = await asyncio.to_thread(forged, tmp_path, name)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        await shake(server_context(leaf), trusting(leaf.ca), name)


async def test_only_the_constraint_keeps_it_from_that(tmp_path: Path) -> None:
    """The same forgery is believed about a name that is its own."""
    leaf = await asyncio.to_thread(forged, tmp_path, "porch-cam.local")
    await shake(server_context(leaf), trusting(leaf.ca), "porch-cam.local")


def test_the_authority_says_what_it_is_for(store: CertificateStore) -> None:
    """Names of its own, private addresses, servers: for critical, as RFC 5280 wants it."""
    ca = read(store.ensure(NAMES).ca)
    limits = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert limits.value.excluded_subtrees is None
    permitted = [str(each.value) for each in limits.value.permitted_subtrees or ()]
    assert permitted[:3] == ["localhost", "porch-cam", "porch-cam.local"]
    for network in map(ipaddress.ip_network, permitted[3:]):
        assert not network.is_global
    usage = ca.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


async def test_what_the_authority_may_not_vouch_for_is_left_out_and_said(today: Leaf) -> None:
    """A new host name, a public address: the rest of the certificate is good all the same."""
    store = CertificateStore(today.ca.parent)
    renamed = Names("door-cam", ("192.168.7.20", "2606:4700::7", "8.8.4.4"))
    leaf = await asyncio.to_thread(store.ensure, renamed)
    assert leaf.fingerprint == today.fingerprint
    assert leaf.uncovered == ("door-cam", "door-cam.local", "2606:4700::7", "8.8.4.4")
    assert leaf.names == ("localhost", "127.0.0.1", "192.168.7.20", "::1")
    await shake(server_context(leaf), trusting(leaf.ca), "192.168.7.20")
    again = await asyncio.to_thread(store.ensure, renamed, renew="authority")
    assert again.uncovered == ("2606:4700::7", "8.8.4.4")
    assert (again.fingerprint != leaf.fingerprint, again.pin) == (True, leaf.pin)
    await shake(server_context(again), trusting(again.ca), "door-cam.local")


def test_a_leaf_is_renewed_when_asked(store: CertificateStore) -> None:
    """With the key that callers know, by the authority that people trust."""
    first = store.ensure(NAMES)
    serial = read(first.certificate).serial_number
    second = store.ensure(NAMES, renew="leaf")
    assert second.remade
    assert read(second.certificate).serial_number != serial
    assert (second.pin, second.fingerprint) == (first.pin, first.fingerprint)
    assert not store.ensure(NAMES).remade


def test_an_authority_for_everything_is_replaced(
    store: CertificateStore, caplog: pytest.LogCaptureFixture
) -> None:
    """One of before there were constraints: its key is destroyed, and people are told."""
    leaf = store.ensure(NAMES)
    key = ec.generate_private_key(ec.SECP256R1())
    everything = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON)
        .not_valid_after(NOON + LEAF_AGE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    store._save("ca", Pair(key, everything))
    with pytest.raises(StartError, match="could vouch for any site"):
        store.ensure(NAMES, mend=False)
    assert read(leaf.ca) == everything
    again = store.ensure(NAMES)
    assert is_constrained(read(again.ca))
    assert again.pin == leaf.pin
    assert read(again.ca.with_name("ca.crt.bad")) == everything
    assert not again.ca.with_name("ca.key.bad").exists()
    assert "devices that trust it" in caplog.text


async def test_a_certificate_of_ones_own(today: Leaf, tmp_path: Path) -> None:
    """It is taken as it is, and again when its files have changed."""
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    own = OwnCertificate(chain, key)

    async def put(leaf: Leaf) -> Leaf:
        await asyncio.to_thread(shutil.copy, leaf.certificate, chain)
        await asyncio.to_thread(shutil.copy, leaf.key, key)
        return await asyncio.to_thread(own.ensure, Names("elsewhere"))

    first = await put(today)
    assert (first.remade, first.local, first.pin) == (False, False, today.pin)
    assert "porch-cam.local" in first.names
    context = server_context(first)
    assert not (await put(today)).remade
    other = await asyncio.to_thread(CertificateStore(tmp_path / "other").ensure, NAMES)
    second = await put(other)
    assert (second.remade, second.pin) == (True, other.pin)
    swap(context, second)
    await shake(context, trusting(other.ca), "porch-cam.local")


@pytest.mark.parametrize("damage", ["", "nonsense", None, "another"])
@pytest.mark.parametrize("which", ["chain.pem", "key.pem"])
def test_an_own_certificate_that_cannot_be_used_is_told(
    store: CertificateStore, tmp_path: Path, which: str, damage: str | None
) -> None:
    """Nothing is made in its place."""
    leaf = store.ensure(NAMES)
    shutil.copy(leaf.certificate, tmp_path / "chain.pem")
    shutil.copy(leaf.key, tmp_path / "key.pem")
    own = OwnCertificate(tmp_path / "chain.pem", tmp_path / "key.pem")
    own.ensure(NAMES)
    if damage is None:
        (tmp_path / which).unlink()
    elif damage == "another":
        other = CertificateStore(tmp_path / "other").ensure(NAMES)
        shutil.copy(other.certificate if which == "chain.pem" else other.key, tmp_path / which)
    else:
        (tmp_path / which).write_text(damage)
    with pytest.raises(StartError, match=r"web\.certificate and web\.key"):
        own.ensure(NAMES)


def forged(folder: Path, name: str) -> Leaf:
    """A certificate for ``name``, signed with the authority's key as a thief would."""
    return forge(CertificateStore(folder / "tls").ensure(NAMES), name)
