"""Tries to sign in, and passwords, in PostgreSQL: every process counts the same, and a restart forgets nothing."""

from datetime import timedelta
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from application.credentials import address_of
from application.identity.login import WRONG_TRIES_MAX
from application.identity.mails import Mail
from application.identity.ports import Attempt, Origin
from infrastructure.mail.queue import MailQueue
from infrastructure.postgres.acting import acting_as

LOCKED_FOR: Final = timedelta(minutes=15)
_ATTEMPT: LiteralString = """select wait_seconds, person_id as person, password_hash
    from identity.attempt_sign_in(%s, %s, %s, %s)"""
_FAILED: LiteralString = "select identity.sign_in_failed(%s, %s, %s)"
_FORGIVE: LiteralString = "select identity.forgive(%s, %s)"
_REHASH: LiteralString = "select identity.rehash_password(%s, %s, %s)"
_SET: LiteralString = "select identity.set_password(%s, %s, %s, 'password_changed')"
_NOTE: LiteralString = "select identity.note_audit(%s, %s, 'auth.password_changed', %s, %s)"


class PostgresSignIns:
    """Counts tries to sign in, and keeps passwords."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]], mail: MailQueue) -> None:
        self._pool, self._mail = pool, mail

    async def attempt(self, email_key: str, origin: Origin) -> Attempt:
        """Begin a try; it counts as a wrong one until a session starts."""
        values = (email_key, address_of(origin.address), WRONG_TRIES_MAX, LOCKED_FOR)
        async with acting_as(self._pool) as connection:
            cursor = connection.cursor(row_factory=class_row(Attempt))
            attempt = await (await cursor.execute(_ATTEMPT, values)).fetchone()
        assert attempt is not None
        return attempt

    async def failed(self, email_key: str, person: UUID | None, origin: Origin) -> None:
        """Note that a try was wrong."""
        async with acting_as(self._pool) as connection:
            await connection.execute(_FAILED, (email_key, person, address_of(origin.address)))

    async def forgive(self, email_key: str, origin: Origin) -> None:
        """Forget the tries of this account from this address."""
        async with acting_as(self._pool) as connection:
            await connection.execute(_FORGIVE, (email_key, address_of(origin.address)))

    async def rehash(self, person: UUID, *, old: str, new: str) -> None:
        """Keep the same password under another hash, unless it changed meanwhile."""
        async with acting_as(self._pool, person=person) as connection:
            await connection.execute(_REHASH, (person, old, new))

    async def change_password(
        self, person: UUID, password_hash: str, *, session: UUID, tenant: str, notice: Mail, origin: Origin
    ) -> None:
        """Keep a new password, end the person's other sessions and queue the notice."""
        told = (tenant, str(person), f"person/{person}", address_of(origin.address))
        async with acting_as(self._pool, tenant=tenant, person=person) as connection:
            await connection.execute(_SET, (person, password_hash, session))
            await connection.execute(_NOTE, told)
            await self._mail.queue(connection, notice, person=person)
