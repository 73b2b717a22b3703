from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from tests.support.market import weekdays

from application.market.history import CorporateAction, Flag
from infrastructure.marketdata.quality import Suspect, flags, trading_days
from infrastructure.marketdata.series import BarSeries

DAYS = weekdays("2022-01-03", 200)
LAST = DAYS[-1]
CALM = [100 * 1.001 ** (place % 3) for place in range(200)]


def series(
    days: Sequence[date], close: Sequence[float], adjusted: Sequence[float] | None = None
) -> BarSeries:
    prices = np.array(close, dtype=float)
    return BarSeries(
        np.array(days, "datetime64[D]"),
        prices,
        prices if adjusted is None else np.array(adjusted, dtype=float),
        np.full(len(days), np.nan),
    )


def found(
    bars: BarSeries, *, on: date = LAST, actions: Sequence[CorporateAction] = (), stale_days: int = 7
) -> list[Flag]:
    calendar = np.array(DAYS, "datetime64[D]")
    suspect = Suspect(ticker="AAA", series=bars, actions=actions)
    return list(flags(suspect, on=on, stale_days=stale_days, trading_days=calendar))


def a_split(on: date) -> CorporateAction:
    return CorporateAction(listing_id=1, ex_date=on, kind="split", value=Decimal(2))


def test_good_prices_are_not_flagged() -> None:
    assert found(series(DAYS, CALM)) == []


def test_no_price_by_the_day_is_no_history() -> None:
    (flag,) = found(series(DAYS, CALM), on=DAYS[0] - timedelta(days=1))
    assert flag.code == "no_history"


def test_a_price_is_stale_beyond_the_limit_and_not_at_it() -> None:
    bars = series(DAYS, CALM)
    assert found(bars, on=LAST + timedelta(days=7)) == []
    (flag,) = found(bars, on=LAST + timedelta(days=8))
    assert (flag.code, "8 days" in flag.detail) == ("stale", True)
    assert found(bars, on=LAST + timedelta(days=8), stale_days=8) == []


def test_days_on_which_others_traded_are_missing() -> None:
    keep = [place for place in range(200) if place not in (50, 60)]
    (flag,) = found(series([DAYS[place] for place in keep], [CALM[place] for place in keep]))
    assert flag.code == "missing"
    assert flag.detail == f"2 trading days of the last year have no price: {DAYS[50]}, {DAYS[60]}."


def test_days_before_the_first_and_after_the_last_price_are_not_missing() -> None:
    assert found(series(DAYS[100:198], CALM[100:198])) == []


def test_a_day_counts_as_traded_when_most_listings_then_traded_have_a_price() -> None:
    young = series(DAYS[100:], CALM[100:])
    holey = series([*DAYS[:10], *DAYS[11:]], [*CALM[:10], *CALM[11:]])
    alone = trading_days([holey], on=LAST)
    assert DAYS[10] not in alone.tolist()
    both = trading_days([series(DAYS, CALM), holey, series(DAYS, CALM), young], on=LAST)
    assert both.tolist() == DAYS


def test_a_move_out_of_all_proportion_is_a_jump() -> None:
    jumped = [price * (1.4 if place >= 150 else 1) for place, price in enumerate(CALM)]
    (flag,) = found(series(DAYS, jumped))
    assert flag.code == "jump"
    assert str(DAYS[150]) in flag.detail


def test_a_wild_stock_may_move_by_a_third() -> None:
    returns = np.random.default_rng(1).normal(0, 0.06, 200)
    returns[150] = 0.3
    wild = np.cumprod(1 + returns)
    assert found(series(DAYS, wild.tolist())) == []


def test_a_price_that_halves_looks_like_a_split() -> None:
    halved = [price * (0.5 if place >= 150 else 1) for place, price in enumerate(CALM)]
    (flag,) = found(series(DAYS, halved))
    assert flag.code == "split_suspect"
    assert str(DAYS[150]) in flag.detail


def test_a_split_that_was_told_is_no_surprise() -> None:
    halved = [price * (0.5 if place >= 150 else 1) for place, price in enumerate(CALM)]
    adjusted = [price * 0.5 for price in CALM]
    assert found(series(DAYS, halved, adjusted), actions=[a_split(DAYS[150])]) == []
    elsewhere = found(series(DAYS, halved, adjusted), actions=[a_split(DAYS[140])])
    assert [flag.code for flag in elsewhere] == ["split_suspect"]


def test_what_happened_more_than_a_year_ago_is_not_told() -> None:
    days = weekdays("2020-01-01", 600)
    halved = [100.0] * 100 + [50.0] * 500
    calendar = np.array(days, "datetime64[D]")
    suspect = Suspect(ticker="AAA", series=series(days, halved), actions=())
    assert list(flags(suspect, on=days[-1], stale_days=7, trading_days=calendar)) == []


def test_a_price_of_nothing_breaks_nothing() -> None:
    worthless = [*CALM[:199], 0.0]
    assert {flag.code for flag in found(series(DAYS, worthless))} == {"jump"}
