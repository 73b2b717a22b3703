from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.market.history import CorporateAction
from infrastructure.marketdata.series import BarSeries, completed, joined, overlaid

FIRST = date(2022, 1, 3)
NAN = float("nan")


def bars(closes: dict[int, float], adjusted: Sequence[float] | None = None) -> BarSeries:
    """Bars by the number of days after the first."""
    days = [FIRST + timedelta(days=place) for place in sorted(closes)]
    close = np.array([closes[place] for place in sorted(closes)], dtype=float)
    nothing = np.full(len(days), NAN)
    return BarSeries(
        np.array(days, "datetime64[D]"),
        close,
        nothing if adjusted is None else np.array(adjusted, dtype=float),
        close * 10,
    )


def action(place: int, kind: str, value: str, currency: str | None = None) -> CorporateAction:
    return CorporateAction(
        listing_id=1,
        ex_date=FIRST + timedelta(days=place),
        kind="split" if kind == "split" else "dividend",
        value=Decimal(value),
        currency=currency,
    )


CLOSES = st.dictionaries(st.integers(0, 12), st.floats(1, 1000), max_size=8)


@given(older=CLOSES, newer=CLOSES)
def test_laying_over_each_other_is_updating_by_day(older: dict[int, float], newer: dict[int, float]) -> None:
    found, expected = overlaid(bars(older), bars(newer)), bars(older | newer)
    np.testing.assert_array_equal(found.days, expected.days)
    np.testing.assert_array_equal(found.close, expected.close)
    np.testing.assert_array_equal(found.volume, expected.volume)


@given(parts=st.lists(CLOSES.filter(bool), max_size=5))
def test_joining_lays_each_part_over_those_before(parts: list[dict[int, float]]) -> None:
    updated: dict[int, float] = {}
    for part in parts:
        updated |= part
    found, expected = joined([bars(part) for part in parts]), bars(updated)
    np.testing.assert_array_equal(found.days, expected.days)
    np.testing.assert_array_equal(found.close, expected.close)


def test_a_correction_that_names_an_adjusted_price_is_believed() -> None:
    found = overlaid(bars({0: 10, 1: 20}, [5, 10]), bars({0: 12}, [7]))
    assert found.adjusted.tolist() == [7, 10]


def test_without_splits_and_dividends_the_adjusted_price_is_the_close() -> None:
    assert completed(bars({0: 10, 1: 0, 2: 30}), (), "USD").adjusted.tolist() == [10, 0, 30]


def test_holding_through_a_split_and_a_dividend_earns_both() -> None:
    """100 become two of 51 (and a dividend of 1 each): 4 percent."""
    series = completed(
        bars({0: 100, 1: 51}), [action(1, "split", "2"), action(1, "dividend", "1", "USD")], "USD"
    )
    assert series.adjusted[1] == 51
    assert series.adjusted[1] / series.adjusted[0] - 1 == pytest.approx(0.04, abs=1e-15)


def test_an_action_on_a_day_without_a_bar_counts_from_the_next() -> None:
    series = completed(bars({0: 100, 3: 50}), [action(2, "split", "2")], "USD")
    assert series.adjusted.tolist() == [50, 50]


def test_actions_outside_the_bars_change_nothing() -> None:
    outside = [action(0, "split", "2"), action(9, "split", "2")]
    assert completed(bars({0: 100, 3: 50}), outside, "USD").adjusted.tolist() == [100, 50]


@pytest.mark.parametrize(
    ("paid_in", "quoted_in", "amount"),
    [("GBP", "GBX", 100), ("GBX", "GBP", 0.01), ("EUR", "USD", 0), (None, "USD", 1), ("USD", None, 1)],
)
def test_a_dividend_counts_in_the_unit_of_the_price(
    paid_in: str | None, quoted_in: str | None, amount: float
) -> None:
    series = completed(bars({0: 200, 1: 200}), [action(1, "dividend", "1", paid_in)], quoted_in)
    assert series.adjusted[1] / series.adjusted[0] - 1 == pytest.approx(amount / 200, abs=1e-15)


def test_unknown_adjusted_prices_keep_the_returns_of_the_close_between_known_ones() -> None:
    series = completed(bars({0: 10, 1: 11, 2: 12, 3: 13}, [NAN, 5.5, NAN, 13]), (), "USD")
    assert series.adjusted.tolist() == [5, 5.5, 6, 13]
