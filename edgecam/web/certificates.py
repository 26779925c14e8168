"""HTTPS from the first second: the certificates on disk, made and renewed when they need to be.

A local authority signs the leaf the server shows. Whoever trusts ``ca.crt`` once needs to do
nothing when addresses change or the leaf is renewed; nor does who knows the leaf's key by its pin,
as a new leaf is for the same key. Everything here blocks; use a worker thread.
"""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edgecam.clock import CLOCK_FLOOR
from edgecam.errors import StartError
from edgecam.files import private_folder, write_private
from edgecam.signaling.pins import pin_of
from edgecam.web.authority import (
    Names,
    Pair,
    covered,
    is_constrained,
    new_authority,
    new_leaf,
    shown,
)

__all__ = [
    "CertificateStore",
    "Certificates",
    "Leaf",
    "Names",
    "Renewal",
    "facts",
    "server_context",
    "swap",
    "what_is_wrong",
]

logger = logging.getLogger(__name__)

RENEW_BEFORE = timedelta(days=30)
"""How long before its end a leaf is renewed."""

Renewal = Literal["due", "leaf", "authority"]
"""What to make anew: what is due, the leaf in any case, or both."""

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has nothing else."""


def utc_now() -> datetime:
    """The time of day, as the system's clock has it."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Leaf:
    """The server's certificate, ready for use.

    ``fingerprint``: that of ``ca``, SHA-256, as browsers show it: the authority's, or if that is
    not ``local``, so that edgecam has none of it, the leaf's own. ``pin``: the leaf's key, as
    ``pins`` writes it. ``remade``: the leaf is new. ``names``: what it is good for; ``uncovered``:
    names and addresses of this machine that it is not.
    ``clock_is_wrong``: the clock can't be right, so dates were judged as of CLOCK_FLOOR; ask again
    once the clock has been set.
    """

    certificate: Path
    key: Path
    ca: Path
    fingerprint: str
    pin: str
    expires: datetime
    remade: bool
    clock_is_wrong: bool
    names: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()
    local: bool = True


class Certificates(Protocol):
    """Whatever the server's certificate comes from."""

    def ensure(self, names: Names, *, mend: bool = True, renew: Renewal = "due") -> Leaf:
        """The one to show now. StartError if there is none to be had, CommandError if it is not
        edgecam's to ``renew``.
        """


class _UnusableError(Exception):
    """Why a kept certificate can't be used."""


class _TooPowerfulError(_UnusableError):
    """It can be used, and for too much."""


class CertificateStore:
    """``ca.key``, ``ca.crt``, ``leaf.key`` and ``leaf.crt`` in ``folder``, for this user only."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = utc_now) -> None:
        self._folder = folder
        self._now = now

    def ensure(self, names: Names, *, mend: bool = True, renew: Renewal = "due") -> Leaf:
        """A leaf for ``names`` that is good for another month; what is on disk already, if it is,
        unless the ``leaf`` is to be made anew, or both with the ``authority``. The leaf's key
        stays all the same.

        What is there and can't be used is set aside as ``*.bad``, and made anew. Without ``mend``
        that is a StartError, and nothing changes; so it is if the folder can't be written.
        """
        private_folder(self._folder, "paths.state")
        try:
            authority, pair = self._kept(mend=mend)
            if renew == "authority":
                authority = None
            return self._ensure(authority, pair, names, asked=renew != "due")
        except OSError as error:
            raise StartError(
                f"the certificates in {self._folder} can't be kept ({error}): make room there "
                "and everything in it this user's own, or choose another folder with paths.state"
            ) from error

    def _kept(self, *, mend: bool) -> tuple[Pair | None, Pair | None]:
        """Authority and leaf on disk; what can't be used is no more, or without ``mend`` raised."""
        kept: list[Pair | None] = []
        for name in ("ca", "leaf"):
            try:
                kept.append(self._load(name))
            except _UnusableError as error:
                if not mend:
                    files = " and ".join(f"{file}" for file in self._files(name))
                    raise StartError(
                        f"{files} can't be used ({error}): put back what was there; "
                        "without either, a new certificate is made"
                    ) from error
                if isinstance(error, _TooPowerfulError):
                    # Nobody who still trusts it is to be fooled with it.
                    self._files(name)[0].unlink()
                self._set_aside(name, str(error))
                kept.append(None)
        return kept[0], kept[1]

    def _ensure(
        self, authority: Pair | None, pair: Pair | None, names: Names, *, asked: bool
    ) -> Leaf:
        clock = self._now()
        clock_wrong = clock < CLOCK_FLOOR
        now = max(clock, CLOCK_FLOOR)
        if authority is None:
            authority = new_authority(names)
            self._save("ca", authority)
        good = covered(authority.certificate, names)
        reason = _renewal_reason(pair, authority, names, now, clock_wrong=clock_wrong)
        if asked:
            reason = reason or "that was asked for"
        if reason is not None or pair is None:
            logger.info("making a certificate for this server: %s", reason)
            pair = new_leaf(authority, names, now, pair.key if pair else None)
            self._save("leaf", pair)
        return Leaf(
            certificate=self._folder / "leaf.crt",
            key=self._folder / "leaf.key",
            ca=self._folder / "ca.crt",
            fingerprint=authority.certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
            pin=pin_of(pair.certificate),
            expires=pair.certificate.not_valid_after_utc,
            remade=reason is not None,
            clock_is_wrong=clock_wrong,
            names=shown(good),
            uncovered=shown(each for each in names.alternatives() if each not in good),
        )

    def _load(self, name: str) -> Pair | None:
        """What is kept under ``name``, None if nothing is. _UnusableError if it is no good."""
        key_file, certificate_file = self._files(name)
        if not key_file.exists() and not certificate_file.exists():
            return None
        try:
            key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _UnusableError(error) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise _UnusableError("the key is of another kind")
        if key.public_key() != certificate.public_key():
            raise _UnusableError("key and certificate do not belong together")
        if name == "ca" and not _may_sign(certificate):
            raise _UnusableError("it is no certificate authority's")
        if name == "ca" and not is_constrained(certificate):
            raise _TooPowerfulError(
                "it could vouch for any site: devices that trust it should no more, but its "
                "successor, whose fingerprint is another"
            )
        return Pair(key, certificate)

    def _save(self, name: str, pair: Pair) -> None:
        key_file, certificate_file = self._files(name)
        write_private(
            key_file,
            pair.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
        write_private(certificate_file, pair.certificate.public_bytes(serialization.Encoding.PEM))

    def _set_aside(self, name: str, reason: str) -> None:
        logger.warning("%s in %s can't be used (%s): set aside", name, self._folder, reason)
        for file in self._files(name):
            if file.exists():
                file.replace(file.with_name(f"{file.name}.bad"))

    def _files(self, name: str) -> tuple[Path, Path]:
        return self._folder / f"{name}.key", self._folder / f"{name}.crt"


def facts(leaf: Leaf) -> dict[str, Any]:
    """``leaf`` as JSON has it, and ``ca``, its authority's certificate, PEM: all that is public."""
    return {
        "fingerprint": leaf.fingerprint,
        "pin": leaf.pin,
        "names": list(leaf.names),
        "uncovered": list(leaf.uncovered),
        "expires": leaf.expires.isoformat(sep=" "),
        "local": leaf.local,
        "ca": leaf.ca.read_text("ascii", errors="replace"),
        "trouble": what_is_wrong(leaf, utc_now()),
    }


def what_is_wrong(leaf: Leaf, now: datetime) -> str:
    """What people have to be told about ``leaf``; "" if nothing.

    A public address that it is not good for is no such thing: any host may have one.
    """
    if not leaf.local:
        soon = leaf.expires - now < RENEW_BEFORE / 2 and now >= CLOCK_FLOOR
        return f"{leaf.certificate} ends on {leaf.expires:%Y-%m-%d}" if soon else ""
    for name in leaf.uncovered:
        if name.endswith(".local"):
            return (
                f"browsers refuse {name}, as the CA was made for another host name: "
                "edgecam cert renew --ca makes one that every device has to trust anew"
            )
    return ""


def server_context(leaf: Leaf) -> ssl.SSLContext:
    """What a server needs to show ``leaf``: TLS 1.2 or newer, HTTP/1.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION
    swap(context, leaf)
    return context


def swap(context: ssl.SSLContext, leaf: Leaf) -> None:
    """From now on, show ``leaf`` to new connections. Those that are open keep theirs."""
    context.load_cert_chain(leaf.certificate, leaf.key)


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False


def _renewal_reason(
    pair: Pair | None, authority: Pair, names: Names, now: datetime, *, clock_wrong: bool
) -> str | None:
    """Why the leaf has to be made anew; None if it is good."""
    if pair is None:
        return "there is none"
    leaf = pair.certificate
    try:
        leaf.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return "another authority signed the old one"
    if _alternatives(leaf) != set(covered(authority.certificate, names)):
        return "names or addresses have changed"
    if leaf.not_valid_after_utc - now < RENEW_BEFORE:
        return "the old one runs out"
    # A clock that is wrong is no reason to replace a leaf that was made when it was right.
    if leaf.not_valid_before_utc > now and not clock_wrong:
        return "the old one is not valid yet"
    return None


def _alternatives(leaf: x509.Certificate) -> set[x509.GeneralName]:
    try:
        return set(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return set()
