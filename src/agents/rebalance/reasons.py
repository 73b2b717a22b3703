"""Why a recommendation is made, in figures and in words."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from agents.rebalance.triggers import ANALYSIS_REQUESTED
from application.rebalancing.audit import WIDE, figure, plain
from domain.drift import BucketDrift, DriftReport


def reasons(
    report: DriftReport, triggers: Sequence[str], *, forced: bool, note: str | None
) -> list[dict[str, Any]]:
    """Return what is outside its band, then what made the agent look, and whatever else there is to say."""
    found = [_breach(bucket, report.threshold) for bucket in report.breaches]
    found.append({"trigger": list(triggers), "explanation": _asked(triggers, forced=forced)})
    if note is not None:
        found.append({"explanation": _sentence(note)})
    return found


def _asked(triggers: Sequence[str], *, forced: bool) -> str:
    if forced:
        return "A recommendation was asked for whatever the drift."
    facts = ", ".join(_fact(trigger) for trigger in dict.fromkeys(triggers))
    return f"The agent looked because of: {facts}."


def _fact(trigger: str) -> str:
    """Return what happened, out of a type such as `pm.holdings.positions-imported.v1`."""
    if trigger == ANALYSIS_REQUESTED:
        return "new market data"
    return trigger.split(".")[2].replace("-", " ")


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
    if bucket.status == "outside_limits":
        edges = f"outside its limits of {percent(bucket.min_weight)} to {percent(bucket.max_weight)}"
    else:
        edges = f"{bucket.status} its band of {percent(bucket.lower)} to {percent(bucket.upper)}"
    return (
        f"{bucket.allocation_type} {bucket.bucket} weighs {percent(bucket.actual_weight)}, "
        f"{_points(bucket.drift)} its target of {percent(bucket.target_weight)} and {edges}."
    )


def _points(drift: Decimal) -> str:
    """Return a difference of two percentages, which is not a percentage of either."""
    points = plain((abs(drift) * 100).quantize(Decimal("0.01"), context=WIDE))
    return f"{format(points, 'f')} points {'above' if drift > 0 else 'below'}"


def percent(fraction: Decimal | None) -> str:
    """Return a fraction as percent for people."""
    assert fraction is not None
    return f"{format(plain((fraction * 100).quantize(Decimal('0.01'), context=WIDE)), 'f')} %"


def _sentence(note: str) -> str:
    return f"{note[0].upper()}{note[1:]}{'' if note.endswith('.') else '.'}"
