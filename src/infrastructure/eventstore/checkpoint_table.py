"""The checkpoints in the database, as they are there: whatever a row holds becomes a checkpoint to judge."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

from infrastructure.eventstore.checkpoints import Checkpoint

IN_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)
UNREADABLE_TIME: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for times that only PostgreSQL can tell; no signature is good for it."""
SELECT: LiteralString = """
    select position, encode(hash, 'hex'), previous,
           case when isfinite(recorded_at) then (extract(epoch from recorded_at) * 1000000)::bigint end,
           case when isfinite(signed_at) then (extract(epoch from signed_at) * 1000000)::bigint end,
           key_id, signature
      from events.checkpoint"""
ALL: LiteralString = f"{SELECT} order by position"
NEWEST: LiteralString = f"{SELECT} order by position desc limit 1"
INSERT: LiteralString = """
    insert into events.checkpoint (position, hash, previous, recorded_at, signed_at, key_id, signature)
    values (%s, %s, %s, %s, %s, %s, %s)"""


def checkpoint_of(row: tuple[Any, ...]) -> Checkpoint:
    """Return the checkpoint of a row of SELECT."""
    position, digest, previous, recorded_at, signed_at, key_id, signature = row
    return Checkpoint(
        position=position,
        hash=digest,
        previous=previous,
        recorded_at=_moment(recorded_at),
        signed_at=_moment(signed_at),
        key_id=key_id,
        signature=b64encode(signature).decode(),
    )


def _moment(microseconds: int | None) -> datetime:
    try:
        return UNREADABLE_TIME if microseconds is None else IN_1970 + timedelta(microseconds=microseconds)
    except OverflowError:
        return UNREADABLE_TIME
