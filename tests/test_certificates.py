"""The certificates, shown in real handshakes and spoilt in every way that can be thought of."""

import asyncio
import ipaddress
import shutil
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from edgecam.clock import CLOCK_FLOOR
from edgecam.errors import StartError
from edgecam.web.authority import BACK_DATED, LEAF_AGE, Names, Pair, is_constrained
from edgecam.web.certificates import (
    RENEW_BEFORE,
    CertificateStore,
    Leaf,
    server_context,
    swap,
)
from edgecam.web.own import OwnCertificate
from tests.forgery import forge

NAMES = Names("Porch-Cam", ("192.168.7.20", "fd00::20", "fe80::1%eth0"))
NOON = datetime(2027, 5, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


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


async def shake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> ssl.SSLObject:
    """Connect ``client`` to ``server`` over TCP as to ``name``; the client's end of it."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=server) as listening:
        port = listening.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client, server_hostname=name
        )
        shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
        writer.close()
        await writer.wait_closed()
    return shown


def trusting(ca: Path) -> ssl.SSLContext:
    """A client that trusts ``ca`` alone and checks names."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(ca)
    client.set_alpn_protocols(["h2", "http/1.1"])
    return client


@pytest.mark.parametrize(
    "name",
    [
        "porch-cam",
        "porch-cam.local",
        "localhost",
        "127.0.0.1",
        "::1",
        "192.168.7.20",
        "fd00::20",
        "fe80::1",
    ],
)
async def test_every_name_is_good_for_who_trusts_the_authority(today: Leaf, name: str) -> None:
    """A client that knows only ca.crt gets in by each name and address, with HTTP/1.1."""
    shown = await shake(server_context(today), trusting(today.ca), name)
    assert shown.version() == "TLSv1.3"
    assert shown.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("name", ["other-cam.local", "192.168.7.21"])
async def test_other_names_are_refused(today: Leaf, name: str) -> None:
    """The leaf vouches for nobody else."""
    with pytest.raises(ssl.SSLCertVerificationError, match=r"mismatch|not valid for"):
        await shake(server_context(today), trusting(today.ca), name)


async def test_other_authorities_do_not_vouch(today: Leaf, tmp_path: Path) -> None:
    """Two nodes have nothing in common: who trusts one does not trust the other."""
    other = await asyncio.to_thread(CertificateStore(tmp_path / "other").ensure, NAMES)
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
        await shake(server_context(today), trusting(other.ca), "localhost")


async def test_tls_1_2_is_the_oldest(today: Leaf) -> None:
    """TLS 1.2 gets in, with forward secrecy; a client that could 1.1 is refused by the server."""
    client, lax = trusting(today.ca), server_context(today)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    cipher = (await shake(server_context(today), client, "localhost")).cipher()
    assert cipher is not None
    assert cipher[0].startswith("ECDHE-")
    for context in (client, lax):
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.deprecated_call():
            context.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.deprecated_call():
        client.maximum_version = ssl.TLSVersion.TLSv1_1
    assert (await shake(lax, client, "localhost")).version() == "TLSv1.1"
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await shake(server_context(today), client, "localhost")


async def test_a_swap_reaches_the_next_connection(today: Leaf, tmp_path: Path) -> None:
    """A server goes on with the same context and shows the new leaf."""
    context = server_context(today)
    renamed = Names("porch-cam", ("10.0.0.9",))
    leaf = await asyncio.to_thread(CertificateStore(tmp_path / "today").ensure, renamed)
    swap(context, leaf)
    shown = await shake(context, trusting(today.ca), "10.0.0.9")
    assert shown.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(
        await asyncio.to_thread(leaf.certificate.read_text)
    )


def test_a_second_time_changes_nothing(store: CertificateStore) -> None:
    """What is good is kept, to the byte."""
    first = store.ensure(NAMES)
    before = {file: file.read_bytes() for file in first.ca.parent.iterdir()}
    second = store.ensure(NAMES)
    assert first.remade
    assert not second.remade
    assert {file: file.read_bytes() for file in first.ca.parent.iterdir()} == before
    assert sorted(file.name for file in before) == ["ca.crt", "ca.key", "leaf.crt", "leaf.key"]


def test_the_leaf_is_what_browsers_take(store: CertificateStore) -> None:
    """At most 397 days, from a day ago, for servers only; the authority outlasts any clock."""
    leaf = store.ensure(NAMES)
    shown, ca = read(leaf.certificate), read(leaf.ca)
    assert shown.not_valid_before_utc == NOON - BACK_DATED
    assert shown.not_valid_after_utc - shown.not_valid_before_utc == LEAF_AGE
    assert leaf.expires == shown.not_valid_after_utc
    usage = shown.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert (ca.not_valid_before_utc.year, ca.not_valid_after_utc.year) == (2020, 2049)
    limits = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limits.critical, limits.value.ca, limits.value.path_length) == (True, True, 0)
    assert ca.subject.rfc4514_string().startswith("CN=edgecam local CA Porch-Cam ")
    assert len(leaf.fingerprint.split(":")) == 32


def test_keys_are_for_their_user_only(store: CertificateStore) -> None:
    """The folder is 0700 and every file in it 0600."""
    folder = store.ensure(NAMES).ca.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("later", "remade"),
    [
        (LEAF_AGE - BACK_DATED - RENEW_BEFORE, False),
        (LEAF_AGE - BACK_DATED - RENEW_BEFORE + timedelta(seconds=1), True),
        (timedelta(days=1000), True),
        (timedelta(days=36_500), True),
        (-BACK_DATED, False),
        (-BACK_DATED - timedelta(seconds=1), True),
    ],
)
def test_a_leaf_is_renewed_in_time(
    store: CertificateStore, clock: Clock, later: timedelta, remade: bool
) -> None:
    """A month before its end, after it, or when it is not valid yet; the authority stays."""
    first = store.ensure(NAMES)
    clock.time = NOON + later
    second = store.ensure(NAMES)
    assert second.remade is remade
    assert second.fingerprint == first.fingerprint


@pytest.mark.parametrize(
    "names", [Names("porch-cam", ("192.168.7.21",)), Names("door-cam", NAMES.addresses)]
)
def test_a_leaf_follows_the_names(store: CertificateStore, names: Names) -> None:
    """Another address or hostname: another leaf, once, by the same authority."""
    first = store.ensure(NAMES)
    second = store.ensure(names)
    assert second.remade
    assert second.fingerprint == first.fingerprint
    assert not store.ensure(names).remade


@pytest.mark.parametrize(
    ("hostname", "expected"),
    [
        ("", []),
        ("my camera", []),
        ("kamera_1", []),
        ("caméra", []),
        ("-cam", []),
        ("x" * 64, []),
        ("x" * 300, []),
        ("cam\n.evil", []),
        ("*", []),
        ("10.1.2.3", ["10.local"]),
        ("camera", ["camera.local"]),
        ("xn--fiqs8s", ["xn--fiqs8s.local"]),
        ("cam-2", ["cam-2", "cam-2.local"]),
        ("cam.lan.", ["cam.lan", "cam.local"]),
    ],
)
def test_odd_names_are_left_out(
    store: CertificateStore, hostname: str, expected: list[str]
) -> None:
    """A hostname DNS can't hold, or nonsense for an address, costs only itself."""
    leaf = store.ensure(Names(hostname, ("nonsense", "", "300.1.1.1")))
    extension = read(leaf.certificate).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    names = extension.value.get_values_for_type(x509.DNSName)
    assert names == sorted([*expected, "localhost"])
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    assert [str(address) for address in addresses] == ["127.0.0.1", "::1"]


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
@pytest.mark.parametrize("name", ["leaf.key", "leaf.crt", "ca.key", "ca.crt"])
def test_a_damaged_file_is_set_aside(
    store: CertificateStore,
    name: str,
    damage: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Damage heals by itself, is told, and what was there is kept beside."""
    file = store.ensure(NAMES).ca.with_name(name)
    file.write_bytes(damage)
    assert store.ensure(NAMES).remade
    assert file.with_name(f"{name}.bad").read_bytes() == damage
    assert "set aside" in caplog.text
    assert not store.ensure(NAMES).remade


@pytest.mark.parametrize("name", ["leaf.key", "leaf.crt", "ca.key", "ca.crt"])
def test_a_missing_file_is_made(store: CertificateStore, name: str) -> None:
    """Half a pair is as good as none."""
    file = store.ensure(NAMES).ca.with_name(name)
    file.unlink()
    assert store.ensure(NAMES).remade
    assert file.exists()


@pytest.mark.parametrize("name", ["leaf.key", "leaf.crt", "ca.key", "ca.crt"])
def test_what_is_in_use_is_not_replaced_by_damage(store: CertificateStore, name: str) -> None:
    """Without mending, a file that can't be used is told, and nothing on the disk changes."""
    folder = store.ensure(NAMES).ca.parent
    for damage in (b"nonsense", None):
        kept = (folder / name).read_bytes()
        (folder / name).unlink()
        if damage:
            (folder / name).write_bytes(damage)
        before = {file.name: file.read_bytes() for file in folder.iterdir()}
        with pytest.raises(StartError, match=rf"{name} .*can't be used .*put back"):
            store.ensure(NAMES, mend=False)
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
        (folder / name).write_bytes(kept)
    assert not store.ensure(NAMES, mend=False).remade
    for file in folder.glob("leaf.*"):
        file.unlink()
    assert store.ensure(NAMES, mend=False).remade


def test_a_key_of_another_leaf_is_set_aside(store: CertificateStore, tmp_path: Path) -> None:
    """Key and certificate have to belong together."""
    leaf = store.ensure(NAMES)
    other = CertificateStore(tmp_path / "other").ensure(NAMES)
    leaf.key.write_bytes(other.key.read_bytes())
    assert store.ensure(NAMES).remade


def test_a_leaf_of_another_authority_is_replaced(store: CertificateStore, tmp_path: Path) -> None:
    """Who trusts this authority has to be shown a leaf of this authority."""
    leaf = store.ensure(NAMES)
    other = CertificateStore(tmp_path / "other").ensure(NAMES)
    leaf.key.write_bytes(other.key.read_bytes())
    leaf.certificate.write_bytes(other.certificate.read_bytes())
    assert store.ensure(NAMES).remade


def test_a_leaf_is_no_authority(store: CertificateStore) -> None:
    """A certificate that may not sign is not signed with."""
    leaf = store.ensure(NAMES)
    leaf.ca.write_bytes(leaf.certificate.read_bytes())
    leaf.ca.with_suffix(".key").write_bytes(leaf.key.read_bytes())
    again = store.ensure(NAMES)
    assert again.fingerprint != leaf.fingerprint
    assert leaf.ca.with_name("ca.crt.bad").exists()


def test_a_clock_before_the_floor_is_not_believed(store: CertificateStore, clock: Clock) -> None:
    """In 1970 the leaf is made as of the floor, and the result says so."""
    clock.time = datetime(1970, 1, 1, tzinfo=UTC)
    leaf = store.ensure(NAMES)
    assert leaf.clock_is_wrong
    assert leaf.expires == CLOCK_FLOOR - BACK_DATED + LEAF_AGE
    assert not store.ensure(NAMES).remade
    clock.time = NOON
    assert not store.ensure(NAMES).clock_is_wrong


def test_a_wrong_clock_keeps_a_good_leaf(store: CertificateStore, clock: Clock) -> None:
    """A leaf made when the clock was right is not replaced by one as of the floor."""
    expires = store.ensure(NAMES).expires
    clock.time = datetime(1970, 1, 1, tzinfo=UTC)
    again = store.ensure(NAMES)
    assert (again.remade, again.expires) == (False, expires)


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    """The operator is told which folder, and which option chooses another."""
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StartError, match=r"state/tls .*paths\.state"):
        CertificateStore(tmp_path / "state" / "tls").ensure(NAMES)


def test_a_file_that_cannot_be_replaced_is_told(store: CertificateStore) -> None:
    """Also when the trouble is inside the folder."""
    leaf = store.ensure(NAMES)
    leaf.key.write_bytes(b"nonsense")
    (leaf.key.with_name("leaf.key.bad") / "in the way").mkdir(parents=True)
    with pytest.raises(StartError, match=r"paths\.state"):
        store.ensure(NAMES)


def read(file: Path) -> x509.Certificate:
    """The certificate in ``file``."""
    return x509.load_pem_x509_certificate(file.read_bytes())


ELSEWHERE = [
    "porch-cam.local.example",
    "notporch-cam.local",
    "other.local",
    "example.com",
    "8.8.8.8",
    "172.32.0.1",
    "2001:db8::1",
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
    renamed = Names("door-cam", ("192.168.7.20", "2001:db8::7", "8.8.4.4"))
    leaf = await asyncio.to_thread(store.ensure, renamed)
    assert leaf.fingerprint == today.fingerprint
    assert leaf.uncovered == ("door-cam", "door-cam.local", "2001:db8::7", "8.8.4.4")
    assert leaf.names == ("localhost", "127.0.0.1", "192.168.7.20", "::1")
    await shake(server_context(leaf), trusting(leaf.ca), "192.168.7.20")
    again = await asyncio.to_thread(store.ensure, renamed, renew="authority")
    assert again.uncovered == ("2001:db8::7", "8.8.4.4")
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
