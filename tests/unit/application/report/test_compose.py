"""Everything in a report comes from one book: its sections agree with each other, and with a small example by hand."""

from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec
import pytest
from tests.support.aggregates import a_portfolio, a_position, on, some_holdings
from tests.support.market_arrays import ArrayMarket

from application.report.compose import Subject, report_of
from application.report.content import Report
from domain.drift import Target
from domain.holding_facts import CashLevel
from domain.holdings import Holdings
from domain.portfolio import Portfolio
from domain.unavailable import Missing

S = TypeVar("S")
TODAY = date(2024, 2, 1)
DAYS = [date(2023, 12, 29), date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)]


def closes(*values: float) -> dict[str, float]:
    return {str(day): value for day, value in zip(DAYS, values, strict=True)}


@pytest.fixture
def market() -> ArrayMarket:
    market = ArrayMarket(str(TODAY))
    market.prices("AAPL", closes(100, 110, 99, 108.9), sector="technology")
    market.prices("JPM", closes(50, 50, 55, 55), sector="financials")
    market.constituents("HALVES", {"2023-12-29": {"AAPL": 0.5, "JPM": 0.5}})
    return market


def held() -> Holdings:
    """30 AAPL and 20 JPM with 1,000 in cash: 3,000 + 1,000 + 1,000 on the first day."""
    holdings = some_holdings()
    apple = msgspec.structs.replace(a_position("AAPL", "30", sector="technology"), avg_cost_price=Decimal(90))
    facts = [apple, a_position("JPM", "20", sector="financials")]
    cash = [CashLevel(account="", currency="USD", amount=Decimal(1000))]
    holdings.change(facts, cash, at=on("2023-12-29"))
    return holdings


def portfolio(benchmark: str | None = "HALVES", target: str | None = "0.5") -> Portfolio:
    made = a_portfolio(benchmark_ticker=benchmark)
    if target is not None:
        aim = Target(
            allocation_id=made.allocation_id("sector", "technology"),
            allocation_type="sector",
            bucket="technology",
            target_weight=Decimal(target),
        )
        made.set_target(aim, at=on("2023-12-29"))
    return made


async def a_report(market: ArrayMarket, made: Portfolio | None = None, **options: date) -> Report:
    subject = Subject(portfolio=made or portfolio(), holdings=held(), history=market, tenant="acme")
    return await report_of(subject, today=options.get("today", TODAY), as_of=options.get("as_of"))


def there(section: S | Missing) -> S:
    assert not isinstance(section, Missing), section
    return section


def headline(report: Report) -> dict[str, float | None]:
    return {figure.label: figure.value for figure in report.cover.figures}


async def test_the_cover_says_what_it_is_worth_and_how_the_year_went(market: ArrayMarket) -> None:
    told = headline(await a_report(market))
    assert told["Total value"] == pytest.approx(30 * 108.9 + 20 * 55 + 1000)
    assert told["Year to date"] == pytest.approx(5367 / 5000 - 1)
    assert told["On the last day"] == pytest.approx(30 * 9.9)


async def test_growth_on_the_page_is_the_return_on_the_cover(market: ArrayMarket) -> None:
    report = await a_report(market)
    performance = there(report.performance)
    assert performance.days == tuple(DAYS)
    assert performance.growth == pytest.approx((1, 5300 / 5000, 5070 / 5000, 5367 / 5000))
    assert performance.growth[-1] - 1 == pytest.approx(headline(report)["Year to date"])
    assert performance.benchmark_growth is not None
    assert performance.benchmark_growth == pytest.approx(
        (1, 1.05, (99 / 100 + 55 / 50) / 2, (108.9 / 100 + 1.1) / 2)
    )
    assert performance.drawdown[2] == pytest.approx(5070 / 5300 - 1)


async def test_effects_add_up_to_the_active_return_on_the_cover(market: ArrayMarket) -> None:
    report = await a_report(market)
    attribution = there(report.attribution)
    effects = sum(one.total for one in attribution.effects)
    assert effects == pytest.approx(attribution.active_return, abs=1e-12)
    assert attribution.active_return == pytest.approx(headline(report)["Active, year to date"], abs=1e-12)
    assert attribution.start == date(2023, 12, 29)


async def test_holdings_and_drift_weigh_alike(market: ArrayMarket) -> None:
    report = await a_report(market)
    holdings, drift = there(report.holdings), there(report.drift)
    assert [row.ticker for row in holdings.rows] == ["AAPL", "JPM"]
    weights = [row.weight or 0.0 for row in holdings.rows] + [row.weight or 0.0 for row in holdings.cash]
    assert sum(weights) == pytest.approx(1)
    assert drift.rows[0].actual == pytest.approx(holdings.rows[0].weight)
    assert drift.rows[0].breached, "60.9 % where 50 % are wanted"


async def test_a_gain_is_counted_on_the_cost_also_after_a_split(market: ArrayMarket) -> None:
    market.split("AAPL", "2024-01-04", "2")
    rows = {row.ticker: row for row in there((await a_report(market)).holdings).rows}
    assert rows["AAPL"].quantity == 60
    assert rows["AAPL"].gain == pytest.approx(60 * 108.9 - 30 * 90)
    assert rows["JPM"].gain is None, "nobody said what it cost"


async def test_sections_without_data_say_why_and_the_others_stay(market: ArrayMarket) -> None:
    report = await a_report(market, portfolio(benchmark="UNKNOWN", target=None))
    assert isinstance(report.attribution, Missing)
    assert "UNKNOWN" in report.attribution.detail
    assert isinstance(report.drift, Missing)
    assert isinstance(report.factors, Missing)
    assert isinstance(report.regime, Missing)
    assert there(report.performance).benchmark_growth is None
    notes = {figure.label: figure.note for figure in report.cover.figures}
    assert notes["Active, year to date"]


async def test_a_report_of_an_earlier_day_knows_nothing_later(market: ArrayMarket) -> None:
    report = await a_report(market, as_of=date(2024, 1, 2))
    assert report.cover.as_of == date(2024, 1, 2)
    assert headline(report)["Total value"] == pytest.approx(5300)
    assert there(report.performance).days == tuple(DAYS[:2])


async def test_data_that_end_before_today_are_called_historical(market: ArrayMarket) -> None:
    assert (await a_report(market)).cover.data_end is None
    later = await a_report(market, today=TODAY + timedelta(days=1))
    assert later.cover.data_end == TODAY


async def test_nothing_held_is_a_report_too(market: ArrayMarket) -> None:
    subject = Subject(portfolio=portfolio(), holdings=None, history=market, tenant="acme")
    report = await report_of(subject, today=TODAY)
    assert isinstance(report.holdings, Missing)
    assert isinstance(report.performance, Missing)
    assert isinstance(report.risk, Missing)
    assert headline(report)["Total value"] == 0


async def test_exchange_rates_have_an_effect_of_their_own_where_there_are_any(market: ArrayMarket) -> None:
    assert there((await a_report(market)).attribution).currency_effect is None
    market.prices("SAP", closes(100, 100, 100, 100), currency="EUR", sector="technology")
    market.fx("EUR", "USD", closes(1.0, 1.0, 1.1, 1.1))
    holdings = some_holdings()
    facts = [a_position("SAP", "10", currency="EUR", sector="technology"), a_position("JPM", "20")]
    holdings.change(facts, at=on("2023-12-29"))
    subject = Subject(portfolio=portfolio(), holdings=holdings, history=market, tenant="acme")
    attribution = there((await report_of(subject, today=TODAY)).attribution)
    assert attribution.currency_effect is not None
    assert sum(one.currency for one in attribution.effects) == pytest.approx(attribution.currency_effect)
    assert attribution.currency_effect > 0
