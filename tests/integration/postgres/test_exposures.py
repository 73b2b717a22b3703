"""Whom an import of market data concerns."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from tests.support.callers import a_caller
from tests.support.files import a_csv
from tests.support.market import MarketData
from tests.support.service import Service

from application.market.exposures import News
from application.portfolios.register import RegisterPortfolio, register_portfolio
from application.portfolios.revise import RevisePortfolio, revise_portfolio
from application.positions.import_positions import ImportPositions, import_positions
from domain.market import SHARED
from infrastructure.postgres.connect import pool
from infrastructure.postgres.exposures import PostgresExposures

DAY = date(2024, 6, 3)


async def a_portfolio(service: Service, *lines: str, tenant: str = "acme", **given: Any) -> UUID:
    command = RegisterPortfolio(caller=a_caller(tenant), name="Growth", **given)
    portfolio_id = (await register_portfolio(command, ledger=service.ledger)).result.id
    content = a_csv(*lines, header="ticker,quantity,current_price,currency")
    done = await import_positions(
        ImportPositions(
            caller=a_caller(tenant), portfolio_id=portfolio_id, content=content, filename="p.csv"
        ),
        ledger=service.ledger,
        files=service.files,
        rates=service.rates,
    )
    await service.shows(done.position)
    return portfolio_id


async def concerned(service: Service, kind: Any, *, owner: str = SHARED, **about: Any) -> Sequence[UUID]:
    async with pool(service.database_url, "test") as connections:

        async def nobody() -> int:
            return 0

        exposures = PostgresExposures(connections, service.positions, nobody)
        found = await exposures.concerned(News(kind=kind, owner=owner, position=1, **about))
    return [one.portfolio_id for one in found]


@pytest.fixture
def shared(service: Service) -> MarketData:
    return MarketData(service.database_url)


async def test_prices_concern_holders_and_those_compared_with_them(
    service: Service, shared: MarketData
) -> None:
    aapl, index, ko = (shared.bars(ticker, [DAY], [100.0]) for ticker in ("AAPL", "SP500", "KO"))
    shared.listing("SP500", aliases={"SPY": "stands in"})
    shared.constituents("TWO", DAY, {"AAPL": (0.5, None), "KO": (0.5, None)})
    holder = await a_portfolio(service, "AAPL,1,1,USD")
    compared = await a_portfolio(service, "X,1,1,USD", benchmark_ticker="SPY")
    part = await a_portfolio(service, "X,1,1,USD", benchmark_ticker="TWO")
    other = await a_portfolio(service, "AAPL,1,1,USD", tenant="rival")
    assert set(await concerned(service, "prices", listing_ids=[aapl])) == {holder, part, other}
    assert set(await concerned(service, "prices", listing_ids=[aapl], owner="acme")) == {holder, part}
    assert await concerned(service, "prices", listing_ids=[index]) == [compared]
    assert await concerned(service, "prices", listing_ids=[ko]) == [part]


async def test_exchange_rates_concern_those_who_convert(service: Service) -> None:
    converting = await a_portfolio(service, "AAPL,1,1,CHF")
    pence = await a_portfolio(service, "VOD,1,1,GBX")
    await a_portfolio(service, "AAPL,1,1,USD")
    assert await concerned(service, "fx", currencies=["CHF"]) == [converting]
    assert await concerned(service, "fx", currencies=["GBP"]) == [pence]
    assert set(await concerned(service, "fx", currencies=["USD"])) == {converting, pence}


async def test_constituents_concern_those_compared_with_the_benchmark(service: Service) -> None:
    compared = await a_portfolio(service, "X,1,1,USD", benchmark_ticker="two")
    await a_portfolio(service, "X,1,1,USD", benchmark_ticker="SPY")
    assert await concerned(service, "constituents", benchmark="TWO") == [compared]


async def test_archived_and_empty_portfolios_concern_nobody(service: Service, shared: MarketData) -> None:
    aapl = shared.bars("AAPL", [DAY], [100.0])
    archived = await a_portfolio(service, "AAPL,1,1,USD")
    command = RevisePortfolio(caller=a_caller(), portfolio_id=archived, changes={}, is_active=False)
    await service.shows((await revise_portfolio(command, ledger=service.ledger)).position)
    empty = RegisterPortfolio(caller=a_caller(), name="Empty", benchmark_ticker="AAPL")
    await service.shows((await register_portfolio(empty, ledger=service.ledger)).position)
    for kind in ("prices", "factors", "rates"):
        found = await concerned(service, kind, listing_ids=[aapl], currencies=["USD"])
        assert found == [], kind
