"""The hash chain of the log, worked out from what a row holds, and not by the database that holds it.

The same bytes as `events.content_digest` and `events.chain` of the first migration: SHA-256 over the row's columns
with a unit separator between, chained to the hash before it.
"""

from hashlib import sha256
from typing import Final, NamedTuple

SEPARATOR: Final = b"\x1f"
NULL: Final = b"\x1e"
SEPARATORS_PER_EVENT: Final = 10
MICROSECONDS_TO_2000: Final = 946_684_800_000_000
"""PostgreSQL counts from the year 2000, `extract(epoch …)` from 1970."""
_INFINITIES: Final = {2**63 - 1: b"Infinity", -(2**63): b"-Infinity"}


class LoggedRow(NamedTuple):
    """A row of `events.event` as it comes over the wire: text as UTF-8, ids as 16 bytes, times in microseconds
    since 2000-01-01 UTC.
    """

    position: int
    event_id: bytes
    originator_id: bytes
    originator_version: int
    effective_at: int
    recorded_at: int
    tenant_id: bytes
    topic: bytes
    actor: bytes
    correlation_id: bytes
    causation_id: bytes | None
    traceparent: bytes | None
    state: bytes
    hash: bytes


def content_of(row: LoggedRow) -> bytes:
    """Return what an event says, in the order in which the append function digests it."""
    return SEPARATOR.join(
        (
            uuid_text(row.event_id),
            row.tenant_id,
            uuid_text(row.originator_id),
            b"%d" % row.originator_version,
            row.topic,
            row.actor,
            row.correlation_id,
            NULL if row.causation_id is None else row.causation_id,
            NULL if row.traceparent is None else row.traceparent,
            epoch_text(row.effective_at),
            row.state,
        )
    )


def is_ambiguous(row: LoggedRow, content: bytes) -> bool:
    """Say whether other columns would have the same content: a separator inside one, or text that stands for null.

    Nothing that we record is; a row can only be made so, to say something else under an unchanged hash.
    """
    return (
        content.count(SEPARATOR) != SEPARATORS_PER_EVENT
        or row.causation_id == NULL
        or row.traceparent == NULL
    )


def chained(previous: bytes, row: LoggedRow, content: bytes) -> bytes:
    """Return the hash that a row must carry after one with the hash `previous`."""
    place = row.position.to_bytes(8, signed=True)
    return sha256(previous + place + epoch_text(row.recorded_at) + sha256(content).digest()).digest()


def epoch_text(microseconds: int) -> bytes:
    """Return a time as `extract(epoch from …)::text` writes it: seconds since 1970 with six decimals."""
    if microseconds in _INFINITIES:
        return _INFINITIES[microseconds]
    since_1970 = microseconds + MICROSECONDS_TO_2000
    seconds, rest = divmod(abs(since_1970), 1_000_000)
    return b"%s%d.%06d" % (b"-" if since_1970 < 0 else b"", seconds, rest)


def uuid_text(number: bytes) -> bytes:
    """Return an id as PostgreSQL writes it."""
    digits = number.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}".encode()
