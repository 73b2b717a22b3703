"""A thousand portfolios measured anew after a price import, by the agent itself: JSON in, figures out."""

import asyncio
import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before numpy is there

import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any, LiteralString
from uuid import UUID, uuid4

import msgspec
import numpy as np
from psycopg_pool import AsyncConnectionPool
from tests.bench.facts import TENANT, a_caller

from agents.figures.risk import RiskAgent
from agents.runtime import Patience
from application.inbox import OF_PORTFOLIO, Message
from application.ledger import Ledger
from application.market.imports import ImportMarketData
from application.portfolios.register import RegisterPortfolio, register_portfolio
from bootstrap.agent_parts import ANALYST_BYTES
from bootstrap.ledger import ledger_on
from domain.analysis import PRICES, Analysis
from domain.factors import FACTORS
from domain.holding_facts import Position, position_id
from domain.instruments import Description
from domain.market import Kind
from infrastructure.marketdata.cached import CachedMarketHistory
from infrastructure.marketdata.importing.imports import PostgresMarketImports
from infrastructure.postgres.connect import pool
from projections.published.catalogue import type_of

PORTFOLIOS = 1_000
POSITIONS = 50
INSTRUMENTS = 500
DAYS = 2_600
SPARE = 40
"""Days that turns may import beyond the first ones; the last of them is before today."""
HEADER = "date,ticker,close,currency\n"
FACTOR_HEADER = "date,factor_name,return\n"
KINDS = ("risk", "factors")
MEASURED: LiteralString = """
select count(*) from events.event where topic = %s and state::json ->> 'snapshot' is not null"""


class Asked(msgspec.Struct, frozen=True):
    """The database, as the API's role reaches it and as its owner does, and how many imports."""

    imports_url: str
    agent_url: str
    turns: int


class Refreshed(msgspec.Struct, frozen=True):
    """Of each turn: portfolios per second of this process's own time, and of the clock's."""

    per_core: list[float]
    per_second: list[float]


def main() -> None:
    """Answer on standard output."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(measure(asked))))


async def measure(asked: Asked) -> Refreshed:
    """One turn is an import of a new day for every instrument, and then every portfolio."""
    per_core, per_second = list[float](), list[float]()
    async with (
        pool(asked.imports_url, "bench", size=2) as importing,
        pool(asked.agent_url, "agent") as working,
    ):
        imports, ledger = PostgresMarketImports(importing), ledger_on(working)
        await _import(imports, "factors", _factors(range(DAYS + SPARE)))
        await _imported(imports, range(DAYS))
        portfolios = await _portfolios(ledger)
        agent = RiskAgent(ledger, CachedMarketHistory(working, max_bytes=ANALYST_BYTES))
        await _refreshed(
            agent, portfolios, await _imported(imports, [DAYS])
        )  # fits the model, fills the cache
        for turn in range(asked.turns):
            position = await _imported(imports, [DAYS + 1 + turn])
            clock, own = time.perf_counter(), time.process_time()
            await _refreshed(agent, portfolios, position)
            per_second.append(PORTFOLIOS / (time.perf_counter() - clock))
            per_core.append(PORTFOLIOS / (time.process_time() - own))
        await _all_measured(working, asked.turns + 1)
    return Refreshed(per_core=per_core, per_second=per_second)


async def _refreshed(agent: RiskAgent, portfolios: list[UUID], position: int) -> None:
    room = asyncio.Semaphore(Patience().portfolios_at_once)

    async def one(portfolio_id: UUID) -> None:
        async with room:
            await agent.handle([_request(portfolio_id, position)])

    await asyncio.gather(*(one(portfolio_id) for portfolio_id in portfolios))


def _request(portfolio_id: UUID, position: int) -> Message:
    """The message that the repricing agent's request becomes."""
    told = {"portfolio_id": str(portfolio_id), "kinds": KINDS, "reason": PRICES, "options": {}}
    return Message(
        stream="pm:portfolio:events",
        entry_id=f"{position}-0",
        position=position,
        event_id=str(uuid4()),
        event_type=type_of(Analysis.Requested),
        tenant=TENANT,
        subject=f"{OF_PORTFOLIO}{portfolio_id}",
        correlation_id="bench",
        traceparent=None,
        data=msgspec.json.encode(told),
    )


async def _imported(imports: PostgresMarketImports, days: Sequence[int]) -> int:
    """Import a bar of every instrument on each day; return the position of the event."""
    return await _import(imports, "prices", _prices(days))


async def _import(imports: PostgresMarketImports, kind: Kind, content: str) -> int:
    command = ImportMarketData(
        kind=kind, owner=TENANT, caller=a_caller(), filename=f"{kind}.csv", today=datetime.now(UTC).date()
    )
    done = await imports.run(command, content.encode())
    assert done.position is not None
    return done.position


def _prices(days: Sequence[int]) -> str:
    written, dates = StringIO(), _dates(days)
    written.write(HEADER)
    for number in range(INSTRUMENTS):
        walk = np.cumsum(np.random.default_rng(number).normal(0, 0.012, DAYS + SPARE))
        for at, day in zip(days, dates, strict=True):
            written.write(f"{day},T{number:03},{50 * np.exp(walk[at]):.4f},USD\n")
    return written.getvalue()


def _factors(days: Sequence[int]) -> str:
    """Returns of every factor."""
    returns = np.random.default_rng(INSTRUMENTS).normal(0, 0.01, (len(FACTORS), len(days)))
    dates = _dates(days)
    rows = [
        f"{day},{name},{value:.6f}\n"
        for name, values in zip(FACTORS, returns, strict=True)
        for day, value in zip(dates, values, strict=True)
    ]
    return FACTOR_HEADER + "".join(rows)


def _dates(days: Sequence[int]) -> list[str]:
    today = np.datetime64(datetime.now(UTC).date())
    dates: list[str] = (
        np.busday_offset(today, np.array(days) - DAYS - SPARE, roll="backward").astype(str).tolist()
    )
    return dates


async def _portfolios(ledger: Ledger) -> list[UUID]:
    chooser = random.Random(7)
    return [await _portfolio(ledger, chooser) for _ in range(PORTFOLIOS)]


async def _portfolio(ledger: Ledger, chooser: random.Random) -> UUID:
    portfolio_id, day = uuid4(), date(2024, 1, 2)
    command = RegisterPortfolio(
        caller=a_caller(),
        name="Bench",
        portfolio_id=portfolio_id,
        inception_date=day,
        benchmark_ticker="T000",
    )
    await register_portfolio(command, ledger=ledger)
    tickers = [f"T{number:03}" for number in chooser.sample(range(INSTRUMENTS), POSITIONS)]
    async with ledger.unit(a_caller()) as unit:
        await unit.portfolio(portfolio_id)
        holdings, registry = await unit.holdings(portfolio_id), await unit.instruments()
        known = registry.resolve([Description(ticker=one, currency="USD") for one in tickers], at=unit.now)
        positions = [
            Position(
                position_id=position_id(portfolio_id, "", instrument.instrument_id),
                instrument_id=instrument.instrument_id,
                ticker=ticker,
                quantity=Decimal(chooser.randrange(10, 500)),
                currency="USD",
                asset_class="equity",
                sector=f"sector {number % 11}",
            )
            for number, (ticker, instrument) in enumerate(zip(tickers, known, strict=True))
        ]
        holdings.change(positions, at=datetime(2024, 1, 2, tzinfo=UTC))
        await unit.commit(None)
    return portfolio_id


async def _all_measured(connections: "AsyncConnectionPool[Any]", times: int) -> None:
    async with connections.connection() as connection:
        for topic in ("risk.computed", "factors.computed"):
            cursor = await connection.execute(MEASURED, (topic,))
            assert await cursor.fetchone() == (PORTFOLIOS * times,), topic


if __name__ == "__main__":
    main()
