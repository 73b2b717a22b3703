"""Credentials of a request: a JWT, an API key, or both together."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from api.exchange import Exchange
from api.problems import Problem, unauthorized
from application.caller import Caller
from application.credentials import ApiKey, CredentialRefused, Credentials, Grant, Tokens
from domain.market import SHARED

KEY_PREFIX: Final = "tt_live_"
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


class Authenticator:
    """Finds out who is asking."""

    def __init__(self, tokens: Tokens, credentials: Credentials, clock: Clock = utc_now) -> None:
        self._tokens = tokens
        self._credentials = credentials
        self._clock = clock

    async def caller(self, exchange: Exchange) -> Caller:
        """Return the caller behind the credentials of a request; raises Problem (401)."""
        presented = presented_credentials(exchange)
        if not presented:
            raise unauthorized("This endpoint needs a credential.", sent=False)
        grant = await self._grant(presented[0], exchange.peer)
        for other in presented[1:]:
            grant = narrowed(grant, await self._grant(other, exchange.peer))
        return Caller(
            tenant=grant.tenant,
            actor=grant.actor,
            scopes=grant.scopes,
            correlation_id=exchange.correlation_id,
            causation_id=exchange.request_id,
            traceparent=exchange.traceparent,
            person=grant.person,
            session=grant.session,
            key=grant.key,
            address=exchange.peer,
            requests_per_minute=grant.requests_per_minute,
        )

    async def _grant(self, secret: str, peer: str | None) -> Grant:
        grant = await self._presented(secret, peer)
        if grant.tenant == SHARED:
            raise unauthorized("No tenant is called `*`: that names the data which all tenants share.")
        return grant

    async def _presented(self, secret: str, peer: str | None) -> Grant:
        if secret.startswith(KEY_PREFIX):
            return await self._grant_of_key(secret, peer)
        try:
            found = self._tokens.verify(secret)
            return found if isinstance(found, Grant) else await found
        except CredentialRefused as error:
            raise unauthorized(f"The token was not accepted: {error}.") from None

    async def _grant_of_key(self, secret: str, peer: str | None) -> Grant:
        key = await self._credentials.find_key(sha256(secret.encode()).digest(), peer)
        if key is None:
            raise unauthorized("The API key is not known.")
        self._refuse_unusable(key)
        if not key.opens_from(peer):
            await self._credentials.note_refused(key, peer)
            raise Problem("forbidden", "The API key may not be used from this address.")
        return Grant(
            tenant=key.tenant,
            actor=f"key:{key.id}",
            scopes=key.scopes,
            key=key.id,
            requests_per_minute=key.requests_per_minute,
        )

    def _refuse_unusable(self, key: ApiKey) -> None:
        if key.revoked_at is not None:
            raise unauthorized("The API key was revoked.")
        if key.expires_at is not None and key.expires_at <= self._clock():
            raise unauthorized("The API key has expired.")


def narrowed(grant: Grant, other: Grant) -> Grant:
    """Return what two credentials that come together allow: the rights that both have.

    Raises Problem (401) when they name different tenants.
    """
    if grant.tenant != other.tenant:
        raise unauthorized("The two credentials name different tenants.")
    limits = [limit for limit in (grant.requests_per_minute, other.requests_per_minute) if limit is not None]
    return replace(
        grant,
        scopes=grant.scopes & other.scopes,
        person=grant.person or other.person,
        session=grant.session or other.session,
        key=grant.key or other.key,
        requests_per_minute=min(limits) if limits else None,
    )


def presented_credentials(exchange: Exchange) -> list[str]:
    """Return the credentials of a request, that of `Authorization` first; raises Problem (401)."""
    presented = []
    if (authorization := exchange.header(b"authorization")) is not None:
        presented.append(_bearer(authorization))
    if (key := exchange.header(b"x-api-key")) is not None:
        if not key.startswith(KEY_PREFIX):
            raise unauthorized("X-API-Key takes an API key.")
        presented.append(key)
    return presented


def _bearer(authorization: str) -> str:
    scheme, _, rest = authorization.partition(" ")
    secret = rest.strip() if scheme.lower() == "bearer" else authorization
    if not secret or " " in secret:
        raise unauthorized("The Authorization header is not `Bearer <credential>`.")
    return secret
