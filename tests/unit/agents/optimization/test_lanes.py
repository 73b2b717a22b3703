"""Work side by side: in order, so many at a time, and ended as a whole."""

import asyncio

import pytest

from agents.optimization.lanes import in_lanes


async def test_no_more_is_done_at_a_time_than_there_are_lanes() -> None:
    at_work, most = 0, 0
    begun: list[int] = []

    async def work(part: int) -> None:
        nonlocal at_work, most
        begun.append(part)
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1

    await in_lanes(work, range(7), lanes=3)
    assert (begun, most) == (list(range(7)), 3)


async def test_a_failure_ends_what_is_done_beside_it() -> None:
    ended: list[int] = []

    async def work(part: int) -> None:
        if part == 1:
            raise ZeroDivisionError
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(part)

    with pytest.raises(ZeroDivisionError):
        await in_lanes(work, range(3), lanes=2)
    assert ended == [0]


async def test_nothing_to_do_is_done_at_once() -> None:
    async def work(part: int) -> None:
        raise AssertionError(part)

    await in_lanes(work, (), lanes=4)
