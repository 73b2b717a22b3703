import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import msgspec
import psycopg
import pytest
from prometheus_client import CollectorRegistry
from redis import Redis
from tests.support.deliveries import an_inbox, pending_in
from tests.support.relaying import entries_on, positions_on, relaying, soon, worker
from tests.support.streams import NOW, a_caller, a_ledger, archived, positions_in, registered

from agents.rebalance.agent import RebalanceAgent
from application.ledger import Ledger
from bootstrap.agents import serve
from bootstrap.settings import Settings
from domain.drift import Target
from domain.holding_facts import Position, position_id
from infrastructure.redis.connect import client
from infrastructure.redis.metrics import AgentMetrics
from projections.published.catalogue import PORTFOLIO_EVENTS, REBALANCE_DECIDED, REBALANCE_RECOMMENDED

D = Decimal
GROUP = RebalanceAgent.name


class Market:
    """Portfolios of one ledger, with positions and targets."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    async def portfolio(self, technology: str = "700", **given: Any) -> UUID:
        """A portfolio of technology and energy that aims at one half each."""
        [portfolio_id] = await registered(self.ledger, **given)
        await self.aim(portfolio_id, technology="0.5", energy="0.5")
        await self.hold(portfolio_id, AAPL=technology, XOM="300")
        return portfolio_id

    async def hold(self, portfolio_id: UUID, **values: str) -> None:
        async with self.ledger.unit(a_caller(correlation_id="the-import")) as unit:
            await unit.portfolio(portfolio_id)
            holdings = await unit.holdings(portfolio_id)
            holdings.change(
                [a_position(portfolio_id, ticker, value) for ticker, value in values.items()], at=NOW
            )
            await unit.commit(None)

    async def aim(self, portfolio_id: UUID, **weights: str) -> None:
        async with self.ledger.unit(a_caller()) as unit:
            portfolio = await unit.portfolio(portfolio_id)
            for bucket, weight in weights.items():
                target = Target(
                    allocation_id=portfolio.allocation_id("sector", bucket),
                    allocation_type="sector",
                    bucket=bucket,
                    target_weight=D(weight),
                )
                portfolio.set_target(target, at=NOW)
            await unit.commit(None)

    async def rename(self, portfolio_id: UUID) -> None:
        async with self.ledger.unit(a_caller()) as unit:
            portfolio = await unit.portfolio(portfolio_id)
            portfolio.revise({"name": "Renamed"}, at=NOW)
            await unit.commit(None)

    async def ask(self, portfolio_id: UUID, *, force: bool, **options: Any) -> None:
        async with self.ledger.unit(a_caller()) as unit:
            portfolio = await unit.portfolio(portfolio_id)
            portfolio.request_rebalance(force=force, options=options, at=NOW)
            await unit.commit(None)


def a_position(portfolio_id: UUID, ticker: str, value: str) -> Position:
    instrument_id = uuid5(UUID(int=7), ticker)
    return Position(
        position_id=position_id(portfolio_id, "", instrument_id),
        instrument_id=instrument_id,
        ticker=ticker,
        quantity=D(value) / 10,
        currency="USD",
        current_price=D(10),
        price_date=date.today(),  # noqa: DTZ011 the agent's clock is the machine's
        sector={"AAPL": "technology", "XOM": "energy"}[ticker],
    )


@asynccontextmanager
async def advising(database_url: str, redis_url: str, **given: Any) -> AsyncIterator[CollectorRegistry]:
    """A relay and a rebalance agent at work in this process."""
    registry, stop = CollectorRegistry(), asyncio.Event()
    settings = replace(Settings(), database_url=database_url, redis_url=redis_url)
    async with relaying(database_url, redis_url):
        task = asyncio.create_task(serve(settings, AgentMetrics(GROUP, registry), stop, **given))
        try:
            yield registry
        finally:
            stop.set()
            await task


@pytest.fixture
async def market(database_url: str) -> AsyncIterator[Market]:
    async with a_ledger(database_url) as ledger:
        yield Market(ledger)


class Streams:
    """What other programs see, and whether everything was dealt with."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self.database_url, self.redis_url = database_url, redis_url

    def recommended(self) -> list[dict[str, Any]]:
        entries = entries_on(self.redis_url, REBALANCE_RECOMMENDED)
        return [msgspec.json.decode(entry["data"]) for entry in entries]

    def decided(self) -> list[str]:
        return [entry["type"] for entry in entries_on(self.redis_url, REBALANCE_DECIDED)]

    def settled(self) -> bool:
        """Whether every event is on its stream, read by the agent and acknowledged."""
        if positions_on(self.redis_url, PORTFOLIO_EVENTS) != positions_in(
            self.database_url, "portfolio.%", "holdings.%"
        ):
            return False
        if positions_on(self.redis_url, REBALANCE_RECOMMENDED) != positions_in(
            self.database_url, "rebalancing.recommended"
        ):
            return False
        with Redis.from_url(self.redis_url) as redis:
            groups: Any = redis.xinfo_groups(PORTFOLIO_EVENTS)
            stream: Any = redis.xinfo_stream(PORTFOLIO_EVENTS)
        return any(
            group["name"] == GROUP.encode()
            and group["pending"] == 0
            and group["last-delivered-id"] == stream["last-generated-id"]
            for group in groups
        )


@pytest.fixture
def streams(database_url: str, redis_url: str) -> Streams:
    return Streams(database_url, redis_url)


async def test_drift_leads_to_a_recommendation_on_the_stream(market: Market, streams: Streams) -> None:
    # Before anybody looks: an agent sees the newest state, whatever woke it.
    portfolio_id = await market.portfolio()
    await market.rename(portfolio_id)  # asks nothing, so it is not why
    async with advising(streams.database_url, streams.redis_url):
        await soon(lambda: len(streams.recommended()) == 1 and streams.settled())
    [recommended] = streams.recommended()
    [entry] = entries_on(streams.redis_url, REBALANCE_RECOMMENDED)
    assert recommended["portfolio_id"] == str(portfolio_id)
    assert [(t["ticker"], t["side"], t["value"]) for t in recommended["trades"]] == [
        ("AAPL", "sell", 200.0),
        ("XOM", "buy", 200.0),
    ]
    with psycopg.connect(streams.database_url) as connection:
        [(actor, cause)] = connection.execute(
            "select r.actor, c.topic from events.event r join events.event c on c.event_id::text = r.causation_id"
            " where r.topic = 'rebalancing.recommended'"
        )
    assert (actor, cause) == ("RebalanceAgent", "holdings.positions-changed")
    assert entry["correlationid"] == "the-import"


async def test_the_same_state_is_recommended_on_once_and_force_supersedes(
    market: Market, streams: Streams
) -> None:
    async with advising(streams.database_url, streams.redis_url):
        portfolio_id = await market.portfolio()
        await soon(lambda: len(streams.recommended()) == 1)
        await market.hold(portfolio_id, AAPL="700")
        await market.ask(portfolio_id, force=False)
        await soon(streams.settled)
        assert len(streams.recommended()) == 1
        await market.ask(portfolio_id, force=True, to="edge")
        await soon(lambda: len(streams.recommended()) == 2)
    first, second = streams.recommended()
    assert second["supersedes"] == first["id"]
    assert (second["forced"], second["policy"]["to"]) == (True, "edge")


async def test_force_without_drift_recommends_an_empty_list(market: Market, streams: Streams) -> None:
    async with advising(streams.database_url, streams.redis_url):
        portfolio_id = await market.portfolio(technology="300")
        await market.ask(portfolio_id, force=True)
        await soon(lambda: len(streams.recommended()) == 1)
    assert streams.recommended()[0]["trades"] == []


async def test_an_open_recommendation_lapses_with_its_drift_or_its_portfolio(
    market: Market, streams: Streams
) -> None:
    async with advising(streams.database_url, streams.redis_url):
        settled, closed = await market.portfolio(), await market.portfolio()
        await soon(lambda: len(streams.recommended()) == 2)
        await market.hold(settled, AAPL="300")
        await archived(market.ledger, closed)
        await soon(lambda: streams.decided() == ["pm.rebalance.lapsed.v1"] * 2)


async def test_what_was_recorded_but_not_acknowledged_is_recommended_on_once(
    market: Market, streams: Streams
) -> None:
    async with advising(streams.database_url, streams.redis_url):
        portfolio_id = await market.portfolio()
        await market.ask(portfolio_id, force=True)
        await soon(streams.settled)
    made = len(streams.recommended())
    with Redis.from_url(streams.redis_url) as redis:  # as if no acknowledgement had ever arrived
        redis.xgroup_setid(PORTFOLIO_EVENTS, GROUP, "0")
    async with client(streams.redis_url, "test") as dying:
        inbox = an_inbox(dying, f"{GROUP}-1", group=GROUP)
        while not await inbox.receive():
            pass
    assert pending_in(streams.redis_url, group=GROUP) > 0
    async with advising(streams.database_url, streams.redis_url):
        await soon(streams.settled)
    assert len(streams.recommended()) == made


async def test_a_flush_in_the_middle_leads_to_no_second_recommendation(
    market: Market, streams: Streams
) -> None:
    async with advising(streams.database_url, streams.redis_url):
        for at in range(12):
            await market.portfolio()
            if at in (4, 9):
                with Redis.from_url(streams.redis_url) as redis:
                    redis.flushall()
        await soon(lambda: len(streams.recommended()) >= 12 and streams.settled())
    portfolios = [one["portfolio_id"] for one in streams.recommended()]
    assert len(set(portfolios)) == 12
    assert no_state_twice(streams.database_url)


async def test_agents_killed_at_any_moment_recommend_everything_once(
    market: Market, streams: Streams
) -> None:
    load = asyncio.create_task(market_day(market, 20))
    for handled in (3, 9):
        async with relaying(streams.database_url, streams.redis_url):
            with worker(
                "agent", GROUP, database_url=streams.database_url, redis_url=streams.redis_url
            ):  # killed on the way out
                await soon(more_recommended_than(handled, streams))
    await load
    async with advising(streams.database_url, streams.redis_url):
        await soon(
            lambda: len({r["portfolio_id"] for r in streams.recommended()}) == 20 and streams.settled()
        )
    assert no_state_twice(streams.database_url)


async def test_two_agents_share_the_work_without_doubling_it(market: Market, streams: Streams) -> None:
    async with (
        advising(streams.database_url, streams.redis_url) as one,
        advising(streams.database_url, streams.redis_url) as two,
    ):
        await market_day(market, 15)
        await soon(
            lambda: len({r["portfolio_id"] for r in streams.recommended()}) == 15 and streams.settled()
        )
    assert no_state_twice(streams.database_url)
    handled = [
        registry.get_sample_value("trimtab_agent_handled_total", {"agent": GROUP}) for registry in (one, two)
    ]
    assert sum(figure or 0 for figure in handled) >= len(positions_on(streams.redis_url, PORTFOLIO_EVENTS))


def more_recommended_than(count: int, streams: Streams) -> Any:
    return lambda: len(streams.recommended()) > count


async def market_day(market: Market, portfolios: int) -> None:
    for _ in range(portfolios):
        await market.portfolio()


def no_state_twice(database_url: str) -> bool:
    """Whether no portfolio was told of one state twice."""
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "select count(*), count(distinct (originator_id, state -> 'recommendation' ->> 'state_hash'))"
            " from events.event where topic = 'rebalancing.recommended'"
        ).fetchone()
    assert found is not None
    return bool(found[0] == found[1] and found[0])
