"""End sessions."""

from uuid import UUID

from application.identity.ports import Origin, Sessions
from application.identity.refusals import SessionNotFound


async def sign_out(
    origin: Origin, *, person: UUID | None, session: UUID | None, token: str | None, sessions: Sessions
) -> None:
    """End the session of an access token, of a refresh token, or of both; what has ended already stays so."""
    if person is not None and session is not None:
        await sessions.end(person, session, reason="signed_out", origin=origin)
    if token is not None:
        await sessions.end_by_token(token, origin)


async def end_session(person: UUID | None, session: UUID, origin: Origin, *, sessions: Sessions) -> None:
    """End another session of the same person; raises SessionNotFound."""
    if person is None or not await sessions.end(person, session, reason="ended", origin=origin):
        raise SessionNotFound
