"""What a portfolio is worth and how far it has drifted, from grouped positions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.drift import Exposure, Target, measure_drift
from domain.valuation import MILLION, Rate, Rates
from projections.portfolio_rows import PortfolioRow

ZERO = Decimal(0)
NOWHERE = UUID(int=0)


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
