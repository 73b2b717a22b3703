"""The projection worker: poison is parked in sequence, replay goes on where it stopped, a rebuild is equal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import AsyncConnection
from tests.support.appends import count
from tests.support.callers import a_caller
from tests.support.service import Service

from application.portfolios.register import RegisterPortfolio, register_portfolio
from application.portfolios.revise import RevisePortfolio, revise_portfolio
from bootstrap.ledger import ledger_on
from domain.portfolio import Portfolio
from infrastructure.eventstore.follower import Follower
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.postgres.connect import connector, pool
from infrastructure.postgres.dead_letters import dead_letters
from infrastructure.postgres.projections.portfolios import PortfolioProjection
from infrastructure.postgres.projector import Projector
from infrastructure.postgres.rebuild import rebuild, roll_back
from infrastructure.postgres.replay import replay_dead_letters
from projections.fact import Facts


class Choosy(PortfolioProjection):
    """The real projection, which for a while cannot digest what one portfolio does."""

    def __init__(self) -> None:
        super().__init__(EcbRates())
        self.poisoned: UUID | None = None

    async def apply(self, connection: AsyncConnection[Any], facts: Facts) -> None:
        for fact in facts:
            if fact.originator_id == self.poisoned and fact.topic == Portfolio.Revised.TOPIC:
                raise ValueError("cannot digest")
        await super().apply(connection, facts)


async def three_portfolios(database_url: str) -> list[UUID]:
    async with pool(database_url, "test") as connections:
        ledger, ids = ledger_on(connections), []
        for name in ("a", "b", "c"):
            done = await register_portfolio(RegisterPortfolio(caller=a_caller(), name=name), ledger=ledger)
            ids.append(done.result.id)
        for round_ in ("1", "2"):
            for portfolio_id in ids:
                command = RevisePortfolio(
                    caller=a_caller(), portfolio_id=portfolio_id, changes={"name": f"renamed {round_}"}
                )
                await revise_portfolio(command, ledger=ledger)
    return ids


@asynccontextmanager
async def on_read_tables(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await connector(database_url, "test", schema="read")() as connection:
        yield connection


async def names(connection: AsyncConnection[Any]) -> list[str]:
    cursor = await connection.execute("select name from read.portfolio order by created_at, portfolio_id")
    return [row[0] for row in await cursor.fetchall()]


async def test_a_poison_event_parks_its_aggregate_and_nothing_else(database_url: str) -> None:
    ids = await three_portfolios(database_url)
    projection = Choosy()
    projection.poisoned = ids[1]
    async with on_read_tables(database_url) as connection:
        await Projector([projection]).step(connection)
        assert await names(connection) == ["renamed 2", "b", "renamed 2"]
        letters = await dead_letters(connection, "portfolios")
        assert [(letter.originator_id, letter.topic) for letter in letters] == [
            (ids[1], "portfolio.revised"),
            (ids[1], "portfolio.revised"),
        ]
        assert "cannot digest" in letters[0].error
        assert letters[1].error == "waits for an earlier event of its aggregate"


class Spilling(PortfolioProjection):
    """Writes a row that PostgreSQL refuses, and shows in full while it does."""

    async def apply(self, connection: AsyncConnection[Any], facts: Facts) -> None:
        await connection.execute("insert into portfolio (tenant_id, name) values ('acme', 'Great Secret')")


async def test_neither_letter_nor_log_shows_the_row_that_was_refused(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await three_portfolios(database_url)
    async with on_read_tables(database_url) as connection:
        await Projector([Spilling(EcbRates())]).step(connection)
        letters = await dead_letters(connection)
    assert letters[0].error.startswith("NotNullViolation: null value in column")
    logged = capsys.readouterr().out
    assert "NotNullViolation" in logged
    assert "Secret" not in letters[0].error + logged


async def test_replayed_letters_bring_the_rows_up_to_date(database_url: str) -> None:
    ids = await three_portfolios(database_url)
    projection = Choosy()
    projection.poisoned = ids[1]
    async with on_read_tables(database_url) as connection:
        await Projector([projection]).step(connection)
        assert await replay_dead_letters(connection, [projection]) == (0, 2)
        projection.poisoned = None
        assert await replay_dead_letters(connection, [projection]) == (2, 0)
        assert await names(connection) == ["renamed 2"] * 3
        assert await dead_letters(connection) == []


async def test_one_of_two_projectors_works_and_the_other_takes_over(database_url: str) -> None:
    await three_portfolios(database_url)
    first, second = (Follower("projector", connector(database_url, "test", schema="read")) for _ in range(2))
    ends = asyncio.Event(), asyncio.Event()
    tasks = [
        asyncio.create_task(follower.run(Projector([PortfolioProjection(EcbRates())]).step, end))
        for follower, end in zip((first, second), ends, strict=True)
    ]
    async with asyncio.timeout(10):
        while not (first.is_active or second.is_active):
            await asyncio.sleep(0)
        assert first.is_active != second.is_active
        active, idle = (0, second) if first.is_active else (1, first)
        ends[active].set()
        while not idle.is_active:
            await asyncio.sleep(0)
    for end in ends:
        end.set()
    await asyncio.gather(*tasks)


async def test_a_follower_comes_back_after_its_connection_died(service: Service) -> None:
    with psycopg.connect(service.database_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'trimtab-projector' and datname = current_database()"
        )
    done = await register_portfolio(RegisterPortfolio(caller=a_caller(), name="after"), ledger=service.ledger)
    await service.shows(done.position)


async def test_a_rebuild_is_equal_to_what_was_there_and_can_be_rolled_back(service: Service) -> None:
    for name in ("a", "b"):
        done = await register_portfolio(
            RegisterPortfolio(caller=a_caller(), name=name), ledger=service.ledger
        )
    await service.shows(done.position)
    projection = PortfolioProjection(EcbRates())
    async with await connector(service.database_url, "rebuild")() as connection:
        different = await rebuild(connection, service.database_url, projection, lambda done, total: None)
    assert set(different.values()) == {0}
    done = await register_portfolio(RegisterPortfolio(caller=a_caller(), name="c"), ledger=service.ledger)
    await service.shows(done.position)
    assert (await service.portfolios.page("acme", limit=9, offset=0, include_archived=False))[1] == 3
    async with await connector(service.database_url, "rebuild")() as connection:
        await roll_back(connection, projection)
    done = await register_portfolio(RegisterPortfolio(caller=a_caller(), name="d"), ledger=service.ledger)
    await service.shows(done.position)
    assert (await service.portfolios.page("acme", limit=9, offset=0, include_archived=False))[1] == 4


async def test_a_switch_of_tables_gives_way_to_a_reader_of_several(service: Service) -> None:
    await register_portfolio(RegisterPortfolio(caller=a_caller(), name="a"), ledger=service.ledger)
    projection = PortfolioProjection(EcbRates())
    async with (
        on_read_tables(service.database_url) as connection,
        await connector(service.database_url, "reader")() as reader,
        await connector(service.database_url, "watcher")() as watcher,
    ):
        await reader.execute("begin")
        await reader.execute("select from read.position")  # a table that the switch comes to later
        switch = asyncio.create_task(
            rebuild(connection, service.database_url, projection, lambda done, total: None)
        )
        async with asyncio.timeout(10):
            while not await waits_for_a_table(watcher, connection.info.backend_pid):
                await asyncio.sleep(0.002)
        await reader.execute("set local deadlock_timeout = '10s'")  # if somebody has to give in, it is not us
        await reader.execute("select from read.portfolio")  # a table that the switch takes first
        await reader.execute("commit")
        assert (await switch)["portfolio"] == 0


async def waits_for_a_table(watcher: AsyncConnection[Any], pid: int) -> bool:
    query = "select 1 from pg_locks where pid = %s and not granted and locktype = 'relation'"
    return await (await watcher.execute(query, (pid,))).fetchone() is not None


async def test_a_rebuild_tells_how_many_rows_were_wrong(service: Service) -> None:
    done = await register_portfolio(RegisterPortfolio(caller=a_caller(), name="a"), ledger=service.ledger)
    await service.shows(done.position)
    async with await connector(service.database_url, "rebuild")() as connection:
        await connection.execute("update read.portfolio set name = 'tampered'")
        different = await rebuild(
            connection, service.database_url, PortfolioProjection(EcbRates()), lambda done, total: None
        )
        assert different["portfolio"] == 2  # one row gone, one row new
        assert await count(connection, "select count(*) from read.portfolio where name = 'a'") == 1


async def test_a_read_waits_for_its_position_and_gives_up_in_time(service: Service) -> None:
    assert not await service.positions.wait_for(10_000_000, 0.05)
