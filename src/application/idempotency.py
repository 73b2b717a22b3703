"""Repeating a request without repeating its effect: the port that remembers answers.

The stored answer goes into the transaction of the events it answers for, so it survives a crash between
commit and reply. The HTTP flow around it is in `api.idempotency`.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


class StillRunning(Exception):
    """The first request with this key has not been answered yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """The answer to give again; `position` is where its events stand in the event store."""

    payload_hash: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """One keyed request: keys are a tenant's own and belong to one route."""

    tenant: str
    route: str
    key: str
    payload_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedAnswer:
    """An answer about to be remembered: hand it to the append that commits the events."""

    request: Idempotency
    answer: StoredAnswer


class IdempotencyStore(Protocol):
    """Remembers the answers of keyed requests for at least 24 hours."""

    async def lookup(self, tenant: str, route: str, key: str) -> StoredAnswer | None:
        """Return the answer stored under that key, or None."""

    def claim(self, tenant: str, route: str, key: str) -> AbstractAsyncContextManager[None]:
        """Hold the key while its request runs; entering raises StillRunning when another holds it."""
