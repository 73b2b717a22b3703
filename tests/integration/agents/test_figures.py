"""Figures on the streams: after an import, after prices moved, and when somebody asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from prometheus_client import CollectorRegistry
from redis import Redis
from tests.support.callers import a_caller
from tests.support.files import a_csv
from tests.support.market import weekdays
from tests.support.market_news import MarketNews
from tests.support.relaying import entries_on, relaying, soon, worker
from tests.support.service import Service

from application.allocations.set_target import SetTarget, set_target
from application.portfolios.register import RegisterPortfolio, register_portfolio
from application.portfolios.request_analysis import RequestAnalysis, request_analysis
from application.positions.import_positions import ImportPositions, import_positions
from bootstrap.agent_parts import BUILT_BY
from bootstrap.agents import serve
from bootstrap.settings import Settings
from domain.analysis import Kind
from infrastructure.redis.metrics import AgentMetrics
from projections.published.catalogue import (
    ATTRIBUTION_COMPUTED,
    FACTORS_COMPUTED,
    MARKET_IMPORTED,
    PORTFOLIO_EVENTS,
    REBALANCE_HELD_BACK,
    REBALANCE_RECOMMENDED,
    RISK_COMPUTED,
)

D = Decimal
DAYS = weekdays("2024-01-01", 110)
START, LAST, NEXT = DAYS[0], DAYS[-2], DAYS[-1]
PRICES = {"AAPL": 100.0, "XOM": 50.0}


class Desk:
    """A service with agents, two stocks with a history, and portfolios that hold both."""

    def __init__(self, service: Service, redis_url: str, tenant: str = "acme") -> None:
        self.service, self.redis_url, self.tenant = service, redis_url, tenant
        self.news = MarketNews(service.database_url, service.ledger)
        self.listings: dict[str, int] = {}

    def history(self) -> None:
        """Prices that wiggle around a level until LAST, where the tenant's clock stands."""
        for place, (ticker, level) in enumerate(PRICES.items()):
            closes = [level * (1 + 0.01 * ((day * (7 + place)) % 5 - 2)) for day in range(len(DAYS) - 1)]
            self.listings[ticker] = self.news.data.bars(ticker, DAYS[:-1], [*closes[:-1], level])

    def pin(self, day: date) -> None:
        with psycopg.connect(self.service.database_url) as connection:
            connection.execute(
                "insert into market.clock values (%s, %s) on conflict (owner) do update set day = excluded.day",
                (self.tenant, day),
            )

    async def portfolio(self, *, aapl: str = "10", **given: Any) -> UUID:
        command = RegisterPortfolio(
            caller=a_caller(self.tenant), name="Growth", inception_date=START, **given
        )
        portfolio_id = (await register_portfolio(command, ledger=self.service.ledger)).result.id
        await self.hold(portfolio_id, f"AAPL,{aapl},90,,technology", "XOM,20,40,,energy")
        return portfolio_id

    async def hold(self, portfolio_id: UUID, *lines: str) -> None:
        command = ImportPositions(
            caller=a_caller(self.tenant),
            portfolio_id=portfolio_id,
            content=a_csv(*lines),
            filename="p.csv",
            as_of=START,
        )
        await import_positions(
            command, ledger=self.service.ledger, files=self.service.files, rates=self.service.rates
        )

    async def aim(self, portfolio_id: UUID, **weights: str) -> None:
        for bucket, weight in weights.items():
            command = SetTarget(
                caller=a_caller(self.tenant),
                portfolio_id=portfolio_id,
                allocation_type="sector",
                bucket=bucket,
                target_weight=D(weight),
            )
            await set_target(command, ledger=self.service.ledger)

    async def ask(self, portfolio_id: UUID, kind: Kind, **options: str) -> int:
        command = RequestAnalysis(
            caller=a_caller(self.tenant), portfolio_id=portfolio_id, kinds=[kind], options=options
        )
        return await request_analysis(command, ledger=self.service.ledger)

    def told(self, stream: str) -> list[dict[str, Any]]:
        return [msgspec.json.decode(entry["data"]) for entry in entries_on(self.redis_url, stream)]

    def requested(self) -> list[dict[str, Any]]:
        entries = entries_on(self.redis_url, PORTFOLIO_EVENTS)
        found = [entry for entry in entries if entry["type"] == "pm.analysis.requested.v1"]
        return [msgspec.json.decode(entry["data"]) for entry in found]

    def settled(self) -> bool:
        """Whether every agent has dealt with all there is."""
        with psycopg.connect(self.service.database_url) as connection:
            head = connection.execute("select position from events.head").fetchone()
        with Redis.from_url(self.redis_url) as redis:
            relayed: Any = redis.hget("pm:relay", "position")
            quiet = all(_quiet(redis, name, streams[0]) for name, (_, streams) in BUILT_BY.items())
        return head is not None and relayed is not None and int(relayed) == head[0] and quiet

    async def rest(self) -> None:
        """Wait until nothing happens any more."""

        def still() -> bool:
            before = self._head()
            return self.settled() and self._head() == before

        await soon(still, seconds=40)

    def _head(self) -> Any:
        with psycopg.connect(self.service.database_url) as connection:
            return connection.execute("select position from events.head").fetchone()


def _quiet(redis: Any, group: str, stream: str) -> bool:
    if not redis.exists(stream):
        return True
    last = redis.xinfo_stream(stream)["last-generated-id"]
    return any(
        known["name"].decode() == group and known["pending"] == 0 and known["last-delivered-id"] == last
        for known in redis.xinfo_groups(stream)
    )


@asynccontextmanager
async def working(desk: Desk, *names: str) -> AsyncIterator[None]:
    """A relay and agents at work in this process, all of them unless some are named."""
    settings = replace(Settings(), database_url=desk.service.database_url, redis_url=desk.redis_url)
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(relaying(desk.service.database_url, desk.redis_url))
        tasks = [
            asyncio.create_task(serve(settings, AgentMetrics(name, CollectorRegistry()), stop, name=name))
            for name in names or BUILT_BY
        ]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)


@pytest.fixture
async def desk(service: Service, redis_url: str) -> Desk:
    made = Desk(service, redis_url)
    made.history()
    made.pin(LAST)
    return made


async def test_an_import_is_followed_by_risk_and_factors_on_their_streams(desk: Desk) -> None:
    async with working(desk):
        portfolio_id = await desk.portfolio()
        await desk.rest()
    [risk] = desk.told(RISK_COMPUTED)
    [factors] = desk.told(FACTORS_COMPUTED)
    assert risk["portfolio_id"] == factors["portfolio_id"] == str(portfolio_id)
    assert risk["snapshot"]["var_95_1d"] > 0
    assert risk["headline"]["total_value"] == 2000
    assert risk["headline"]["as_of"] == LAST.isoformat()
    assert desk.told(ATTRIBUTION_COMPUTED) == []  # there is no benchmark
    row = await desk.service.analyses.latest("acme", portfolio_id, "risk")
    assert row is not None
    assert row.source_position == risk["source_position"]


async def test_new_prices_reach_value_drift_risk_and_recommendation(desk: Desk) -> None:
    async with working(desk):
        portfolio_id = await desk.portfolio()
        await desk.aim(portfolio_id, technology="0.5", energy="0.5")
        await desk.rest()
        assert desk.told(REBALANCE_RECOMMENDED) == []
        desk.pin(NEXT)
        await desk.news.prices({desk.listings["AAPL"]: 200, desk.listings["XOM"]: 50}, NEXT)
        await desk.rest()
    row = await desk.service.portfolios.portfolio("acme", portfolio_id)
    assert row is not None
    assert (row.total_value, row.valued_on, row.rebalance_needed) == (3000, NEXT, True)
    [recommended] = desk.told(REBALANCE_RECOMMENDED)
    assert [(t["ticker"], t["side"], t["value"]) for t in recommended["trades"]] == [
        ("AAPL", "sell", 500.0),
        ("XOM", "buy", 500.0),
    ]
    newest = desk.told(RISK_COMPUTED)[-1]
    assert newest["headline"]["total_value"] == 3000
    assert newest["headline"]["day_change"] == 1000
    assert [(one["reason"], one["kinds"]) for one in desk.requested()] == [
        ("prices", ["drift", "risk", "factors", "attribution"])
    ]


async def test_prices_of_nothing_that_is_held_ask_for_nothing(desk: Desk) -> None:
    async with working(desk):
        await desk.portfolio()
        await desk.rest()
        await desk.news.prices({"KO": 60}, LAST)
        await desk.rest()
    assert desk.requested() == []


async def test_a_burst_of_imports_is_one_request_and_waiting_ones_are_not_repeated(desk: Desk) -> None:
    portfolios = [await desk.portfolio() for _ in range(3)]
    async with working(desk, "repricing"):
        for close in (101, 102, 103):
            await desk.news.prices({desk.listings["AAPL"]: close}, LAST)
        await soon(lambda: len(desk.requested()) == 3)
        await desk.news.prices({desk.listings["AAPL"]: 104}, LAST)
        await soon(lambda: len(entries_on(desk.redis_url, MARKET_IMPORTED)) == 4)
        with Redis.from_url(desk.redis_url) as redis:
            await soon(lambda: _quiet(redis, "repricing", MARKET_IMPORTED))
    assert {one["portfolio_id"] for one in desk.requested()} == {str(one) for one in portfolios}
    assert len(desk.requested()) == 3
    async with working(desk):
        await desk.rest()
    assert {one["headline"]["total_value"] for one in desk.told(RISK_COMPUTED)} == {2040}


async def test_who_asks_is_answered_whatever_is_known_already(desk: Desk) -> None:
    async with working(desk):
        portfolio_id = await desk.portfolio(benchmark_ticker="NONE")
        await desk.rest()
        positions = {kind: await desk.ask(portfolio_id, kind) for kind in ("risk", "factors")}  # type: ignore[arg-type]
        asked = await desk.ask(portfolio_id, "attribution", period="1y", by="sector", linking="carino")
        await desk.rest()
    risk = await desk.service.analyses.latest("acme", portfolio_id, "risk")
    factors = await desk.service.analyses.latest("acme", portfolio_id, "factors")
    attribution = await desk.service.analyses.attribution(
        "acme", portfolio_id, period="1y", by="sector", linking="carino"
    )
    assert risk is not None
    assert factors is not None
    assert attribution is not None
    assert (risk.source_position, factors.source_position) == (positions["risk"], positions["factors"])
    assert attribution.source_position == asked
    assert attribution.refusal is not None  # nobody knows the benchmark
    assert bytes(attribution.content) == b"null"


async def test_what_is_delivered_again_changes_nothing(desk: Desk) -> None:
    async with working(desk):
        portfolio_id = await desk.portfolio(aapl="30")
        await desk.aim(portfolio_id, technology="0.5", energy="0.5")
        await desk.news.prices({desk.listings["AAPL"]: 101}, LAST)
        await desk.rest()
    before = desk._head()
    with Redis.from_url(desk.redis_url) as redis:
        for name, (_, streams) in BUILT_BY.items():
            redis.xgroup_setid(streams[0], name, "0")
    async with working(desk):
        await desk.rest()
    assert desk._head() == before


async def test_agents_killed_at_any_moment_leave_the_newest_figures(desk: Desk) -> None:
    portfolios = [await desk.portfolio() for _ in range(6)]
    await desk.news.prices({desk.listings["AAPL"]: 110}, LAST)
    async with relaying(desk.service.database_url, desk.redis_url):
        for name in ("repricing", "risk"):
            with worker(
                "agent", name, database_url=desk.service.database_url, redis_url=desk.redis_url
            ):  # killed on the way out
                stream = PORTFOLIO_EVENTS if name == "repricing" else RISK_COMPUTED
                before = len(entries_on(desk.redis_url, stream))
                await soon(
                    lambda stream=stream, before=before: len(entries_on(desk.redis_url, stream)) > before
                )
    async with working(desk):
        await desk.rest()
    newest = {one["portfolio_id"]: one["headline"]["total_value"] for one in desk.told(RISK_COMPUTED)}
    assert newest == {str(portfolio_id): 2100 for portfolio_id in portfolios}
    with psycopg.connect(desk.service.database_url) as connection:
        doubled = connection.execute(
            "select originator_id from events.event where topic = 'risk.computed'"
            " group by originator_id, (state ->> 'source_position') having count(*) > 1"
        ).fetchall()
    assert doubled == []


async def test_drift_at_old_prices_is_held_back_on_the_stream_until_prices_come(desk: Desk) -> None:
    desk.pin(date(2024, 9, 2))
    async with working(desk):
        portfolio_id = await desk.portfolio(aapl="30")
        await desk.aim(portfolio_id, technology="0.5", energy="0.5")
        await desk.rest()
        assert desk.told(REBALANCE_RECOMMENDED) == []
        held = desk.told(REBALANCE_HELD_BACK)
        await desk.news.prices({desk.listings["AAPL"]: 100, desk.listings["XOM"]: 50}, date(2024, 8, 30))
        await desk.rest()
    assert {one["code"] for one in held} == {"stale"}
    assert held[-1]["prices"][0]["price_date"] == LAST.isoformat()
    assert len(desk.told(REBALANCE_RECOMMENDED)) == 1
