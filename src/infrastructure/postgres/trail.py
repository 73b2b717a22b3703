"""Writing the audit trail, in the transaction of what it tells."""

from collections.abc import Mapping
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.types.json import Json

from application.caller import Caller
from application.credentials import address_of

_NOTE: Final[LiteralString] = "select identity.note_audit(%s, %s, %s, %s, %s, %s)"


async def note(
    connection: AsyncConnection[Any],
    caller: Caller,
    action: str,
    subject: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Note what a caller did, such as `key.created`; no address and no name of a person goes into `detail`."""
    told = None if detail is None else Json(dict(detail))
    values = (caller.tenant, caller.actor, action, subject, address_of(caller.address), told)
    await connection.execute(_NOTE, values)
