"""The drift of a portfolio: measured from its rows, with what the agent found about conflicting targets."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import msgspec

from api.resources.allocation_bodies import (
    BucketDrift,
    ConflictingTargets,
    Drift,
    ExcludedPosition,
    HeldBack,
    OldPrice,
)
from api.resources.position_rendering import left_out
from api.resources.rounding import MONEY_PLACES, as_percent, rounded, weight
from api.resources.unavailable import NO_TARGETS, Unavailable
from domain import drift as measured
from domain.drift import DriftReport, Exposure, measure_drift
from domain.price_age import PriceLimits, in_words, old_prices
from domain.valuation import Excluded
from projections.portfolio_rows import AllocationRow, PortfolioRow, PositionRow
from projections.portfolios import PortfolioView
from projections.recommendations import RecommendationRow, RecommendationView

EVERYTHING: Final = 1_000_000
LARGE: Final = 5_000
"""Positions from which measuring runs beside the event loop instead of in it."""
PENDING: Final = Unavailable(
    code="not_computed",
    detail="The rebalance agent has not looked at this policy yet; its recommendation will say.",
)
IN_THE_PAST: Final = Unavailable(code="not_computed", detail="Conflicts are worked out for the present only.")
NO_WEIGHTS: Final = Unavailable(code="no_total", detail="Weights need a positive total value.")
_WEIGHTS: Final = (
    "actual_weight", "target_weight", "min_weight", "max_weight", "drift", "lower", "upper",
)  # fmt: skip


async def drift_now(
    row: PortfolioRow,
    portfolios: PortfolioView,
    recommendations: RecommendationView,
    *,
    clock: date,
    limits: PriceLimits,
) -> tuple[Drift, int]:
    """Return the drift of a portfolio as it stands, and the position of the newest event in it.

    clock : day against which prices are old.
    """
    tenant, portfolio_id = row.tenant_id, row.portfolio_id
    positions, _ = await portfolios.positions(
        tenant, portfolio_id, asset_class=None, sector=None, limit=EVERYTHING, offset=0
    )
    targets = await portfolios.allocations(tenant, portfolio_id)
    made, _ = await recommendations.page(tenant, portfolio_id=portfolio_id, status=None, limit=1, offset=0)
    newest = made[0] if made else None
    if len(positions) > LARGE:
        report = await asyncio.to_thread(_measure, row, positions, targets)
    else:
        report = _measure(row, positions, targets)
    held_back = held_back_by(positions, clock, limits) if report.drifted else None
    without_rate = await portfolios.cash_without_rate(tenant, portfolio_id)
    excluded = left_out_of_weights(_excluded(positions), without_rate)
    body = drift_body(row, report, excluded, newest=newest, held_back=held_back, now=True)
    return body, max(row.position, newest.position if newest is not None else 0)


def drift_body(
    row: PortfolioRow,
    report: DriftReport,
    excluded: list[ExcludedPosition],
    *,
    newest: RecommendationRow | None,
    held_back: HeldBack | None = None,
    now: bool = False,
) -> Drift:
    """Return the answer; `newest` is the newest recommendation, which knows what conflicts."""
    buckets = [bucket_drift(bucket) for bucket in report.buckets]
    conflicts = _conflicts(row, report, newest)
    return Drift(
        portfolio_id=row.portfolio_id,
        currency=row.currency,
        total_value=rounded(report.total_value, MONEY_PLACES),
        cash_balance=rounded(report.cash, MONEY_PLACES),
        rebalance_threshold=report.threshold,
        max_abs_drift=weight(report.max_abs_drift),
        max_drift_pct=as_percent(report.max_abs_drift),
        rebalance_needed=report.drifted,
        held_back=held_back,
        buckets=buckets,
        outside=[bucket for bucket in buckets if bucket.breached],
        excluded=excluded,
        conflicts=conflicts,
        policy_version=row.policy_version,
        prices_as_of=row.prices_as_of,
        projected_at=row.projected_at,
        unavailable=_missing(report, conflicts, now=now),
    )


def left_out_of_weights(positions: Iterable[Excluded], cash: Iterable[str]) -> list[ExcludedPosition]:
    """Name positions that no weight contains, and cash of these currencies."""
    held = [
        ExcludedPosition(position_id=one.position_id, ticker=one.ticker, code=one.code) for one in positions
    ]
    return held + [
        ExcludedPosition(position_id=None, ticker=f"CASH:{currency}", code="no_rate") for currency in cash
    ]


def held_back_by(positions: Iterable[PositionRow], clock: date, limits: PriceLimits) -> HeldBack | None:
    """Return why nothing would be recommended for positions at their prices, as the agent would see it."""
    dated = [(one.ticker, one.price_date) for one in positions if one.current_price is not None]
    old = old_prices(dated, clock=clock, beyond=limits.hold_back_days)
    if not old:
        return None
    prices = [OldPrice(**msgspec.structs.asdict(price)) for price in old]
    return HeldBack(reason=in_words(old, limits.hold_back_days), prices=prices)


def _measure(
    row: PortfolioRow, positions: Sequence[PositionRow], targets: Sequence[AllocationRow]
) -> DriftReport:
    exposures = [
        _exposure(one, one.market_value, one.exchange_rate)
        for one in positions
        if one.market_value is not None and one.exchange_rate is not None
    ]
    return measure_drift(
        exposures,
        row.cash_balance or Decimal(0),
        [target.target() for target in targets],
        Decimal(str(row.rebalance_threshold)),
    )


def _exposure(row: PositionRow, value: Decimal, rate: Decimal) -> Exposure:
    return Exposure(
        position_id=row.position_id,
        instrument_id=row.instrument_id,
        ticker=row.ticker,
        account=row.account,
        asset_class=row.asset_class,
        quantity=row.quantity,
        price=(row.current_price or Decimal(0)) * rate,
        value=value * rate,
        sector=row.sector,
        geography=row.geography,
        isin=row.isin,
    )


def _excluded(positions: Iterable[PositionRow]) -> list[Excluded]:
    return [
        Excluded(position_id=one.position_id, ticker=one.ticker, code=why[0])
        for one in positions
        if (why := left_out(one))
    ]


def bucket_drift(bucket: measured.BucketDrift) -> BucketDrift:
    """Return one bucket as it goes out."""
    return BucketDrift(
        allocation_id=bucket.allocation_id,
        allocation_type=bucket.allocation_type,
        bucket=bucket.bucket,
        status=bucket.status,
        breached=bucket.breached,
        **{name: weight(getattr(bucket, name)) for name in _WEIGHTS},
    )


def _conflicts(
    row: PortfolioRow, report: DriftReport, newest: RecommendationRow | None
) -> list[ConflictingTargets] | None:
    """Return what conflicts: nothing where every bucket is inside its band, else what the agent found.

    Only a recommendation made under the present policy knows.
    """
    if not report.drifted:
        return []
    if newest is None or newest.content.policy_version != row.policy_version:
        return None
    return [_conflict(conflict) for conflict in newest.content.conflicts]


def _conflict(told: dict[str, Any]) -> ConflictingTargets:
    known = {name: told[name] for name in ConflictingTargets.__struct_fields__}
    return msgspec.convert(known, ConflictingTargets)


def _missing(
    report: DriftReport, conflicts: list[ConflictingTargets] | None, *, now: bool
) -> dict[str, Unavailable]:
    missing: dict[str, Unavailable] = {}
    if report.max_abs_drift is None:
        why = NO_WEIGHTS if report.reason is not None else NO_TARGETS
        missing |= dict.fromkeys(("max_abs_drift", "max_drift_pct"), why)
    if report.reason is not None:
        missing |= dict.fromkeys(("actual_weight", "drift"), NO_WEIGHTS)
    if conflicts is None:
        missing["conflicts"] = PENDING if now else IN_THE_PAST
    return missing
