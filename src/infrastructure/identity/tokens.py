"""JSON Web Tokens: issuing them with a secret, verifying them with a pinned algorithm."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from time import time
from typing import Any, Final, Literal, Protocol

import jwt
from jwt.types import Options

from application.caller import DEFAULT_SCOPES, SCOPES
from application.credentials import CredentialRefused, Grant

Algorithm = Literal["HS256", "RS256", "ES256", "EdDSA"]
SECRET_BYTES_MIN: Final = 32
CACHE_SIZE: Final = 10_000
TOKEN_LENGTH_MAX: Final = 8_192
SUBJECT_LENGTH_MAX: Final = 255


def issue_token(
    secret: str, tenant: str, *, ttl: float, scopes: Iterable[str] | None, now: datetime, **claims: object
) -> str:
    """Return a JWT signed with HS256 that is valid for `ttl` seconds from `now`.

    `scopes` None leaves the claim out, which means all but admin. Further `claims` go in as they are.
    """
    payload: dict[str, object] = {"sub": tenant, "iat": now, "exp": now + timedelta(seconds=ttl), **claims}
    if scopes is not None:
        payload["scope"] = " ".join(sorted(scopes))
    return jwt.encode(payload, secret, algorithm="HS256")


class TokenVerifier:
    """Verifies tokens of one issuer, signed with one algorithm.

    Verified tokens are remembered until they expire, so that the signature is checked once per token and not
    once per request. `reserved` are the names of other issuers, whose tenants these tokens cannot name. `clock`
    gives seconds since 1970.
    """

    def __init__(
        self,
        key: str | bytes,
        algorithm: Algorithm,
        *,
        issuer: str | None = None,
        audience: str | None = None,
        reserved: Iterable[str] = (),
        clock: Callable[[], float] = time,
    ) -> None:
        if algorithm == "HS256" and len(key) < SECRET_BYTES_MIN:
            raise ValueError(f"The secret for HS256 needs at least {SECRET_BYTES_MIN} bytes.")
        self._key = jwt.get_algorithm_by_name(algorithm).prepare_key(key)
        self.algorithm = algorithm
        self._issuer = issuer
        self._audience = audience
        self._reserved = frozenset(reserved)
        self._clock = clock
        self._verified: dict[str, tuple[float, Grant]] = {}

    @classmethod
    def hs256(cls, secret: str, **options: Any) -> "TokenVerifier":
        """Return a verifier of tokens signed with a shared secret of at least 32 bytes."""
        return cls(secret, "HS256", **options)

    def verify(self, token: str) -> Grant:
        """Return what the token grants; raises CredentialRefused."""
        if (known := self.remembered(token)) is not None:
            return known
        expires, grant = self._read(token)
        while len(self._verified) >= CACHE_SIZE:
            self._verified.pop(next(iter(self._verified)))
        self._verified[token] = expires, grant
        return grant

    def remembered(self, token: str) -> Grant | None:
        """Return what a token grants that was verified before and has not expired since."""
        known = self._verified.get(token)
        if known is None:
            return None
        expires, grant = known
        if expires > self._clock():
            return grant
        self._verified.pop(token, None)
        return None

    def _read(self, token: str) -> tuple[float, Grant]:
        claims = self._claims(token)
        expires = current(claims, self._clock())
        subject = name_in(claims, "sub")
        tenant = name_in(claims, "tenant_id") if "tenant_id" in claims else subject
        issuer, colon, _ = tenant.partition(":")
        if colon and issuer in self._reserved:
            raise CredentialRefused(f"only the issuer {issuer!r} names its tenants")
        return expires, Grant(tenant=tenant, actor=subject, scopes=scopes_in(claims))

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > TOKEN_LENGTH_MAX:
            raise CredentialRefused("it is too long")
        # Times are checked against our own clock in `_read`.
        options: Options = {
            "require": ["exp", "sub"],
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
            "verify_aud": self._audience is not None,
        }
        try:
            return jwt.decode(
                token,
                self._key,
                algorithms=[self.algorithm],
                issuer=self._issuer,
                audience=self._audience,
                options=options,
            )
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise CredentialRefused("its signature or its claims do not fit") from None


class OwnAccessTokens(Protocol):
    """Verifies the tokens of people who signed in here."""

    def is_ours(self, token: str) -> bool:
        """Say whether a token claims to be one."""

    async def verify(self, token: str) -> Grant:
        """Return what the token grants; raises CredentialRefused and Unavailable."""


class IssuerTokens(Protocol):
    """Verifies the tokens of one external issuer."""

    issuer: str

    def remembered(self, token: str) -> Grant | None:
        """Return what a token grants that was verified before."""

    async def verify(self, token: str) -> Grant:
        """Return what the token grants; raises CredentialRefused and Unavailable."""


class TokenVerifiers:
    """All tokens that are accepted: one verifier per algorithm, people who signed in, and external issuers.

    A token is looked at by one of them alone: by that of its `iss`, else by that of its algorithm; it can choose
    among these and no others.
    """

    def __init__(
        self,
        verifiers: Iterable[TokenVerifier],
        *,
        own: OwnAccessTokens | None = None,
        issuers: Iterable[IssuerTokens] = (),
    ) -> None:
        self._by_algorithm = {verifier.algorithm: verifier for verifier in verifiers}
        self._by_issuer = {known.issuer: known for known in issuers}
        self._own = own
        self._memories = [
            *(verifier.remembered for verifier in self._by_algorithm.values()),
            *(known.remembered for known in self._by_issuer.values()),
        ]

    def verify(self, token: str) -> Grant | Awaitable[Grant]:
        """Return what the token grants, later where that has to be asked; raises CredentialRefused."""
        for remembers in self._memories:
            if (grant := remembers(token)) is not None:
                return grant
        if self._own is not None and self._own.is_ours(token):
            return self._own.verify(token)
        algorithm, issuer = _claimed(token)
        if issuer in self._by_issuer:
            return self._by_issuer[issuer].verify(token)
        if algorithm not in self._by_algorithm:
            raise CredentialRefused("its algorithm is not accepted")
        return self._by_algorithm[algorithm].verify(token)


def _claimed(token: str) -> tuple[Any, str]:
    """Return algorithm and issuer as an unverified token names them; raises CredentialRefused where it is none."""
    if len(token) > TOKEN_LENGTH_MAX:
        raise CredentialRefused("it is too long")
    try:
        read = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        raise CredentialRefused("it is not a token") from None
    issuer = read["payload"].get("iss")
    return read["header"].get("alg"), issuer if isinstance(issuer, str) else ""


def current(claims: dict[str, Any], now: float) -> float:
    """Return when a token expires, in seconds since 1970; raises CredentialRefused where it does not count now."""
    expires, not_before = _instant(claims, "exp"), _instant(claims, "nbf")
    if expires is None:
        raise CredentialRefused("it has no expiry")
    if expires <= now:
        raise CredentialRefused("it has expired")
    if not_before is not None and not_before > now:
        raise CredentialRefused("it is not valid yet")
    return expires


def _instant(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CredentialRefused(f"its claim `{name}` is not a time")
    return float(value)


def name_in(claims: dict[str, Any], name: str) -> str:
    """Return a claim that names somebody; raises CredentialRefused where it does not."""
    value = claims.get(name)
    if (
        not isinstance(value, str)
        or not 0 < len(value.strip()) <= SUBJECT_LENGTH_MAX
        or not value.isprintable()
    ):
        raise CredentialRefused(f"its claim `{name}` is not a name")
    return value


def scopes_in(claims: dict[str, Any]) -> frozenset[str]:
    """Return the rights that a token claims, all but admin where it says nothing; raises CredentialRefused."""
    value = claims.get("scope", claims.get("scopes"))
    if value is None:
        return DEFAULT_SCOPES
    if isinstance(value, str):
        return SCOPES & frozenset(value.split())
    if isinstance(value, list):
        return SCOPES & frozenset(entry for entry in value if isinstance(entry, str))
    raise CredentialRefused("its claim `scope` is not a list of scopes")
