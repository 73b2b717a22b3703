import asyncio
from itertools import count

from application.turns import TURN_SECONDS, in_turns


async def told_by_another(*, seconds_per_value: float) -> list[str]:
    """What happens in which order when four values are worked on beside another task."""
    told: list[str] = []
    ticks = count()

    async def other() -> None:
        told.append("other")

    task = asyncio.create_task(other())
    async for value in in_turns("abcd", clock=lambda: next(ticks) * seconds_per_value):
        told.append(value)
    await task
    return told


async def test_long_work_lets_others_in_between() -> None:
    assert await told_by_another(seconds_per_value=TURN_SECONDS / 2) == ["a", "other", "b", "c", "d"]


async def test_short_work_is_done_in_one_turn() -> None:
    assert await told_by_another(seconds_per_value=0) == ["a", "b", "c", "d", "other"]
