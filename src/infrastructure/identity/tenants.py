"""Tenants and members in PostgreSQL, as tenants keep them themselves."""

from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from application.caller import Caller
from application.identity.roles import Role
from application.identity.tenants import LastOwner, Member, MemberNotFound, TenantRecord
from infrastructure.identity.standing import require_standing
from infrastructure.postgres.acting import acting_as
from infrastructure.postgres.reads import TenantReads
from infrastructure.postgres.trail import note

MEMBERS: Final[LiteralString] = """
    select person_id, email, first_name, last_name, role, joined_at
      from identity.fellow_members() order by joined_at, person_id limit %(limit)s offset %(offset)s"""
MEMBERS_COUNTED: Final[LiteralString] = "select count(*) from identity.member where tenant_id = %(tenant)s"
MEMBER: Final[LiteralString] = """
    select person_id, email, first_name, last_name, role, joined_at
      from identity.fellow_members() where person_id = %(person)s"""
TENANT: Final[LiteralString] = """
    select tenant_id as id, name, null::text as role, created_at
      from identity.tenant where tenant_id = %(tenant)s"""
_TENANTS: Final[LiteralString] = """
    select tenant_id as id, name, role, created_at
      from identity.tenants_of_person() order by created_at, tenant_id"""
_ENSURE: Final[LiteralString] = "select identity.ensure_tenant(%s)"
_RENAME: Final[LiteralString] = "update identity.tenant set name = %s where tenant_id = %s"
_LOCK: Final[LiteralString] = "select from identity.tenant where tenant_id = %s for update"
_ROLES: Final[LiteralString] = "select person_id, role from identity.member where tenant_id = %s"
_CHANGE: Final[LiteralString] = "update identity.member set role = %s where tenant_id = %s and person_id = %s"
_REMOVE: Final[LiteralString] = "delete from identity.member where tenant_id = %s and person_id = %s"


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member with what fellow members see of the person."""

    person_id: UUID
    email: str
    first_name: str
    last_name: str
    role: Role
    joined_at: datetime


class PostgresTenants:
    """The `Tenants` port."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._reads = TenantReads(pool)

    async def of_caller(self, caller: Caller) -> list[TenantRecord]:
        """Return the tenants of a person, or that of another credential."""
        async with acting_as(self._pool, tenant=caller.tenant, person=caller.person) as connection:
            cursor = connection.cursor(row_factory=class_row(TenantRecord))
            if caller.person is not None:
                return await (await cursor.execute(_TENANTS)).fetchall()
            known = await (await cursor.execute(TENANT, {"tenant": caller.tenant})).fetchone()
        return [known or TenantRecord(id=caller.tenant, name=None, role=None, created_at=None)]

    async def rename(self, caller: Caller, name: str) -> None:
        """Give the caller's tenant another name."""
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            await connection.execute(_ENSURE, (caller.tenant,))
            await connection.execute(_RENAME, (name, caller.tenant))
            await note(connection, caller, "tenant.renamed")

    async def members(self, tenant: str, *, limit: int, offset: int) -> tuple[list[Member], int]:
        """Return a page of the members, by the day they joined, and how many there are."""
        params = {"tenant": tenant, "limit": limit, "offset": offset}
        rows, total = await self._reads.page(tenant, MEMBERS, MEMBERS_COUNTED, params, MemberRow)
        return [_member(row) for row in rows], total

    async def member(self, tenant: str, person: UUID) -> Member | None:
        """Return a member, or None."""
        row = await self._reads.one(tenant, MEMBER, {"person": person}, MemberRow)
        return None if row is None else _member(row)

    async def change_role(self, caller: Caller, person: UUID, role: Role) -> None:
        """Give a member another role; raises MemberNotFound and LastOwner."""
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            before = await _role_to_lose(connection, caller.tenant, person, keeps=role == "owner")
            await require_standing(connection, caller)
            await connection.execute(_CHANGE, (role, caller.tenant, person))
            detail = {"from": before, "to": role}
            await note(connection, caller, "member.role_changed", str(person), detail)

    async def remove(self, caller: Caller, person: UUID) -> None:
        """End a membership; raises MemberNotFound and LastOwner."""
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            before = await _role_to_lose(connection, caller.tenant, person)
            await connection.execute(_REMOVE, (caller.tenant, person))
            await note(connection, caller, "member.removed", str(person), {"role": before})


async def _role_to_lose(
    connection: AsyncConnection[Any], tenant: str, person: UUID, *, keeps: bool = False
) -> str:
    """Return the role of a member, unless the tenant would be without an owner; changes of others wait."""
    await connection.execute(_LOCK, (tenant,))
    roles: dict[UUID, str] = dict(await (await connection.execute(_ROLES, (tenant,))).fetchall())
    if person not in roles:
        raise MemberNotFound(person)
    owners = [one for one, role in roles.items() if role == "owner"]
    if owners == [person] and not keeps:
        raise LastOwner
    return roles[person]


def _member(row: MemberRow) -> Member:
    return Member(**{name: getattr(row, name) for name in MemberRow.__struct_fields__})
