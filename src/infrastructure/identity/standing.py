"""Whether whoever asks may still do so at this moment, and not only a few seconds ago."""

from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from application.caller import ADMIN, Caller
from application.identity.roles import ROLE_SCOPES
from domain.errors import Forbidden

_COUNTS: Final[LiteralString] = "select counts, role from identity.credential_counts(%s, %s, %s, %s)"


class CredentialEnded(Forbidden):
    """The credential was accepted as it was remembered, but has ended."""

    def __init__(self) -> None:
        super().__init__(
            "The credential does not count any more: it was revoked, its session has ended, or its role has changed."
        )


async def require_standing(connection: AsyncConnection[Any], caller: Caller) -> None:
    """Refuse to give out keys, roles and the like on a credential that has ended; raises CredentialEnded.

    All of that takes the scope `admin`, so a person's role is looked at too. Processes remember credentials for some
    seconds: enough for somebody who is shut out to make one that lasts. Until the transaction of `connection` is over,
    the credential cannot end.
    """
    values = (caller.tenant, caller.person, caller.session, caller.key)
    row = await (await connection.execute(_COUNTS, values)).fetchone()
    counts, role = row or (False, None)
    if not counts or (role is not None and ADMIN not in ROLE_SCOPES[role]):
        raise CredentialEnded
