"""Trades for sent holdings: the plan that the rebalance agent would make."""

from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

import msgspec

from application.calculators.rebalance_answer import (
    CalculatedBucket,
    CalculatedConflict,
    CalculatedTrade,
    RebalanceAnswer,
)
from application.calculators.rebalance_request import RebalanceAllocation, RebalanceHolding, RebalanceRequest
from application.rebalancing.audit import currency_exponent, figure, no_trades, plain, weights
from application.rebalancing.planner import plan_trades
from domain.drift import Exposure, Target, measure_drift
from domain.errors import Refused, Violation
from domain.policy import RebalanceOptions
from domain.portfolio import normalised_bucket
from domain.sectors import sector_slug
from domain.trades import Candidate, TradePlan

ORDINARY: Final = Decimal("1e-6"), Decimal("1e15")
"""Total values and prices that the solver, which computes in doubles, takes in any combination."""
NAMES = UUID("0b2f9c1e-6f0a-5a52-9d7b-3c7d2a8f4e10")
INSIDE = "every bucket is inside its band"


def calculate(request: RebalanceRequest) -> RebalanceAnswer:
    """Return the trades that bring every bucket inside its band, and what they lead to."""
    violations = list(request.violations())
    if violations:
        raise Refused("The portfolio cannot be rebalanced as it was sent.", violations=violations)
    try:
        return _answer(_plan(request), request)
    except ArithmeticError as failed:
        if not _is_extreme(request):
            raise
        detail = "Values and prices lie too far apart, or too far from 1, to be traded against each other"
        raise Refused(detail, violations=[Violation("holdings", "out_of_range", detail)]) from failed


def _is_extreme(request: RebalanceRequest) -> bool:
    total = request.cash + sum(_value(one) for one in request.holdings)
    low, high = ORDINARY
    return not all(low <= figure <= high for figure in (total, *(one.price for one in request.holdings)))


def _plan(request: RebalanceRequest) -> TradePlan:
    options = request.options
    exposures = [_exposure(one) for one in request.holdings if one.quantity and one.asset_class != "cash"]
    cash = sum((_value(one) for one in request.holdings if one.asset_class == "cash"), request.cash)
    targets = [_target(one) for one in request.allocations]
    if not options.force:
        report = measure_drift(exposures, cash, targets, options.rebalance_threshold)
        if not report.drifted:
            return no_trades(report, report.reason or INSIDE)
    return plan_trades(
        exposures=exposures,
        cash=cash,
        targets=targets,
        threshold=options.rebalance_threshold,
        options=_policy(request),
        long_only=options.long_only,
        universe=[_candidate(one) for one in request.holdings if not one.quantity],
        currency_exponent=currency_exponent(options.currency),
    )


def _exposure(one: RebalanceHolding) -> Exposure:
    return Exposure(
        position_id=uuid5(NAMES, f"{one.account}\n{one.name}"),
        instrument_id=uuid5(NAMES, one.name),
        ticker=one.name,
        account=one.account,
        asset_class=one.asset_class,
        quantity=one.quantity,
        price=one.price,
        value=_value(one),
        sector=_sector(one),
        geography=_geography(one),
        isin=one.isin,
    )


def _candidate(one: RebalanceHolding) -> Candidate:
    return Candidate(
        instrument_id=uuid5(NAMES, one.name),
        ticker=one.name,
        asset_class=one.asset_class,
        price=one.price,
        account=one.account,
        sector=_sector(one),
        geography=_geography(one),
        isin=one.isin,
    )


def _value(one: RebalanceHolding) -> Decimal:
    return one.quantity * one.price


def _sector(one: RebalanceHolding) -> str | None:
    return sector_slug(one.sector) if one.sector else None


def _geography(one: RebalanceHolding) -> str | None:
    return one.geography.strip().upper() or None if one.geography else None


def _target(one: RebalanceAllocation) -> Target:
    bucket = normalised_bucket(one.allocation_type, one.bucket)
    return Target(
        allocation_id=uuid5(NAMES, f"{one.allocation_type}\n{bucket}"),
        allocation_type=one.allocation_type,
        bucket=bucket,
        target_weight=one.target_weight,
        min_weight=one.min_weight,
        max_weight=one.max_weight,
        band_kind="absolute" if one.band is not None and one.band_kind is None else one.band_kind,
        band=one.band,
    )


def _policy(request: RebalanceRequest) -> RebalanceOptions:
    options = request.options
    return RebalanceOptions(
        to=options.to,
        whole_shares=options.whole_shares,
        min_trade_value=options.min_trade_value,
        cash_buffer=options.cash_buffer,
        cost_bps=options.cost_bps,
        fixed_cost=options.fixed_cost,
        do_not_trade=tuple(options.do_not_trade),
    )


def _answer(plan: TradePlan, request: RebalanceRequest) -> RebalanceAnswer:
    return RebalanceAnswer(
        currency=request.options.currency,
        total_value=plain(plan.before.total_value),
        rebalance_needed=plan.before.drifted,
        trades=[
            CalculatedTrade(
                ticker=trade.ticker,
                symbol=trade.ticker,
                account=trade.account,
                side=trade.side,
                quantity=plain(trade.quantity),
                estimated_price=plain(trade.estimated_price),
                value=plain(trade.value),
                cost=plain(trade.cost),
            )
            for trade in plan.trades
        ],
        turnover_one_way=figure(plan.turnover_one_way) or Decimal(0),
        turnover_two_way=figure(plan.turnover_two_way) or Decimal(0),
        total_cost=plain(plan.total_cost),
        residual_cash=plain(plan.residual_cash),
        before=msgspec.convert(weights(plan.before.buckets), list[CalculatedBucket]),
        after=msgspec.convert(weights(plan.after.buckets), list[CalculatedBucket]),
        binding_constraints=list(plan.binding_constraints),
        conflicts=[
            CalculatedConflict(
                allocations=list(one.allocations),
                explanation=one.explanation,
                least_relaxation=one.least_relaxation,
            )
            for one in plan.conflicts
        ],
        solver=plan.solver,
        proven_optimal=plan.proven_optimal,
        reason=plan.reason,
        conventions=request.options,
    )
