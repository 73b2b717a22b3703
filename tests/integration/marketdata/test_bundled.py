import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date

import numpy as np
import psycopg
import pytest
from tests.support.database import as_api

from application.market.quotes import Name
from bootstrap.bundled import is_loaded, load
from infrastructure.marketdata.history import PostgresMarketHistory
from infrastructure.postgres.connect import pool

LAST = date(2022, 12, 28)


@pytest.fixture
async def bundled(market_database_url: str) -> AsyncIterator[PostgresMarketHistory]:
    async with pool(as_api(market_database_url), "test", size=2) as connections:
        yield PostgresMarketHistory(connections)


async def test_the_stocks_of_the_demo_portfolio_have_their_prices(bundled: PostgresMarketHistory) -> None:
    (apple,) = await bundled.listings("acme", [Name("AAPL", isin="US0378331005", currency="USD")])
    assert apple is not None
    assert (apple.name, apple.exchange, apple.sector) == ("Apple Inc.", "XNAS", "technology")
    bars = await bundled.bars("acme", [apple.listing_id])
    assert (bars.days[0], bars.days[-1]) == (np.datetime64("1990-01-02"), np.datetime64(LAST))
    assert len(bars.days) == 8313
    assert (bars.close[0, 0], bars.close[-1, 0], bars.adjusted[-1, 0]) == (0.264, 125.674, 125.674)


@pytest.mark.parametrize("ticker", ["SPY", "IVV", "VOO", "spy"])
async def test_the_index_stands_in_for_the_funds_that_track_it(
    bundled: PostgresMarketHistory, ticker: str
) -> None:
    benchmark = await bundled.benchmark("acme", ticker)
    assert benchmark is not None
    assert benchmark.listing is not None
    assert (benchmark.listing.ticker, benchmark.note) == ("SP500", "S&P 500 price index stands in")
    assert benchmark.ticker == ticker.upper()
    assert benchmark.source.startswith("skfolio ")


async def test_the_index_is_never_the_price_of_such_a_fund(bundled: PostgresMarketHistory) -> None:
    assert await bundled.listings("acme", [Name("SPY", currency="USD")]) == [None]


async def test_the_index_itself_stands_for_nothing_else(bundled: PostgresMarketHistory) -> None:
    benchmark = await bundled.benchmark("acme", "^GSPC")
    assert benchmark is not None
    assert benchmark.note is None


async def test_the_equally_weighted_benchmark_is_set_each_year(bundled: PostgresMarketHistory) -> None:
    benchmark = await bundled.benchmark("acme", "SP20EW")
    assert benchmark is not None
    assert (benchmark.name, benchmark.listing) == ("20 S&P 500 stocks, equal weight", None)
    assert [one.day.year for one in benchmark.sets] == list(range(1990, 2023))
    assert benchmark.sets[-1].day == date(2022, 1, 3)
    members = {member.ticker: member for member in benchmark.sets[-1].members}
    assert len(members) == 20
    assert {member.weight for member in members.values()} == {0.05}
    assert members["XOM"].sector == "energy"
    assert members["XOM"].listing is not None


async def test_a_factor_is_its_fund_less_the_index(bundled: PostgresMarketHistory) -> None:
    factors = await bundled.factors("acme", start=LAST, end=LAST)
    assert factors.names == ("low_volatility", "market", "momentum", "quality", "size", "value")
    mtum, index = await bundled.listings("acme", [Name("MTUM"), Name("SP500")])
    assert mtum is not None
    assert index is not None
    bars = await bundled.bars("acme", [mtum.listing_id, index.listing_id], start=date(2022, 12, 27))
    returns = bars.close[1] / bars.close[0] - 1
    found = dict(zip(factors.names, factors.returns[0], strict=True))
    assert found["market"] == pytest.approx(returns[1], abs=1e-15)
    assert found["momentum"] == pytest.approx(returns[0] - returns[1], abs=1e-15)


def test_its_imports_say_how_many_rows_they_brought(market_database_url: str) -> None:
    with psycopg.connect(market_database_url) as connection:
        told = connection.execute("select kind, rows from market.import where owner = '*'").fetchall()
        kept = {
            "instruments": "select count(*) from market.description where owner = '*'",
            "prices": "select sum(cardinality(days)) from market.bars where owner = '*'",
            "factors": "select count(*) from market.factor where owner = '*'",
            "constituents": "select count(*) from market.constituents where owner = '*'",
        }
        counted = {kind: connection.execute(query).fetchall()[0][0] for kind, query in kept.items()}

    assert dict(told) == counted
    assert counted["prices"] == 185_893


def test_loading_it_again_changes_nothing(market_database_url: str) -> None:
    with psycopg.connect(market_database_url) as connection:
        before = connection.execute("select imports from market.head").fetchall()
        assert is_loaded(connection)
    assert not load(market_database_url)
    with psycopg.connect(market_database_url) as connection:
        assert connection.execute("select imports from market.head").fetchall() == before


def test_the_package_is_read_and_not_imported() -> None:
    program = (
        "import sys; from bootstrap.bundled import _table, STOCKS; assert len(_table(STOCKS).days) == 8313;"
        "assert not {'skfolio', 'numpy', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
