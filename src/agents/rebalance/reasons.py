"""Why a recommendation is made, in figures and in words."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from domain.drift import BucketDrift, DriftReport

FIGURE = Decimal("1e-10")
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
DIRECTIONS = {"above": "above the upper edge", "below": "below the lower edge"}


def reasons(
    report: DriftReport, triggers: Sequence[str], *, forced: bool, note: str | None
) -> list[dict[str, Any]]:
    """Return what is outside its band, then what made the agent look, and whatever else there is to say."""
    found = [_breach(bucket, report.threshold) for bucket in report.breaches]
    why = "A recommendation was asked for whatever the drift." if forced else "These events came in."
    found.append({"trigger": list(triggers), "explanation": why})
    if note is not None:
        found.append({"explanation": _sentence(note)})
    return found


def weights(buckets: Iterable[BucketDrift]) -> list[dict[str, Any]]:
    """Return buckets as they are shown before and after the trades."""
    return [
        {
            "allocation_type": bucket.allocation_type,
            "bucket": bucket.bucket,
            "actual_weight": figure(bucket.actual_weight),
            "target_weight": figure(bucket.target_weight),
            "drift": figure(bucket.drift),
            "status": bucket.status,
        }
        for bucket in buckets
    ]


def figure(exact: Decimal | None) -> Decimal | None:
    """Round a fraction to ten decimals, more than anybody reads and less than a quotient has."""
    return None if exact is None else plain(exact.quantize(FIGURE, context=_WIDE))


def plain(exact: Decimal) -> Decimal:
    """Return a number without trailing zeros and without an exponent."""
    return Decimal(format(exact.normalize(_WIDE), "f"))


def _breach(bucket: BucketDrift, threshold: Decimal) -> dict[str, Any]:
    return {
        "allocation_type": bucket.allocation_type,
        "bucket": bucket.bucket,
        "actual_weight": figure(bucket.actual_weight),
        "target_weight": figure(bucket.target_weight),
        "drift": figure(bucket.drift),
        "threshold": plain(threshold),
        "lower": figure(bucket.lower),
        "upper": figure(bucket.upper),
        "status": bucket.status,
        "explanation": _in_words(bucket),
    }


def _in_words(bucket: BucketDrift) -> str:
    assert bucket.drift is not None
    where = DIRECTIONS.get(bucket.status, "outside its minimum and maximum weight")
    return (
        f"{bucket.allocation_type} {bucket.bucket} weighs {percent(bucket.actual_weight)}, "
        f"{percent(abs(bucket.drift))} {'more' if bucket.drift > 0 else 'less'} than its target of "
        f"{percent(bucket.target_weight)}: {where} ({percent(bucket.lower)} to {percent(bucket.upper)})."
    )


def percent(fraction: Decimal | None) -> str:
    """Return a fraction as percent for people."""
    assert fraction is not None
    return f"{format(plain((fraction * 100).quantize(Decimal('0.01'), context=_WIDE)), 'f')} %"


def _sentence(note: str) -> str:
    return f"{note[0].upper()}{note[1:]}{'' if note.endswith('.') else '.'}"
