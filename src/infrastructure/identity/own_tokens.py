"""Access tokens that the service itself gave to people who signed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import time
from typing import Any, Final
from uuid import UUID

import jwt
from jwt.types import Options

from application.caller import SCOPES
from application.credentials import CredentialRefused, Grant
from application.identity.ports import SessionStates
from application.identity.roles import ROLE_SCOPES
from infrastructure.identity.signing_key import ALGORITHM, ISSUER
from infrastructure.identity.signing_keys import PostgresSigningKeys
from infrastructure.identity.tokens import CACHE_SIZE, TOKEN_LENGTH_MAX

_OPTIONS: Final[Options] = {
    "require": ["exp", "iat", "sub", "sid", "tenant_id", "scope"],
    "verify_exp": False,  # checked against our own clock
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verified:
    """What a token says whose signature was checked."""

    kid: str
    expires: float
    person: UUID
    session: UUID
    tenant: str
    scopes: frozenset[str]


class OwnTokens:
    """Verifies access tokens: the signature once per token, the session and its role at each use.

    `clock` gives seconds since 1970.
    """

    def __init__(
        self, keys: PostgresSigningKeys, states: SessionStates, *, clock: Callable[[], float] = time
    ) -> None:
        self._keys, self._states, self._clock = keys, states, clock
        self._verified: dict[str, _Verified] = {}

    def is_ours(self, token: str) -> bool:
        """Say whether a token claims to be one of these; whether it is, `verify` finds out."""
        if token in self._verified:
            return True
        header, claims = _unverified(token)
        return header.get("alg") == ALGORITHM and "kid" in header and claims.get("iss") == ISSUER

    async def verify(self, token: str) -> Grant:
        """Return what the token grants now; raises CredentialRefused and Unavailable."""
        kid = self._verified[token].kid if token in self._verified else _kid(token)
        if (key := await self._keys.public_key(kid)) is None:
            self._verified.pop(token, None)
            raise CredentialRefused("it was signed with a key that does not count")
        verified = self._verified.get(token) or self._checked(token, kid, key)
        if verified.expires <= self._clock():
            self._verified.pop(token, None)
            raise CredentialRefused("it has expired")
        return await self._grant(verified)

    async def _grant(self, verified: _Verified) -> Grant:
        state = await self._states.state(verified.session, verified.tenant)
        if not state.active:
            raise CredentialRefused("its session has ended")
        if state.role is None:
            raise CredentialRefused("its person does not belong to the tenant any more")
        return Grant(
            tenant=verified.tenant,
            actor=str(verified.person),
            scopes=verified.scopes & ROLE_SCOPES[state.role],
            person=verified.person,
            session=verified.session,
        )

    def _checked(self, token: str, kid: str, key: Any) -> _Verified:
        try:
            claims = jwt.decode(token, key, algorithms=[ALGORITHM], issuer=ISSUER, options=_OPTIONS)
            not_before = float(claims.get("nbf", 0))
            verified = _Verified(
                kid=kid,
                expires=float(claims["exp"]),
                person=UUID(claims["sub"]),
                session=UUID(claims["sid"]),
                tenant=str(claims["tenant_id"]),
                scopes=SCOPES & frozenset(str(claims["scope"]).split()),
            )
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, RecursionError):
            raise CredentialRefused("its signature or its claims do not fit") from None
        if not_before > self._clock():
            raise CredentialRefused("it is not valid yet")
        while len(self._verified) >= CACHE_SIZE:
            self._verified.pop(next(iter(self._verified)))
        self._verified[token] = verified
        return verified


def _kid(token: str) -> str:
    kid = _unverified(token)[0].get("kid")
    if not isinstance(kid, str):
        raise CredentialRefused("it names no key")
    return kid


def _unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return header and claims as they are claimed; nothing where it is no token."""
    if len(token) > TOKEN_LENGTH_MAX:
        return {}, {}
    try:
        read = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return {}, {}
    return read["header"], read["payload"]
