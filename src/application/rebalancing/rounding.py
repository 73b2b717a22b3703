"""What rounding to cents and units takes from a plan that kept every edge before."""

import msgspec

from analytics.rebalance import ConflictSet
from application.rebalancing.market import Market, bucket_name
from application.rebalancing.wording import CASH_BUFFER, rounding_in_words
from domain.drift import BucketDrift
from domain.trades import TradePlan


def lost_to_rounding(market: Market, plan: TradePlan) -> tuple[ConflictSet, ...]:
    """Every edge, and the cash floor, that the orders miss although no conflict of the plan accounts for it."""
    named = {name for conflict in plan.conflicts for name in conflict.allocations}
    missed = {f"{one.allocation_type} {one.bucket}": _missed(one) for one in plan.after.breaches}
    lost = [
        ConflictSet(rows=(row,), needs_cash=False, relaxation={row: missed[name]}, granular=True)
        for row, target in enumerate(market.targets)
        if (name := bucket_name(target)) in missed and name not in named
    ]
    short = float((market.cash_floor - plan.residual_cash) / market.total)
    if short > 0 and CASH_BUFFER not in named:
        lost.append(ConflictSet(rows=(), needs_cash=True, relaxation={}, shortfall=short, granular=True))
    return tuple(lost)


def least_lost(market: Market, plans: list[TradePlan]) -> TradePlan:
    """Return the plan that rounding harms least, the first of equals, with a conflict for all that it misses."""
    plan = min(plans, key=lambda one: _harm(lost_to_rounding(market, one)))
    conflicts = plan.conflicts + rounding_in_words(market, lost_to_rounding(market, plan))
    return msgspec.structs.replace(plan, conflicts=conflicts, proven_optimal=False)


def _harm(lost: tuple[ConflictSet, ...]) -> float:
    return sum(one.shortfall + sum(one.relaxation.values()) for one in lost)


def _missed(bucket: BucketDrift) -> float:
    assert bucket.lower is not None
    assert bucket.upper is not None
    assert bucket.actual_weight is not None
    return float(max(bucket.lower - bucket.actual_weight, bucket.actual_weight - bucket.upper))
