"""What the endpoints of signing in share: who asks, and how a refusal is told."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

from api.authentication import presented_credentials
from api.problems import Problem
from api.request import ApiRequest
from api.resources.auth_bodies import Tokens
from application.credentials import CredentialRefused, Grant
from application.identity.ports import AccessTokens, Origin
from application.identity.refusals import RefreshRefused, SignInLocked, SignInRefused
from application.identity.signed_in import ACCESS_SECONDS

CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="trimtab"'}


def origin_of(request: ApiRequest) -> Origin:
    """Return where a request comes from."""
    return Origin(address=request.exchange.peer, agent=request.exchange.header(b"user-agent"))


def person_of(request: ApiRequest) -> UUID:
    """Return who is signed in; raises Problem (403) for a credential that belongs to no person."""
    person = request.caller.person
    if person is None:
        raise Problem("forbidden", "This credential belongs to no person; sign in at /v1/auth/login.")
    return person


def session_of(request: ApiRequest) -> UUID:
    """Return the session of who is signed in; raises Problem (403) as `person_of` does."""
    person_of(request)
    session = request.caller.session
    if session is None:
        raise Problem("forbidden", "This credential belongs to no session; sign in at /v1/auth/login.")
    return session


async def grant_of(request: ApiRequest, access_tokens: AccessTokens) -> Grant | None:
    """Return what the access token of a request grants on a public endpoint; None where there is none that counts."""
    for presented in presented_credentials(request.exchange):
        if access_tokens.is_ours(presented):
            with suppress(CredentialRefused):
                return await access_tokens.verify(presented)
    return None


def tokens(access_token: str, tenant: str) -> Tokens:
    """Return an access token as it goes out."""
    kind: Literal["bearer"] = "bearer"
    return Tokens(access_token=access_token, token_type=kind, expires_in=ACCESS_SECONDS, tenant_id=tenant)


@contextmanager
def refusals_told() -> Iterator[None]:
    """Turn refusals to let somebody in into 401 and 429."""
    try:
        yield
    except (SignInRefused, RefreshRefused) as refusal:
        raise Problem("unauthorized", str(refusal), headers=CHALLENGE) from None
    except SignInLocked as locked:
        raise _locked(locked) from None


def _locked(refusal: SignInLocked) -> Problem:
    reset_at = int(datetime.now(UTC).timestamp()) + refusal.wait_seconds
    return Problem(
        "rate_limit_exceeded",
        str(refusal),
        headers={"Retry-After": str(refusal.wait_seconds)},
        extra={"used": refusal.tries, "limit": refusal.tries, "resetAt": reset_at},
    )
