from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool
from tests.support.database import as_api
from tests.support.market import MarketData

from domain.valuation import Rate
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.marketdata.rates import TenantRatesReader
from infrastructure.postgres.connect import pool

DAY, NEXT = date(2023, 1, 2), date(2023, 1, 3)


@pytest.fixture
async def connections(database_url: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with pool(as_api(database_url), "test", size=2) as opened:
        yield opened


@pytest.fixture
def reader(connections: AsyncConnectionPool[Any]) -> TenantRatesReader:
    return TenantRatesReader(connections, EcbRates())


async def rate(reader: TenantRatesReader, tenant: str, on: date = DAY, **known: datetime) -> Rate | None:
    return (await reader.rates_for(tenant, **known)).rate("EUR", "USD", on)


async def test_without_imports_the_bank_is_asked(reader: TenantRatesReader) -> None:
    assert await rate(reader, "acme") == EcbRates().rate("EUR", "USD", DAY)


async def test_own_rates_go_before_shared_and_are_exact(
    shared: MarketData, own: MarketData, reader: TenantRatesReader
) -> None:
    shared.fx("EUR", "USD", {DAY: "1.23456789012345678"})
    assert await rate(reader, "acme") == Rate(Decimal("1.23456789012345678"), DAY)
    own.fx("EUR", "USD", {DAY: "2"})
    assert await rate(reader, "acme") == Rate(Decimal(2), DAY)
    assert await rate(reader, "other") == Rate(Decimal("1.23456789012345678"), DAY)


async def test_a_correction_counts_from_when_it_was_recorded(
    own: MarketData, reader: TenantRatesReader
) -> None:
    first, second = datetime(2023, 2, 1, tzinfo=UTC), datetime(2023, 3, 1, tzinfo=UTC)
    own.fx("EUR", "USD", {DAY: "2", NEXT: "3"}, recorded_at=first)
    own.fx("EUR", "USD", {DAY: "4"}, recorded_at=second)
    assert await rate(reader, "acme", known_at=first) == Rate(Decimal(2), DAY)
    assert await rate(reader, "acme") == Rate(Decimal(4), DAY)
    assert await rate(reader, "acme", on=NEXT) == Rate(Decimal(3), NEXT)


async def test_rates_are_read_once_and_again_after_an_import_of_rates(
    own: MarketData, reader: TenantRatesReader
) -> None:
    own.fx("EUR", "USD", {DAY: "2"})
    first = await reader.rates_for("acme")
    own.bars("AAA", [DAY], [1])
    assert await reader.rates_for("acme") is first
    own.fx("EUR", "USD", {DAY: "3"})
    assert await rate(reader, "acme") == Rate(Decimal(3), DAY)
