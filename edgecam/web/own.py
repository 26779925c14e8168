"""A certificate that somebody else made, in place of those made here: two files of the operator's.

Everything here blocks; use a worker thread.
"""

import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from edgecam.errors import CommandError, StartError
from edgecam.signaling.pins import pin_of
from edgecam.web.authority import Names
from edgecam.web.certificates import Leaf, Renewal


class OwnCertificate:
    """``certificate``, the server's and what leads from it to an authority, and its ``key``: PEM.

    Nothing is ever written; what has changed on the disk is taken when next asked for.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self._known: tuple[bytes, bytes] | None = None

    def ensure(self, names: Names, *, mend: bool = True, renew: Renewal = "due") -> Leaf:
        """What is in the files; StartError if that is no certificate with its key, CommandError
        if it is to be renewed.

        The arguments are for certificates made here: this one is its maker's business.
        """
        if renew != "due":
            raise CommandError("web.certificate is not edgecam's: its maker has to renew it")
        try:
            content = self._certificate.read_bytes(), self._key.read_bytes()
            shown = x509.load_pem_x509_certificate(content[0])
            # As the server will: key and chain have to fit.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
                self._certificate, self._key, password=_no_password
            )
        except (OSError, ValueError) as error:
            raise StartError(
                f"{self._certificate} and {self._key} can't be used ({error}): "
                "see web.certificate and web.key"
            ) from error
        known, self._known = self._known, content
        return Leaf(
            certificate=self._certificate,
            key=self._key,
            ca=self._certificate,
            fingerprint=shown.fingerprint(hashes.SHA256()).hex(":").upper(),
            pin=pin_of(shown),
            expires=shown.not_valid_after_utc,
            remade=known not in (None, content),
            clock_is_wrong=False,
            names=_names(shown),
            local=False,
        )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return ()
    return tuple(
        str(each.value) for each in found.value if isinstance(each, x509.DNSName | x509.IPAddress)
    )


def _no_password() -> str:
    """Rather than ask on the terminal for the one of an encrypted key."""
    return ""
