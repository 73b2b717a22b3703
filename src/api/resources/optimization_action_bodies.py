"""Applying the result of an optimisation, and asking first what that would lead to; weights are fractions."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec

from api.figures import exact
from api.resources.allocation_bodies import AllocationSet, BucketDrift, ConflictingTargets, Kind
from api.resources.recommendation_bodies import BucketWeight, RecommendedTrade
from application.optimization.answer import Metrics
from application.optimization.options import Method
from domain.drift import BandKind
from domain.unavailable import Missing

Portfolio = Annotated[UUID, msgspec.Meta(description="The portfolio whose targets are set.")]
Chosen = Annotated[Method, msgspec.Meta(description="One of the methods of the optimisation.")]


class Band(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a bucket may drift before it calls for a rebalance."""

    kind: Annotated[
        BandKind,
        msgspec.Meta(
            description="`absolute`: target ± width; `relative`: target ± width · target; `hybrid`: the narrower."
        ),
    ] = "absolute"
    width: Annotated[
        Decimal | None,
        exact(
            "Half width, a fraction. By kind, if left out: the portfolio's rebalance_threshold, 0.25, 0.05.",
            ge=0,
            le=1,
        ),
    ] = None


class ApplyOptimization(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which weights become the targets of which portfolio."""

    portfolio_id: Portfolio
    method: Chosen
    allocation_type: Annotated[
        Kind,
        msgspec.Meta(
            description="`security` sets a target for each asset; the others for the sum of weights by attribute."
        ),
    ] = "security"
    band: Annotated[
        Band | None,
        msgspec.Meta(
            description="Band of every target that is set; the portfolio's rebalance_threshold if null."
        ),
    ] = None


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """Something to know before or after."""

    code: Annotated[str, msgspec.Meta(description="As a code, such as `cash_kept`.")]
    detail: Annotated[str, msgspec.Meta(description="In words.")]


class AppliedTarget(AllocationSet, frozen=True, kw_only=True):
    """A target as it is now."""

    changed: Annotated[bool, msgspec.Meta(description="Whether it is not what it was.")]


class RemovedTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A target that is no more."""

    id: Annotated[UUID, msgspec.Meta(description="The allocation.")]
    bucket: Annotated[str, msgspec.Meta(description="Its bucket.")]
    target_weight: Annotated[Decimal, exact("What it was, a fraction.")]


class AppliedOptimization(msgspec.Struct, frozen=True, kw_only=True):
    """The targets of one allocation type, as they are now."""

    optimization_id: Annotated[UUID, msgspec.Meta(description="The optimisation.")]
    portfolio_id: Portfolio
    method: Chosen
    allocation_type: Kind
    targets: Annotated[
        list[AppliedTarget],
        msgspec.Meta(description="All targets of the type; those of zero are held and to be sold."),
    ]
    removed: Annotated[list[RemovedTarget], msgspec.Meta(description="Targets of the type that went.")]
    sold: Annotated[
        list[str], msgspec.Meta(description="Buckets that are held and have no weight in the result.")
    ]
    cash_weight: Annotated[Decimal, exact("What no target asks for and stays in cash, a fraction.")]
    warnings: Annotated[list[Warned], msgspec.Meta(description="What to know.")]


class RiskSide(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of what is held on one side of the trades, by the data of the optimisation."""

    weights: Annotated[
        dict[str, float], msgspec.Meta(description="Weight of each asset, a fraction of total value.")
    ]
    cash_weight: Annotated[float, msgspec.Meta(description="Weight of cash, which earns nothing here.")]
    covered: Annotated[
        float,
        msgspec.Meta(
            description=(
                "Share of what is invested that the optimisation's assets make up; what else is held is taken to move "
                "as they do."
            )
        ),
    ]
    metrics: Annotated[Metrics | None, msgspec.Meta(description="The figures.")]
    unavailable: Annotated[dict[str, Missing], msgspec.Meta(description="Why figures are null, by name.")]


class RiskBeforeAndAfter(msgspec.Struct, frozen=True, kw_only=True):
    """What the trades would do to the risk."""

    before: Annotated[RiskSide, msgspec.Meta(description="What is held now.")]
    after: Annotated[RiskSide, msgspec.Meta(description="What would be held after the trades.")]


class WhatIfOptimization(msgspec.Struct, frozen=True, kw_only=True):
    """What applying the result would lead to; money is in `currency`."""

    optimization_id: Annotated[UUID, msgspec.Meta(description="The optimisation.")]
    portfolio_id: Portfolio
    method: Chosen
    allocation_type: Kind
    currency: Annotated[str, msgspec.Meta(description="ISO 4217 code of all money in it.")]
    total_value: Annotated[Decimal, exact("Value of the portfolio before the trades, cash included.")]
    rebalance_needed: Annotated[
        bool, msgspec.Meta(description="Whether any bucket would be outside its band, so that trades follow.")
    ]
    drift: Annotated[
        list[BucketDrift], msgspec.Meta(description="What is held now against the targets there would be.")
    ]
    max_abs_drift: Annotated[Decimal | None, exact("Largest absolute drift, a fraction.")]
    trades: Annotated[list[RecommendedTrade], msgspec.Meta(description="What would be traded, sales first.")]
    after: Annotated[list[BucketWeight], msgspec.Meta(description="The buckets after the trades.")]
    total_cost: Annotated[Decimal, exact("Cost of all trades by the portfolio's policy.")]
    turnover_one_way: Annotated[Decimal, exact("Half of what is bought and sold, a fraction of total value.")]
    turnover_two_way: Annotated[Decimal, exact("What is bought and sold, a fraction of total value.")]
    residual_cash: Annotated[Decimal, exact("Cash after all trades and their costs.")]
    binding_constraints: Annotated[
        list[str], msgspec.Meta(description="Rules without which it would come nearer to the targets.")
    ]
    conflicts: Annotated[
        list[ConflictingTargets], msgspec.Meta(description="Targets that cannot hold together.")
    ]
    risk: Annotated[RiskBeforeAndAfter, msgspec.Meta(description="Risk before and after the trades.")]
    removed: Annotated[list[RemovedTarget], msgspec.Meta(description="Targets of the type that would go.")]
    sold: Annotated[list[str], msgspec.Meta(description="Buckets that would be sold to the last.")]
    prices_as_of: Annotated[date | None, msgspec.Meta(description="Day of the oldest price used.")]
    warnings: Annotated[list[Warned], msgspec.Meta(description="What to know.")]
