"""What happens to portfolios when a newer edition of the bundled data is loaded."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.support.callers import a_caller
from tests.support.files import a_csv
from tests.support.service import Service, service_on

from application.portfolios.register import RegisterPortfolio, register_portfolio
from application.positions.import_positions import ImportPositions, import_positions
from bootstrap.bundled import load

LAST = date(2022, 12, 28)


@pytest.fixture
async def service(market_database_url: str) -> AsyncIterator[Service]:
    async with service_on(market_database_url) as running:
        yield running


async def a_portfolio(service: Service, *lines: str) -> UUID:
    command = RegisterPortfolio(caller=a_caller("acme"), name="Stocks")
    portfolio_id = (await register_portfolio(command, ledger=service.ledger)).result.id
    imported = ImportPositions(
        caller=a_caller("acme"),
        portfolio_id=portfolio_id,
        content=a_csv(*lines),
        filename="p.csv",
        as_of=LAST,
    )
    done = await import_positions(imported, ledger=service.ledger, files=service.files, rates=service.rates)
    await service.shows(done.position)
    return portfolio_id


async def prices_of(service: Service, portfolio_id: UUID) -> dict[str, Decimal | None]:
    rows, _ = await service.portfolios.positions(
        "acme", portfolio_id, asset_class=None, sector=None, limit=100, offset=0
    )
    return {row.ticker: row.current_price for row in rows}


def as_if_it_had_been_an_earlier_edition(database_url: str, **closes: float) -> None:
    """The bundled data under another name, and with other newest closes."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "update market.import set source = 'an earlier edition', import_id = gen_random_uuid()"
        )
        for ticker, close in closes.items():
            whose = "listing_id = (select listing_id from market.listing where ticker = %s)"
            connection.execute(
                f"update market.bars set close[cardinality(days)] = %s where year = 2022 and {whose}",
                (close, ticker),
            )
            connection.execute(f"update market.newest_bar set close = %s where {whose}", (close, ticker))


def told(database_url: str) -> list[tuple[str, dict[str, Any]]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(
            "select topic, state from events.event where tenant_id = '*' order by position"
        ).fetchall()


async def test_a_changed_price_is_told_and_what_holds_it_is_priced_anew(service: Service) -> None:
    as_if_it_had_been_an_earlier_edition(service.database_url, AAPL=120.0)
    portfolio_id = await a_portfolio(service, "AAPL,10,80,,technology", "XOM,5,80,,energy")
    before = await prices_of(service, portfolio_id)
    assert load(service.database_url)
    with psycopg.connect(service.database_url) as connection:
        [(head,)] = connection.execute("select position from events.head")
    await service.shows(head)
    after = await prices_of(service, portfolio_id)
    assert (before["AAPL"], after["AAPL"]) == (Decimal("120"), Decimal("125.674"))
    assert after["XOM"] == before["XOM"]
    [(_, _), (topic, content)] = told(service.database_url)
    assert topic == "market.prices-imported"
    assert content["tickers"] == ["AAPL"]
    assert (content["rows"], content["revised"]) == (1, 1)
    assert (content["start"], content["end"]) == ("2022-12-28", "2022-12-28")
    assert content["source"].startswith("skfolio ")


async def test_an_edition_that_changes_nothing_is_not_told(service: Service) -> None:
    as_if_it_had_been_an_earlier_edition(service.database_url)
    await a_portfolio(service, "AAPL,10,80,,technology")
    assert load(service.database_url)
    assert told(service.database_url) == []
    with psycopg.connect(service.database_url) as connection:
        rows = connection.execute("select rows, revised from market.import where source like 'skfolio%'")
        assert rows.fetchall() == [(0, 0)] * 4


async def test_whoever_lived_without_the_data_is_told_of_all_of_it(database_url: str) -> None:
    async with service_on(database_url) as service:
        portfolio_id = await a_portfolio(service, "AAPL,10,80,,technology")
        assert (await prices_of(service, portfolio_id))["AAPL"] is None
        assert load(database_url)
        kinds = [topic for topic, _ in told(database_url)]
        assert kinds == ["market.started"] + [
            f"market.{kind}" for kind in ("instruments-imported", "prices-imported", "factors-imported")
        ] + ["market.constituents-set"]
        with psycopg.connect(database_url) as connection:
            [(head,)] = connection.execute("select position from events.head")
        await service.shows(head)
        assert (await prices_of(service, portfolio_id))["AAPL"] == Decimal("125.674")


def test_a_new_database_is_told_nothing(market_database_url: str) -> None:
    assert told(market_database_url) == []
