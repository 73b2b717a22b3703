"""External issuers (OpenID Connect): their tokens count for their own tenants and for no others."""

from collections.abc import Callable
from functools import partial
from time import time
from typing import Any, Final, Protocol

import jwt
from jwt.types import Options

from application.credentials import CredentialRefused, Grant
from infrastructure.identity.issuer_documents import published_keys
from infrastructure.identity.issuer_keys import FetchedKeys, GivenKeys, key_of_pem, usable_keys
from infrastructure.identity.issuer_settings import ExternalIssuer
from infrastructure.identity.tokens import CACHE_SIZE, TOKEN_LENGTH_MAX, current, name_in, scopes_in

_OPTIONS: Final[Options] = {
    "require": ["exp", "sub", "iss", "aud"],
    "verify_exp": False,  # times are checked against our own clock
    "verify_nbf": False,
    "verify_iat": False,
}


class IssuerKeys(Protocol):
    """The keys of an issuer; `generation` changes with them."""

    generation: int

    async def key(self, kid: str | None) -> Any:
        """Return a key, or None; raises Unavailable."""


class IssuerVerifier:
    """Verifies the tokens of one external issuer: issuer, audience and algorithm are pinned.

    Tenant and actor of its tokens are `<name>:<claim>`, so that it can name no tenant of anybody else. What was
    verified is remembered until it expires or the keys change. `clock` gives seconds since 1970.
    """

    def __init__(
        self, settings: ExternalIssuer, keys: IssuerKeys, *, clock: Callable[[], float] = time
    ) -> None:
        self._settings, self._keys, self._clock = settings, keys, clock
        self.issuer = settings.issuer
        self._verified: dict[str, tuple[float, int, Grant]] = {}

    def remembered(self, token: str) -> Grant | None:
        """Return what a token grants that was verified before."""
        known = self._verified.get(token)
        if known is None:
            return None
        expires, generation, grant = known
        if expires > self._clock() and generation == self._keys.generation:
            return grant
        self._verified.pop(token, None)
        return None

    async def verify(self, token: str) -> Grant:
        """Return what the token grants; raises CredentialRefused and Unavailable."""
        key = await self._keys.key(self._kid(token))
        if key is None:
            raise CredentialRefused("its issuer has no such key")
        claims = self._claims(token, key)
        expires = current(claims, self._clock())
        while len(self._verified) >= CACHE_SIZE:
            self._verified.pop(next(iter(self._verified)))
        grant = self._grant(claims)
        self._verified[token] = expires, self._keys.generation, grant
        return grant

    def _kid(self, token: str) -> str | None:
        if len(token) > TOKEN_LENGTH_MAX:
            raise CredentialRefused("it is too long")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise CredentialRefused("it is not a token") from None
        if header.get("alg") != self._settings.algorithm:  # before any key is looked for
            raise CredentialRefused("its algorithm is not that of its issuer")
        kid = header.get("kid")
        return kid if isinstance(kid, str) else None

    def _claims(self, token: str, key: Any) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[self._settings.algorithm],
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                options=_OPTIONS,
            )
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise CredentialRefused("its signature or its claims do not fit") from None

    def _grant(self, claims: dict[str, Any]) -> Grant:
        subject = name_in(claims, "sub")
        claim = self._settings.tenant_claim or ("tenant_id" if "tenant_id" in claims else "sub")
        name = self._settings.name
        return Grant(
            tenant=f"{name}:{name_in(claims, claim)}", actor=f"{name}:{subject}", scopes=scopes_in(claims)
        )


def issuer_verifier(settings: ExternalIssuer) -> IssuerVerifier:
    """Return what verifies the tokens of a configured issuer; keys that have to be fetched are fetched when needed."""
    return IssuerVerifier(settings, _keys(settings))


def _keys(settings: ExternalIssuer) -> IssuerKeys:
    if settings.jwks is not None:
        return GivenKeys(usable_keys(settings.jwks, settings.algorithm))
    if settings.public_key is not None:
        return GivenKeys({None: key_of_pem(settings.public_key, settings.algorithm)})
    return FetchedKeys(settings.name, partial(published_keys, settings))
