from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from tests.support.service import Service

from application.caller import SCOPES, Caller
from application.history.past import PastPortfolio
from application.ledger import Append, EventStore, Ledger, Stream
from application.portfolios.register import RegisterPortfolio, register_portfolio
from bootstrap.demo import LAST_DAY, PORTFOLIO, TARGETS, TENANT, fill, load_portfolio
from domain.aggregate import Aggregate

CALLER = Caller(
    tenant=TENANT,
    actor="test",
    scopes=frozenset(SCOPES),
    correlation_id="test",
    causation_id=None,
    traceparent=None,
)


async def state(service: Service, on: date) -> PastPortfolio:
    return await service.history.portfolio_at(TENANT, PORTFOLIO, as_of=on, known_at=None)


def events(service: Service) -> int:
    with psycopg.connect(service.database_url) as connection:
        row = connection.execute("select count(*) from events.event").fetchone()
    assert row is not None
    return int(row[0])


async def test_the_demo_portfolio_has_a_past(service: Service) -> None:
    await fill(service.ledger)
    first, last = await state(service, date(2020, 1, 2)), await state(service, LAST_DAY)
    assert len(first.positions) == 19
    assert first.balances == {("", "USD"): Decimal("62849.07")}
    assert len(last.positions) == 20
    assert last.balances == {("", "USD"): Decimal(60_000)}
    assert {target.bucket for target in first.targets} == TARGETS.keys()


async def test_a_withdrawal_is_in_the_cash_of_its_day(service: Service) -> None:
    await fill(service.ledger)
    before, after = await state(service, date(2021, 6, 29)), await state(service, date(2021, 6, 30))
    assert before.balances["", "USD"] - after.balances["", "USD"] == 25_000


async def test_loading_the_demo_again_adds_nothing(service: Service) -> None:
    await fill(service.ledger)
    recorded = events(service)
    await fill(service.ledger)
    assert events(service) == recorded


async def test_a_demo_that_somebody_has_changed_stays_as_it_is(service: Service) -> None:
    command = RegisterPortfolio(caller=CALLER, portfolio_id=PORTFOLIO, name="As it used to be")
    await register_portfolio(command, ledger=service.ledger)
    async with service.ledger.unit(CALLER) as unit:
        (await unit.portfolio(PORTFOLIO)).revise({"name": "Mine"}, at=unit.now)
        await unit.commit(None)
    recorded = events(service)
    await fill(service.ledger)
    assert events(service) == recorded


class PowerCut(Exception):
    """The process is gone."""


class Failing:
    """An event store that works for a number of appends."""

    def __init__(self, store: EventStore, appends: int) -> None:
        self._store, self._left = store, appends

    def checkout(
        self, streams: Sequence[Stream], *, tenant: str
    ) -> AbstractAsyncContextManager[Sequence[Aggregate | None]]:
        return self._store.checkout(streams, tenant=tenant)

    async def append(self, append: Append) -> int:
        if not self._left:
            raise PowerCut
        self._left -= 1
        return await self._store.append(append)


@pytest.mark.parametrize("appends", [1, 3, 4, 5, 9])
async def test_a_load_that_was_cut_short_is_finished(service: Service, appends: int) -> None:
    with pytest.raises(PowerCut):
        await fill(Ledger(Failing(service.ledger._store, appends)))
    await fill(service.ledger)
    days = (date(2020, 6, 12), date(2021, 1, 4), date(2022, 8, 15), LAST_DAY)
    balances = [(await state(service, on)).balances["", "USD"] for on in days]
    assert balances == [Decimal(cash) for cash in ("70788.73", "36473.33", "44483.3", "60000")]
    assert len((await state(service, LAST_DAY)).targets) == len(TARGETS)


async def test_the_clock_of_the_demo_stands_on_the_last_day_with_prices(service: Service) -> None:
    await load_portfolio(service.database_url)
    await load_portfolio(service.database_url)
    with psycopg.connect(service.database_url) as connection:
        clocks = connection.execute("select owner, day from market.clock").fetchall()
    assert clocks == [(TENANT, LAST_DAY)]
