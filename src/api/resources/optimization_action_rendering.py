"""From what applying a result did, or would do, to what is answered."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

import msgspec

from api.resources.allocation_bodies import ConflictingTargets
from api.resources.drift import bucket_drift
from api.resources.optimization_action_bodies import (
    AppliedOptimization,
    AppliedTarget,
    ApplyOptimization,
    RemovedTarget,
    RiskBeforeAndAfter,
    RiskSide,
    Warned,
    WhatIfOptimization,
)
from api.resources.recommendation_bodies import BucketWeight, RecommendedTrade
from api.resources.rounding import MONEY_PLACES, rounded, weight
from application.optimization.apply import Applied
from application.optimization.what_if_answer import RiskOf, WhatIf
from domain.drift import BucketDrift, Target
from domain.holding_facts import position_id
from domain.trades import Conflict, Trade


def applied_body(optimization_id: UUID, asked: ApplyOptimization, done: Applied) -> AppliedOptimization:
    """Return the targets as they are now."""
    return AppliedOptimization(
        optimization_id=optimization_id,
        portfolio_id=done.portfolio_id,
        method=asked.method,
        allocation_type=done.allocation_type,
        targets=[_target(done, one) for one in done.targets],
        removed=_removed(done.removed),
        sold=list(done.sold),
        cash_weight=Decimal(1) - sum((one.target_weight for one in done.targets), Decimal(0)),
        warnings=_warned(done.warnings),
    )


def what_if_body(optimization_id: UUID, asked: ApplyOptimization, found: WhatIf) -> WhatIfOptimization:
    """Return what there would be."""
    plan = found.plan
    return WhatIfOptimization(
        optimization_id=optimization_id,
        portfolio_id=asked.portfolio_id,
        method=asked.method,
        allocation_type=asked.allocation_type,
        currency=found.currency,
        total_value=rounded(plan.before.total_value, MONEY_PLACES),
        rebalance_needed=plan.before.drifted,
        drift=[bucket_drift(one) for one in plan.before.buckets],
        max_abs_drift=weight(plan.before.max_abs_drift),
        trades=[_trade(asked.portfolio_id, one) for one in plan.trades],
        after=[_weight(one) for one in plan.after.buckets],
        total_cost=rounded(plan.total_cost, MONEY_PLACES),
        turnover_one_way=_fraction(plan.turnover_one_way),
        turnover_two_way=_fraction(plan.turnover_two_way),
        residual_cash=rounded(plan.residual_cash, MONEY_PLACES),
        binding_constraints=list(plan.binding_constraints),
        conflicts=[_conflict(one) for one in plan.conflicts],
        risk=RiskBeforeAndAfter(before=_risk(found.before), after=_risk(found.after)),
        removed=_removed(found.removed),
        sold=list(found.sold),
        prices_as_of=found.prices_as_of,
        warnings=_warned(found.warnings),
    )


def _target(done: Applied, one: Target) -> AppliedTarget:
    return AppliedTarget(
        id=one.allocation_id,
        portfolio_id=done.portfolio_id,
        allocation_type=one.allocation_type,
        bucket=one.bucket,
        target_weight=one.target_weight,
        min_weight=one.min_weight,
        max_weight=one.max_weight,
        band_kind=one.band_kind,
        band=one.band,
        created=one.allocation_id in done.created,
        changed=one.allocation_id in done.changed,
    )


def _removed(targets: Iterable[Target]) -> list[RemovedTarget]:
    return [
        RemovedTarget(id=one.allocation_id, bucket=one.bucket, target_weight=one.target_weight)
        for one in targets
    ]


def _warned(told: Iterable[tuple[str, str]]) -> list[Warned]:
    return [Warned(code=code, detail=detail) for code, detail in told]


def _trade(portfolio_id: UUID, one: Trade) -> RecommendedTrade:
    known = one.position_id or position_id(portfolio_id, one.account, one.instrument_id)
    told = {name: getattr(one, name) for name in RecommendedTrade.__struct_fields__}
    return RecommendedTrade(**{**told, "position_id": known})


def _weight(one: BucketDrift) -> BucketWeight:
    return BucketWeight(
        allocation_type=one.allocation_type,
        bucket=one.bucket,
        actual_weight=weight(one.actual_weight),
        target_weight=weight(one.target_weight),
        drift=weight(one.drift),
        status=one.status,
    )


def _conflict(one: Conflict) -> ConflictingTargets:
    return ConflictingTargets(
        allocations=list(one.allocations),
        explanation=one.explanation,
        least_relaxation=one.least_relaxation,
    )


def _risk(one: RiskOf) -> RiskSide:
    return RiskSide(**msgspec.structs.asdict(one))


def _fraction(figure: Decimal) -> Decimal:
    return weight(figure) or Decimal(0)
