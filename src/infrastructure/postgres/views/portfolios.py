"""Portfolios, positions and targets."""

from typing import LiteralString
from uuid import UUID

from infrastructure.postgres.reads import TenantReads
from projections.portfolio_rows import AllocationRow, ListedPortfolio, PortfolioRow, PositionRow
from projections.worth import CashFact, balances

PAGE: LiteralString = """
select p.*, r.day_change, r.day_change_percent, r.ytd_return, r.active_return_ytd, r.var_95_1d, r.sharpe_ratio,
       r.macro_regime, r.unavailable
  from (
select portfolio_id, name, description, portfolio_type, currency, aum_usd_mm, total_value, cash_balance,
       position_count, benchmark_ticker, max_drift_pct, rebalance_needed, is_active, created_at, projected_at
  from read.portfolio where tenant_id = %(tenant)s and (is_active or %(archived)s)
 order by aum_usd_mm desc nulls last, portfolio_id limit %(limit)s offset %(offset)s) p
  left join read.risk_snapshot r using (portfolio_id)
 order by p.aum_usd_mm desc nulls last, p.portfolio_id"""
COUNT: LiteralString = """
select coalesce(sum(portfolios), 0)::bigint from read.portfolio_count
 where tenant_id = %(tenant)s and (is_active or %(archived)s)"""
ONE: LiteralString = """
select * from read.portfolio where tenant_id = %(tenant)s and portfolio_id = %(portfolio)s"""

# Quantities and what is told per unit count splits since they were stated; beside them stands what was stated.
POSITIONS: LiteralString = """
select p.*, p.quantity * p.current_price as market_value,
       case when b.total_value > 0 then p.quantity * p.current_price * x.rate / b.total_value end as weight,
       p.quantity * (p.current_price - p.avg_cost_price) as unrealized_pnl,
       case when p.avg_cost_price > 0
            then sign(p.quantity) * (p.current_price / p.avg_cost_price - 1) * 100 end as unrealized_pnl_percent,
       x.rate as exchange_rate, coalesce(b.valued_on - x.fixed_on > 7, false) as old_rate
  from (select tenant_id, position_id, portfolio_id, instrument_id, account, ticker, security_name, asset_class, sector,
               geography, isin, cusip, currency, projected_at, price_source,
               price as current_price, priced_on as price_date, quantity * split_factor as quantity,
               case split_factor when 1 then avg_cost_price else avg_cost_price / split_factor end as avg_cost_price,
               quantity as stated_quantity, avg_cost_price as stated_cost_price, current_price as stated_price,
               price_date as stated_price_date
          from read.position) p
  join read.portfolio b using (portfolio_id)
  left join read.exchange_rate x on x.portfolio_id = p.portfolio_id and x.currency = p.currency
 where p.tenant_id = %(tenant)s and p.quantity <> 0"""
OF_PORTFOLIO: LiteralString = """
   and p.portfolio_id = %(portfolio)s
   and (%(asset_class)s::text is null or p.asset_class = %(asset_class)s)
   and (%(sector)s::text is null or p.sector = %(sector)s)"""
POSITIONS_PAGE: LiteralString = f"""{POSITIONS} {OF_PORTFOLIO}
 order by p.quantity * p.current_price * x.rate desc nulls last, p.position_id
 limit %(limit)s offset %(offset)s"""
POSITIONS_COUNT: LiteralString = f"""
select count(*) from read.position p where p.tenant_id = %(tenant)s and p.quantity <> 0 {OF_PORTFOLIO}"""
POSITION: LiteralString = f"{POSITIONS} and p.position_id = %(position)s"

CASH_WITHOUT_RATE: LiteralString = """
select c.account, c.currency, c.amount, c.is_level
  from read.cash_fact c
  join read.portfolio b using (portfolio_id)
 where c.tenant_id = %(tenant)s and portfolio_id = %(portfolio)s and c.currency <> b.currency
   and not exists (select from read.exchange_rate x
                    where x.portfolio_id = c.portfolio_id and x.currency = c.currency)
 order by c.effective_day, c.position"""

ALLOCATIONS: LiteralString = """
select * from read.allocation where tenant_id = %(tenant)s and portfolio_id = %(portfolio)s
 order by allocation_type, bucket"""


class PostgresPortfolioView:
    """The `PortfolioView` port."""

    def __init__(self, reads: TenantReads) -> None:
        self._reads = reads

    async def page(
        self, tenant: str, *, limit: int, offset: int, include_archived: bool
    ) -> tuple[list[ListedPortfolio], int]:
        """Return a page of portfolios by AUM descending, and how many there are."""
        params = {"tenant": tenant, "limit": limit, "offset": offset, "archived": include_archived}
        return await self._reads.page(tenant, PAGE, COUNT, params, ListedPortfolio)

    async def portfolio(self, tenant: str, portfolio_id: UUID) -> PortfolioRow | None:
        """Return one portfolio."""
        return await self._reads.one(tenant, ONE, {"tenant": tenant, "portfolio": portfolio_id}, PortfolioRow)

    async def positions(
        self,
        tenant: str,
        portfolio_id: UUID,
        *,
        asset_class: str | None,
        sector: str | None,
        limit: int,
        offset: int,
    ) -> tuple[list[PositionRow], int]:
        """Return a page of positions by value descending, and how many fit the filters."""
        params = {
            "tenant": tenant,
            "portfolio": portfolio_id,
            "asset_class": asset_class,
            "sector": sector,
            "limit": limit,
            "offset": offset,
        }
        return await self._reads.page(tenant, POSITIONS_PAGE, POSITIONS_COUNT, params, PositionRow)

    async def position(self, tenant: str, position_id: UUID) -> PositionRow | None:
        """Return one position."""
        return await self._reads.one(
            tenant, POSITION, {"tenant": tenant, "position": position_id}, PositionRow
        )

    async def cash_without_rate(self, tenant: str, portfolio_id: UUID) -> list[str]:
        """Return the currencies of cash that no total contains, by name."""
        params = {"tenant": tenant, "portfolio": portfolio_id}
        return sorted(balances(await self._reads.rows(tenant, CASH_WITHOUT_RATE, params, CashFact)))

    async def allocations(self, tenant: str, portfolio_id: UUID) -> list[AllocationRow]:
        """Return the targets of a portfolio by type and bucket."""
        params = {"tenant": tenant, "portfolio": portfolio_id}
        return await self._reads.rows(tenant, ALLOCATIONS, params, AllocationRow)
