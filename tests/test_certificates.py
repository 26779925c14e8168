"""The certificates, shown in real handshakes and spoilt in every way that can be thought of."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from edgecam.clock import CLOCK_FLOOR
from edgecam.errors import StartError
from edgecam.web.authority import BACK_DATED, LEAF_AGE, Names
from edgecam.web.certificates import (
    RENEW_BEFORE,
    CertificateStore,
    Leaf,
    server_context,
    swap,
)
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
