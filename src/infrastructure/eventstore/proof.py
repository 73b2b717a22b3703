"""Proves that the log is as it was written, from the rows alone.

Everything is computed here: functions of the database may have been replaced together with its rows. What is asked
of it is to hand out rows, in one snapshot, so that events appended meanwhile do not matter.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from psycopg import Connection, IsolationLevel

from infrastructure.eventstore.chain import MICROSECONDS_TO_2000, LoggedRow, chained, content_of, is_ambiguous
from infrastructure.eventstore.checkpoint_table import ALL, IN_1970, checkpoint_of
from infrastructure.eventstore.checkpoints import Checkpoint, TrustedKeys
from infrastructure.eventstore.log_rows import rows_from, versions

HEAD: Final = "select position, hash from events.head"
MICROSECOND: Final = timedelta(microseconds=1)
MAY_BE_NULL: Final = frozenset({"causation_id", "traceparent"})


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where something is not as it was, and what it is."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found; `broken` is None where every event is as it was written.

    events : how many rows were looked at. head : the hash of the last of them, hexadecimal, empty without any.
    checkpoints : how many signed statements about those rows hold. unproven : how many could not be judged, since
    no public key is known.
    """

    events: int
    last_position: int
    head: str
    checkpoints: int
    unproven: int
    broken: Break | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known from outside the database."""

    keys: TrustedKeys
    kept: Sequence[Checkpoint] = ()


@dataclass(slots=True)
class _Walk:
    """How far the chain has been followed."""

    position: int
    hash: bytes
    recorded_at: int = 0
    events: int = 0
    confirmed: int = 0
    broken: list[Break] = field(default_factory=list)


def proven(connection: Connection[Any], evidence: Evidence, *, first: int = 1) -> Proof:
    """Follow the chain from a position to the head; the row before it is believed, or held against a checkpoint.

    The connection must see every tenant's rows. Raises the driver's errors.
    """
    connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
    connection.execute("set local row_security = off")  # an error instead of a part of the rows
    head = connection.execute(HEAD).fetchone()
    stored = [checkpoint_of(row) for row in connection.execute(ALL)]
    faults = [*_checkpoint_faults(stored, evidence), *_version_faults(connection, first)]
    with closing(rows_from(connection, max(1, first - 1))) as rows:
        walk = _walked(rows, _by_position(stored, evidence.kept), first)
    connection.rollback()  # rows that were not wanted any more have ended the transaction
    faults += walk.broken or [*_beyond_the_end(stored, evidence, walk), *_head_faults(head, walk)]
    unproven = 0 if evidence.keys else len(stored)
    return Proof(
        events=walk.events,
        last_position=walk.position,
        head=walk.hash.hex(),
        checkpoints=0 if unproven else walk.confirmed,
        unproven=unproven,
        broken=min(faults, key=lambda fault: fault.position, default=None),
    )


def _walked(rows: Iterator[LoggedRow], signed: dict[int, list[Checkpoint]], first: int) -> _Walk:
    """Follow the chain as far as it holds."""
    walk = _Walk(position=0, hash=b"") if first == 1 else _believed(rows, first - 1)
    if walk.position:
        _compare(walk, signed)
    for row in rows:
        if walk.broken:
            break
        if fault := _row_fault(walk, row):
            walk.broken.append(fault)
            break
        walk.position, walk.hash, walk.recorded_at = row.position, row.hash, row.recorded_at
        walk.events += 1
        if row.position in signed:
            _compare(walk, signed)
    return walk


def _believed(rows: Iterator[LoggedRow], position: int) -> _Walk:
    row = next(rows, None)
    if row is None or row.position != position:
        walk = _Walk(position=position - 1, hash=b"")
        walk.broken.append(Break(position, "this event is missing"))
        return walk
    return _Walk(position=position, hash=row.hash, recorded_at=row.recorded_at)


def _row_fault(walk: _Walk, row: LoggedRow) -> Break | None:
    expected = walk.position + 1
    if row.position != expected:
        return Break(expected, f"this event is missing: position {row.position} follows {walk.position}")
    if None in row and any(
        value is None and name not in MAY_BE_NULL for name, value in zip(row._fields, row, strict=True)
    ):
        return Break(expected, "a column of this event is empty")
    content = content_of(row)
    if chained(walk.hash, row, content) != row.hash:
        return Break(expected, "this event, or its hash, is not as it was written")
    if is_ambiguous(row, content):
        return Break(expected, "a column of this event holds a separator, to pass for another one")
    return None


def _compare(walk: _Walk, signed: dict[int, list[Checkpoint]]) -> None:
    for checkpoint in signed.get(walk.position, ()):
        recorded_at = (checkpoint.recorded_at - IN_1970) // MICROSECOND - MICROSECONDS_TO_2000
        if checkpoint.hash != walk.hash.hex() or recorded_at != walk.recorded_at:
            reason = f"the log up to here was written anew after {_said(checkpoint)} was signed"
            walk.broken.append(Break(walk.position, reason))
            return
        walk.confirmed += 1


def _by_position(*sources: Sequence[Checkpoint]) -> dict[int, list[Checkpoint]]:
    """Return checkpoints by position, the same one in two places once."""
    found: dict[int, dict[str, Checkpoint]] = {}
    for checkpoint in (one for source in sources for one in source):
        found.setdefault(checkpoint.position, {})[f"{checkpoint.hash}{checkpoint.recorded_at}"] = checkpoint
    return {position: list(one.values()) for position, one in found.items()}


def _checkpoint_faults(stored: Sequence[Checkpoint], evidence: Evidence) -> Iterator[Break]:
    """Judge the statements themselves: their signatures, their order, and whether table and copy agree."""
    if evidence.keys:
        for checkpoint in (*stored, *evidence.kept):
            if fault := evidence.keys.fault(checkpoint):
                yield Break(checkpoint.position, f"{_said(checkpoint)} {fault}")
    previous = 0
    for checkpoint in stored:
        if checkpoint.previous != previous:
            yield Break(
                checkpoint.previous, f"the checkpoint before {_said(checkpoint)} is missing or changed"
            )
        previous = checkpoint.position
    in_table = {checkpoint.position: checkpoint for checkpoint in stored}
    for checkpoint in evidence.kept:
        if checkpoint.position not in in_table:
            yield Break(checkpoint.position, f"{_said(checkpoint)} was kept, and is gone from the database")
        elif in_table[checkpoint.position] != checkpoint:
            yield Break(checkpoint.position, f"{_said(checkpoint)} was kept with another content")


def _beyond_the_end(stored: Sequence[Checkpoint], evidence: Evidence, walk: _Walk) -> Iterator[Break]:
    for checkpoint in (*stored, *evidence.kept):
        if checkpoint.position > walk.position:
            yield Break(
                walk.position + 1, f"this event is missing: {_said(checkpoint)} knew the log to be longer"
            )


def _head_faults(head: tuple[Any, ...] | None, walk: _Walk) -> Iterator[Break]:
    if head is None or head[0] > walk.position:
        known = "nothing" if head is None else f"a log up to position {head[0]}"
        yield Break(walk.position + 1, f"this event is missing: the head knows {known}")
    elif head[0] < walk.position:
        yield Break(head[0] + 1, "the head knows nothing of this event")
    elif head[1] != walk.hash:
        yield Break(walk.position, "the head has another hash than this event")


def _version_faults(connection: Connection[Any], first: int) -> Iterator[Break]:
    """Find streams whose versions do not count from 1 on without a gap; the chain would hold even so."""
    for _, stream in groupby(versions(connection), key=itemgetter(0)):
        for expected, (_, version, position) in enumerate(stream, 1):
            if version != expected:
                if position >= first:
                    yield Break(
                        position, f"this event is version {version} of its stream, where {expected} follows"
                    )
                break


def _said(checkpoint: Checkpoint) -> str:
    return f"the checkpoint of position {checkpoint.position}"
