"""Events to append, without a use case around them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from tests.support.callers import a_caller

from application.idempotency import Idempotency, KeyedAnswer, StoredAnswer
from application.ledger import Append
from domain.instruments import Instruments

NOW = datetime(2024, 1, 2, 10, 0, tzinfo=UTC)


def an_append(stream: UUID | None = None, *, tenant: str = "acme", key: str | None = None) -> Append:
    """The first event of a stream, with an answer to remember where a key is given."""
    opened = Instruments.start(Instruments.Started, id=stream or uuid4(), tenant_id=tenant, effective_at=NOW)
    return Append(
        caller=a_caller(tenant),
        events=opened.collect_events(),
        answer=None if key is None else an_answer(tenant, key),
    )


def an_answer(tenant: str, key: str) -> KeyedAnswer:
    """An answer under a key."""
    return KeyedAnswer(
        request=Idempotency(tenant=tenant, route="POST /things", key=key, payload_hash=b"\x01"),
        answer=StoredAnswer(payload_hash=b"\x01", status=201, headers={"Location": "/things/1"}, body=b"{}"),
    )


async def count(connection: Any, query: str) -> int:
    """The one number that a query returns."""
    row = await (await connection.execute(query)).fetchone()
    return int(row[0])
