"""Checkpoints: what the hash of the log was at a position, signed."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

PURPOSE: Final = "Trimtab log checkpoint, version 1"
KEY_ID_LENGTH: Final = 16
_END: Final = "-----END PUBLIC KEY-----"


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One signed statement: at `position` the log had this hash.

    hash : SHA-256 as hexadecimal digits. previous : position of the checkpoint before, 0 for the first.
    recorded_at : when the event at that position was recorded. signature : Ed25519 over `statement`, base64.
    """

    position: int
    hash: str
    previous: int
    recorded_at: datetime
    signed_at: datetime
    key_id: str
    signature: str = ""

    @property
    def statement(self) -> bytes:
        """What is signed: seven lines of text."""
        facts = (
            PURPOSE,
            str(self.position),
            self.hash,
            str(self.previous),
            _instant(self.recorded_at),
            _instant(self.signed_at),
            self.key_id,
        )
        return "\n".join(facts).encode() + b"\n"


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class LogKey:
    """The private key that signs checkpoints. Raises ValueError for a PEM that is no Ed25519 key."""

    def __init__(self, pem: str) -> None:
        key = load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("The key that signs the log is an Ed25519 key.")
        self._key = key
        self.public_pem = _pem_of(key.public_key())
        self.key_id = key_id_of(key.public_key())

    def signed(self, checkpoint: Checkpoint) -> Checkpoint:
        """Return the checkpoint with this key's signature."""
        unsigned = msgspec.structs.replace(checkpoint, key_id=self.key_id)
        signature = b64encode(self._key.sign(unsigned.statement)).decode()
        return msgspec.structs.replace(unsigned, signature=signature)

    def has_signed(self, checkpoint: Checkpoint) -> bool:
        """Say whether the signature is ours."""
        return TrustedKeys([self.public_pem]).fault(checkpoint) is None


class TrustedKeys:
    """The public keys whose signatures count, by their ids."""

    def __init__(self, pems: Iterable[str]) -> None:
        self.pems: Mapping[str, str] = {key_id_of(key): _pem_of(key) for key in map(_public_key, pems)}
        self._keys = {key_id: _public_key(pem) for key_id, pem in self.pems.items()}

    def __bool__(self) -> bool:
        """Say whether any key is known."""
        return bool(self._keys)

    def fault(self, checkpoint: Checkpoint) -> str | None:
        """Say what is wrong with a checkpoint's signature; None when it is good."""
        key = self._keys.get(checkpoint.key_id)
        if key is None:
            return f"was signed with the key {checkpoint.key_id!r}, which is not trusted"
        try:
            key.verify(b64decode(checkpoint.signature, validate=True), checkpoint.statement)
        except (InvalidSignature, ValueError):
            return "does not carry a valid signature"
        return None


def new_key() -> str:
    """Return a new private key as PEM."""
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def pems_in(text: str) -> list[str]:
    """Return the public keys of a text that may hold several, one below the other.

    Raises ValueError where it holds none or something else.
    """
    blocks = [f"{part.strip()}\n{_END}\n" for part in text.split(_END)[:-1]]
    if not blocks:
        raise ValueError("There is no public key in PEM form.")
    return [_pem_of(_public_key(block)) for block in blocks]


def key_id_of(key: Ed25519PublicKey) -> str:
    """Return the short name of a public key: the beginning of the SHA-256 of its 32 bytes."""
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:KEY_ID_LENGTH]


def _public_key(pem: str) -> Ed25519PublicKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("The key that signs the log is an Ed25519 key.")
    return key


def _pem_of(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
