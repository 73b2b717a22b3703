"""Prices of positions as the market moves, on the real projector."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from tests.support.callers import a_caller
from tests.support.files import a_csv
from tests.support.market_news import MarketNews, days_from_today
from tests.support.service import Service

from application.history.worth import value_past
from application.portfolios.register import RegisterPortfolio, register_portfolio
from application.positions.import_positions import ImportPositions, import_positions
from bootstrap.projector import projections
from infrastructure.postgres.connect import connector
from infrastructure.postgres.rebuild import rebuild
from projections.portfolio_rows import PortfolioRow, PositionRow

D = Decimal
BEFORE, TODAY, AFTER = (days_from_today(days) for days in (-3, 0, 1))
STATED = date(2024, 6, 3)


async def a_portfolio(service: Service, *lines: str, tenant: str = "acme", as_of: date = STATED) -> UUID:
    command = RegisterPortfolio(caller=a_caller(tenant), name="Global Equity")
    portfolio_id = (await register_portfolio(command, ledger=service.ledger)).result.id
    await imported(service, portfolio_id, *lines, tenant=tenant, as_of=as_of)
    return portfolio_id


async def imported(
    service: Service, portfolio_id: UUID, *lines: str, tenant: str = "acme", as_of: date = STATED
) -> None:
    command = ImportPositions(
        caller=a_caller(tenant),
        portfolio_id=portfolio_id,
        content=a_csv(*lines, header="ticker,quantity,avg_cost_price,current_price,isin,currency"),
        filename="p.csv",
        as_of=as_of,
    )
    done = await import_positions(command, ledger=service.ledger, files=service.files, rates=service.rates)
    await service.shows(done.position)


async def positions(service: Service, portfolio_id: UUID, tenant: str = "acme") -> Sequence[PositionRow]:
    rows, _ = await service.portfolios.positions(
        tenant, portfolio_id, asset_class=None, sector=None, limit=100, offset=0
    )
    return sorted(rows, key=lambda row: row.ticker)


async def portfolio(service: Service, portfolio_id: UUID, tenant: str = "acme") -> PortfolioRow:
    row = await service.portfolios.portfolio(tenant, portfolio_id)
    assert row is not None
    return row


@pytest.fixture
def shared(service: Service) -> MarketNews:
    return MarketNews(service.database_url, service.ledger)


@pytest.fixture
def own(service: Service) -> MarketNews:
    return MarketNews(service.database_url, service.ledger, "acme")


async def rows_different(service: Service) -> dict[str, int]:
    async with await connector(service.database_url, "rebuild")() as connection:
        return await rebuild(connection, service.database_url, projections()[0], lambda done, total: None)


async def test_a_newer_price_of_the_market_values_the_portfolio(service: Service, shared: MarketNews) -> None:
    portfolio_id = await a_portfolio(service, "AAPL,10,80,100,", "XOM,5,80,100,")
    position = await shared.prices({"AAPL": 120.5}, date(2024, 6, 4))
    await service.shows(position)
    [aapl, xom] = await positions(service, portfolio_id)
    assert (aapl.current_price, aapl.price_date, aapl.price_source) == (
        D("120.5"), date(2024, 6, 4), "market",
    )  # fmt: skip
    assert (aapl.stated_price, aapl.stated_price_date) == (100, STATED)
    assert (xom.current_price, xom.price_source) == (100, "file")
    row = await portfolio(service, portfolio_id)
    assert (row.total_value, row.valued_on, row.position) == (1705, date(2024, 6, 4), position)


async def test_prices_that_are_there_already_count_at_once(service: Service, shared: MarketNews) -> None:
    await shared.prices({"AAPL": 120}, date(2024, 6, 3))
    portfolio_id = await a_portfolio(service, "AAPL,10,80,100,")
    assert (await portfolio(service, portfolio_id)).total_value == 1200


async def test_an_older_price_of_the_market_yields_to_the_files(service: Service, shared: MarketNews) -> None:
    portfolio_id = await a_portfolio(service, "AAPL,10,80,100,")
    await service.shows(await shared.prices({"AAPL": 120}, date(2024, 5, 31)))
    [row] = await positions(service, portfolio_id)
    assert (row.current_price, row.price_source) == (100, "file")


async def test_a_split_multiplies_units_and_leaves_the_value(service: Service, shared: MarketNews) -> None:
    portfolio_id = await a_portfolio(service, "AAPL,10,80,100,")
    await shared.prices({"AAPL": 120}, date(2024, 6, 4))
    listing_id = shared.data.listing("AAPL")
    await shared.split(listing_id, date(2024, 6, 5), 4)
    await service.shows(await shared.prices({"AAPL": 30}, date(2024, 6, 5)))
    [row] = await positions(service, portfolio_id)
    assert (row.quantity, row.current_price, row.avg_cost_price, row.market_value) == (40, 30, 20, 1200)
    assert (row.stated().quantity, row.stated().avg_cost_price) == (10, 80)
    await imported(service, portfolio_id, "AAPL,40,20,30,", as_of=date(2024, 6, 6))
    [row] = await positions(service, portfolio_id)
    assert (row.quantity, row.market_value) == (40, 1200)


async def test_an_instrument_may_be_known_before_its_first_price(
    service: Service, shared: MarketNews
) -> None:
    await shared.listing("AAPL", name="Apple")
    portfolio_id = await a_portfolio(service, "AAPL,10,80,100,")
    await service.shows(await shared.prices({"AAPL": 120}, date(2024, 6, 4)))
    assert (await portfolio(service, portfolio_id)).total_value == 1200


async def test_a_split_ahead_of_its_first_price_waits_for_it(service: Service, shared: MarketNews) -> None:
    portfolio_id = await a_portfolio(service, "AAPL,10,80,100,")
    await shared.prices({"AAPL": 120}, date(2024, 6, 4))
    await service.shows(await shared.split(shared.data.listing("AAPL"), date(2024, 6, 5), 4))
    assert (await portfolio(service, portfolio_id)).total_value == 1200


async def test_a_tenants_own_prices_are_its_own(
    service: Service, shared: MarketNews, own: MarketNews
) -> None:
    mine = await a_portfolio(service, "AAPL,10,80,100,")
    theirs = await a_portfolio(service, "AAPL,10,80,100,", tenant="rival")
    await shared.prices({"AAPL": 120}, date(2024, 6, 4))
    listing_id = shared.data.listing("AAPL")
    await service.shows(await own.prices({listing_id: 130}, date(2024, 6, 4)))
    assert (await portfolio(service, mine)).total_value == 1300
    assert (await portfolio(service, theirs, "rival")).total_value == 1200


@pytest.mark.parametrize(
    ("line", "listing", "described"),
    [
        ("AAPL US,10,80,100,", "AAPL", {"aliases": {"AAPL US": None}}),
        (",10,80,100,US0378331005", "XXXX", {"isin": "US0378331005"}),
    ],
    ids=["alias", "isin"],
)
async def test_a_name_that_is_learned_later_finds_the_price(
    service: Service, shared: MarketNews, line: str, listing: str, described: dict[str, str]
) -> None:
    portfolio_id = await a_portfolio(service, line)
    await shared.prices({listing: 120}, date(2024, 6, 4))
    await service.shows(await shared.listing(listing, **described))
    assert (await portfolio(service, portfolio_id)).total_value == 1200


@pytest.mark.parametrize(
    "described",
    [{"aliases": {"AAPL": "stands in"}}, {"isin": "US5949181045"}, {"currency": "EUR"}],
    ids=["a name that only stands in", "another isin", "another currency"],
)
async def test_what_means_something_else_prices_nothing(
    service: Service, shared: MarketNews, described: dict[str, str]
) -> None:
    ticker = "IDX" if "aliases" in described else "AAPL"
    portfolio_id = await a_portfolio(service, "AAPL,10,80,100,US0378331005")
    await shared.listing(ticker, **described)
    await service.shows(
        await shared.prices({ticker: 120}, date(2024, 6, 4), currency=described.get("currency", "USD"))
    )
    assert (await portfolio(service, portfolio_id)).total_value == 1000


async def test_a_tenant_pinned_to_a_day_sees_no_later_price(service: Service, shared: MarketNews) -> None:
    shared.data.__class__(service.database_url, "acme").pin_clock(date(2024, 6, 4))
    portfolio_id = await a_portfolio(service, "AAPL,10,80,100,", as_of=TODAY)
    for day, close in ((4, 120), (6, 150)):
        position = await shared.prices({"AAPL": close}, date(2024, 6, day))
    await service.shows(position)
    row = await portfolio(service, portfolio_id)
    assert (row.total_value, row.valued_on) == (1200, date(2024, 6, 4))


async def test_a_rebuild_shows_what_the_live_projection_does(
    service: Service, shared: MarketNews, own: MarketNews
) -> None:
    await shared.prices({"AAPL": 110}, date(2024, 6, 3))
    first = await a_portfolio(service, "AAPL,10,80,100,", "XOM,5,80,100,", "MSFT,1,2,3,")
    await a_portfolio(service, "AAPL,7,80,100,", tenant="rival")
    await shared.prices({"XOM": 55.25, "KO": 60}, date(2024, 6, 4))
    await imported(service, first, "KO,3,50,55,", as_of=date(2024, 6, 2))
    listing_id = shared.data.listing("AAPL")
    await own.prices({listing_id: 130}, date(2024, 6, 5))
    await shared.split(listing_id, date(2024, 6, 6), 3)
    await shared.listing("MSFT OLD", aliases={"MSFT": None})
    await shared.prices({"MSFT OLD": 7}, date(2024, 6, 1))
    await imported(service, first, "XOM,0,80,100,", as_of=date(2024, 6, 5))
    await service.shows(await shared.prices({"AAPL": 41, "XOM": 56}, date(2024, 6, 7)))
    assert {table: count for table, count in (await rows_different(service)).items() if count} == {}


async def test_the_past_is_worth_what_its_prices_say_that_were_known_then(
    service: Service, shared: MarketNews
) -> None:
    portfolio_id = await a_portfolio(service, "AAPL,10,80,100,")
    for day, close in ((4, 120), (6, 150)):
        await shared.prices({"AAPL": close}, date(2024, 6, day))
    before_the_correction = datetime.now(UTC)
    await service.shows(await shared.prices({"AAPL": 151}, date(2024, 6, 6)))

    async def worth(as_of: date | None, known_at: datetime | None = None) -> Decimal:
        past = await service.history.portfolio_at("acme", portfolio_id, as_of=as_of, known_at=known_at)
        return (await value_past(past, service.quotes, service.tenant_rates)).valuation.total_value

    assert [await worth(date(2024, 6, day)) for day in (3, 4, 5, 6)] == [1000, 1200, 1200, 1510]
    assert await worth(date(2024, 6, 6), before_the_correction) == 1500
    assert await worth(None) == (await portfolio(service, portfolio_id)).total_value == 1510


async def test_an_imported_exchange_rate_values_what_needs_it(service: Service, own: MarketNews) -> None:
    command = RegisterPortfolio(caller=a_caller(), name="World", currency="EUR")
    portfolio_id = (await register_portfolio(command, ledger=service.ledger)).result.id
    await imported(service, portfolio_id, "AAPL,10,80,100,,USD")
    await service.shows(await own.fx("USD", "EUR", STATED, 0.5))
    row = await portfolio(service, portfolio_id)
    held = await positions(service, portfolio_id)
    assert (row.total_value, row.valued_on) == (500, STATED)
    assert [one.exchange_rate for one in held] == [D("0.5")]
    assert {table: count for table, count in (await rows_different(service)).items() if count} == {}
