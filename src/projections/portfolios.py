"""Which portfolios there are, what each is worth, and how far it has drifted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import msgspec
from eventsourcing.dispatch import singledispatchmethod

from domain.drift import Exposure, Target, measure_drift
from domain.portfolio import POLICY_FIELDS, Portfolio
from domain.valuation import MILLION, Rate, Rates
from projections.fact import Fact, Facts

PORTFOLIO_TOPICS = frozenset(
    {
        Portfolio.Registered.TOPIC,
        Portfolio.Revised.TOPIC,
        Portfolio.Archived.TOPIC,
        Portfolio.Restored.TOPIC,
        Portfolio.TargetSet.TOPIC,
        Portfolio.TargetRemoved.TOPIC,
        Portfolio.RebalanceRequested.TOPIC,
    }
)
ZERO = Decimal(0)
NOWHERE = UUID(int=0)


class PortfolioLine(msgspec.Struct, kw_only=True):
    """One line of the list; money in `currency`, `aum_usd_mm` in millions of US dollars, `_pct` percent."""

    portfolio_id: UUID
    name: str
    portfolio_type: str
    currency: str
    description: str | None
    benchmark_ticker: str | None
    is_active: bool
    created_at: datetime
    projected_at: datetime
    total_value: Decimal | None = ZERO
    cash_balance: Decimal | None = ZERO
    aum_usd_mm: Decimal | None = ZERO
    position_count: int = 0
    max_drift_pct: Decimal | None = None
    rebalance_needed: bool = False


class PortfolioRow(PortfolioLine, kw_only=True):
    """A portfolio with everything known of it."""

    tenant_id: str
    inception_date: date
    rebalance_threshold: Decimal
    metadata: dict[str, Any]
    rebalance_policy: Any
    policy_version: int
    version: int
    position: int
    prices_as_of: date | None = None


class AllocationRow(msgspec.Struct, kw_only=True):
    """One target as it stands; weights are fractions."""

    tenant_id: str
    allocation_id: UUID
    portfolio_id: UUID
    allocation_type: str
    bucket: str
    target_weight: Decimal
    min_weight: Decimal
    max_weight: Decimal
    band_kind: str | None
    band: Decimal | None
    position: int
    projected_at: datetime

    def target(self) -> Target:
        """Return the target that the row shows."""
        return Target(
            allocation_id=self.allocation_id,
            allocation_type=self.allocation_type,  # type: ignore[arg-type]
            bucket=self.bucket,
            target_weight=self.target_weight,
            min_weight=self.min_weight,
            max_weight=self.max_weight,
            band_kind=self.band_kind,  # type: ignore[arg-type]
            band=self.band,
        )


class HeldGroup(msgspec.Struct, kw_only=True):
    """Positions that weigh alike: their value in their own currency, and how many have no price."""

    currency: str
    asset_class: str
    sector: str | None
    geography: str | None
    instrument_id: UUID | None
    ticker: str | None
    isin: str | None
    value: Decimal | None
    positions: int
    unpriced: int
    prices_as_of: date | None


class PortfolioChanges:
    """Folds facts into the rows they touch; what was not touched is not written."""

    def __init__(self, rows: Mapping[UUID, PortfolioRow]) -> None:
        self.rows = dict(rows)
        self._counted_before = _counted(self.rows)
        self.allocations: dict[UUID, AllocationRow] = {}
        self.removed_allocations: set[UUID] = set()
        self.dirty: dict[UUID, date] = {}

    def feed(self, facts: Facts) -> None:
        """Fold the facts of portfolios in their order."""
        for fact in facts:
            event = fact.event()
            self.apply(event, fact)
            self._stamp(fact)

    def counted(self) -> Counter[tuple[str, bool]]:
        """Return how many portfolios came or went, by tenant and whether they are active."""
        counts = _counted(self.rows)
        counts.subtract(self._counted_before)
        return counts

    def touch(self, portfolio_id: UUID, fact: Fact) -> None:
        """Say that a portfolio's worth has to be computed again, with the rates of the fact's day."""
        self.dirty[portfolio_id] = fact.recorded_at.date()
        row = self.rows.get(portfolio_id)
        if row is not None:
            row.position, row.projected_at = fact.position, fact.recorded_at

    def _stamp(self, fact: Fact) -> None:
        row = self.rows[fact.originator_id]
        row.version, row.position, row.projected_at = (
            fact.originator_version,
            fact.position,
            fact.recorded_at,
        )

    @singledispatchmethod
    def apply(self, event: Any, fact: Fact) -> None:
        """Fold one event; one that shows nowhere only moves the version on."""

    @apply.register
    def _(self, event: Portfolio.Registered, fact: Fact) -> None:
        self.rows[fact.originator_id] = PortfolioRow(
            tenant_id=fact.tenant_id,
            portfolio_id=fact.originator_id,
            name=event.name,
            portfolio_type=event.portfolio_type,
            currency=event.currency,
            description=event.description,
            benchmark_ticker=event.benchmark_ticker,
            inception_date=event.inception_date,
            rebalance_threshold=event.rebalance_threshold,
            metadata=event.metadata,
            rebalance_policy=event.rebalance_policy,
            policy_version=1,
            is_active=True,
            created_at=fact.recorded_at,
            version=fact.originator_version,
            position=fact.position,
            projected_at=fact.recorded_at,
        )

    @apply.register
    def _(self, event: Portfolio.Revised, fact: Fact) -> None:
        row = self.rows[fact.originator_id]
        for name, value in event.changes.items():
            setattr(row, name, value)
        if POLICY_FIELDS & event.changes.keys():
            self._policy_changed(fact)

    @apply.register
    def _(self, event: Portfolio.Archived, fact: Fact) -> None:
        self.rows[fact.originator_id].is_active = False

    @apply.register
    def _(self, event: Portfolio.Restored, fact: Fact) -> None:
        self.rows[fact.originator_id].is_active = True

    @apply.register
    def _(self, event: Portfolio.TargetSet, fact: Fact) -> None:
        target = event.target
        self.removed_allocations.discard(target.allocation_id)
        self.allocations[target.allocation_id] = AllocationRow(
            tenant_id=fact.tenant_id,
            portfolio_id=fact.originator_id,
            position=fact.position,
            projected_at=fact.recorded_at,
            **msgspec.structs.asdict(target),
        )
        self._policy_changed(fact)

    @apply.register
    def _(self, event: Portfolio.TargetRemoved, fact: Fact) -> None:
        self.allocations.pop(event.allocation_id, None)
        self.removed_allocations.add(event.allocation_id)
        self._policy_changed(fact)

    def _policy_changed(self, fact: Fact) -> None:
        self.rows[fact.originator_id].policy_version += 1
        self.dirty[fact.originator_id] = fact.recorded_at.date()


def _counted(rows: Mapping[UUID, PortfolioRow]) -> Counter[tuple[str, bool]]:
    return Counter((row.tenant_id, row.is_active) for row in rows.values())


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What a revaluation found, with the rates it used."""

    total_value: Decimal
    cash_balance: Decimal
    aum_usd_mm: Decimal | None
    position_count: int
    max_drift_pct: Decimal | None
    rebalance_needed: bool
    prices_as_of: date | None
    rates: dict[str, Rate]


def revalue(
    row: PortfolioRow,
    groups: Iterable[HeldGroup],
    cash: Mapping[str, Decimal],
    targets: Sequence[Target],
    *,
    rates: Rates,
    on: date,
) -> Worth:
    """Compute a portfolio's totals and drift from grouped positions, at the rates of a day.

    Groups in a currency without a rate, and positions without a price, are in no total.
    """
    groups = list(groups)
    used = _rates_used({*(group.currency for group in groups), *cash}, row.currency, rates, on)
    exposures = [_exposure(group, used[group.currency].value) for group in groups if group.currency in used]
    cash_balance = sum((amount * used[code].value for code, amount in cash.items() if code in used), ZERO)
    drift = measure_drift(exposures, cash_balance, targets, Decimal(str(row.rebalance_threshold)))
    dollars = rates.rate(row.currency, "USD", on)
    return Worth(
        total_value=drift.total_value,
        cash_balance=cash_balance,
        aum_usd_mm=None if dollars is None else drift.total_value * dollars.value / MILLION,
        position_count=sum(group.positions for group in groups),
        max_drift_pct=None if drift.max_abs_drift is None else drift.max_abs_drift * 100,
        rebalance_needed=drift.drifted,
        prices_as_of=min((g.prices_as_of for g in groups if g.prices_as_of is not None), default=None),
        rates=used,
    )


def _rates_used(currencies: Iterable[str], target: str, rates: Rates, on: date) -> dict[str, Rate]:
    found = {currency: rates.rate(currency, target, on) for currency in sorted(currencies)}
    return {currency: rate for currency, rate in found.items() if rate is not None}


def _exposure(group: HeldGroup, rate: Decimal) -> Exposure:
    value = (group.value or ZERO) * rate
    return Exposure(
        position_id=NOWHERE,
        instrument_id=group.instrument_id or NOWHERE,
        ticker=group.ticker or "",
        account="",
        asset_class=group.asset_class,
        quantity=ZERO,
        price=ZERO,
        value=value,
        sector=group.sector,
        geography=group.geography,
        isin=group.isin,
    )


class CashFact(msgspec.Struct, frozen=True, kw_only=True):
    """One movement or level of cash, in the order in which they count."""

    account: str
    currency: str
    amount: Decimal
    is_level: bool


def balances(facts: Iterable[CashFact]) -> dict[str, Decimal]:
    """Return the cash of each currency over all accounts; a level replaces what came before it."""
    by_account: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for fact in facts:
        key = (fact.account, fact.currency)
        by_account[key] = fact.amount if fact.is_level else by_account[key] + fact.amount
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for (_, currency), amount in by_account.items():
        totals[currency] += amount
    return {currency: amount for currency, amount in totals.items() if amount}


class PositionRow(msgspec.Struct, kw_only=True):
    """One holding; prices and values in its own currency, `weight` a fraction of the portfolio."""

    position_id: UUID
    portfolio_id: UUID
    instrument_id: UUID
    account: str
    ticker: str
    security_name: str | None
    asset_class: str
    sector: str | None
    geography: str | None
    isin: str | None
    cusip: str | None
    currency: str
    quantity: Decimal
    avg_cost_price: Decimal | None
    current_price: Decimal | None
    price_date: date | None
    market_value: Decimal | None
    weight: Decimal | None
    unrealized_pnl: Decimal | None
    unrealized_pnl_percent: Decimal | None
    exchange_rate: Decimal | None
    projected_at: datetime


class PortfolioView(Protocol):
    """Answers questions about portfolios, each within one tenant."""

    async def page(
        self, tenant: str, *, limit: int, offset: int, include_archived: bool
    ) -> tuple[list[PortfolioLine], int]:
        """Return a page of portfolios by AUM descending, and how many there are."""

    async def portfolio(self, tenant: str, portfolio_id: UUID) -> PortfolioRow | None:
        """Return one portfolio."""

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

    async def position(self, tenant: str, position_id: UUID) -> PositionRow | None:
        """Return one position."""

    async def allocations(self, tenant: str, portfolio_id: UUID) -> list[AllocationRow]:
        """Return the targets of a portfolio by type and bucket."""
