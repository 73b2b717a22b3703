"""One consumer group over several streams: the plain commands, and what each Redis version makes of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from redis.exceptions import ResponseError

from infrastructure.redis.connect import Client
from infrastructure.redis.messages import Delivery
from infrastructure.redis.publisher import position_of

READ_COUNT = 500
CLAIM_COUNT = 100


class ConsumerGroup:
    """A named member of a group."""

    def __init__(
        self,
        redis: Client,
        group: str,
        consumer: str,
        streams: Sequence[str],
        *,
        block_milliseconds: int,
        read_count: int = READ_COUNT,
    ) -> None:
        self._redis, self.name, self.consumer, self.streams = redis, group, consumer, tuple(streams)
        self._block, self._count = block_milliseconds, read_count

    async def create(self) -> None:
        """Begin at the first entry of every stream; a group that exists keeps its place."""
        for stream in self.streams:
            try:
                await self._redis.xgroup_create(stream, self.name, id="0", mkstream=True)
            except ResponseError as refusal:
                if not str(refusal).startswith("BUSYGROUP"):
                    raise

    async def read_new(self) -> list[Delivery]:
        """Wait a moment for entries that nobody of the group was handed yet."""
        return await self._read(">", block=self._block)

    async def read_own(self) -> list[Delivery]:
        """Return what this member was handed and never settled, with the number of times."""
        found = await self._read("0", block=None)
        times = {stream: await self._times(stream, found) for stream in {one.stream for one in found}}
        return [
            Delivery(one.stream, one.entry_id, one.fields, times[one.stream].get(one.entry_id, 1))
            for one in found
        ]

    async def claim(self, idle_milliseconds: int) -> list[Delivery]:
        """Take over what other members hold without a sign of life, of each stream as much as is read at a time.

        Whoever took more would leave the rest without a sign of life, and every member that took it over from there
        would count as one that did not survive it.

        Returns entries that are gone from their stream and that Redis (7 and newer) thereby forgot; all
        others are among `read_own` from now on.
        """
        forgotten: list[Delivery] = []
        for stream in self.streams:
            cursor, room = b"0-0", self._count
            while room > 0:
                answer: Sequence[Any] = await self._redis.xautoclaim(
                    stream, self.name, self.consumer, idle_milliseconds, cursor, count=min(CLAIM_COUNT, room)
                )
                forgotten += [Delivery(stream, gone.decode()) for gone in (answer[2] if answer[2:] else ())]
                cursor, room = answer[0], room - len(answer[1])
                if cursor == b"0-0":
                    break
        return forgotten

    async def keep(self, stream: str, entry_ids: Iterable[str]) -> None:
        """Start the idle time of entries anew; it is no further hand-out."""
        await self._redis.xclaim(stream, self.name, self.consumer, 0, list(entry_ids), justid=True)

    async def waiting(self) -> tuple[int, int]:
        """Return how many entries are handed out and unsettled, and how far behind the group is.

        Redis before 7 does not count the second; positions of the log stand in for entries then.
        """
        pending = lag = 0
        for stream in self.streams:
            newest = position_of((await self._redis.xinfo_stream(stream))["last-generated-id"])
            for group in await self._redis.xinfo_groups(stream):
                if group["name"].decode() == self.name:
                    pending += group["pending"]
                    behind = newest - position_of(group["last-delivered-id"])
                    lag += behind if group.get("lag") is None else group["lag"]
        return pending, lag

    async def _read(self, after: str, *, block: int | None) -> list[Delivery]:
        answer: Any = await self._redis.xreadgroup(
            self.name, self.consumer, dict.fromkeys(self.streams, after), count=self._count, block=block
        )
        return [
            Delivery(stream.decode(), entry_id.decode(), fields)
            for stream, entries in answer or ()
            for entry_id, fields in entries
        ]

    async def _times(self, stream: str, found: Sequence[Delivery]) -> dict[str, int]:
        ids = [one.entry_id for one in found if one.stream == stream]
        pending: list[dict[str, Any]] = await self._redis.xpending_range(
            stream, self.name, ids[0], ids[-1], len(ids), consumername=self.consumer
        )
        return {one["message_id"].decode(): one["times_delivered"] for one in pending}
