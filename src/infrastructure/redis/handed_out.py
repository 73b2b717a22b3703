"""How far consumer groups have been handed a stream."""

from collections.abc import Sequence
from typing import Any

from infrastructure.redis.connect import Client
from infrastructure.redis.publisher import position_of


async def handed_out(redis: Client, stream: str, groups: Sequence[str]) -> int:
    """Return the highest position that any of the groups was handed; 0 where there is no such group yet."""
    if not await redis.exists(stream):
        return 0
    known: Sequence[dict[str, Any]] = await redis.xinfo_groups(stream)
    return max(
        (position_of(group["last-delivered-id"]) for group in known if group["name"].decode() in groups),
        default=0,
    )
