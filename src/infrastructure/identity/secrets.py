"""Secrets that are handed out: made at random, stored as hashes."""

from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

RANDOM_BYTES: Final = 32
REFRESH_PREFIX: Final = "tt_refresh_"
RESET_PREFIX: Final = "tt_reset_"


def new_secret(prefix: str) -> str:
    """Return a new secret: the prefix, by which leaked ones are found, and 43 random url-safe characters (256 bits)."""
    return prefix + token_urlsafe(RANDOM_BYTES)


def secret_hash(secret: str) -> bytes:
    """Return what is stored of a secret; with 256 random bits there is nothing that a slower hash would protect."""
    return sha256(secret.encode()).digest()
