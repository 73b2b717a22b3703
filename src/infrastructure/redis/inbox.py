"""The inbox of an agent: a consumer group that survives whatever happens to Redis and to its members."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import structlog
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError, ResponseError

from application.inbox import Message
from infrastructure.redis.connect import Client
from infrastructure.redis.group import READ_COUNT, ConsumerGroup
from infrastructure.redis.messages import Burial, Delivery, NotOurs, message_of
from infrastructure.redis.metrics import AgentMetrics
from infrastructure.redis.names import dead_stream, parked_hash, retry_stream
from infrastructure.redis.publisher import position_of
from infrastructure.redis.refetch import Refetch

CLAIM_IDLE_SECONDS = 20.0
"""How long a member may give no sign of life; a working one gives them every few seconds."""
BLOCK_MILLISECONDS = 1000
log = structlog.get_logger()


def _now() -> datetime:
    return datetime.now(UTC)


class RedisInbox:
    """See `application.inbox.Inbox`.

    What a crash left with this member comes first, then what a dead member left behind, then what is new.
    The group begins at the first entry, and begins there again when Redis lost it: handling twice must be
    harmless, skipping never is.

    read_count : entries of each stream that are taken in hand at a time.
    """

    def __init__(
        self,
        redis: Client,
        group: str,
        consumer: str,
        streams: Sequence[str],
        *,
        refetch: Refetch,
        metrics: AgentMetrics,
        claim_idle_seconds: float = CLAIM_IDLE_SECONDS,
        block_milliseconds: int = BLOCK_MILLISECONDS,
        read_count: int = READ_COUNT,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._redis, self._name = redis, group
        self._retry = retry_stream(group)
        self._group = ConsumerGroup(
            redis,
            group,
            consumer,
            [*streams, self._retry],
            block_milliseconds=block_milliseconds,
            read_count=read_count,
        )
        self._refetch, self._metrics, self._clock = refetch, metrics, clock
        self._idle_seconds = claim_idle_seconds
        self._claim_at = 0.0
        self._created = False
        self._resuming = True
        self._open: dict[tuple[str, str], Delivery] = {}

    async def receive(self) -> Sequence[Message]:
        """Return the next messages, or none after about a second."""
        try:
            if not self._created:
                await self._group.create()
                self._created = True
            return await self._messages(await self._deliveries())
        except ResponseError as refusal:
            if not _lost_group(refusal):
                raise
            log.warning("the consumer group is gone, beginning anew", group=self._name)
            self._created = False
            return ()
        except RedisError:
            self._resuming = True  # an answer that got lost on the way may have handed something out
            raise

    async def _deliveries(self) -> Sequence[Delivery]:
        if self._resuming and (own := await self._group.read_own()):
            return await self._completed(own)
        self._resuming = False
        if monotonic() >= self._claim_at:
            self._claim_at = monotonic() + self._idle_seconds / 4
            await self._measure()
            forgotten = await self._group.claim(int(self._idle_seconds * 1000))
            self._resuming = True
            return await self._completed(forgotten)
        return await self._group.read_new()

    async def _completed(self, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
        """Fill in, from the event store, entries that their stream has let go."""
        gone = [one for one in deliveries if not one.fields]
        if not gone:
            return deliveries
        log.info("entries left their stream unsettled, reading the event store", entries=len(gone))
        known = await self._refetch([position_of(one.entry_id) for one in gone if one.stream != self._retry])
        found = [replace(one, fields=known.get(position_of(one.entry_id), {})) for one in gone]
        await self._settle([one for one in found if not one.fields])  # nobody knows it: it was never an event
        return [one for one in (*deliveries, *found) if one.fields]

    async def _messages(self, deliveries: Sequence[Delivery]) -> Sequence[Message]:
        self._open = {(one.stream, one.entry_id): one for one in deliveries}
        messages = [message for one in deliveries if (message := await self._understood(one)) is not None]
        parked = await self._parked(messages)
        waiting = [message for message in messages if message.sequence in parked]
        if waiting:
            await self.bury(waiting, error="an earlier letter of the portfolio is dead", traceback="")
        return [message for message in messages if message.sequence not in parked]

    async def _understood(self, delivery: Delivery) -> Message | None:
        try:
            return message_of(delivery)
        except NotOurs as failure:
            log.error("an entry is not ours, burying it", error=str(failure))
            await self._settle([delivery], Burial(error=str(failure), traceback="", at=self._clock()))
            return None

    async def _parked(self, messages: Sequence[Message]) -> set[str]:
        fresh = sorted({message.sequence for message in messages if message.stream != self._retry})
        if not fresh:
            return set()
        counts = await self._redis.hmget(parked_hash(self._name), fresh)
        return {sequence for sequence, count in zip(fresh, counts, strict=True) if count}

    async def keep(self, messages: Sequence[Message]) -> None:
        """Claim again what is still open of the messages."""
        for stream in self._group.streams:
            ids = [m.entry_id for m in messages if m.stream == stream and (stream, m.entry_id) in self._open]
            if ids:
                await self._group.keep(stream, ids)

    async def acknowledge(self, messages: Sequence[Message]) -> None:
        """Settle messages whose effect is recorded."""
        await self._settle([self._open[m.stream, m.entry_id] for m in messages])

    async def bury(self, messages: Sequence[Message], *, error: str, traceback: str) -> None:
        """Move messages to the dead letters and settle them, in one step."""
        for message in messages:
            burial = Burial(error=error, traceback=traceback, at=self._clock(), sequence=message.sequence)
            await self._settle([self._open[message.stream, message.entry_id]], burial)

    async def _settle(self, deliveries: Sequence[Delivery], burial: Burial | None = None) -> None:
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                for one in deliveries:
                    if burial is not None:
                        self._write_letter(pipeline, one, burial)
                    pipeline.xack(one.stream, self._name, one.entry_id)
                    if one.stream == self._retry:
                        pipeline.xdel(one.stream, one.entry_id)
                await pipeline.execute()
        except RedisError:
            self._resuming = True
            raise
        for one in deliveries:
            self._open.pop((one.stream, one.entry_id), None)

    def _write_letter(self, pipeline: Pipeline, delivery: Delivery, burial: Burial) -> None:
        letter: dict[Any, Any] = burial.letter(delivery, self._name)
        pipeline.xadd(dead_stream(self._name), letter)
        if burial.sequence:
            pipeline.hincrby(parked_hash(self._name), burial.sequence, 1)

    async def _measure(self) -> None:
        pending, lag = await self._group.waiting()
        self._metrics.pending.set(pending)
        self._metrics.lag.set(lag)


def _lost_group(refusal: ResponseError) -> bool:
    """Whether the group or its stream is gone; a reader that was blocked at that moment hears UNBLOCKED."""
    return str(refusal).startswith(("NOGROUP", "UNBLOCKED", "no such key"))
