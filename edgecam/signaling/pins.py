"""A server known by its key: ``sha256//`` and the SHA-256 of its public key (the certificate's
SubjectPublicKeyInfo, DER) in base64, as curl's ``--pinnedpubkey`` takes it.
"""

import asyncio
import hmac
from base64 import b64decode, b64encode
from hashlib import sha256

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PREFIX = "sha256//"


def pin_of(certificate: x509.Certificate) -> str:
    """The pin of the key in ``certificate``."""
    return PREFIX + b64encode(_digest(certificate)).decode()


class PinMismatch(aiohttp.ClientConnectionError):
    """The server has shown another key; it has been sent nothing."""


class PinnedKey(aiohttp.Fingerprint):
    """For a connector's ``ssl``: whoever has the key of ``pin`` is the server, nobody else.

    The handshake has proven that it has the key. Names and dates in its certificate add nothing to
    that: they are not looked at, and a client's clock may be wrong.
    """

    def check(self, transport: asyncio.Transport) -> None:
        """Abort ``transport`` and raise PinMismatch unless its other side has the key."""
        tls = transport.get_extra_info("ssl_object")
        shown = tls and tls.getpeercert(binary_form=True)
        certificate = x509.load_der_x509_certificate(shown) if shown else None
        if certificate is None or not hmac.compare_digest(_digest(certificate), self.fingerprint):
            has = pin_of(certificate) if certificate else "none"
            # aiohttp closes it for a mismatch of its own alone.
            transport.abort()
            raise PinMismatch(f"the server's key is not the one of signaling.pin, but {has}")

    def __init__(self, pin: str) -> None:
        super().__init__(b64decode(pin.removeprefix(PREFIX)))


def _digest(certificate: x509.Certificate) -> bytes:
    key = certificate.public_key()
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
