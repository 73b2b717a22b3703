"""What stands behind a credential, and where the API asks for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


class CredentialRefused(Exception):
    """The credential is not one of ours, has expired, or was revoked; the message may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a verified credential allows: this tenant, this actor, these scopes."""

    tenant: str
    actor: str
    scopes: frozenset[str]
    person: UUID | None = None
    session: UUID | None = None
    key: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key as stored; its secret is known to its owner only."""

    id: UUID
    tenant: str
    name: str
    scopes: frozenset[str]
    expires_at: datetime | None
    revoked_at: datetime | None


class Credentials(Protocol):
    """Looks up API keys by the SHA-256 of their secret."""

    async def find_key(self, key_hash: bytes) -> ApiKey | None:
        """Return the key with that hash, revoked and expired ones included, or None."""


class Tokens(Protocol):
    """Verifies JSON Web Tokens."""

    def verify(self, token: str) -> Grant:
        """Return what the token grants; raises CredentialRefused."""
