from datetime import date, timedelta
from typing import Any

import pytest

from projections.market import Action, DayBar
from projections.market_bars import (
    all_adjusted,
    bucket_start,
    doubts,
    in_intervals,
    of_period,
    split_between,
    with_adjusted,
)

MONDAY = date(2024, 1, 1)


def a_bar(day: date, close: float = 10.0, **changed: Any) -> DayBar:
    told: dict[str, Any] = {
        "open": close,
        "high": close,
        "low": close,
        "adjusted": None,
        "volume": 1.0,
        **changed,
    }
    return DayBar(day=day, close=close, **told)


def daily(count: int, *, start: date = MONDAY) -> list[DayBar]:
    return [a_bar(start + timedelta(days=number), 10.0 + number) for number in range(count)]


def test_a_week_has_the_first_open_the_extremes_and_the_last_close() -> None:
    bars = [
        a_bar(date(2024, 1, 5), 10, open=9, high=12, low=8, volume=100),
        a_bar(date(2024, 1, 8), 11, open=10.5, high=11, low=10, volume=None),
        a_bar(date(2024, 1, 9), 13, open=11, high=14, low=None, volume=50, adjusted=12.5),
    ]
    assert in_intervals(bars, "1wk") == [
        bars[0],
        DayBar(day=date(2024, 1, 9), open=10.5, high=14, low=10, close=13, adjusted=12.5, volume=50),
    ]


def test_what_no_day_of_a_month_has_is_none() -> None:
    bars = [a_bar(date(2024, 1, day), volume=None, high=None) for day in (2, 3)]
    (month,) = in_intervals(bars, "1mo")
    assert (month.high, month.volume) == (None, None)


@pytest.mark.parametrize(
    ("period", "first"), [("1mo", date(2024, 1, 30)), ("3mo", date(2024, 1, 1)), ("max", MONDAY)]
)
def test_a_period_counts_months_back_from_the_newest_bar(period: Any, first: date) -> None:
    bars = daily(60)  # to 29 February 2024
    assert of_period(bars, period, "1d")[0].day == first


def test_a_period_of_months_begins_with_a_whole_month() -> None:
    months = of_period(daily(91), "1mo", "1mo")
    assert [(bar.day, bar.open) for bar in months] == [(date(2024, 3, 31), 10.0 + 60)]
    weeks = of_period(daily(91), "1mo", "1wk")
    assert weeks[0].open == 10.0 + (date(2024, 2, 26) - MONDAY).days
    assert bucket_start(date(2024, 3, 1), "1wk") == date(2024, 2, 26)


def test_days_are_counted_in_bars() -> None:
    assert [len(of_period(daily(9), period, "1d")) for period in ("1d", "5d")] == [1, 5]
    assert of_period([], "1y", "1d") == []


def test_adjusted_closes_are_completed_by_splits_and_dividends() -> None:
    bars = [a_bar(date(2024, 1, 2), 100), a_bar(date(2024, 1, 3), 49), a_bar(date(2024, 1, 4), 50)]
    actions = [
        Action(date(2024, 1, 3), "split", 2.0, None),
        Action(date(2024, 1, 4), "dividend", 1.0, "USD"),
        Action(date(2024, 1, 4), "dividend", 9.0, "EUR"),
    ]
    adjusted = [bar.adjusted for bar in with_adjusted(bars, actions, "USD")]
    assert adjusted == pytest.approx([100 / 2 / (51 / 50), 49 / (51 / 50), 50])


def test_the_sources_own_adjusted_closes_are_kept_and_carried_on() -> None:
    bars = [
        a_bar(date(2024, 1, 2), 100, adjusted=90),
        a_bar(date(2024, 1, 3), 110),
        a_bar(date(2024, 1, 4), 50),
    ]
    split = [Action(date(2024, 1, 4), "split", 2.0, None)]
    assert [bar.adjusted for bar in with_adjusted(bars, split, None)] == pytest.approx([90, 99, 90])


def test_prices_are_adjusted_as_their_close_is() -> None:
    (bar,) = all_adjusted([a_bar(MONDAY, 10, open=8, high=None, adjusted=5)])
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (4, None, 5, 5, 1)


def test_splits_between_two_days_multiply() -> None:
    actions = [Action(date(2024, 1, day), "split", 2.0, None) for day in (2, 3, 4)]
    assert split_between(actions, date(2024, 1, 2), date(2024, 1, 4)) == 4.0


def test_an_old_price_is_stale_and_a_fresh_quiet_one_is_not() -> None:
    bars = [a_bar(MONDAY + timedelta(days=number), 100 + number % 3) for number in range(30)]
    newest = bars[-1].day
    assert doubts(bars, [], newest + timedelta(days=7), stale_days=7) == []
    assert [one.code for one in doubts(bars, [], newest + timedelta(days=8), stale_days=7)] == ["stale"]
    assert doubts([], [], newest, stale_days=7) == []


def test_a_leap_is_a_jump_and_a_halving_a_suspected_split_unless_it_was_told() -> None:
    quiet = [a_bar(MONDAY + timedelta(days=number), 100 + number % 3) for number in range(30)]
    last = MONDAY + timedelta(days=30)
    assert [one.code for one in doubts([*quiet, a_bar(last, 160)], [], last, stale_days=7)] == ["jump"]
    assert [one.code for one in doubts([*quiet, a_bar(last, 51)], [], last, stale_days=7)] == [
        "split_suspect"
    ]
    assert doubts([*quiet, a_bar(last, 51)], [Action(last, "split", 2.0, None)], last, stale_days=7) == []
