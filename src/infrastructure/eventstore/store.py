"""Streams on loan from a bounded cache, kept current by reading only what is new."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

from application.ledger import Append, Stream
from application.turns import in_turns
from domain.aggregate import Aggregate
from infrastructure.eventstore.append import GroupCommit
from infrastructure.eventstore.streams import Streams

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
        self, streams: Sequence[Stream], *, tenant: str
    ) -> AsyncIterator[Sequence[Aggregate | None]]:
        """Lend streams to one command."""
        async with AsyncExitStack() as turns:
            for _, aggregate_id in streams:
                await turns.enter_async_context(self._locks.setdefault(aggregate_id, asyncio.Lock()))
            aggregates = await self._current(streams, tenant)
            try:
                yield aggregates
            finally:
                for aggregate in aggregates:
                    self._take_back(aggregate)

    def _take_back(self, aggregate: Aggregate | None) -> None:
        if aggregate is not None and not aggregate.pending_events:
            self._keep(aggregate)

    async def append(self, append: Append) -> int:
        """Append one command's events."""
        return await self._commits.append(append)

    async def _current(self, streams: Sequence[Stream], tenant: str) -> list[Aggregate | None]:
        known = {aggregate_id: self._kept(aggregate_id, tenant) for _, aggregate_id in streams}
        versions = {key: 0 if aggregate is None else aggregate.version for key, aggregate in known.items()}
        for key, events in (await self._streams.load(versions, tenant=tenant)).items():
            async for event in in_turns(events):
                known[key] = event.mutate(known[key])
        return [
            found if isinstance(found := known[key], aggregate_class) else None
            for aggregate_class, key in streams
        ]

    def _kept(self, aggregate_id: UUID, tenant: str) -> Any:
        """Take a stream out of the cache; somebody else's stays."""
        aggregate: Any = self._cache.get(aggregate_id)
        if aggregate is None or aggregate.tenant_id != tenant:
            return None
        return self._cache.pop(aggregate_id)

    def _keep(self, aggregate: Aggregate) -> None:
        self._cache[aggregate.id] = aggregate
        while len(self._cache) > self._capacity:
            self._cache.popitem(last=False)
