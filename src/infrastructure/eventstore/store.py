"""Streams on loan from a bounded cache, kept current by reading only what is new."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast
from uuid import UUID
from weakref import WeakValueDictionary

from application.ledger import Append
from application.turns import in_turns
from domain.aggregate import Aggregate
from infrastructure.eventstore.append import GroupCommit
from infrastructure.eventstore.streams import Streams

A = TypeVar("A", bound=Aggregate)
CACHED_STREAMS = 20_000


class CachedEventStore:
    """The `EventStore` port: one command at a time per stream and process, races between processes by version.

    A stream is always brought up to its newest event before it is lent, so another process's writes are seen;
    one whose command failed is dropped, since it holds decisions that never happened.
    """

    def __init__(self, streams: Streams, commits: GroupCommit, *, capacity: int = CACHED_STREAMS) -> None:
        self._streams, self._commits, self._capacity = streams, commits, capacity
        self._cache: OrderedDict[UUID, Aggregate] = OrderedDict()
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def checkout(
        self, aggregate_class: type[A], aggregate_id: UUID, *, tenant: str
    ) -> AsyncIterator[A | None]:
        """Lend a stream to one command."""
        lock = self._locks.setdefault(aggregate_id, asyncio.Lock())
        async with lock:
            aggregate = await self._current(aggregate_class, aggregate_id, tenant)
            try:
                yield aggregate
            finally:
                self._take_back(aggregate)

    def _take_back(self, aggregate: Aggregate | None) -> None:
        if aggregate is not None and not aggregate.pending_events:
            self._keep(aggregate)

    async def append(self, append: Append) -> int:
        """Append one command's events."""
        return await self._commits.append(append)

    async def _current(self, aggregate_class: type[A], aggregate_id: UUID, tenant: str) -> A | None:
        aggregate: Any = self._cache.pop(aggregate_id, None)
        if aggregate is not None and aggregate.tenant_id != tenant:
            self._keep(aggregate)
            return None
        after = aggregate.version if aggregate is not None else 0
        async for event in in_turns(await self._streams.load(aggregate_id, tenant=tenant, after=after)):
            aggregate = event.mutate(aggregate)
        return cast("A | None", aggregate) if isinstance(aggregate, aggregate_class) else None

    def _keep(self, aggregate: Aggregate) -> None:
        self._cache[aggregate.id] = aggregate
        while len(self._cache) > self._capacity:
            self._cache.popitem(last=False)
