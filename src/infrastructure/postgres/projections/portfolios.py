"""Projects portfolios, their positions, cash and targets."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString, Protocol
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.drift import Target
from domain.holdings import Holdings
from domain.market import IMPORTED_TOPICS
from domain.valuation import Rates
from infrastructure.postgres.projections import prices
from infrastructure.postgres.projections.rows import load, upsert
from projections.fact import Fact, Facts
from projections.portfolio_rows import AllocationRow, PortfolioRow
from projections.portfolios import PORTFOLIO_TOPICS, PortfolioChanges
from projections.worth import CashFact, HeldGroup, Worth, balances, revalue

# Positions go from the event's JSON to rows inside the database: an import of 10,000 rows is never decoded here.
# The newest effective day wins, then the later recording; a closed position stays as a row of quantity 0, so that
# an older fact that arrives later finds something newer.
# Each event is taken apart once, before its rows: looking into it again for every row would read it all each time.
WRITE_POSITIONS: LiteralString = """
with changed as materialized (
    select e.tenant_id, f.portfolio_id, e.position, e.recorded_at,
           (e.effective_at at time zone 'utc')::date as day, e.state -> 'positions' as positions
      from unnest(%s::bigint[], %s::uuid[]) as f (position, portfolio_id) join events.event e using (position))
insert into position (
    tenant_id, position_id, portfolio_id, instrument_id, account, ticker, security_name, asset_class, sector,
    geography, isin, cusip, currency, quantity, avg_cost_price, current_price, price_date, effective_day, position,
    projected_at, listing_id, split_factor, price, priced_on, price_source)
select distinct on (p.position_id)
       c.tenant_id, p.position_id, c.portfolio_id, p.instrument_id, coalesce(p.account, ''),
       p.ticker, p.security_name, coalesce(p.asset_class, 'equity'), p.sector, p.geography, p.isin, p.cusip,
       p.currency, p.quantity, p.avg_cost_price, p.current_price, p.price_date,
       c.day, c.position, c.recorded_at,
       null, 1, p.current_price, p.price_date, case when p.current_price is not null then 'file' end
  from changed c
 cross join lateral json_to_recordset(c.positions) as p (
       position_id uuid, instrument_id uuid, account text, ticker text, security_name text, asset_class text,
       sector text, geography text, isin text, cusip text, currency text, quantity numeric, avg_cost_price numeric,
       current_price numeric, price_date date)
 order by p.position_id, c.day desc, c.position desc
on conflict (position_id) do update set
    ticker = excluded.ticker, security_name = excluded.security_name, asset_class = excluded.asset_class,
    sector = excluded.sector, geography = excluded.geography, isin = excluded.isin, cusip = excluded.cusip,
    currency = excluded.currency, quantity = excluded.quantity, avg_cost_price = excluded.avg_cost_price,
    current_price = excluded.current_price, price_date = excluded.price_date,
    effective_day = excluded.effective_day, position = excluded.position, projected_at = excluded.projected_at,
    listing_id = excluded.listing_id, split_factor = excluded.split_factor, price = excluded.price,
    priced_on = excluded.priced_on, price_source = excluded.price_source
 where excluded.effective_day >= position.effective_day"""

WRITE_CASH_LEVELS: LiteralString = """
insert into cash_fact (tenant_id, portfolio_id, position, account, currency, effective_day, amount, is_level)
select e.tenant_id, (e.state ->> 'portfolio_id')::uuid, e.position, coalesce(c.account, ''), c.currency,
       (e.effective_at at time zone 'utc')::date, c.amount, true
  from events.event e
 cross join lateral json_to_recordset(e.state -> 'cash') as c (account text, currency text, amount numeric)
 where e.position = any(%s)
on conflict do nothing"""

WRITE_CASH_MOVES: LiteralString = """
insert into cash_fact (tenant_id, portfolio_id, position, account, currency, effective_day, amount, is_level)
select e.tenant_id, (e.state ->> 'portfolio_id')::uuid, e.position, e.state ->> 'account', e.state ->> 'currency',
       (e.effective_at at time zone 'utc')::date, (e.state ->> 'amount')::numeric, false
  from events.event e where e.position = any(%s)
on conflict do nothing"""

# Grouped by what targets can name; by instrument only for portfolios that have targets for single securities.
GROUPS: LiteralString = """
select p.portfolio_id, p.currency, p.asset_class, p.sector, p.geography,
       case when s.portfolio_id is not null then p.instrument_id end as instrument_id,
       case when s.portfolio_id is not null then p.ticker end as ticker,
       case when s.portfolio_id is not null then p.isin end as isin,
       sum(p.quantity * p.split_factor * p.price) as value, count(*) as positions,
       count(*) filter (where p.price is null) as unpriced, min(p.priced_on) as prices_as_of
  from position p
  left join (select distinct portfolio_id from allocation where allocation_type = 'security') s using (portfolio_id)
 where p.portfolio_id = any(%s) and p.quantity <> 0
 group by 1, 2, 3, 4, 5, 6, 7, 8"""

CASH: LiteralString = """
select portfolio_id, account, currency, amount, is_level from cash_fact
 where portfolio_id = any(%s) order by portfolio_id, effective_day, position"""

# The newest day that prices or facts speak of, the clock's at the latest: periods end there, not today.
VALUED_ON: LiteralString = """
select b.portfolio_id,
       least(coalesce(k.day, b.today), greatest(
           (select max(p.priced_on) from position p where p.portfolio_id = b.portfolio_id and p.quantity <> 0),
           (select max(p.effective_day) from position p where p.portfolio_id = b.portfolio_id),
           (select max(c.effective_day) from cash_fact c where c.portfolio_id = b.portfolio_id)))
  from unnest(%s::uuid[], %s::text[], %s::date[]) as b (portfolio_id, tenant_id, today)
  left join market.clock k on k.owner = b.tenant_id"""

# What a rate was needed for may be gone again; rows left behind would tell in which batches the log was read.
FORGET_RATES: LiteralString = """
delete from exchange_rate
 where portfolio_id = any(%s) and (portfolio_id, currency) not in (select * from unnest(%s::uuid[], %s::text[]))"""

ADD_COUNTS: LiteralString = """
insert into portfolio_count as known (tenant_id, is_active, portfolios)
select * from unnest(%s::text[], %s::boolean[], %s::bigint[])
on conflict (tenant_id, is_active) do update set portfolios = known.portfolios + excluded.portfolios"""

# None is told by no row, however it came about: a portfolio that was archived and restored may have left one.
FORGET_COUNTS: LiteralString = "delete from portfolio_count where portfolios = 0 and tenant_id = any(%s)"

POSITIONS_CHANGED = Holdings.PositionsChanged.TOPIC
CASH_MOVED = Holdings.CashMoved.TOPIC


class _Belonging(msgspec.Struct):
    """What has to be known of an event before the database takes it apart."""

    portfolio_id: UUID
    cash: list[msgspec.Raw] = []


_BELONGINGS = msgspec.json.Decoder(_Belonging)


class RatesOfTenants(Protocol):
    """Exchange rates as each tenant sees them."""

    async def of(self, connection: AsyncConnection[Any], tenants: Collection[str]) -> Mapping[str, Rates]:
        """Return every tenant's rates, read in the connection's transaction."""


class PortfolioProjection:
    """Writes `portfolio`, `portfolio_count`, `position`, `cash_fact`, `exchange_rate` and `allocation`."""

    name = "portfolios"
    tables = ("portfolio", "portfolio_count", "position", "cash_fact", "exchange_rate", "allocation")
    topics = PORTFOLIO_TOPICS | {POSITIONS_CHANGED, CASH_MOVED} | IMPORTED_TOPICS

    def __init__(self, rates: RatesOfTenants) -> None:
        self._rates = rates

    async def apply(self, connection: AsyncConnection[Any], facts: Facts) -> None:
        """Bring the rows up to the facts; runs in the caller's transaction."""
        held = [fact for fact in facts if fact.topic in (POSITIONS_CHANGED, CASH_MOVED)]
        belongings = {fact.position: _belonging(fact) for fact in held}
        owned = {position: belonging.portfolio_id for position, belonging in belongings.items()}
        market = [fact for fact in facts if fact.topic in IMPORTED_TOPICS]
        told = [fact for fact in facts if fact.topic in PORTFOLIO_TOPICS or fact.position in owned]
        changes = await self._changes(connection, told, owned)
        await self._write_holdings(connection, held, belongings)
        await self._write_allocations(connection, changes)
        if market:
            await _write(connection, changes)  # those of this batch are concerned as well
        for fact in market:
            await self._follow_market(connection, fact, changes)
        await self._revalue(connection, changes)
        await _write(connection, changes)
        await self._count(connection, changes)

    async def _changes(
        self, connection: AsyncConnection[Any], facts: Facts, owned: dict[int, UUID]
    ) -> PortfolioChanges:
        born = {fact.originator_id for fact in facts if fact.originator_version == 1}
        wanted = {owned.get(fact.position, fact.originator_id) for fact in facts} - born
        changes = PortfolioChanges(await _portfolios(connection, wanted))
        for fact in facts:
            if fact.position in owned:
                changes.touch(owned[fact.position], fact)
            else:
                changes.feed([fact])
        return changes

    async def _follow_market(
        self, connection: AsyncConnection[Any], fact: Fact, changes: PortfolioChanges
    ) -> None:
        """Price positions anew after an import, and have the portfolios valued that it concerns."""
        concerned = await prices.follow(connection, fact)
        changes.take_in(await _portfolios(connection, concerned - changes.rows.keys()))
        for portfolio_id in concerned:
            changes.touch(portfolio_id, fact)

    async def _write_holdings(
        self, connection: AsyncConnection[Any], held: Sequence[Fact], belongings: dict[int, "_Belonging"]
    ) -> None:
        changed = [fact.position for fact in held if fact.topic == POSITIONS_CHANGED]
        levels = [position for position in changed if belongings[position].cash]
        moved = [fact.position for fact in held if fact.topic == CASH_MOVED]
        if changed:
            owners = [belongings[position].portfolio_id for position in changed]
            await connection.execute(WRITE_POSITIONS, (changed, owners))
            await prices.reprice_written(connection, sorted(set(owners)), changed, _recorded_on(held[-1]))
        if levels:
            await connection.execute(WRITE_CASH_LEVELS, (levels,))
        if moved:
            await connection.execute(WRITE_CASH_MOVES, (moved,))

    async def _write_allocations(self, connection: AsyncConnection[Any], changes: PortfolioChanges) -> None:
        if changes.removed_allocations:
            await connection.execute(
                "delete from allocation where allocation_id = any(%s)", (list(changes.removed_allocations),)
            )
        await upsert(connection, "allocation", list(changes.allocations.values()))

    async def _count(self, connection: AsyncConnection[Any], changes: PortfolioChanges) -> None:
        if added := sorted((key, number) for key, number in changes.counted().items() if number):
            (tenants, active), numbers = zip(*(key for key, _ in added), strict=True), [n for _, n in added]
            await connection.execute(ADD_COUNTS, (list(tenants), list(active), numbers))
            await connection.execute(FORGET_COUNTS, (list(tenants),))

    async def _revalue(self, connection: AsyncConnection[Any], changes: PortfolioChanges) -> None:
        dirty = changes.dirty
        if not dirty:
            return
        rows = [changes.rows[portfolio_id] for portfolio_id in dirty]
        groups = await _groups(connection, dirty)
        cash = await _cash(connection, dirty)
        targets = await _targets(connection, dirty)
        days = await _valued_on(connection, rows, dirty)
        rates = await self._rates.of(connection, {row.tenant_id for row in rows})
        used = []
        for row in rows:
            known = row.portfolio_id
            worth = revalue(
                row, groups[known], cash[known], targets[known], rates=rates[row.tenant_id], on=days[known]
            )
            _show(row, worth, days[known])
            used += _rate_rows(row, worth)
        await _keep_rates(connection, dirty, used)


def _belonging(fact: Fact) -> _Belonging:
    return _BELONGINGS.decode(fact.state)


async def _write(connection: AsyncConnection[Any], changes: PortfolioChanges) -> None:
    await upsert(connection, "portfolio", [changes.rows[key] for key in sorted(changes.touched)])


def _recorded_on(fact: Fact) -> date:
    return fact.recorded_at.date()


async def _portfolios(
    connection: AsyncConnection[Any], portfolio_ids: Iterable[UUID]
) -> dict[UUID, PortfolioRow]:
    rows = await load(connection, "portfolio", PortfolioRow, "portfolio_id", portfolio_ids)
    return {row.portfolio_id: row for row in rows}


async def _valued_on(
    connection: AsyncConnection[Any], rows: Sequence[PortfolioRow], today: Mapping[UUID, date]
) -> dict[UUID, date]:
    ids = [row.portfolio_id for row in rows]
    params = (ids, [row.tenant_id for row in rows], [today[portfolio_id] for portfolio_id in ids])
    return dict(await (await connection.execute(VALUED_ON, params)).fetchall())


async def _groups(connection: AsyncConnection[Any], ids: Iterable[UUID]) -> dict[UUID, list[HeldGroup]]:
    found: dict[UUID, list[HeldGroup]] = defaultdict(list)
    cursor = await connection.execute(GROUPS, (list(ids),))
    groups = await cursor.fetchall()  # in a pipeline the columns are known only then
    names = [column.name for column in cursor.description or ()][1:]
    for portfolio_id, *values in groups:
        found[portfolio_id].append(HeldGroup(**dict(zip(names, values, strict=True))))
    return found


async def _cash(connection: AsyncConnection[Any], ids: Iterable[UUID]) -> dict[UUID, dict[str, Decimal]]:
    facts: dict[UUID, list[CashFact]] = defaultdict(list)
    cursor = await connection.execute(CASH, (list(ids),))
    for portfolio_id, account, currency, amount, is_level in await cursor.fetchall():
        facts[portfolio_id].append(
            CashFact(account=account, currency=currency, amount=amount, is_level=is_level)
        )
    return defaultdict(dict, {portfolio_id: balances(found) for portfolio_id, found in facts.items()})


async def _targets(connection: AsyncConnection[Any], ids: Iterable[UUID]) -> dict[UUID, list[Target]]:
    found: dict[UUID, list[Target]] = defaultdict(list)
    for row in await load(connection, "allocation", AllocationRow, "portfolio_id", ids):
        found[row.portfolio_id].append(row.target())
    return found


def _show(row: PortfolioRow, worth: Worth, valued_on: date) -> None:
    row.valued_on = valued_on
    row.total_value, row.cash_balance, row.aum_usd_mm = (
        worth.total_value,
        worth.cash_balance,
        worth.aum_usd_mm,
    )
    row.position_count, row.prices_as_of = worth.position_count, worth.prices_as_of
    row.max_drift_pct, row.rebalance_needed = worth.max_drift_pct, worth.rebalance_needed


async def _keep_rates(
    connection: AsyncConnection[Any], portfolio_ids: Iterable[UUID], used: Sequence[dict[str, Any]]
) -> None:
    keys = [[row[column] for row in used] for column in ("portfolio_id", "currency")]
    await connection.execute(FORGET_RATES, (list(portfolio_ids), *keys))
    await upsert(connection, "exchange_rate", used)


def _rate_rows(row: PortfolioRow, worth: Worth) -> list[dict[str, Any]]:
    return [
        {
            "tenant_id": row.tenant_id,
            "portfolio_id": row.portfolio_id,
            "currency": currency,
            "rate": rate.value,
            "fixed_on": rate.on,
        }
        for currency, rate in worth.rates.items()
    ]
