"""API keys of a tenant: made, listed, rotated, revoked.

Whoever makes a key gives away no right that the credential at work does not have itself; that holds for rotating
too, which shows a new secret with the old key's rights.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Final, NoReturn, Protocol
from uuid import UUID

from application.caller import ADMIN, Caller
from application.identity.key_rules import key_violations
from application.ledger import Remember, forget
from domain.errors import Conflict, Forbidden, NotFound, Refused, Violation

OVERLAP_SECONDS_MAX: Final = 2_592_000
KEYS_MAX: Final = 500
"""Keys of one tenant that open something; nobody keeps track of more."""


class KeyNotFound(NotFound):
    """The tenant has no such key, or no longer."""

    def __init__(self, key_id: UUID) -> None:
        super().__init__(f"There is no API key {key_id}.")


class RightsLacking(Forbidden):
    """The caller would give away rights that it does not have itself."""

    def __init__(self, scopes: Iterable[str]) -> None:
        named = ", ".join(f"`{scope}`" for scope in sorted(scopes))
        super().__init__(f"The credential lacks what it would give away: {named}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTerms:
    """What a key opens, until when, from where, and how often a minute; None is without that limit."""

    name: str
    scopes: tuple[str, ...]
    expires_at: datetime | None = None
    allowed_addresses: tuple[str, ...] | None = None
    requests_per_minute: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A key as its tenant sees it; `prefix` is how its secret begins."""

    id: UUID
    prefix: str
    terms: KeyTerms
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made, with its secret, which nobody can read again."""

    record: KeyRecord
    secret: str


class ApiKeys(Protocol):
    """The keys of tenants; what changes them is noted in the trail in the same transaction."""

    async def page(
        self, tenant: str, *, revoked: bool, limit: int, offset: int
    ) -> tuple[list[KeyRecord], int]:
        """Return keys, the newest first, and how many there are; revoked ones only where asked for."""

    async def one(self, tenant: str, key_id: UUID) -> KeyRecord | None:
        """Return a key that is not revoked, or None."""

    async def add(self, caller: Caller, terms: KeyTerms, remember: Remember[NewKey]) -> NewKey:
        """Store a new key; raises TooManyKeys."""

    async def rotate(
        self, caller: Caller, old: KeyRecord, ends_at: datetime, remember: Remember[NewKey]
    ) -> NewKey:
        """Store a new key on the terms of an old one, and let the old one end at `ends_at` at the latest.

        Raises TooManyKeys, and KeyExpired or KeyNotFound where the old one has ended since it was read.
        """

    async def revoke(self, caller: Caller, key_id: UUID) -> bool:
        """End a key at once; False where there was none to end."""


class TooManyKeys(Conflict):
    """The tenant has as many keys as it can have."""

    def __init__(self) -> None:
        super().__init__(f"There are {KEYS_MAX} API keys already; revoke those that nobody uses.")


class KeyExpired(Conflict):
    """The key has ended: nothing is left to be handed on."""

    def __init__(self) -> None:
        super().__init__("The API key has expired; make a new one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateKey:
    """A key to be made; without `scopes` it gets what the caller has, `admin` left out."""

    caller: Caller
    name: str
    scopes: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    allowed_addresses: tuple[str, ...] | None = None
    requests_per_minute: int | None = None


async def create_key(
    command: CreateKey, *, keys: ApiKeys, now: datetime, remember: Remember[NewKey] = forget
) -> NewKey:
    """Make a key; raises Refused for terms that mean nothing and RightsLacking for rights of others."""
    violations = [*key_violations(command.scopes, command.allowed_addresses), *_past(command.expires_at, now)]
    if violations:
        _refuse(violations)
    caller = command.caller
    wanted = caller.scopes - {ADMIN} if command.scopes is None else frozenset(command.scopes)
    require_rights(caller, wanted)
    terms = KeyTerms(
        name=command.name,
        scopes=tuple(sorted(wanted)),
        expires_at=command.expires_at,
        allowed_addresses=_networks(command.allowed_addresses),
        requests_per_minute=command.requests_per_minute,
    )
    return await keys.add(caller, terms, remember)


async def rotate_key(
    caller: Caller,
    key_id: UUID,
    *,
    overlap: timedelta,
    keys: ApiKeys,
    now: datetime,
    remember: Remember[NewKey] = forget,
) -> NewKey:
    """Make a key on the terms of an old one, which ends after `overlap`.

    Raises KeyNotFound, KeyExpired and RightsLacking.
    """
    old = await keys.one(caller.tenant, key_id)
    if old is None:
        raise KeyNotFound(key_id)
    if old.terms.expires_at is not None and old.terms.expires_at <= now:
        raise KeyExpired
    require_rights(caller, frozenset(old.terms.scopes))
    return await keys.rotate(caller, old, now + overlap, remember)


async def revoke_key(caller: Caller, key_id: UUID, *, keys: ApiKeys) -> None:
    """End a key; raises KeyNotFound, also for one that was revoked before."""
    if not await keys.revoke(caller, key_id):
        raise KeyNotFound(key_id)


def require_rights(caller: Caller, given: frozenset[str]) -> None:
    """Raise RightsLacking unless the caller has every right that it gives away."""
    if lacking := given - caller.scopes:
        raise RightsLacking(lacking)


def _past(expires_at: datetime | None, now: datetime) -> Iterable[Violation]:
    if expires_at is not None and expires_at <= now:
        yield Violation("expires_at", "past_date", "expires_at lies in the past")


def _networks(texts: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if texts is None else tuple(str(ip_network(text)) for text in texts)


def _refuse(violations: list[Violation]) -> NoReturn:
    first = violations[0].detail
    detail = first if len(violations) == 1 else f"{len(violations)} fields of the request were refused."
    raise Refused(detail, violations=violations)
