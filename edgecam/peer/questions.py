"""STUN binding requests that cost next to nothing: made once, and signed anew for each question."""

import hmac
import secrets
import struct
import zlib

_HEADER = struct.Struct("!HHI")
"""Message type, length of the attributes, magic cookie; the transaction ID follows: RFC 8489,
section 5."""

_COOKIE = 0x2112A442
_ID = slice(8, 20)
_SUCCESS = b"\x01\x01"
"""How the success response to a binding request begins."""

_INTEGRITY = b"\x00\x08\x00\x14"
"""MESSAGE-INTEGRITY, type and length: RFC 8489, section 14.5. A SHA-1 follows."""
_INTEGRITY_SIZE = 24

_FINGERPRINT = b"\x80\x28\x00\x04"
"""FINGERPRINT, type and length: section 14.7. A CRC-32, in disguise, follows."""
_FINGERPRINT_SIZE = 8
_DISGUISE = 0x5354554E

_OURS = 8
"""Bytes at the beginning of each transaction ID that are the same for one viewer: 64 random bits,
which nobody else can guess, and by which an answer is told from everything else."""


class Questions:
    """What one viewer is asked: ``request``, a whole STUN message, with transaction IDs of our own.

    ``key`` signs it (RFC 8489, section 9.1). What the message says besides stays as it is.
    """

    def __init__(self, request: bytes, key: bytes) -> None:
        self._type: int
        self._type, _, _ = _HEADER.unpack_from(request)
        self._attributes = request[_ID.stop :]
        self._key = key
        self._ours = secrets.token_bytes(_OURS)

    def next(self) -> tuple[bytes, bytes]:
        """The next question's transaction ID, and the whole of it."""
        transaction = self._ours + secrets.token_bytes(12 - _OURS)
        said = transaction + self._attributes
        length = len(self._attributes) + _INTEGRITY_SIZE
        head = _HEADER.pack(self._type, length, _COOKIE)
        signature = hmac.digest(self._key, head + said, "sha1")
        head = _HEADER.pack(self._type, length + _FINGERPRINT_SIZE, _COOKIE)
        signed = head + said + _INTEGRITY + signature
        check = zlib.crc32(signed) ^ _DISGUISE
        return transaction, signed + _FINGERPRINT + check.to_bytes(4, "big")

    def answered_by(self, data: bytes) -> bool:
        """Whether ``data`` is the answer to one of these."""
        return data.startswith(_SUCCESS) and data[8 : 8 + _OURS] == self._ours
