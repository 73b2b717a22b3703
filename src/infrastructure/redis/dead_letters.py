"""What agents gave up on: looking at it, and trying it again."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from infrastructure.redis.connect import Client
from infrastructure.redis.names import DEAD_PREFIX, dead_stream, parked_hash, retry_stream


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One entry that was put aside; `sequence` is `<tenant>/<portfolio>`, `entry` its id on `stream`."""

    group: str
    id: str
    stream: str
    entry: str
    sequence: str
    type: str
    error: str
    traceback: str
    deliveries: int
    at: str


class DeadLetters:
    """The dead letters of all groups, or of one."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        script = files("infrastructure.redis").joinpath("replay.lua").read_text(encoding="utf-8")
        self._replay = redis.register_script(script)

    async def groups(self) -> list[str]:
        """Return the groups that have, or had, dead letters."""
        keys: Any = self._redis.scan_iter(f"{DEAD_PREFIX}*")
        return sorted([key.decode().removeprefix(DEAD_PREFIX) async for key in keys])

    async def of(self, group: str) -> list[DeadLetter]:
        """Return a group's dead letters, oldest first."""
        entries: Any = await self._redis.xrange(dead_stream(group))
        return [_letter(group, entry_id.decode(), fields) for entry_id, fields in entries]

    async def replay(self, group: str, letter_id: str = "") -> int:
        """Hand a group's letters out again; return how many.

        letter_id : with it, only this letter and the others of its portfolio, which wait for each other.
        """
        keys = [dead_stream(group), retry_stream(group), parked_hash(group)]
        count: int = await self._replay(keys=keys, args=[letter_id])
        return count


def _letter(group: str, letter_id: str, fields: dict[bytes, bytes]) -> DeadLetter:
    def text(name: str) -> str:
        return fields.get(name.encode(), b"").decode(errors="replace")

    facts: dict[str, Any] = {
        name: text(f"dead{name}") for name in ("stream", "entry", "sequence", "error", "traceback")
    }
    return DeadLetter(
        group=group,
        id=letter_id,
        type=text("type"),
        deliveries=int(text("deaddeliveries") or 0),
        at=text("deadtime"),
        **facts,
    )
