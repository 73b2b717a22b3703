from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.market import weekdays

from application.optimization.levels import complete, ends_of_periods

DAYS = np.array(weekdays("2021-12-27", 300), dtype="datetime64[D]")
NAN = np.nan


@pytest.mark.parametrize(("frequency", "alias"), [("weekly", "W-SUN"), ("monthly", "ME")])
@given(count=st.integers(2, 300))
def test_weeks_and_months_end_where_those_of_pandas_do(frequency: str, alias: str, count: int) -> None:
    days = DAYS[:count]
    rows = pd.Series(np.arange(count), index=pd.DatetimeIndex(days))
    expected = rows.resample(alias).last().dropna().astype(int).tolist()
    following = np.busday_offset(days[-1], 1)
    periods = pd.DatetimeIndex([days[-1], following]).to_period("W-SUN" if frequency == "weekly" else "M")
    if periods[0] == periods[1]:
        expected = expected[:-1]

    assert ends_of_periods(days, frequency).tolist() == expected  # type: ignore[arg-type]


def test_days_are_all_taken() -> None:
    assert ends_of_periods(DAYS, "daily").tolist() == list(range(300))


def test_a_month_that_ends_on_a_weekend_is_over_on_friday() -> None:
    days = np.array([date(2022, 4, 28), date(2022, 4, 29)], dtype="datetime64[D]")

    assert ends_of_periods(days, "monthly").tolist() == [1]


def test_rows_that_all_assets_have_stay() -> None:
    levels = np.array([[1, NAN], [2, 1], [NAN, 2], [3, 3], [4, 5.0]])

    kept = complete(levels, "drop_periods", ("A", "B"), ("assets.0", "assets.1"))

    assert kept.rows.tolist() == [1, 3, 4]
    assert [one.code for one in kept.dropped] == ["gaps"]
    assert kept.violations == ()


def test_assets_that_are_never_priced_together_are_refused() -> None:
    levels = np.array([[1, NAN], [2, NAN], [3, NAN], [NAN, 1], [NAN, 2], [NAN, 3.0]])

    kept = complete(levels, "drop_periods", ("A", "B"), ("assets.0", "assets.1"), DAYS[:6])

    assert [one.code for one in kept.violations] == ["short_history"]
    assert "0 rows" in kept.violations[0].detail


def test_leaving_out_every_asset_is_refused() -> None:
    levels = np.ones((100, 2))
    levels[70:, 0] = levels[:30, 1] = NAN

    kept = complete(levels, "drop_assets", ("A", "B"), ("x", "y"))

    assert [(one.field, one.code) for one in kept.violations] == [("missing", "short_history")]


def test_rows_in_which_hardly_anything_trades_count_against_nobody() -> None:
    levels = np.ones((50, 3))
    levels[:20, 1:] = NAN

    kept = complete(levels, "drop_assets", ("A", "B", "C"), ("x", "y", "z"))

    assert kept.violations == ()
    assert kept.columns.tolist() == [0, 1, 2]
    assert kept.rows.tolist() == list(range(20, 50))
