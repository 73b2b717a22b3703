"""What somebody holds who is signed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from application.identity.ports import OpenSession, Signer

ACCESS_SECONDS: Final = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """An access token for a tenant, and the refresh token that continues the session."""

    access_token: str
    tenant: str
    refresh_token: str


def signed_in(session: OpenSession, signer: Signer, now: datetime) -> SignedIn:
    """Return what the client of an open session is given."""
    token = signer.access_token(
        person=session.person, session=session.id, tenant=session.tenant, role=session.role, now=now
    )
    return SignedIn(access_token=token, tenant=session.tenant, refresh_token=session.refresh_token)
