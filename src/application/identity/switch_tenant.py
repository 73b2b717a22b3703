"""Go on in another tenant without signing in again."""

from datetime import datetime
from uuid import UUID

from application.identity.ports import Sessions, SigningKeys
from application.identity.refusals import NotAMember


async def switch_tenant(
    person: UUID, session: UUID, tenant: str, *, sessions: Sessions, signing_keys: SigningKeys, now: datetime
) -> str:
    """Return an access token for another tenant of the person; raises NotAMember and Unavailable.

    Later refreshes of the session are for that tenant too; access tokens given before keep theirs.
    """
    signer = await signing_keys.signer()
    role = await sessions.switch(person, session, tenant)
    if role is None:
        raise NotAMember(tenant)
    return signer.access_token(person=person, session=session, tenant=tenant, role=role, now=now)
