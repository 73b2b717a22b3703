"""What stands behind a credential, and where the API asks for it."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Protocol
from uuid import UUID

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def address_of(peer: str | None) -> Address | None:
    """Return the address that a peer is, an IPv4 one also where it is written as IPv6; None where it is none.

    The zone of a link-local one (`fe80::1%eth0`) is left out: it means something on this machine alone.
    """
    try:
        address = ip_address((peer or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class CredentialRefused(Exception):
    """The credential is not one of ours, has expired, or was revoked; the message may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a verified credential allows: this tenant, this actor, these scopes.

    `requests_per_minute` is a limit that the credential has of its own, below that of the tenant.
    """

    tenant: str
    actor: str
    scopes: frozenset[str]
    person: UUID | None = None
    session: UUID | None = None
    key: UUID | None = None
    requests_per_minute: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key as stored; its secret is known to its owner only.

    `allowed_addresses` is where it may be used from, None anywhere.
    """

    id: UUID
    tenant: str
    name: str
    scopes: frozenset[str]
    expires_at: datetime | None
    revoked_at: datetime | None
    allowed_addresses: tuple[Network, ...] | None = None
    requests_per_minute: int | None = None

    def opens_from(self, peer: str | None) -> bool:
        """Say whether the key may be used from an address; None is one that is not known."""
        if self.allowed_addresses is None:
            return True
        address = address_of(peer)
        return address is not None and any(address in network for network in self.allowed_addresses)


class Credentials(Protocol):
    """Looks up API keys by the SHA-256 of their secret."""

    async def find_key(self, key_hash: bytes, address: str | None = None) -> ApiKey | None:
        """Return the key with that hash, revoked and expired ones included, or None.

        `address` is where it is being used from, for the record.
        """

    async def note_refused(self, key: ApiKey, address: str | None) -> None:
        """Note in the trail that a key was shown at an address it is not allowed at."""


class Tokens(Protocol):
    """Verifies JSON Web Tokens."""

    def verify(self, token: str) -> Grant | Awaitable[Grant]:
        """Return what the token grants, later where keys have to be fetched first; raises CredentialRefused.

        The usual token was seen before: its answer is there at once, without a turn of the event loop. Raises
        Unavailable where the keys of its issuer cannot be had.
        """
