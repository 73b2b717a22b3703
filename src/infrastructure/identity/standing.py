"""Whether whoever asks may still do so at this moment, and not only a few seconds ago."""

from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from application.caller import Caller
from domain.errors import Forbidden

_COUNTS: Final[LiteralString] = "select identity.credential_counts(%s, %s, %s, %s)"


class CredentialEnded(Forbidden):
    """The credential was accepted as it was remembered, but has ended."""

    def __init__(self) -> None:
        super().__init__("The credential does not count any more: it was revoked, or its session has ended.")


async def require_standing(connection: AsyncConnection[Any], caller: Caller) -> None:
    """Refuse to give out keys, invitations and the like on a credential that has ended; raises CredentialEnded.

    Processes remember credentials for seconds: enough for somebody who is shut out to make one that lasts. Until the
    transaction of `connection` is over, the credential cannot end.
    """
    values = (caller.tenant, caller.person, caller.session, caller.key)
    row = await (await connection.execute(_COUNTS, values)).fetchone()
    if row is None or not row[0]:
        raise CredentialEnded
