"""Sessions in PostgreSQL: families of refresh tokens, of which only the newest counts."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from application.credentials import address_of
from application.identity.ports import OpenSession, Origin, Refreshed, SessionRecord
from application.identity.roles import Role
from infrastructure.identity.secrets import REFRESH_PREFIX, new_secret, secret_hash
from infrastructure.postgres.acting import acting_as

AGENT_LENGTH_MAX: Final = 200
_START: LiteralString = "select tenant_id, role from identity.start_session(%s, %s, %s, %s, %s, %s, %s, %s)"
_ROTATE: LiteralString = """select outcome, session_id, person_id, tenant_id, role
    from identity.rotate_token(%s, %s, %s, make_interval(secs => %s), %s)"""
_SIGN_OUT: LiteralString = "select identity.end_session_of_token(%s, %s)"
_END: LiteralString = """
    with ended as (
        update identity.session set ended_at = clock_timestamp(), end_reason = %(reason)s
         where person_id = %(person)s and ended_at is null and (%(session)s::uuid is null or session_id = %(session)s)
        returning session_id, tenant_id
    )
    select session_id, identity.note_audit(
        tenant_id, %(person)s::text, 'auth.signed_out', 'session/' || session_id, %(address)s) from ended"""
_OPEN: LiteralString = """from identity.session
    where person_id = %(person)s and ended_at is null and expires_at > clock_timestamp()"""
_LIST: LiteralString = f"""select session_id as id, tenant_id as tenant, created_at, used_at, expires_at,
    host(address) as address, agent {_OPEN} order by used_at desc, session_id limit %(limit)s offset %(offset)s"""
_COUNT: LiteralString = f"select count(*) {_OPEN}"
_SWITCH: LiteralString = """
    update identity.session s set tenant_id = m.tenant_id from identity.member m
     where s.session_id = %(session)s and s.person_id = %(person)s and s.ended_at is null
       and m.person_id = s.person_id and m.tenant_id = %(tenant)s
    returning m.role"""


class PostgresSessions:
    """Starts, continues and ends sessions.

    `lifetime` is how long a refresh token can be used; each refresh begins it anew. `forget` is told of sessions
    that have changed, for whoever remembers how they stood. `own_tenants` says whether people who belong to no tenant
    any more are given one of their own when they sign in.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        *,
        lifetime: timedelta,
        forget: Callable[[UUID], None],
        own_tenants: bool = True,
    ) -> None:
        self._pool, self._lifetime, self._forget = pool, lifetime, forget
        self._own_tenants = own_tenants

    async def start(self, person: UUID, tenant: str | None, origin: Origin) -> OpenSession | None:
        """Sign somebody in; None where they do not belong to the tenant."""
        session, token = uuid4(), new_secret(REFRESH_PREFIX)
        agent = origin.agent[:AGENT_LENGTH_MAX] if origin.agent else None
        values = (
            session,
            person,
            tenant,
            secret_hash(token),
            self._lifetime,
            address_of(origin.address),
            agent,
            str(uuid4()) if self._own_tenants else None,
        )
        async with acting_as(self._pool) as connection:
            row = await (await connection.execute(_START, values)).fetchone()
        if row is None:
            return None
        return OpenSession(id=session, person=person, tenant=row[0], role=row[1], refresh_token=token)

    async def refresh(self, token: str, origin: Origin) -> Refreshed:
        """Exchange a refresh token for the next; a used one ends its session."""
        arrived, fresh = monotonic(), new_secret(REFRESH_PREFIX)
        old, new, address = secret_hash(token), secret_hash(fresh), address_of(origin.address)
        async with acting_as(self._pool) as connection:
            waited = monotonic() - arrived
            row = await (
                await connection.execute(_ROTATE, (old, new, self._lifetime, waited, address))
            ).fetchone()
        assert row is not None
        outcome, session, person, tenant, role = row
        if outcome == "rotated":
            opened = OpenSession(id=session, person=person, tenant=tenant, role=role, refresh_token=fresh)
            return Refreshed(outcome=outcome, session=opened)
        if session is not None:
            self._forget(session)
        return Refreshed(outcome=outcome)

    async def end(self, person: UUID, session: UUID, *, reason: str, origin: Origin) -> bool:
        """End a session of a person; False where they have none such."""
        return await self._end(person, session, reason, origin)

    async def end_all(self, person: UUID, origin: Origin) -> None:
        """End every session of a person."""
        await self._end(person, None, "signed_out_everywhere", origin)

    async def end_by_token(self, token: str, origin: Origin) -> bool:
        """End the session of a refresh token; False where there is none."""
        async with acting_as(self._pool) as connection:
            values = (secret_hash(token), address_of(origin.address))
            row = await (await connection.execute(_SIGN_OUT, values)).fetchone()
        if row is None or row[0] is None:
            return False
        self._forget(row[0])
        return True

    async def of_person(self, person: UUID, *, limit: int, offset: int) -> tuple[list[SessionRecord], int]:
        """Return a page of a person's sessions that have not ended, the latest used first, and how many there are."""
        values = {"person": person, "limit": limit, "offset": offset}
        async with acting_as(self._pool, person=person) as connection:
            cursor = connection.cursor(row_factory=class_row(SessionRecord))
            found = await (await cursor.execute(_LIST, values)).fetchall()
            total = await (await connection.execute(_COUNT, values)).fetchone()
        return found, total[0] if total else 0

    async def switch(self, person: UUID, session: UUID, tenant: str) -> Role | None:
        """Let a session's next tokens be for another tenant of the person; None where they do not belong to it."""
        values = {"person": person, "session": session, "tenant": tenant}
        async with acting_as(self._pool, person=person) as connection:
            row = await (await connection.execute(_SWITCH, values)).fetchone()
        return row[0] if row else None

    async def _end(self, person: UUID, session: UUID | None, reason: str, origin: Origin) -> bool:
        values = {
            "person": person,
            "session": session,
            "reason": reason,
            "address": address_of(origin.address),
        }
        async with acting_as(self._pool, person=person) as connection:
            ended = await (await connection.execute(_END, values)).fetchall()
        for row in ended:
            self._forget(row[0])
        return bool(ended)
