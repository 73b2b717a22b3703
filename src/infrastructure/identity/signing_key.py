"""One key that signs access tokens: how it is made, sealed, written down for others, and used."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from application.identity.roles import ROLE_SCOPES, Role
from application.identity.signed_in import ACCESS_SECONDS
from infrastructure.identity.sealing import Seal

ISSUER: Final = "trimtab"
ALGORITHM: Final = "ES256"
ID_BYTES: Final = 12
COORDINATE_BYTES: Final = 32


class KeySigner:
    """Signs access tokens with one private key."""

    def __init__(self, kid: str, key: ec.EllipticCurvePrivateKey) -> None:
        self.kid = kid
        self._key = key

    def access_token(self, *, person: UUID, session: UUID, tenant: str, role: Role, now: datetime) -> str:
        """Return a token that is valid for an hour from `now` on."""
        issued_at = int(now.timestamp())
        claims = {
            "iss": ISSUER,
            "sub": str(person),
            "tenant_id": tenant,
            "sid": str(session),
            "scope": " ".join(sorted(ROLE_SCOPES[role])),
            "iat": issued_at,
            "exp": issued_at + ACCESS_SECONDS,
            "jti": token_urlsafe(ID_BYTES),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.kid})


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedKey:
    """A key as it is stored: its id, its public half as a JSON Web Key, its private half sealed."""

    kid: str
    public_jwk: dict[str, str]
    private_sealed: bytes


def signing_seal(secret: str) -> Seal:
    """Return what private halves are sealed with."""
    return Seal(secret, b"signing keys")


def new_key(seal: Seal) -> SealedKey:
    """Return a key that nobody had before."""
    kid, key = token_urlsafe(ID_BYTES), ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SealedKey(
        kid=kid,
        public_jwk=_public_jwk(kid, key.public_key()),
        private_sealed=seal.seal(private, bound_to=kid.encode()),
    )


def signer_of(seal: Seal, kid: str, sealed: bytes) -> KeySigner:
    """Return what signs with a stored key; raises SealBroken."""
    key = load_der_private_key(seal.open(sealed, bound_to=kid.encode()), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return KeySigner(kid, key)


def public_key_of(jwk: Mapping[str, str]) -> ec.EllipticCurvePublicKey:
    """Return the key that a JSON Web Key writes down."""
    key = jwt.PyJWK.from_dict(dict(jwk)).key
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _public_jwk(kid: str, key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return a key as RFC 7517 and RFC 7518 write it."""
    point = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "alg": ALGORITHM,
        "use": "sig",
        "kid": kid,
        "x": _coordinate(point.x),
        "y": _coordinate(point.y),
    }


def _coordinate(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes(COORDINATE_BYTES, "big")).rstrip(b"=").decode()
