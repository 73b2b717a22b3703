"""What `trimtab verify` proves: every way to tamper with the log shows, and at the place where it happened."""

import asyncio
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any, LiteralString

import msgspec
import psycopg
import pytest
from psycopg import Connection, sql
from tests.support.appends import an_append
from tests.support.database import as_api

from infrastructure.eventstore.append import append_batch
from infrastructure.eventstore.checkpoint_table import INSERT
from infrastructure.eventstore.checkpoints import Checkpoint, LogKey, TrustedKeys, new_key
from infrastructure.eventstore.proof import Evidence, Proof, proven
from infrastructure.postgres.connect import connector

EVENTS = 12
PEM = new_key()
KEY = LogKey(PEM)
EVIDENCE = Evidence(keys=TrustedKeys([KEY.public_pem]))

# For every column a value that it could hold; the expression sees the row.
OTHER_VALUES: dict[str, LiteralString] = {
    "position": "position + 1000",
    "event_id": "gen_random_uuid()",
    "tenant_id": "tenant_id || 'x'",
    "originator_id": "gen_random_uuid()",
    "originator_version": "originator_version + 1",
    "topic": "'portfolio.archived'",
    "state": "(replace(state::text, ':', ': '))::json",
    "actor": "'mallory'",
    "correlation_id": "'another'",
    "causation_id": "E'\\x1e'",
    "traceparent": "'00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'",
    "effective_at": "effective_at + interval '1 microsecond'",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "hash": "sha256(hash)",
}


@pytest.fixture
async def log(database_url: str) -> str:
    """A log of several tenants and times, written by the append function."""
    async with await connector(database_url, "test")() as connection:
        for number in range(EVENTS // 2):
            await append_batch(connection, [an_append(), an_append(tenant=f"tenant-{number}")])
    return database_url


def proof_of(url: str, evidence: Evidence = EVIDENCE, *, first: int = 1) -> Proof:
    with psycopg.connect(url) as connection:
        return proven(connection, evidence, first=first)


def broken_at(url: str, evidence: Evidence = EVIDENCE, *, first: int = 1) -> int | None:
    found = proof_of(url, evidence, first=first).broken
    return None if found is None else found.position


def tampered(url: str, *statements: LiteralString) -> None:
    """Somebody with every right on the database, who has also switched its triggers off."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        for statement in statements:
            connection.execute(statement)


def signed(url: str, position: int, *, previous: int = 0, key: LogKey = KEY) -> Checkpoint:
    """A checkpoint of an event, stored."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select encode(hash, 'hex'), recorded_at from events.event where position = %s", (position,)
        ).fetchone()
        assert row is not None
        made = key.signed(
            Checkpoint(
                position=position,
                hash=row[0],
                previous=previous,
                recorded_at=row[1],
                signed_at=datetime(2026, 1, 2, tzinfo=UTC),
                key_id="",
            )
        )
        stored(connection, made)
    return made


def stored(connection: Connection[Any], one: Checkpoint) -> None:
    facts = (one.position, bytes.fromhex(one.hash), one.previous, one.recorded_at, one.signed_at, one.key_id)
    connection.execute(INSERT, (*facts, b64decode(one.signature)))


REWRITE: LiteralString = """
do $$
declare previous bytea := '\\x'; row events.event;
begin
    for row in select * from events.event order by position loop
        previous := events.chain(previous, row.position, row.recorded_at, events.content_digest(
            row.event_id, row.tenant_id, row.originator_id, row.originator_version, row.topic, row.state::text,
            row.actor, row.correlation_id, row.causation_id, row.traceparent, row.effective_at));
        update events.event set hash = previous where position = row.position;
    end loop;
    update events.head set hash = previous, position = (select max(position) from events.event);
end $$"""


def test_a_log_that_nobody_touched_is_proven_to_its_head(log: str) -> None:
    with psycopg.connect(log) as connection:
        head = connection.execute("select encode(hash, 'hex') from events.head").fetchone()
    found = proof_of(log)
    assert (found.broken, found.events, found.last_position) == (None, EVENTS, EVENTS)
    assert (found.head,) == head


def test_an_empty_log_is_proven(database_url: str) -> None:
    found = proof_of(database_url)
    assert (found.broken, found.events, found.head) == (None, 0, "")


def test_the_digest_is_that_of_the_database_for_whatever_a_row_may_hold(database_url: str) -> None:
    odd: LiteralString = """
        insert into events.event
        select position, gen_random_uuid(), 'münchen "☃"', gen_random_uuid(), 1, 'x.y', E'{ "a":\\t"\\\\u001f é" }',
               '', 'c', case when position % 2 = 0 then 'cause' end, case when position % 3 = 0 then '' end, at,
               at + interval '1.000001 seconds', ''
          from unnest(array['1969-12-31 23:59:59.9Z', '1890-01-01', '1970-01-01Z', '0044-03-15 BC', 'infinity',
                            '-infinity', '9999-12-31 23:59:59.999999Z', '25000-01-01', '2026-07-01 12:00:00.000001+02']
                      ::timestamptz[]) with ordinality as moments (at, position)"""
    tampered(database_url, odd, REWRITE)
    assert proof_of(database_url).broken is None


def test_every_column_of_the_table_is_tried() -> None:
    assert len(OTHER_VALUES) == 14


@pytest.mark.parametrize("position", [1, 7, EVENTS])
@pytest.mark.parametrize("column", OTHER_VALUES)
async def test_a_changed_column_breaks_the_log_at_its_row(log: str, column: str, position: int) -> None:
    with psycopg.connect(log, autocommit=True) as connection:
        columns = connection.execute(
            "select count(*) from information_schema.columns where (table_schema, table_name) = ('events', 'event')"
        ).fetchone()
        assert columns == (len(OTHER_VALUES),)
        statement = sql.SQL("update events.event set {} = {} where position = {}")
        connection.execute(
            statement.format(sql.Identifier(column), sql.SQL(OTHER_VALUES[column]), sql.Literal(position))
        )
    assert broken_at(log) == position


def test_a_null_that_became_the_text_for_null_shows(log: str) -> None:
    tampered(log, "update events.event set traceparent = E'\\x1e' where position = 5")
    assert broken_at(log) == 5


def test_columns_that_moved_over_a_separator_show(log: str) -> None:
    moved: LiteralString = (
        "update events.event set topic = topic || E'\\x1f' || actor, actor = correlation_id, "
        "correlation_id = E'\\x1e', causation_id = null, traceparent = null where position = 5"
    )
    tampered(log, moved)
    assert broken_at(log) == 5


@pytest.mark.parametrize(
    ("statements", "position"),
    [
        pytest.param(("delete from events.event where position = 6",), 6, id="a middle row is gone"),
        pytest.param(("delete from events.event where position = 1",), 1, id="the first row is gone"),
        pytest.param(("delete from events.event where position > 9",), 10, id="the newest rows are gone"),
        pytest.param(("truncate events.event",), 1, id="all rows are gone"),
        pytest.param(("delete from events.head",), EVENTS + 1, id="the head is gone"),
        pytest.param(("update events.head set hash = '\\x00'",), EVENTS, id="the head's hash is another"),
        pytest.param(
            (
                "update events.event set position = -position where position > 6",
                "update events.event set position = 1 - position where position < 0",
                "insert into events.event select 7, gen_random_uuid(), tenant_id, gen_random_uuid(), 1, topic, state, "
                "actor, correlation_id, causation_id, traceparent, effective_at, recorded_at, hash "
                "from events.event where position = 6",
                "update events.head set position = position + 1",
            ),
            7,
            id="a row is put between",
        ),
        pytest.param(
            (
                "insert into events.event select position + 1, gen_random_uuid(), tenant_id, gen_random_uuid(), 1, "
                "topic, state, actor, correlation_id, causation_id, traceparent, effective_at, recorded_at, hash "
                "from events.event where position = 12",
            ),
            EVENTS + 1,
            id="a row is put at the end",
        ),
        pytest.param(
            (
                "update events.event set position = -position where position in (4, 9)",
                "update events.event set position = case position when -4 then 9 else 4 end where position < 0",
            ),
            4,
            id="two rows are swapped",
        ),
        pytest.param(
            (
                "alter table events.event alter column actor drop not null",
                "update events.event set actor = null where position = 8",
            ),
            8,
            id="a column is emptied",
        ),
    ],
)
def test_rows_that_are_missing_added_or_moved_show(
    log: str, statements: tuple[LiteralString, ...], position: int
) -> None:
    tampered(log, *statements)
    assert broken_at(log) == position


def test_the_answer_of_the_databases_own_functions_does_not_matter(log: str) -> None:
    lie: LiteralString = """create or replace function events.chain(
        previous bytea, "position" bigint, recorded_at timestamptz, content bytea) returns bytea language sql
        as $$ select hash from events.event e where e.position = chain.position $$"""
    tampered(log, lie, "update events.event set actor = 'mallory' where position = 3")
    assert broken_at(log) == 3


def test_newest_rows_that_are_gone_together_with_the_head_are_missed_by_a_checkpoint(log: str) -> None:
    signed(log, 11)
    tampered(log, "delete from events.event where position > 8", REWRITE)
    assert broken_at(log) == 9


def test_a_chain_that_was_written_anew_does_not_fit_its_checkpoint(log: str) -> None:
    signed(log, 4)
    signed(log, 10, previous=4)
    tampered(log, "update events.event set actor = 'mallory' where position = 7", REWRITE)
    assert broken_at(log) == 10


def test_a_chain_that_was_written_anew_does_not_fit_the_copy_when_the_table_was_emptied(log: str) -> None:
    kept = [signed(log, 10)]
    tampered(
        log,
        "delete from events.checkpoint",
        "update events.event set actor = 'm' where position = 7",
        REWRITE,
    )
    assert broken_at(log) is None  # nothing in the database tells
    found = proof_of(log, Evidence(keys=EVIDENCE.keys, kept=kept)).broken
    assert found is not None
    assert found.position == 10


def test_an_untouched_log_confirms_its_checkpoints(log: str) -> None:
    kept = [signed(log, 4), signed(log, 10, previous=4)]
    found = proof_of(log, Evidence(keys=EVIDENCE.keys, kept=kept))
    assert (found.broken, found.checkpoints, found.unproven) == (None, 2, 0)


def test_a_checkpoint_that_was_forged_with_another_key_shows(log: str) -> None:
    signed(log, 4)
    signed(log, 10, previous=4, key=LogKey(new_key()))
    assert broken_at(log) == 10


@pytest.mark.parametrize(
    "change",
    [
        "hash = sha256(hash)",
        "previous = 1",
        "recorded_at = 'infinity'",
        "signed_at = signed_at - interval '1 day'",
        "key_id = 'ffff'",
        "signature = substring(signature from 2)",
        "position = 9",
    ],
)
def test_a_checkpoint_that_was_changed_shows(log: str, change: LiteralString) -> None:
    signed(log, 4)
    tampered(log, f"update events.checkpoint set {change}")
    assert broken_at(log) in (1, 4, 9)


def test_a_checkpoint_that_was_taken_from_between_two_others_shows(log: str) -> None:
    signed(log, 4)
    signed(log, 8, previous=4)
    signed(log, 10, previous=8)
    tampered(log, "delete from events.checkpoint where position = 8")
    assert broken_at(log) == 8


def test_the_newest_checkpoint_that_was_removed_is_still_in_the_copy(log: str) -> None:
    kept = [signed(log, 4), signed(log, 10, previous=4)]
    tampered(log, "delete from events.checkpoint where position = 10")
    assert broken_at(log) is None
    found = proof_of(log, Evidence(keys=EVIDENCE.keys, kept=kept)).broken
    assert found is not None
    assert found.position == 10


def test_a_copy_that_tells_another_story_of_the_same_position_shows(log: str) -> None:
    in_table = signed(log, 4)
    later = KEY.signed(msgspec.structs.replace(in_table, signed_at=datetime(2026, 1, 3, tzinfo=UTC)))
    assert broken_at(log, Evidence(keys=EVIDENCE.keys, kept=[later])) == 4


def test_without_a_public_key_checkpoints_are_compared_and_called_unproven(log: str) -> None:
    signed(log, 4)
    found = proof_of(log, Evidence(keys=TrustedKeys([])))
    assert (found.broken, found.checkpoints, found.unproven) == (None, 0, 1)
    tampered(log, "update events.checkpoint set recorded_at = recorded_at - interval '1 microsecond'")
    assert broken_at(log, Evidence(keys=TrustedKeys([]))) == 4


def test_the_table_of_checkpoints_takes_no_change(log: str) -> None:
    signed(log, 4)
    with psycopg.connect(log, autocommit=True) as connection:
        statements: tuple[LiteralString, ...] = (
            "delete from events.checkpoint",
            "update events.checkpoint set previous = 0",
            "truncate events.checkpoint",
        )
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_part_of_the_log_is_proven_from_a_position_on(log: str) -> None:
    tampered(log, "update events.event set actor = 'mallory' where position = 5")
    assert proof_of(log, first=7).events == EVENTS - 6
    assert broken_at(log, first=7) is None
    assert broken_at(log, first=6) is None  # what is asked about begins behind it
    assert broken_at(log, first=5) == 5


def test_a_stream_with_a_gap_in_its_versions_shows_although_the_chain_holds(log: str) -> None:
    tampered(log, "update events.event set originator_version = 3 where position = 6", REWRITE)
    assert broken_at(log) == 6


def test_a_role_that_does_not_see_all_rows_is_refused_instead_of_misled(log: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        proof_of(as_api(log))


async def test_events_that_are_appended_meanwhile_are_no_failure(log: str) -> None:
    async with await connector(log, "test")() as connection:
        proofs: list[Proof] = []
        for _ in range(5):
            proving = asyncio.create_task(asyncio.to_thread(proof_of, log))
            while not proving.done():
                await append_batch(connection, [an_append() for _ in range(20)])
            proofs.append(await proving)
    assert [proof.broken for proof in proofs] == [None] * 5
    assert proofs[-1].events > proofs[0].events
