"""Which algorithm a public key stands for."""

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from infrastructure.identity.tokens import Algorithm, TokenVerifier


def verifier_of(
    pem: str, *, issuer: str | None, audience: str | None, reserved: Iterable[str] = ()
) -> TokenVerifier:
    """Return a verifier of tokens signed with the private half of a PEM key: RS256, ES256 or EdDSA, as the key is."""
    return TokenVerifier(pem, algorithm_of(pem), issuer=issuer, audience=audience, reserved=reserved)


def algorithm_of(pem: str) -> Algorithm:
    """Return the one algorithm that tokens of this key may use; raises ValueError for other kinds of keys."""
    key = load_pem_public_key(pem.encode())
    if isinstance(key, RSAPublicKey):
        return "RS256"
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name == "secp256r1":
        return "ES256"
    if isinstance(key, Ed25519PublicKey):
        return "EdDSA"
    raise ValueError("The public key is neither RSA, nor P-256, nor Ed25519.")
