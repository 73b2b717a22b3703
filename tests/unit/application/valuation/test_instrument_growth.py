from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from tests.support.market_arrays import days_of

from application.market.history import Bars, CorporateAction
from application.valuation.instrument_growth import growth, income

NAN = float("nan")
DAYS = days_of("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")


def some_bars(close: list[float], adjusted: list[float] | None = None) -> Bars:
    return Bars(
        listing_ids=(1,),
        days=DAYS,
        close=np.array([close]).T,
        adjusted=np.array([adjusted or close]).T,
        volume=np.full((4, 1), NAN),
    )


def action(kind: str, day: str, value: str) -> CorporateAction:
    return CorporateAction(
        listing_id=1,
        ex_date=date.fromisoformat(day),
        kind=kind,
        value=Decimal(value),  # type: ignore[arg-type]
    )


def test_a_gap_carries_the_value_forward_and_nothing_is_known_before_the_first_bar() -> None:
    assert growth(some_bars([NAN, 100, NAN, 110]), [])[:, 0] == pytest.approx([NAN, 1, 1, 1.1], nan_ok=True)


def test_a_split_is_no_growth_and_a_dividend_is() -> None:
    actions = [action("split", "2024-01-03", "2"), action("dividend", "2024-01-05", "1")]
    bars = some_bars([100, 50, 50, 50])
    assert growth(bars, actions)[:, 0] == pytest.approx([1, 1, 1, 1.02])
    assert income(bars, actions)[:, 0].tolist() == [0, 0, 0, 1]


def test_an_ex_date_without_a_bar_counts_on_the_next_one() -> None:
    bars = some_bars([100, NAN, 99, 99])
    assert income(bars, [action("dividend", "2024-01-03", "1")])[:, 0].tolist() == [0, 0, 1, 0]


def test_what_the_adjusted_close_knows_beyond_the_close_is_income() -> None:
    bars = some_bars([100, 98, 98, 98], adjusted=[98, 98, 98, 98])
    assert growth(bars, [])[:, 0] == pytest.approx([1, 1, 1, 1])
    assert income(bars, [])[:, 0] == pytest.approx([0, 2, 0, 0])


def test_a_dividend_in_both_places_counts_once() -> None:
    bars = some_bars([100, 98, 98, 98], adjusted=[98, 98, 98, 98])
    assert income(bars, [action("dividend", "2024-01-03", "2")])[:, 0] == pytest.approx([0, 2, 0, 0])


def test_actions_before_the_first_bar_are_none_of_its_business() -> None:
    bars = some_bars([NAN, 50, 50, 50])
    assert growth(bars, [action("split", "2024-01-02", "2")])[1:, 0].tolist() == [1, 1, 1]
