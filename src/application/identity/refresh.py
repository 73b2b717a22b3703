"""Continue a session with its refresh token."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from application.identity.ports import Origin, RefreshOutcome, Sessions, SigningKeys
from application.identity.refusals import RefreshRefused
from application.identity.signed_in import SignedIn, signed_in

_WHY: Final[Mapping[RefreshOutcome, str]] = {
    "unknown": "The refresh token is not known.",
    "expired": "The refresh token has expired; sign in again.",
    "ended": "The session has ended; sign in again.",
    "removed": "You do not belong to the tenant any more; the session has ended.",
    "reused": "The refresh token was used before. In case it was stolen, the session has ended; sign in again.",
    "late": "Another request with this refresh token was faster; go on with what it was given.",
}


async def refresh(
    token: str, origin: Origin, *, sessions: Sessions, signing_keys: SigningKeys, now: datetime
) -> SignedIn:
    """Return the next pair of tokens; raises RefreshRefused and Unavailable.

    What signs is at hand before the token is used up, so that nothing after that can fail.
    """
    signer = await signing_keys.signer()
    refreshed = await sessions.refresh(token, origin)
    if refreshed.session is None:
        raise RefreshRefused(_WHY[refreshed.outcome], late=refreshed.outcome == "late")
    return signed_in(refreshed.session, signer, now)
