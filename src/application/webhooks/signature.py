"""Signatures by the Standard Webhooks specification 1.0.0, symmetric scheme `v1`.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from hmac import digest
from typing import Final
from uuid import UUID

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
"""The specification takes 24 to 64; more than the 32 of SHA-256 adds nothing."""


def shown(secret: bytes) -> str:
    """Return a secret as its owner is given it: `whsec_` and base64."""
    return PREFIX + b64encode(secret).decode()


def key_of(secret: str) -> bytes:
    """Return the bytes of a secret that was shown."""
    return b64decode(secret.removeprefix(PREFIX), validate=True)


def webhook_id(delivery_id: UUID) -> str:
    """Return what names a delivery on the wire; the same however often it is sent."""
    return f"msg_{delivery_id.hex}"


def signed_headers(
    message_id: str, body: bytes, *, seconds: int, secrets: Sequence[bytes]
) -> Mapping[str, str]:
    """Return the three headers of the specification, with one signature per secret, the newest first.

    seconds : when this attempt is made, since 1970; a receiver refuses what lies far from its own clock.
    """
    content = b"%b.%d.%b" % (message_id.encode(), seconds, body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(_signature(secret, content) for secret in secrets),
    }


def _signature(secret: bytes, content: bytes) -> str:
    return f"v1,{b64encode(digest(secret, content, sha256)).decode()}"
