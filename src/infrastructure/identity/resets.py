"""Tokens that let people choose a new password, in PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from application.credentials import address_of
from application.identity.mails import Mail
from application.identity.ports import Origin, Person
from infrastructure.identity.secrets import RESET_PREFIX, new_secret, secret_hash
from infrastructure.mail.queue import MailQueue
from infrastructure.postgres.acting import acting_as

LIFETIME: Final = timedelta(hours=1)
MAILS_PER_HOUR: Final = 5
"""More would be a way to bury somebody in mail."""
_REQUEST: LiteralString = "select identity.request_reset(%s, %s, %s, %s, %s, %s)"
_FIND: LiteralString = (
    "select person_id as id, email, first_name, last_name, created_at from identity.find_reset(%s)"
)
_USE: LiteralString = "select identity.reset_password(%s, %s, %s)"


class PostgresResets:
    """Lets people back in who have forgotten their password."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]], mail: MailQueue) -> None:
        self._pool, self._mail = pool, mail

    async def request(self, person: Person | None, compose: Callable[[str], Mail]) -> None:
        """Queue the mail with a new token; for None as much is done, and no mail is sent."""
        token = new_secret(RESET_PREFIX)
        mail_id, sealed = self._mail.sealed(compose(token))
        known = person.id if person else None
        values = (known, secret_hash(token), LIFETIME, MAILS_PER_HOUR, mail_id, sealed)
        async with acting_as(self._pool) as connection:
            await connection.execute(_REQUEST, values)

    async def find(self, token: str) -> Person | None:
        """Return whom a token lets in; None where it is unknown, used or too old."""
        async with acting_as(self._pool) as connection:
            cursor = connection.cursor(row_factory=class_row(Person))
            return await (await cursor.execute(_FIND, (secret_hash(token),))).fetchone()

    async def use(self, token: str, password_hash: str, notice: Mail, origin: Origin) -> bool:
        """Keep the new password, end all sessions and queue the notice; False where the token counts no more."""
        values = (secret_hash(token), password_hash, address_of(origin.address))
        async with acting_as(self._pool) as connection:
            row = await (await connection.execute(_USE, values)).fetchone()
            if row is None or row[0] is None:
                return False
            await self._mail.queue(connection, notice, person=row[0])
        return True
