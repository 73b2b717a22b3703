"""Weights and drifts of a portfolio whose parts have given values."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from application.explain.components import Part
from application.market.history import Floats
from domain.drift import CASH_BUCKET, AllocationType, Exposure, Target, bucket_keys, measure_drift
from domain.errors import Refused, Violation
from domain.holding_facts import Position

Figure = Callable[[Floats], Decimal]
ZERO = Decimal(0)
ONE = Decimal(1)


def total_of(values: Floats) -> Decimal:
    """Return the value of all parts."""
    return sum(map(exact, values.tolist()), ZERO)


def exact(value: float) -> Decimal:
    """Return an amount of money to the millionth, so that sums of amounts have no rounding of their own."""
    return round(Decimal(repr(value)), 6) + ZERO


def plain(figure: Decimal) -> Decimal:
    """Return the same number without zeros at its end."""
    short = figure.normalize()
    return short.quantize(ONE) if short == short.to_integral_value() else short


def weight_of(
    parts: Sequence[Part], held: Mapping[UUID, Position], allocation_type: AllocationType, bucket: str
) -> Figure:
    """Return the function that weighs a bucket: its signed value over the value of everything."""
    name = bucket.casefold()
    inside = [_is_in(part, held, allocation_type, name) for part in parts]

    def weight(values: Floats) -> Decimal:
        total = _positive(total_of(values))
        chosen = (exact(value) for value, counts in zip(values.tolist(), inside, strict=True) if counts)
        return sum(chosen, ZERO) / total

    return weight


def _is_in(part: Part, held: Mapping[UUID, Position], allocation_type: AllocationType, name: str) -> bool:
    if part.position_id is None:
        return allocation_type == "asset_class" and name == CASH_BUCKET
    return name in bucket_keys(_exposure(held[part.position_id], ZERO), allocation_type)


def drift_of(
    parts: Sequence[Part],
    held: Mapping[UUID, Position],
    targets: Sequence[Target],
    allocation_type: AllocationType | None,
    bucket: str | None,
) -> Figure:
    """Return the function that measures one bucket's drift, or the largest absolute one of all targets."""

    def drift(values: Floats) -> Decimal:
        exposures, cash = [], ZERO
        for part, value in zip(parts, values.tolist(), strict=True):
            if part.position_id is None:
                cash += exact(value)
            elif value:
                exposures.append(_exposure(held[part.position_id], exact(value)))
        report = measure_drift(exposures, cash, targets, ZERO)
        _positive(report.total_value)
        if bucket is None:
            return report.max_abs_drift or ZERO
        drifts = [
            one.drift
            for one in report.buckets
            if one.allocation_type == allocation_type and one.bucket.casefold() == bucket.casefold()
        ]
        return drifts[0] if drifts and drifts[0] is not None else ZERO

    return drift


def _positive(total: Decimal) -> Decimal:
    if total > 0:
        return total
    detail = f"Weights need a positive total value, and at one step of the way it is {plain(total)}."
    raise Refused(detail, violations=[Violation("metric", "no_total", detail)])


def _exposure(told: Position, value: Decimal) -> Exposure:
    return Exposure(
        position_id=told.position_id,
        instrument_id=told.instrument_id,
        ticker=told.ticker,
        account=told.account,
        asset_class=told.asset_class,
        quantity=told.quantity,
        price=ZERO,
        value=value,
        sector=told.sector,
        geography=told.geography,
        isin=told.isin,
    )
