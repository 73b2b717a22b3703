"""Persons in PostgreSQL."""

from typing import Any, LiteralString
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from application.credentials import address_of
from application.identity.ports import Membership, Newcomer, Origin, Person, Registered
from infrastructure.postgres.acting import acting_as

_REGISTER: LiteralString = """select identity.register(%(person)s, %(email)s, %(email_key)s, %(first_name)s,
    %(last_name)s, %(password_hash)s, %(tenant)s, %(tenant_name)s, %(address)s)"""
_FIND: LiteralString = (
    "select person_id as id, email, first_name, last_name, created_at from identity.find_person(%s)"
)
_READ: LiteralString = """select person_id as id, email, first_name, last_name, created_at
    from identity.person where person_id = %s"""
_RENAME: LiteralString = """update identity.person set first_name = coalesce(%s, first_name),
    last_name = coalesce(%s, last_name) where person_id = %s"""
_MEMBERSHIPS: LiteralString = """select m.tenant_id as tenant, t.name, m.role
    from identity.member m join identity.tenants_of_person() t using (tenant_id)
    where m.person_id = %s order by m.joined_at, m.tenant_id"""


class PostgresPersons:
    """Keeps persons and knows where they belong."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def register(self, newcomer: Newcomer, origin: Origin) -> Registered | None:
        """Keep somebody new with a tenant of their own; None where the address is taken."""
        person, tenant = uuid4(), str(uuid4())
        values = {
            "person": person,
            "tenant": tenant,
            "tenant_name": f"{newcomer.first_name} {newcomer.last_name}",
            "address": address_of(origin.address),
            **{name: getattr(newcomer, name) for name in Newcomer.__slots__},
        }
        async with acting_as(self._pool) as connection:
            row = await (await connection.execute(_REGISTER, values)).fetchone()
        if row is None or row[0] is None:
            return None
        known = Person(
            id=person,
            email=newcomer.email,
            first_name=newcomer.first_name,
            last_name=newcomer.last_name,
            created_at=row[0],
        )
        return Registered(person=known, tenant=tenant)

    async def find(self, email_key: str) -> Person | None:
        """Return whose address it is."""
        async with acting_as(self._pool) as connection:
            cursor = connection.cursor(row_factory=class_row(Person))
            return await (await cursor.execute(_FIND, (email_key,))).fetchone()

    async def person(self, person: UUID) -> Person | None:
        """Return a person."""
        async with acting_as(self._pool, person=person) as connection:
            cursor = connection.cursor(row_factory=class_row(Person))
            return await (await cursor.execute(_READ, (person,))).fetchone()

    async def memberships(self, person: UUID) -> list[Membership]:
        """Return the tenants a person belongs to, the oldest membership first."""
        async with acting_as(self._pool, person=person) as connection:
            cursor = connection.cursor(row_factory=class_row(Membership))
            return await (await cursor.execute(_MEMBERSHIPS, (person,))).fetchall()

    async def rename(self, person: UUID, *, first_name: str | None, last_name: str | None) -> None:
        """Change a person's names; None leaves one as it is."""
        async with acting_as(self._pool, person=person) as connection:
            await connection.execute(_RENAME, (first_name, last_name, person))
