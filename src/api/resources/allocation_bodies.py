"""Target allocations and drift as they come in and go out; weights are fractions of total value."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec

from api.figures import exact
from api.resources.fields import LINE
from api.resources.unavailable import Reasons
from application.allocations.set_target import target_violations
from domain.drift import AllocationType, BandKind, DriftStatus
from domain.errors import Violation

AllocationId = Annotated[UUID, msgspec.Meta(description="The allocation; a bucket keeps its id for ever.")]
OfPortfolio = Annotated[UUID, msgspec.Meta(description="The portfolio.")]
Kind = Annotated[AllocationType, msgspec.Meta(description="What the buckets of the allocation are.")]
Bucket = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=200,
        pattern=LINE,
        description="The bucket: a sector, an asset class (`cash` is one), a country code or a security.",
        examples=["technology"],
    ),
]
Target = Annotated[Decimal, exact("Target weight, a fraction of total value.", ge=0, le=1, examples=[0.25])]
MinWeight = Annotated[Decimal, exact("Least weight allowed, a fraction of total value.", ge=0, le=1)]
MaxWeight = Annotated[Decimal, exact("Greatest weight allowed, a fraction of total value.", ge=0, le=1)]
KindOfBand = Annotated[
    BandKind | None,
    msgspec.Meta(
        description=(
            "How `band` is meant. absolute: target ± band. relative: target ± band · target, by default 0.25. "
            "hybrid: the narrower of target ± band and target ± 5 · band · target, by default 0.05. Null: the "
            "portfolio's rebalance_threshold counts."
        )
    ),
]
Band = Annotated[
    Decimal | None,
    exact(
        "Half width of the band, a fraction (of total value, or of the target where the band is relative); "
        "drift strictly beyond it calls for a rebalance. It replaces the portfolio's rebalance_threshold.",
        ge=0,
        le=1,
    ),
]


class SetAllocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The target of one bucket; min ≤ target ≤ max."""

    allocation_type: Kind
    bucket: Bucket
    target_weight: Target
    min_weight: MinWeight = Decimal(0)
    max_weight: MaxWeight = Decimal(1)
    band_kind: KindOfBand = None
    band: Band = None

    def violations(self) -> Iterator[Violation]:
        """Yield weights that are not in order, and a bucket that cannot be."""
        return target_violations(
            allocation_type=self.allocation_type,
            bucket=self.bucket,
            target_weight=self.target_weight,
            min_weight=self.min_weight,
            max_weight=self.max_weight,
        )


class AllocationSet(msgspec.Struct, frozen=True, kw_only=True):
    """A target allocation as it was just set."""

    id: AllocationId
    portfolio_id: OfPortfolio
    allocation_type: Kind
    bucket: Bucket
    target_weight: Target
    min_weight: MinWeight
    max_weight: MaxWeight
    band_kind: KindOfBand
    band: Band
    created: Annotated[bool, msgspec.Meta(description="Whether the bucket had no target before.")]


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """A target allocation."""

    id: AllocationId
    portfolio_id: OfPortfolio
    allocation_type: Kind
    bucket: Bucket
    target_weight: Target
    min_weight: MinWeight
    max_weight: MaxWeight
    band_kind: KindOfBand
    band: Band
    projected_at: Annotated[datetime, msgspec.Meta(description="When the target was recorded, UTC.")]


class Allocations(msgspec.Struct, frozen=True, kw_only=True):
    """The target allocations of a portfolio."""

    allocations: Annotated[list[Allocation], msgspec.Meta(description="By type and bucket.")]


class BucketDrift(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket against its target."""

    allocation_id: Annotated[UUID | None, msgspec.Meta(description="The allocation; null without a target.")]
    allocation_type: Kind
    bucket: Annotated[str, msgspec.Meta(description="The bucket.")]
    actual_weight: Annotated[
        Decimal | None, exact("Weight as it is, a signed fraction; null without a positive total value.")
    ]
    target_weight: Annotated[Decimal | None, exact("Target weight, a fraction; null without a target.")]
    min_weight: Annotated[Decimal | None, exact("Least weight allowed, a fraction.")]
    max_weight: Annotated[Decimal | None, exact("Greatest weight allowed, a fraction.")]
    drift: Annotated[Decimal | None, exact("Actual less target weight, a fraction; positive is too much.")]
    lower: Annotated[Decimal | None, exact("Lower edge of the band, a fraction.")]
    upper: Annotated[Decimal | None, exact("Upper edge of the band, a fraction.")]
    status: Annotated[
        DriftStatus,
        msgspec.Meta(
            description=(
                "`above` or `below` the band, `outside_limits` of min and max weight, else `inside`; `untargeted` "
                "buckets are held without a target."
            )
        ),
    ]
    breached: Annotated[bool, msgspec.Meta(description="Whether the bucket calls for a rebalance.")]


class ExcludedPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position, or a balance of cash, that no weight contains."""

    position_id: Annotated[UUID | None, msgspec.Meta(description="The position; null for a balance of cash.")]
    ticker: Annotated[str, msgspec.Meta(description="Ticker symbol; a balance is `CASH:` and its currency.")]
    code: Annotated[str, msgspec.Meta(description="`no_price` or `no_rate`.")]


class ConflictingTargets(msgspec.Struct, frozen=True, kw_only=True):
    """Targets that cannot hold together."""

    allocations: Annotated[list[str], msgspec.Meta(description="The buckets, in words.")]
    explanation: Annotated[str, msgspec.Meta(description="Why they cannot hold together.")]
    least_relaxation: Annotated[
        dict[str, Decimal],
        msgspec.Meta(description="By bucket, the least fraction of total value by which it must give way."),
    ]


class OldPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price that is too old to trade at."""

    ticker: Annotated[str, msgspec.Meta(description="Ticker.")]
    price_date: Annotated[date, msgspec.Meta(description="Day of the price.")]
    days: Annotated[int, msgspec.Meta(description="Its age in days.")]


class HeldBack(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing is recommended although there is drift; `force` recommends all the same."""

    code: Annotated[str, msgspec.Meta(description="`stale`: prices are too old.")] = "stale"
    reason: Annotated[str, msgspec.Meta(description="The reason in words.")]
    prices: Annotated[list[OldPrice], msgspec.Meta(description="The prices, the oldest first.")]


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """How far a portfolio is from its targets."""

    portfolio_id: OfPortfolio
    currency: Annotated[str, msgspec.Meta(description="The portfolio's currency, ISO 4217.")]
    total_value: Annotated[Decimal, exact("What weights are fractions of, cash included, in the currency.")]
    cash_balance: Annotated[Decimal, exact("Cash, in the portfolio's currency.")]
    rebalance_threshold: Annotated[
        Decimal, exact("Band of allocations without one of their own, a fraction.")
    ]
    max_abs_drift: Annotated[
        Decimal | None, exact("Largest absolute drift, a fraction; null without weights.")
    ]
    max_drift_pct: Annotated[Decimal | None, exact("The same in percent.")]
    rebalance_needed: Annotated[bool, msgspec.Meta(description="Whether any bucket is outside.")]
    held_back: Annotated[
        HeldBack | None,
        msgspec.Meta(description="Why nothing is recommended although a bucket is outside; null otherwise."),
    ] = None
    buckets: Annotated[list[BucketDrift], msgspec.Meta(description="Every bucket of the types with targets.")]
    outside: Annotated[list[BucketDrift], msgspec.Meta(description="The buckets that call for a rebalance.")]
    excluded: Annotated[
        list[ExcludedPosition], msgspec.Meta(description="Positions that no weight contains.")
    ]
    conflicts: Annotated[
        list[ConflictingTargets] | None,
        msgspec.Meta(description="Targets that cannot hold together; null while that is not worked out."),
    ]
    policy_version: Annotated[int, msgspec.Meta(description="Version of threshold, policy and targets.")]
    prices_as_of: Annotated[date | None, msgspec.Meta(description="Day of the oldest price counted.")]
    projected_at: Annotated[
        datetime, msgspec.Meta(description="When the last event shown here was recorded, UTC.")
    ]
    unavailable: Reasons
