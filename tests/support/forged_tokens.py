"""Tokens as somebody makes them who has no key: the library that signs ours refuses to make most of them."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

ISSUER, AUDIENCE = "https://issuer.example", "trimtab-tests"
"""What the installation of the security tests expects of its issuer's tokens."""
Claims = dict[str, Any]


def claims_of(tenant: str, **changed: Any) -> Claims:
    """What a good token of the issuer says; None leaves a claim out."""
    now = int(time.time())
    good = {"sub": tenant, "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600}
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def base64url(content: bytes) -> str:
    """Bytes as tokens hold them."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token_of(header: Mapping[str, Any], claims: Mapping[str, Any], secret: bytes | None = None) -> str:
    """A token with any header; signed by HMAC with any secret, or not at all."""
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    signature = b"" if secret is None else hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64url(signature)}"


def parts_of(token: str) -> tuple[dict[str, Any], Claims, str]:
    """Header, claims and signature of a token."""
    header, claims, signature = token.split(".")
    return _read(header), _read(claims), signature


def with_claims(token: str, **changed: Any) -> str:
    """The token with other claims under the signature that it had."""
    header, claims, signature = parts_of(token)
    unsigned = token_of(header, {**claims, **changed})
    return unsigned + signature


def _read(part: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read
