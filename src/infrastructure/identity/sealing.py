"""Sealing what the service must be able to read again: signing keys and the secrets of webhooks."""

from secrets import token_bytes
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEAL_VERSION: Final = b"\x01"
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
_SALT: Final = b"trimtab sealing v1"


class SealBroken(Exception):
    """What was to be opened was sealed with another secret or for another purpose, or was changed since."""


class Seal:
    """Encrypts small values for one purpose with a key worked out from the installation's signing secret.

    AES-256-GCM with a random nonce of 96 bits per value; the key comes from HKDF-SHA256 (RFC 5869) with the
    purpose as its info, so what was sealed for one purpose does not open for another. `bound_to`, say the id
    of the row that holds the value, has to be the same when it is opened: a sealed value that was copied into
    another row does not open there.
    """

    def __init__(self, secret: str, purpose: bytes) -> None:
        derivation = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=_SALT, info=purpose)
        self._cipher = AESGCM(derivation.derive(secret.encode()))

    def seal(self, value: bytes, *, bound_to: bytes = b"") -> bytes:
        """Return the value encrypted: a version byte, the nonce, the ciphertext and its tag."""
        nonce = token_bytes(NONCE_BYTES)
        return SEAL_VERSION + nonce + self._cipher.encrypt(nonce, value, bound_to)

    def open(self, sealed: bytes, *, bound_to: bytes = b"") -> bytes:
        """Return what was sealed; raises SealBroken."""
        version, nonce, rest = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if version != SEAL_VERSION or len(nonce) < NONCE_BYTES:
            raise SealBroken
        try:
            return self._cipher.decrypt(nonce, rest, bound_to)
        except InvalidTag:
            raise SealBroken from None
