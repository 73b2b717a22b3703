"""Invitations in PostgreSQL; of their tokens it holds the hashes."""

from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row, tuple_row
from psycopg_pool import AsyncConnectionPool

from application.caller import Caller
from application.credentials import address_of
from application.identity.invitations import (
    LIFETIME,
    OPEN_MAX,
    PER_DAY_MAX,
    Compose,
    Invitation,
    Invited,
    InvitedAlready,
    InvitedTooOften,
    Joined,
    NewInvitation,
    TooManyInvitations,
)
from application.identity.ports import Newcomer, Origin
from application.identity.roles import Role
from application.ledger import Remember
from infrastructure.eventstore.append import append_answer
from infrastructure.identity.secrets import new_secret, secret_hash
from infrastructure.identity.standing import require_standing
from infrastructure.mail.queue import MailQueue
from infrastructure.postgres.acting import acting_as
from infrastructure.postgres.reads import TenantReads
from infrastructure.postgres.trail import note

INVITATION_PREFIX: Final = "tt_invite_"
INVITED: Final = "member.invited"
INVITATIONS: Final[LiteralString] = """
    select id, email, role, invited_by, created_at, expires_at from identity.invitation
     where tenant_id = %(tenant)s and expires_at > now()
     order by created_at desc, id limit %(limit)s offset %(offset)s"""
INVITATIONS_COUNTED: Final[LiteralString] = """
    select count(*) from identity.invitation where tenant_id = %(tenant)s and expires_at > now()"""
INVITATION: Final[LiteralString] = """
    select id, email, role, invited_by, created_at, expires_at from identity.invitation
     where tenant_id = %(tenant)s and id = %(invitation)s and expires_at > now()"""
_ENSURE: Final[LiteralString] = "select identity.ensure_tenant(%s)"
_NAME: Final[LiteralString] = "select name from identity.tenant where tenant_id = %s"
_IS_MEMBER: Final[LiteralString] = "select from identity.fellow_members() where email_key = %s"
_INVITED_LATELY: Final[LiteralString] = """
    select count(*) from identity.audit
     where tenant_id = %(tenant)s and action = %(action)s and at > now() - interval '24 hours'"""
_REPLACE: Final[LiteralString] = """
    delete from identity.invitation where tenant_id = %s and (email_key = %s or expires_at <= now())"""
_INSERT: Final[LiteralString] = """
    insert into identity.invitation (id, tenant_id, email, email_key, role, token_hash, invited_by, expires_at)
    values (%s, %s, %s, %s, %s, %s, %s, now() + %s) returning created_at, expires_at"""
_WITHDRAW: Final[LiteralString] = """
    delete from identity.invitation where tenant_id = %s and id = %s and expires_at > now()"""
_FIND: Final[LiteralString] = """
    select tenant_id as tenant, email, email_key from identity.find_invitation(%s)"""
_ACCEPT: Final[LiteralString] = "select tenant_id, tenant_name, role from identity.accept_invitation(%s, %s)"
_JOIN: Final[LiteralString] = """
    select tenant_id, tenant_name, role from identity.join_by_invitation(%s, %s, %s, %s, %s)"""


class InvitationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `identity.invitation`."""

    id: UUID
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime


class PostgresInvitations:
    """The `Invitations` port; the mail goes out with the transaction that makes the invitation."""

    def __init__(self, pool: AsyncConnectionPool[Any], mail: MailQueue, compose: Compose) -> None:
        self._pool, self._mail, self._compose = pool, mail, compose
        self._reads = TenantReads(pool)

    async def page(self, tenant: str, *, limit: int, offset: int) -> tuple[list[Invitation], int]:
        """Return open invitations, the newest first, and how many there are."""
        params = {"tenant": tenant, "limit": limit, "offset": offset}
        rows, total = await self._reads.page(tenant, INVITATIONS, INVITATIONS_COUNTED, params, InvitationRow)
        return [_invitation(row) for row in rows], total

    async def one(self, tenant: str, invitation: UUID) -> Invitation | None:
        """Return an open invitation, or None."""
        params = {"tenant": tenant, "invitation": invitation}
        row = await self._reads.one(tenant, INVITATION, params, InvitationRow)
        return None if row is None else _invitation(row)

    async def add(
        self, caller: Caller, *, email: str, email_key: str, role: Role, remember: Remember[NewInvitation]
    ) -> NewInvitation:
        """Invite an address and queue the mail; an earlier invitation of it ends."""
        tenant, token = caller.tenant, new_secret(INVITATION_PREFIX)
        async with acting_as(self._pool, tenant=tenant) as connection:
            await require_standing(connection, caller)
            await connection.execute(_ENSURE, (tenant,))
            if (await connection.execute(_IS_MEMBER, (email_key,))).rowcount:
                raise InvitedAlready
            await connection.execute(_REPLACE, (tenant, email_key))
            await _refuse_too_many(connection, tenant)
            made = await _insert(connection, caller, email, email_key, role, token)
            (name,) = await _returned(connection, _NAME, (tenant,))
            mail = self._compose(recipient=email, tenant_name=name, token=token)
            await self._mail.queue(connection, mail, lifetime=LIFETIME)
            await note(connection, caller, INVITED, str(made.invitation.id), {"role": role})
            await append_answer(connection, remember(made))
        return made

    async def withdraw(self, caller: Caller, invitation: UUID) -> bool:
        """End an invitation; False where there was none to end."""
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            done = await connection.execute(_WITHDRAW, (caller.tenant, invitation))
            if done.rowcount:
                await note(connection, caller, "member.invitation_withdrawn", str(invitation))
        return done.rowcount > 0

    async def find(self, token: str) -> Invited | None:
        """Return what a token is for, or None where it opens nothing any more."""
        async with acting_as(self._pool) as connection:
            cursor = connection.cursor(row_factory=class_row(Invited))
            return await (await cursor.execute(_FIND, (secret_hash(token),))).fetchone()

    async def accept(self, token: str, person: UUID, origin: Origin) -> Joined | None:
        """Make a person a member; None where the invitation is not theirs, or no more."""
        return await self._joined(person, _ACCEPT, (secret_hash(token), address_of(origin.address)))

    async def join(self, token: str, newcomer: Newcomer, origin: Origin) -> Joined | None:
        """Make an account and a member of it; None where the address is taken, or the invitation no more."""
        names = (newcomer.first_name, newcomer.last_name, newcomer.password_hash)
        return await self._joined(uuid4(), _JOIN, (secret_hash(token), *names, address_of(origin.address)))

    async def _joined(self, person: UUID, query: LiteralString, values: tuple[Any, ...]) -> Joined | None:
        async with acting_as(self._pool, person=person) as connection:
            row = await (await connection.execute(query, values)).fetchone()
        if row is None:
            return None
        return Joined(tenant=row[0], tenant_name=row[1], person=person, role=row[2])


async def _insert(
    connection: AsyncConnection[Any], caller: Caller, email: str, email_key: str, role: Role, token: str
) -> NewInvitation:
    invitation = uuid4()
    values = (
        invitation,
        caller.tenant,
        email,
        email_key,
        role,
        secret_hash(token),
        caller.actor,
        LIFETIME,
    )
    created_at, expires_at = await _returned(connection, _INSERT, values)
    made = Invitation(
        id=invitation,
        email=email,
        role=role,
        invited_by=caller.actor,
        created_at=created_at,
        expires_at=expires_at,
    )
    return NewInvitation(invitation=made, token=token)


async def _refuse_too_many(connection: AsyncConnection[Any], tenant: str) -> None:
    (count,) = await _returned(connection, INVITATIONS_COUNTED, {"tenant": tenant})
    if count >= OPEN_MAX:
        raise TooManyInvitations
    (lately,) = await _returned(connection, _INVITED_LATELY, {"tenant": tenant, "action": INVITED})
    if lately >= PER_DAY_MAX:
        raise InvitedTooOften


async def _returned(connection: AsyncConnection[Any], query: LiteralString, values: Any) -> tuple[Any, ...]:
    cursor = connection.cursor(row_factory=tuple_row)
    row = await (await cursor.execute(query, values)).fetchone()
    assert row is not None
    return row


def _invitation(row: InvitationRow) -> Invitation:
    return Invitation(**{name: getattr(row, name) for name in InvitationRow.__struct_fields__})
