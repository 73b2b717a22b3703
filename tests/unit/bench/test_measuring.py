import asyncio

import pytest
from tests.bench.measuring import Pair, at_least, at_most, figure, in_turns, percentile, ratio_row, spread_row


async def test_ours_and_the_baseline_take_turns_at_going_first() -> None:
    order: list[str] = []

    async def ours() -> float:
        order.append("ours")
        return 1.0

    async def baseline() -> float:
        order.append("baseline")
        await asyncio.sleep(0)
        return 2.0

    pairs = await in_turns(ours, baseline, 3)
    assert order == ["ours", "baseline", "baseline", "ours", "ours", "baseline"]
    assert pairs == [Pair(ours=1.0, baseline=2.0)] * 3


def test_a_ratio_is_taken_turn_by_turn_before_the_median() -> None:
    pairs = [Pair(ours=1, baseline=2), Pair(ours=30, baseline=10), Pair(ours=8, baseline=8)]
    row = ratio_row("1", "work", at_least(1, "×"), pairs)
    assert (row.value, row.low, row.high, row.turns) == (1.0, 0.5, 3.0, 3)


@pytest.mark.parametrize(
    ("target", "value", "reached"),
    [
        (at_least(4, "×"), 4.0, True),
        (at_least(4, "×"), 3.99, False),
        (at_most(0.5, "×"), 0.5, True),
        (at_most(0.5, "×"), 0.51, False),
    ],
)
def test_a_goal_is_reached_at_its_bound(target, value: float, reached: bool) -> None:  # type: ignore[no-untyped-def]
    assert spread_row("1", "work", target, [value]).reached is reached


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected


def test_figures_keep_three_digits_that_matter() -> None:
    assert [figure(value) for value in (21974.3, 0.5234, 4.0, 62.34)] == ["21,974", "0.523", "4", "62.3"]
