"""The performance of a portfolio by worked examples."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.aggregates import a_portfolio, a_position, on, some_holdings
from tests.support.market_arrays import ArrayMarket

from analytics.performance import growth, relative
from application.market.history import RiskFreeRate
from application.performance.against import benchmark_of
from application.performance.answer import PortfolioPerformance
from application.performance.headline import headline
from application.performance.measure import performance_of
from application.performance.request import PerformanceQuestion
from application.valuation.builder import book_of
from domain.headline import Headline
from domain.holdings import Holdings

DAYS = ["2023-12-29", "2024-01-02", "2024-01-03", "2024-01-31", "2024-02-01"]


def closes(*values: float) -> dict[str, float]:
    return dict(zip(DAYS, values, strict=False))


def holding(ticker: str = "AAPL", quantity: str = "10", day: str = DAYS[0], price: str = "1") -> Holdings:
    holdings = some_holdings()
    holdings.change([a_position(ticker, quantity, price)], at=on(day))
    return holdings


async def performance(
    market: ArrayMarket, holdings: Holdings, *, benchmark: str | None = None, **question: object
) -> PortfolioPerformance:
    portfolio = a_portfolio(benchmark_ticker=benchmark)
    book = await book_of(portfolio, holdings, market, tenant="acme")
    asked = PerformanceQuestion(portfolio_id=portfolio.id, **question)  # type: ignore[arg-type]
    return performance_of(book, await benchmark_of(book, market, "acme"), market.rate, asked, "custom")


async def headline_of(market: ArrayMarket, holdings: Holdings, benchmark: str | None = None) -> Headline:
    book = await book_of(a_portfolio(benchmark_ticker=benchmark), holdings, market, tenant="acme")
    return headline(book, await benchmark_of(book, market, "acme"))


@pytest.fixture
def market() -> ArrayMarket:
    market = ArrayMarket("2024-02-01")
    market.prices("AAPL", closes(100, 110, 99, 121, 121))
    market.level_benchmark("INDEX", closes(1000, 1050, 1000, 1100, 1100))
    return market


async def test_a_deposit_changes_the_money_weighted_return_and_not_the_time_weighted_one(
    market: ArrayMarket,
) -> None:
    holdings = holding()
    holdings.change([a_position("AAPL", "20", "1")], at=on(DAYS[2]))
    told = (await performance(market, holdings)).summary
    assert told.time_weighted_return == pytest.approx(0.21)
    assert (told.start_value, told.end_value, told.net_flows, told.gain) == (1000, 2420, 990, 430)
    weight = (date(2024, 2, 1) - date(2024, 1, 3)).days / (date(2024, 2, 1) - date(2023, 12, 29)).days
    assert told.modified_dietz == pytest.approx(430 / (1000 + 990 * weight))
    assert len(told.money_weighted_roots) == 1
    rate = told.money_weighted_return or 0
    worth = 1000 * (1 + rate) ** (34 / 365) + 990 * (1 + rate) ** (29 / 365)
    assert worth == pytest.approx(2420)


async def test_the_active_return_is_the_difference_over_the_same_days(market: ArrayMarket) -> None:
    told = await performance(market, holding(), benchmark="INDEX")
    assert told.summary.benchmark_return == pytest.approx(0.1)
    assert told.summary.active_return == pytest.approx(0.11)
    assert [point.benchmark_cumulative_return for point in told.series] == pytest.approx(
        [0, 0.05, 0, 0.1, 0.1]
    )
    assert told.benchmark is not None


async def test_statistics_are_those_of_the_daily_returns(market: ArrayMarket) -> None:
    market.rate = RiskFreeRate(currency="USD", value=0.05, source="test")
    told = (await performance(market, holding(), benchmark="INDEX")).summary
    own = np.array([0.1, -0.1, 121 / 99 - 1, 0])
    other = np.array([0.05, 1000 / 1050 - 1, 0.1, 0])
    assert told.volatility == pytest.approx(np.std(own, ddof=1) * 252**0.5)
    free = 1.05 ** (1 / 252) - 1
    assert told.sharpe_ratio == pytest.approx((own - free).mean() / np.std(own, ddof=1) * 252**0.5)
    assert told.max_drawdown == pytest.approx(growth.max_drawdown(own))
    assert told.beta == pytest.approx(relative.beta(own, other))
    assert told.risk_free_rate.source == "test"


async def test_a_currency_without_a_risk_free_rate_takes_off_nothing_and_says_so(market: ArrayMarket) -> None:
    told = await performance(market, holding())
    assert (told.summary.risk_free_rate.value, told.summary.risk_free_rate.source) == (0, None)
    assert [(flag.ticker, flag.code) for flag in told.data_quality] == [("USD", "no_risk_free_rate")]


@pytest.mark.parametrize(("fixed_on", "codes"), [(date(2024, 1, 1), []), (date(2023, 12, 31), ["old_rate"])])
async def test_a_risk_free_rate_older_than_a_month_is_flagged(
    market: ArrayMarket, fixed_on: date, codes: list[str]
) -> None:
    market.rate = RiskFreeRate(currency="USD", value=0.05, source="test", day=fixed_on)
    told = await performance(market, holding())
    assert [flag.code for flag in told.data_quality] == codes
    assert told.summary.risk_free_rate.value == 0.05


async def test_what_cannot_be_told_has_its_reason(market: ArrayMarket) -> None:
    told = await performance(market, holding())
    assert told.summary.benchmark_return is None
    assert told.unavailable["benchmark_return"].code == "no_benchmark"
    assert told.unavailable["annualised_return"].code == "short_period"
    unknown = await performance(market, holding(), benchmark="NOWHERE")
    assert unknown.unavailable["active_return"].code == "benchmark_not_found"


async def test_a_benchmark_that_begins_later_is_compared_on_the_days_it_has(market: ArrayMarket) -> None:
    market.level_benchmark("YOUNG", {DAYS[1]: 100, DAYS[2]: 101, DAYS[3]: 99, DAYS[4]: 99})
    told = await performance(market, holding(), benchmark="YOUNG")
    assert told.summary.benchmark_return is None
    assert told.unavailable["benchmark_return"].code == "incomplete_benchmark"
    assert told.summary.beta is not None


async def test_months_compound_to_their_year(market: ArrayMarket) -> None:
    told = await performance(market, holding(), benchmark="INDEX")
    assert [(row.year, row.month, row.partial) for row in told.monthly] == [
        (2024, 1, False),
        (2024, 2, True),
        (2024, None, True),
    ]
    assert told.monthly[0].period_return == pytest.approx(0.21)
    assert told.monthly[0].benchmark_return == pytest.approx(0.1)
    assert told.monthly[2].period_return == pytest.approx(0.21)


async def test_the_benchmark_of_a_gap_between_valuations_is_of_no_month() -> None:
    market = ArrayMarket("2024-07-31")
    days = ["2023-12-29", "2024-01-31", "2024-06-28", "2024-07-31"]
    market.prices("FUND", dict(zip(days, (100, 101, 111, 112), strict=True)))
    market.level_benchmark("INDEX", dict(zip(days, (100, 102, 150, 153), strict=True)))
    told = await performance(market, holding("FUND"), benchmark="INDEX")
    january, june, july, year = told.monthly
    assert june.period_return == pytest.approx(111 / 101 - 1)
    assert june.benchmark_return is None
    assert june.unavailable["benchmark_return"].code == "valuation_gap"
    assert "2024-01-31 and 2024-06-28" in june.unavailable["benchmark_return"].detail
    assert [one.benchmark_return for one in (january, july, year)] == pytest.approx([0.02, 0.02, 0.53])
    assert january.unavailable == {}


async def test_months_without_a_benchmark_say_why(market: ArrayMarket) -> None:
    told = await performance(market, holding())
    assert {row.unavailable["benchmark_return"].code for row in told.monthly} == {"no_benchmark"}


async def test_a_coarser_series_loses_rows_and_no_figure(market: ArrayMarket) -> None:
    daily = await performance(market, holding())
    monthly = await performance(market, holding(), frequency="monthly")
    weekly = await performance(market, holding(), frequency="weekly")
    assert monthly.summary == daily.summary
    assert [str(point.date) for point in monthly.series] == ["2023-12-29", "2024-01-31", "2024-02-01"]
    assert [str(point.date) for point in weekly.series] == ["2023-12-29", "2024-01-03", "2024-02-01"]
    assert weekly.series[1].period_return == pytest.approx(-0.01)
    assert weekly.series[-1].cumulative_return == pytest.approx(0.21)


async def test_a_drawdown_names_its_days(market: ArrayMarket) -> None:
    (only,) = (await performance(market, holding())).drawdowns
    assert (str(only.peak), str(only.start), str(only.trough), str(only.end)) == (
        "2024-01-02", "2024-01-03", "2024-01-03", "2024-01-31",
    )  # fmt: skip
    assert (only.length, only.to_trough, only.recovery) == (2, 1, 1)
    assert only.depth == pytest.approx(-0.1)


async def test_rolling_figures_end_on_their_days(market: ArrayMarket) -> None:
    told = await performance(market, holding(), benchmark="INDEX", window=3)
    assert [str(point.date) for point in told.rolling] == DAYS[3:]
    assert told.rolling[0].period_return == pytest.approx(0.21)


async def test_a_flow_without_a_fresh_price_is_measured_by_modified_dietz() -> None:
    market = ArrayMarket("2024-03-31")
    holdings = some_holdings()
    stated_at_month_ends = (
        ("2024-01-31", "10", "100"),
        ("2024-02-29", "15", "120"),
        ("2024-03-29", "15", "130"),
    )
    for day, quantity, price in stated_at_month_ends:
        stated = a_position("FUND", quantity, price, price_date=date.fromisoformat(day))
        holdings.change([stated], at=on(day))
    bought = a_position("FUND", "15", "100", price_date=date(2024, 1, 31))
    holdings.change([bought], at=on("2024-02-15"))
    market.level_benchmark(
        "INDEX", {"2024-01-31": 100, "2024-02-15": 90, "2024-02-29": 99, "2024-03-29": 110}
    )
    told = await performance(market, holdings, benchmark="INDEX")
    (stretch,) = told.modified_dietz_periods
    assert (str(stretch.first_day), str(stretch.last_day), stretch.flow) == ("2024-01-31", "2024-02-29", 500)
    stretch_return = 300 / (1000 + 500 * 14 / 29)
    assert told.summary.time_weighted_return == pytest.approx((1 + stretch_return) * 130 / 120 - 1)
    assert [str(point.date) for point in told.series] == ["2024-01-31", "2024-02-29", "2024-03-29"]
    assert [point.benchmark_cumulative_return for point in told.series] == pytest.approx([0, -0.01, 0.1])


async def test_days_after_nothing_was_held_are_left_out(market: ArrayMarket) -> None:
    holdings = holding()
    holdings.change([a_position("AAPL", "0", "1")], at=on(DAYS[1]))
    holdings.change([a_position("AAPL", "5", "1")], at=on(DAYS[3]))
    told = (await performance(market, holdings)).summary
    assert told.time_weighted_return == pytest.approx(0.1)
    assert told.left_out == 1


async def test_a_holding_without_an_exchange_rate_is_named_with_the_reason(market: ArrayMarket) -> None:
    holdings = holding()
    holdings.change([a_position("VOLV", "5", "100", currency="SEK")], at=on(DAYS[1]))
    told = await performance(market, holdings)
    assert [(one.ticker, one.code, one.detail) for one in told.excluded] == [
        ("VOLV", "no_rate", "No exchange rate to the portfolio's currency is known.")
    ]


async def test_a_portfolio_that_holds_nothing_has_no_return_and_says_so(market: ArrayMarket) -> None:
    told = await performance(market, some_holdings())
    assert told.summary.time_weighted_return is None
    assert told.unavailable["time_weighted_return"].code == "too_short"
    assert (told.summary.end_value, told.drawdowns, told.monthly) == (0, [], [])


@settings(max_examples=50)
@given(
    st.lists(st.floats(50, 150), min_size=5, max_size=5),
    st.lists(st.tuples(st.integers(1, 4), st.integers(-500, 2000)), max_size=6),
)
async def test_flows_never_touch_the_time_weighted_return_of_a_single_holding(
    prices: list[float], flows: list[tuple[int, int]]
) -> None:
    market = ArrayMarket("2024-02-01")
    market.prices("AAPL", closes(*prices))
    holdings = holding(quantity="1000")
    quantities = {}
    for at, units in flows:
        quantities[at] = max(1, 1000 + units)
    for at, quantity in quantities.items():
        holdings.change([a_position("AAPL", str(quantity), "1")], at=on(DAYS[at]))
    told = await performance(market, holdings)
    assert told.summary.time_weighted_return == pytest.approx(prices[-1] / prices[0] - 1, abs=1e-9)
    summary = told.summary
    assert summary.gain == pytest.approx(
        summary.end_value - summary.start_value - summary.net_flows, abs=1e-5
    )
    assert sum(point.flow for point in told.series) == pytest.approx(summary.net_flows, abs=1e-4)


async def test_the_headline_is_of_the_last_day_and_the_year(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 110, 99, 121, 133.1))
    holdings = holding()
    holdings.move_cash(Decimal(100), "USD", at=on(DAYS[4]))
    told = await headline_of(market, holdings, benchmark="INDEX")
    assert told.as_of == date(2024, 2, 1)
    assert told.total_value == pytest.approx(1431)
    assert told.day_change == pytest.approx(121)
    assert told.day_change_percent == pytest.approx(10)
    assert told.ytd_return == pytest.approx(0.331)
    assert told.active_return_ytd == pytest.approx(0.231)
    assert told.unavailable == {}


async def test_a_headline_says_what_it_cannot_tell(market: ArrayMarket) -> None:
    told = await headline_of(market, holding(day=DAYS[4]))
    assert (told.day_change, told.ytd_return) == (None, None)
    assert told.unavailable["ytd_return"].code == "too_short"
    without = await headline_of(market, holding())
    assert without.unavailable["active_return_ytd"].code == "no_benchmark"


async def test_the_benchmark_of_a_year_to_date_begins_with_the_year_even_if_only_cash_was_held_then() -> None:
    market = ArrayMarket("2024-02-01")
    market.prices("AAPL", {"2024-01-31": 100, "2024-02-01": 100})
    market.level_benchmark("INDEX", {"2023-03-01": 500, "2023-12-29": 1000, "2024-02-01": 1100})
    holdings = some_holdings()
    holdings.move_cash(Decimal(1000), "USD", at=on("2023-03-01"))
    holdings.change([a_position("AAPL", "10", "100")], at=on("2024-02-01"))
    book = await book_of(
        a_portfolio(benchmark_ticker="INDEX"), holdings, market, tenant="acme", start=date(2023, 12, 31)
    )
    told = headline(book, await benchmark_of(book, market, "acme"))
    assert told.ytd_return == 0
    assert told.active_return_ytd == pytest.approx(-0.1)
