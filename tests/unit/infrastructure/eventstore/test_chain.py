"""The chain's own arithmetic; that it is the database's is proven on the database."""

from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from infrastructure.eventstore.chain import (
    LoggedRow,
    chained,
    content_of,
    epoch_text,
    is_ambiguous,
    uuid_text,
)

SECOND = 1_000_000
TO_1970 = -946_684_800 * SECOND


def a_row(**given: object) -> LoggedRow:
    facts: dict[str, object] = {
        "position": 1,
        "event_id": UUID(int=1).bytes,
        "originator_id": UUID(int=2).bytes,
        "originator_version": 1,
        "effective_at": 0,
        "recorded_at": 0,
        "tenant_id": b"acme",
        "topic": b"portfolio.registered",
        "actor": b"ann",
        "correlation_id": b"c",
        "causation_id": None,
        "traceparent": None,
        "state": b"{}",
        "hash": b"",
    }
    return LoggedRow(**(facts | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (TO_1970, b"0.000000"),
        (TO_1970 + 1, b"0.000001"),
        (TO_1970 - 1, b"-0.000001"),
        (TO_1970 - SECOND - 500_000, b"-1.500000"),
        (0, b"946684800.000000"),
        (2**63 - 1, b"Infinity"),
        (-(2**63), b"-Infinity"),
    ],
)
def test_times_are_written_as_postgresql_writes_them(microseconds: int, text: bytes) -> None:
    assert epoch_text(microseconds) == text


@given(some.uuids())
def test_ids_are_written_as_everybody_writes_them(number: UUID) -> None:
    assert uuid_text(number.bytes) == str(number).encode()


def test_a_row_is_chained_to_the_one_before_by_every_byte() -> None:
    content = content_of(a_row())
    row = a_row(position=258)
    expected = sha256(
        b"before" + b"\0\0\0\0\0\0\1\2" + b"946684800.000000" + sha256(content).digest()
    ).digest()
    assert chained(b"before", row, content) == expected


@pytest.mark.parametrize(
    "given",
    [
        {"causation_id": b"\x1e"},
        {"traceparent": b"\x1e"},
        {"actor": b"ann\x1fc", "correlation_id": b""},
        {"state": b"{}\x1f"},
    ],
)
def test_a_row_that_could_be_taken_for_another_is_ambiguous(given: dict[str, object]) -> None:
    row = a_row(**given)
    assert is_ambiguous(row, content_of(row))


def test_an_ordinary_row_is_not_ambiguous() -> None:
    row = a_row(causation_id=b"cause", traceparent=b"")
    assert not is_ambiguous(row, content_of(row))
