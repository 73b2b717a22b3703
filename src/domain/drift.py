"""How far a portfolio has moved from its targets, bucket by bucket.

Weights are fractions of total value: signed market value over the sum of all market values and cash.
Nothing is rounded here; whoever prints a figure rounds it.
"""

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal, localcontext
from typing import Literal
from uuid import UUID

import msgspec

AllocationType = Literal["sector", "asset_class", "geography", "security"]
BandKind = Literal["absolute", "relative", "hybrid"]
DriftStatus = Literal["inside", "above", "below", "outside_limits", "untargeted"]

ALLOCATION_TYPES: tuple[AllocationType, ...] = ("asset_class", "geography", "sector", "security")
UPPER_CASE: tuple[AllocationType, ...] = ("geography", "security")
CASH_BUCKET = "cash"
HYBRID_ABSOLUTE = Decimal("0.05")
HYBRID_RELATIVE_PER_ABSOLUTE = Decimal(5)  # 25 percent is five times 5 points
RELATIVE_BAND = Decimal("0.25")
_ENOUGH_DIGITS = Context(prec=60)  # weight times total stays exact, so "strictly beyond" is exact too


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """One priced position in the portfolio's currency; `value` is signed, a short is negative."""

    position_id: UUID
    instrument_id: UUID
    ticker: str
    account: str
    asset_class: str
    quantity: Decimal
    price: Decimal
    value: Decimal
    sector: str | None = None
    geography: str | None = None
    isin: str | None = None


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What an allocation asks of its bucket; weights and bands are fractions (0.25 is 25 %)."""

    allocation_id: UUID
    allocation_type: AllocationType
    bucket: str
    target_weight: Decimal
    min_weight: Decimal = Decimal(0)
    max_weight: Decimal = Decimal(1)
    band_kind: BandKind | None = None
    band: Decimal | None = None


class BucketDrift(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket against its target: drift is actual minus target, `lower` and `upper` the binding edges."""

    allocation_type: AllocationType
    bucket: str
    allocation_id: UUID | None = None
    actual_weight: Decimal | None
    target_weight: Decimal | None = None
    min_weight: Decimal | None = None
    max_weight: Decimal | None = None
    drift: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    status: DriftStatus
    breached: bool = False


class DriftReport(msgspec.Struct, frozen=True, kw_only=True):
    """The buckets of every allocation type that has targets; `reason` says why weights are missing, if so."""

    total_value: Decimal
    cash: Decimal
    threshold: Decimal
    buckets: tuple[BucketDrift, ...]
    max_abs_drift: Decimal | None
    drifted: bool
    excluded: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def breaches(self) -> tuple[BucketDrift, ...]:
        """The buckets that call for a rebalance."""
        return tuple(bucket for bucket in self.buckets if bucket.breached)


def measure_drift(
    exposures: Iterable[Exposure],
    cash: Decimal,
    targets: Sequence[Target],
    threshold: Decimal,
    *,
    excluded: Iterable[str] = (),
) -> DriftReport:
    """Weigh every bucket and say which ones left their band.

    threshold : fraction
        The portfolio's band for allocations without one of their own; only a drift strictly greater breaches.
    excluded : names of positions without a price or an exchange rate
        They are in no total; the report repeats them.

    Buckets are matched case-insensitively. A targeted bucket that is not held weighs 0; a held bucket
    without a target is listed as `untargeted` where its type has targets at all, and never breaches.
    Without a positive total there are no weights, and nothing is breached.
    """
    with localcontext(_ENOUGH_DIGITS):
        held = list(exposures)
        total = sum((exposure.value for exposure in held), cash)
        values = _values_by_bucket(held, cash, targets)
        buckets = [_targeted(target, values, total, threshold) for target in targets]
        buckets += _untargeted(targets, values, total)
    buckets.sort(key=lambda bucket: (bucket.allocation_type, bucket.bucket.casefold()))
    return DriftReport(
        total_value=total,
        cash=cash,
        threshold=threshold,
        buckets=tuple(buckets),
        max_abs_drift=max((abs(one.drift) for one in buckets if one.drift is not None), default=None),
        drifted=any(bucket.breached for bucket in buckets),
        excluded=tuple(sorted(excluded)),
        reason=None if total > 0 else f"total value is {total}, and weights need a positive one",
    )


def band_edges(target: Target, threshold: Decimal) -> tuple[Decimal, Decimal]:
    """Lower and upper weight the bucket may have: its band cut to its minimum and maximum weight.

    absolute: target ± band, by default the portfolio's threshold. relative: target ± band · target, by
    default 25 %. hybrid: target ± min(band, 5 · band · target), by default the 5/25 rule, whose legs cross
    at a target of 20 %.

    References: L. Swedroe's 5/25 rule as described in the Bogleheads wiki, "Rebalancing".
    """
    width = _half_width(target, threshold)
    lower = max(target.target_weight - width, target.min_weight)
    upper = min(target.target_weight + width, target.max_weight)
    return lower, upper


def bucket_keys(exposure: Exposure, allocation_type: AllocationType) -> frozenset[str]:
    """Casefolded names under which a target of that type means this exposure; a security has up to three."""
    names = [_label(exposure, allocation_type)]
    if allocation_type == "security":
        names += [str(exposure.instrument_id), exposure.isin]
    return frozenset(name.casefold() for name in names if name)


def _half_width(target: Target, threshold: Decimal) -> Decimal:
    if target.band_kind == "relative":
        return (RELATIVE_BAND if target.band is None else target.band) * target.target_weight
    if target.band_kind == "hybrid":
        band = HYBRID_ABSOLUTE if target.band is None else target.band
        return min(band, HYBRID_RELATIVE_PER_ABSOLUTE * band * target.target_weight)
    return threshold if target.band is None else target.band


def _label(exposure: Exposure, allocation_type: AllocationType) -> str | None:
    if allocation_type == "sector":
        return exposure.sector
    if allocation_type == "geography":
        return exposure.geography
    if allocation_type == "asset_class":
        return exposure.asset_class
    return exposure.ticker


_Values = dict[AllocationType, dict[str, Decimal]]


def _values_by_bucket(exposures: Sequence[Exposure], cash: Decimal, targets: Sequence[Target]) -> _Values:
    """Signed value per bucket of the types in use; securities are keyed by the target that names them."""
    wanted = {(target.allocation_type, target.bucket.casefold()) for target in targets}
    values: _Values = {target.allocation_type: {} for target in targets}
    for allocation_type, sums in values.items():
        if allocation_type == "asset_class" and cash:
            sums[CASH_BUCKET] = cash
        for exposure in exposures:
            for bucket in _counted_in(exposure, allocation_type, wanted):
                sums[bucket] = sums.get(bucket, Decimal(0)) + exposure.value
    return values


def _counted_in(
    exposure: Exposure, allocation_type: AllocationType, wanted: set[tuple[AllocationType, str]]
) -> set[str]:
    named = {key for key in bucket_keys(exposure, allocation_type) if (allocation_type, key) in wanted}
    if named or not (label := _label(exposure, allocation_type)):
        return named
    return {label.casefold()}


def _targeted(target: Target, values: _Values, total: Decimal, threshold: Decimal) -> BucketDrift:
    value = values[target.allocation_type].get(target.bucket.casefold(), Decimal(0))
    lower, upper = band_edges(target, threshold)
    status: DriftStatus = _status(value, total, target, lower, upper) if total > 0 else "inside"
    weight = value / total if total > 0 else None
    return BucketDrift(
        allocation_type=target.allocation_type,
        bucket=target.bucket,
        allocation_id=target.allocation_id,
        actual_weight=weight,
        target_weight=target.target_weight,
        min_weight=target.min_weight,
        max_weight=target.max_weight,
        drift=None if weight is None else weight - target.target_weight,
        lower=lower,
        upper=upper,
        status=status,
        breached=status != "inside",
    )


def _status(value: Decimal, total: Decimal, target: Target, lower: Decimal, upper: Decimal) -> DriftStatus:
    if not target.min_weight * total <= value <= target.max_weight * total:
        return "outside_limits"
    if value > upper * total:
        return "above"
    return "below" if value < lower * total else "inside"


def _untargeted(targets: Sequence[Target], values: _Values, total: Decimal) -> list[BucketDrift]:
    named = {(target.allocation_type, target.bucket.casefold()) for target in targets}
    return [
        BucketDrift(
            allocation_type=allocation_type,
            bucket=bucket.upper() if allocation_type in UPPER_CASE else bucket,
            actual_weight=value / total if total > 0 else None,
            status="untargeted",
        )
        for allocation_type, sums in values.items()
        for bucket, value in sums.items()
        if (allocation_type, bucket) not in named and value
    ]
