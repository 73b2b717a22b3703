"""Writing to the streams: one script, so that entries and checkpoint are one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from redis.exceptions import ResponseError

from infrastructure.redis.connect import Client
from projections.published.catalogue import STREAMS
from projections.published.cloudevents import Entry

CHECKPOINT = "pm:relay"
UNREAD = -1
"""A position after which nobody can have read: asks where to begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the streams stand: read on after `position`; `furthest` is the highest id on any of them."""

    position: int
    furthest: int
    rewound: bool


class ForeignStreams(RuntimeError):
    """Redis holds the streams of another event store; positions would mean two things at once."""

    def __init__(self) -> None:
        super().__init__(
            "The streams in this Redis were written from another event store. "
            "Use another Redis database, or empty this one."
        )


class Publisher:
    """Appends entries to the streams, each exactly once and in order, whatever happens in between."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._streams = [stream.name for stream in STREAMS]
        script = files("infrastructure.redis").joinpath("publish.lua").read_text(encoding="utf-8")
        self._publish = redis.register_script(script)

    async def standing(self, origin: str) -> Standing:
        """Ask where the streams stand, after a look at whether anything was lost."""
        return await self.publish((), origin=origin, after=UNREAD, upto=UNREAD)

    async def publish(self, entries: Iterable[Entry], *, origin: str, after: int, upto: int) -> Standing:
        """Append the entries read after one position and up to another, if that is where the streams stand.

        Where they stand elsewhere (something was lost, another relay was faster) nothing is written, and the
        answer says from where to read.

        origin : the id of the store's first event, which tells stores apart; empty where there is none yet.

        Raises
        ------
        ForeignStreams
            If the streams were written from another event store.
        """
        arguments = [origin, after, upto, *self._arguments(entries)]
        try:
            answer = await self._publish(keys=[CHECKPOINT, *self._streams], args=arguments)
        except ResponseError as refusal:
            if str(refusal).startswith("FOREIGN"):
                raise ForeignStreams from refusal
            raise
        position, furthest, rewound = (int(figure) for figure in answer)
        return Standing(position=position, furthest=furthest, rewound=bool(rewound))

    def _arguments(self, entries: Iterable[Entry]) -> Iterator[Any]:
        for entry in entries:
            yield self._streams.index(entry.stream) + 2
            yield entry.position
            yield 2 * len(entry.fields)
            for name, value in entry.fields.items():
                yield name
                yield value

    async def needed_from(self, stream: str) -> int | None:
        """Return the lowest position a group of the stream still needs; None where there is no group."""
        groups: Sequence[dict[str, Any]] = await self._groups(stream)
        return min([await self._needed_by(stream, group) for group in groups], default=None)

    async def _groups(self, stream: str) -> Sequence[dict[str, Any]]:
        if not await self._redis.exists(stream):
            return ()
        found: Sequence[dict[str, Any]] = await self._redis.xinfo_groups(stream)
        return found

    async def _needed_by(self, stream: str, group: dict[str, Any]) -> int:
        pending = await self._redis.xpending(stream, group["name"])
        if pending["min"] is not None:
            return position_of(pending["min"])
        return position_of(group["last-delivered-id"]) + 1

    async def trim(self, stream: str, before: int) -> int:
        """Remove entries below a position, roughly (whole nodes only), and return how many went."""
        removed: int = await self._redis.xtrim(stream, minid=f"{before}-0", approximate=True)
        return removed


def position_of(entry_id: bytes | str) -> int:
    """Return the position that an entry id stands for."""
    text = entry_id.decode() if isinstance(entry_id, bytes) else entry_id
    return int(text.partition("-")[0])
