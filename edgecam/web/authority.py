"""Certificates made here: a local authority, and a leaf it signs for the names of this machine.

The authority is constrained (RFC 5280, 4.2.1.10) to this machine's own names and to addresses that
no public site has, so that trusting it risks nothing else, whoever gets hold of its key.
Pure: nothing is read or written, and the time is an argument.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
AUTHORITY_ENDS = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Fixed, so that no clock, however wrong, finds the authority invalid."""

LEAF_AGE = timedelta(days=397)
"""As long as browsers take it, the back-dating included."""

BACK_DATED = timedelta(days=1)
"""So that a browser whose clock is late takes a new leaf."""

COMMON_NAME_MOST = 64
"""Characters in a common name (RFC 5280, ub-common-name)."""

HERE_ONLY = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.2.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "::1/128",
        "2001:db8::/32",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Loopback, link-local, private (RFCs 1918 and 4193) and shared (RFC 6598) addresses, and those for
laboratories and documents (RFCs 2544, 5737 and 3849), which networks that are none's have, too.
"""

DNS_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Names:
    """What this machine is called: its hostname, its addresses on the LAN, and ``lan``, its name
    there where that is known to be another than the host name's.

    Whatever a certificate can't name is left out of ``alternatives``.
    """

    hostname: str
    addresses: tuple[str, ...] = ()
    lan: str = ""

    def alternatives(self) -> list[x509.GeneralName]:
        """The names and addresses to put into the leaf, sorted, each once."""
        addresses = {_address(text) for text in ("127.0.0.1", "::1", *self.addresses)} - {None}
        return [
            *(x509.DNSName(name) for name in self.hosts()),
            *(x509.IPAddress(address) for address in sorted(addresses, key=str) if address),
        ]

    def hosts(self) -> list[str]:
        """The names alone, sorted: that on the LAN, the host name, and localhost.

        A host name that could be a top-level domain is not among them: who may vouch for "camera"
        may for every site under it. Those have neither digits nor hyphens (RFC 1123, 2.1), but
        where they are another script's.
        """
        host = self.hostname.lower().rstrip(".")
        names = {name for name in (host, self.local) if _is_dns_name(name)}
        if host.isalpha() or ("." not in host and host.startswith("xn--")):
            names.discard(host)
        return sorted(names | {"localhost"})

    @property
    def local(self) -> str:
        """The name by which multicast DNS finds this machine."""
        return self.lan or f"{self.hostname.lower().partition('.')[0]}.local"


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def new_authority(names: Names) -> Pair:
    """An authority for servers of those names, and of any address in HERE_ONLY; for nothing else,
    and for no other authority.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    name = _common_name("edgecam local CA", names.hostname, identifier.digest[:4].hex())
    certificate = (
        _builder(name, name, key, AUTHORITY_BEGINS, AUTHORITY_ENDS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(_constraints(names), critical=True)
        # What this says of an authority binds what it signs, in every browser.
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return Pair(key, certificate)


def new_leaf(
    authority: Pair, names: Names, now: datetime, key: ec.EllipticCurvePrivateKey | None = None
) -> Pair:
    """A server certificate for ``key`` (a new one), from a day before ``now`` on, for those of
    ``names`` that ``authority`` may vouch for: with one more, none of it would be believed.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    begins = min(now.replace(microsecond=0) - BACK_DATED, AUTHORITY_ENDS - LEAF_AGE)
    ends = begins + LEAF_AGE
    issuer = authority.certificate.subject
    good = covered(authority.certificate, names)
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    certificate = (
        _builder(_common_name("edgecam", names.hostname), issuer, key, begins, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(good), critical=False)
        .add_extension(signer, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return Pair(key, certificate)


def is_constrained(certificate: x509.Certificate) -> bool:
    """Whether there are names and addresses that an authority may not vouch for."""
    allowed = _permitted(certificate)
    kinds = {type(each) for each in allowed}
    return kinds == {x509.DNSName, x509.IPAddress}


def covered(certificate: x509.Certificate, names: Names) -> list[x509.GeneralName]:
    """Those of ``names`` that the authority of ``certificate`` may vouch for."""
    allowed = _permitted(certificate)
    return [name for name in names.alternatives() if any(_within(name, each) for each in allowed)]


def shown(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    """Names and addresses as people write them."""
    return tuple(str(name.value) for name in names)


def _permitted(certificate: x509.Certificate) -> list[x509.GeneralName]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return []
    return found.value.permitted_subtrees or [] if found.critical else []


def _within(name: x509.GeneralName, allowed: x509.GeneralName) -> bool:
    """Whether ``name`` is in the subtree ``allowed`` (RFC 5280, 4.2.1.10)."""
    if isinstance(name, x509.DNSName) and isinstance(allowed, x509.DNSName):
        return f".{name.value}".endswith(f".{allowed.value}")
    if isinstance(name, x509.IPAddress) and isinstance(allowed, x509.IPAddress):
        network = ipaddress.ip_network(allowed.value)
        return ipaddress.ip_address(str(name.value)) in network
    return False


def _constraints(names: Names) -> x509.NameConstraints:
    hosts = [x509.DNSName(name) for name in names.hosts()]
    networks = [x509.IPAddress(network) for network in HERE_ONLY]
    return x509.NameConstraints([*hosts, *networks], excluded_subtrees=None)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    begins: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=begins,
        not_valid_after=ends,
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _common_name(*words: str) -> x509.Name:
    """``words`` in a row, the second cut and cleaned until all of them fit and can be shown."""
    first, hostname, *rest = words
    clean = "".join(char for char in hostname if char.isascii() and char.isprintable())
    room = COMMON_NAME_MOST - sum(len(word) + 1 for word in (first, *rest))
    text = " ".join(word for word in (first, clean.strip()[:room], *rest) if word)
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _is_dns_name(name: str) -> bool:
    labels = name.split(".")
    return (
        len(name) <= 253
        and all(DNS_LABEL.fullmatch(label) for label in labels)
        and _address(name) is None
    )


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address ``text`` is, without an interface's name; None if it is none."""
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
