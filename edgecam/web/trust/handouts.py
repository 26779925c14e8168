"""The authority's certificate in each form that some system takes."""

import plistlib
import re
import uuid
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

_NAMESPACE = uuid.UUID("a3f0a3e5-4a33-4f63-9a0e-0b7a54c3d1f9")
"""Of the identifiers in profiles (RFC 9562, 6.5): the same certificate, the same profile."""


@dataclass(frozen=True, slots=True)
class Handout:
    """A file somebody may take away."""

    body: bytes
    content_type: str
    name: str


def handouts(pem: bytes) -> dict[str, Handout]:
    """What is handed out of the certificate ``pem``, by path.

    ``.crt`` is DER, which Android, Windows and Firefox import on opening it; ``.pem`` is for
    commands, ``.mobileconfig`` for iOS and macOS.
    """
    certificate = x509.load_pem_x509_certificate(pem)
    der = certificate.public_bytes(Encoding.DER)
    title = _title(certificate)
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    profile = _profile(title, certificate.fingerprint(hashes.SHA256()).hex(), der)
    return {
        "/edgecam.crt": Handout(der, "application/x-x509-ca-cert", f"{name}.crt"),
        "/edgecam.pem": Handout(pem, "application/x-pem-file", f"{name}.pem"),
        "/edgecam.mobileconfig": Handout(
            profile, "application/x-apple-aspen-config", f"{name}.mobileconfig"
        ),
    }


def _profile(title: str, fingerprint: str, der: bytes) -> bytes:
    """A configuration profile (Apple, Device Management: CertificateRoot)."""

    def payload(kind: str, what: str, **more: object) -> dict[str, object]:
        identifier = f"edgecam.{fingerprint[:16]}.{what}"
        return {
            "PayloadType": kind,
            "PayloadVersion": 1,
            "PayloadIdentifier": identifier,
            "PayloadUUID": str(uuid.uuid5(_NAMESPACE, f"{fingerprint} {what}")).upper(),
            "PayloadDisplayName": title,
        } | more

    root = payload(
        "com.apple.security.root",
        "root",
        PayloadContent=der,
        PayloadCertificateFileName="edgecam.crt",
    )
    return plistlib.dumps(
        payload(
            "Configuration",
            "profile",
            PayloadContent=[root],
            PayloadDescription="Trusts one camera, and only for its names and private addresses.",
            PayloadRemovalDisallowed=False,
        )
    )


def _title(certificate: x509.Certificate) -> str:
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)
