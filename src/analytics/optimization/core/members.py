"""Limits one by one, each under the field of the request that asked for it: how to drop it, and how far to relax it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.optimization.core import linear, quadratic
from analytics.optimization.core.names import fewest_names
from analytics.optimization.core.polyhedron import Extra, current_weights
from analytics.optimization.core.programme import NoPoint
from analytics.optimization.fit import CannotFit, Relaxation
from analytics.optimization.limits import Limits, Linear
from analytics.optimization.sample import Floats, Ints, Sample

MIN_WEIGHT, MAX_WEIGHT = "constraints.min_weight", "constraints.max_weight"
BUDGET, MAX_GROSS = "constraints.budget", "constraints.max_gross"
MAX_TURNOVER, MAX_ASSETS = "constraints.max_turnover", "constraints.max_assets"
TARGET_RETURN, TARGET_VOLATILITY = "constraints.target_return", "constraints.target_volatility"
_NAMED: Final = 3
_RATHER_MEANT: Final = 1e-2

Drop = Callable[[Limits], Limits]
Relax = Callable[[Limits, Sample], tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One limit.

    is_usual : whether it holds without anybody asking for it, such as that weights add up to 1
    dropped : the limits without it
    relax : what is asked and what is needed, all other limits being kept; NoPoint where nothing helps
    """

    key: str
    label: str
    is_usual: bool
    dropped: Drop
    relax: Relax

    def relaxation(self, limits: Limits, sample: Sample) -> Relaxation | None:
        """Return the least change of this limit alone that lets all hold, in the units of the request; None if none
        does.
        """
        try:
            asked, needed = self.relax(limits, sample)
        except (NoPoint, CannotFit):
            return None
        return Relaxation(key=self.key, label=self.label, asked=asked, needed=needed)


def members(limits: Limits, sample: Sample) -> list[Member]:
    """Return all limits; those that others can hardly do without come last."""
    return [
        *_linear(limits),
        *_sizes(limits),
        *_targets(limits, sample),
        *_bounds(limits, sample),
        Member(
            key=BUDGET,
            label=f"weights that add up to {_percent(limits.budget)}",
            is_usual=limits.budget == 1,
            dropped=lambda limits: replace(limits, budget=np.inf),
            relax=_relax_budget,
        ),
    ]


def _linear(limits: Limits) -> Iterator[Member]:
    for one in limits.linear:
        yield Member(
            key=one.key,
            label=one.label,
            is_usual=False,
            dropped=partial(_without_linear, one),
            relax=partial(_relax_linear, one),
        )


def _without_linear(one: Linear, limits: Limits) -> Limits:
    return replace(limits, linear=tuple(other for other in limits.linear if other is not one))


def _relax_linear(one: Linear, limits: Limits, sample: Sample) -> tuple[float, float]:
    sizes = one.coefficients
    value = _least_slack(
        _without_linear(one, limits),
        sample,
        above=(np.atleast_2d(sizes), np.array([one.upper])),
        below=(np.atleast_2d(sizes), np.array([one.lower])),
    )
    reached = float(sizes @ value.weights)
    if reached > one.upper:
        return one.upper, outward(reached, up=True)
    return one.lower, outward(reached, up=False)


def _sizes(limits: Limits) -> Iterator[Member]:
    if limits.max_names is not None:
        yield Member(
            key=MAX_ASSETS,
            label=f"at most {limits.max_names} assets",
            is_usual=False,
            dropped=lambda limits: replace(limits, max_names=None),
            relax=_relax_names,
        )
    if limits.max_gross is not None:
        yield Member(
            key=MAX_GROSS,
            label=f"absolute weights of at most {_percent(limits.max_gross)} in all",
            is_usual=False,
            dropped=lambda limits: replace(limits, max_gross=None),
            relax=_relax_gross,
        )
    if limits.max_turnover is not None:
        yield Member(
            key=MAX_TURNOVER,
            label=f"turnover of at most {_percent(limits.max_turnover)}",
            is_usual=False,
            dropped=lambda limits: replace(limits, max_turnover=None),
            relax=_relax_turnover,
        )


def _relax_names(limits: Limits, sample: Sample) -> tuple[float, float]:
    assert limits.max_names is not None
    fewest = fewest_names(limits, sample).enough
    if fewest is None or (limits.target_volatility is not None and fewest <= limits.max_names):
        raise NoPoint("the number of names is not what stands in the way")
    return float(limits.max_names), float(fewest)


def _relax_gross(limits: Limits, sample: Sample) -> tuple[float, float]:
    assert limits.max_gross is not None
    free = replace(limits, max_gross=None)
    return limits.max_gross, outward(_least_distance(free, sample, np.zeros(sample.size)), up=True)


def _relax_turnover(limits: Limits, sample: Sample) -> tuple[float, float]:
    assert limits.max_turnover is not None
    free = replace(limits, max_turnover=None)
    distance = _least_distance(free, sample, current_weights(limits, sample))
    return limits.max_turnover, outward(0.5 * distance, up=True)


def _least_distance(limits: Limits, sample: Sample, origin: Floats) -> float:
    size = sample.size
    unit = np.eye(size)
    rows = np.block([[unit, -unit], [-unit, -unit]])
    edges = np.concatenate([origin, -origin])
    away = Extra(rows=rows, lower=np.full(2 * size, -np.inf), upper=edges, floor=np.zeros(size))
    return linear.attempted(np.concatenate([np.zeros(size), np.ones(size)]), limits, sample, rows=away).value


def _targets(limits: Limits, sample: Sample) -> Iterator[Member]:
    if limits.target_return is not None:
        yield Member(
            key=TARGET_RETURN,
            label=f"an expected return of at least {_percent(limits.target_return * sample.periods_per_year)}",
            is_usual=False,
            dropped=lambda limits: replace(limits, target_return=None),
            relax=_relax_return,
        )
    if limits.target_volatility is not None:
        yearly = limits.target_volatility * np.sqrt(sample.periods_per_year)
        yield Member(
            key=TARGET_VOLATILITY,
            label=f"a volatility of at most {_percent(float(yearly))}",
            is_usual=False,
            dropped=lambda limits: replace(limits, target_volatility=None),
            relax=_relax_volatility,
        )


def _relax_return(limits: Limits, sample: Sample) -> tuple[float, float]:
    assert limits.target_return is not None
    most = linear.attempted(-sample.mean, replace(limits, target_return=None), sample, charge=1.0)
    scale = sample.periods_per_year
    reached = -most.value * scale
    return limits.target_return * scale, outward(reached, up=False, digits=_digits(reached))


def _relax_volatility(limits: Limits, sample: Sample) -> tuple[float, float]:
    assert limits.target_volatility is not None
    still = np.zeros(sample.size)
    least = quadratic.attempted(sample.covariance, still, replace(limits, target_volatility=None), sample)
    scale = float(np.sqrt(sample.periods_per_year))
    needed = float(np.sqrt(2 * least.value)) * scale
    return limits.target_volatility * scale, outward(needed, up=True, digits=_digits(needed))


def _bounds(limits: Limits, sample: Sample) -> Iterator[Member]:
    yield Member(
        key=MAX_WEIGHT,
        label=_bound_label(limits.upper, sample, "at most"),
        is_usual=bool((limits.upper >= 1).all()),
        dropped=lambda limits: replace(limits, upper=np.full(len(limits.upper), np.inf)),
        relax=_relax_upper,
    )
    yield Member(
        key=MIN_WEIGHT,
        label="no weight below 0"
        if not limits.lower.any()
        else _bound_label(limits.lower, sample, "at least"),
        is_usual=not limits.lower.any(),
        dropped=lambda limits: replace(limits, lower=np.full(len(limits.lower), -np.inf)),
        relax=_relax_lower,
    )


def _bound_label(bounds: Floats, sample: Sample, relation: str) -> str:
    if (bounds == bounds[0]).all():
        return f"every weight {relation} {_percent(float(bounds[0]))}"
    usual = 0.0 if relation == "at least" else 1.0
    told = [at for at in range(len(bounds)) if bounds[at] != usual]
    some = [f"{sample.assets[at]} {relation} {_percent(float(bounds[at]))}" for at in told[:_NAMED]]
    more = f" and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
    return ", ".join(some) + more


def _relax_upper(limits: Limits, sample: Sample) -> tuple[float, float]:
    """Raise all upper bounds below 1 by the same amount, or all if there are none below; the lowest one is told."""
    given = _given(limits.upper < 1)
    upper = limits.upper.copy()
    upper[given] = np.inf
    unit = np.eye(sample.size)[given]
    free = replace(limits, upper=upper)
    slack = _least_slack(free, sample, above=(unit, limits.upper[given])).slack
    asked = float(limits.upper[given].min())
    return asked, outward(asked + slack, up=True)


def _relax_lower(limits: Limits, sample: Sample) -> tuple[float, float]:
    """Lower all positive lower bounds by the same amount, though not below 0, or all if none is positive; the highest
    one is told.
    """
    given = _given(limits.lower > 0)
    lower = limits.lower.copy()
    lower[given] = 0.0 if limits.lower[given].min() > 0 else -np.inf
    unit = np.eye(sample.size)[given]
    free = replace(limits, lower=lower)
    slack = _least_slack(free, sample, below=(unit, limits.lower[given])).slack
    asked = float(limits.lower[given].max())
    return asked, outward(asked - slack, up=False)


def _given(chosen: NDArray[np.bool_]) -> Ints:
    return np.flatnonzero(chosen) if chosen.any() else np.arange(len(chosen))


def _relax_budget(limits: Limits, sample: Sample) -> tuple[float, float]:
    free = replace(limits, budget=np.inf)
    every, edge = np.ones((1, sample.size)), np.array([limits.budget])
    reached = float(_least_slack(free, sample, above=(every, edge), below=(every, edge)).weights.sum())
    return limits.budget, outward(reached, up=reached > limits.budget)


@dataclass(frozen=True, slots=True)
class _Slack:
    weights: Floats
    slack: float


Side = tuple[Floats, Floats]


def _least_slack(
    limits: Limits, sample: Sample, *, above: Side | None = None, below: Side | None = None
) -> _Slack:
    """Return the least r with rows @ w <= edge + r above and rows @ w >= edge − r below."""
    rows, lower, upper = [], [], []
    for side, sign in ((above, -1.0), (below, 1.0)):
        if side is not None:
            matrix, edges = side
            kept = np.isfinite(edges)
            rows.append(np.column_stack([matrix[kept], np.full(kept.sum(), sign)]))
            lower.append(edges[kept] if sign > 0 else np.full(kept.sum(), -np.inf))
            upper.append(edges[kept] if sign < 0 else np.full(kept.sum(), np.inf))
    extra = Extra(
        rows=np.concatenate(rows), lower=np.concatenate(lower), upper=np.concatenate(upper), floor=np.zeros(1)
    )
    price = np.zeros(sample.size + 1)
    price[-1] = 1.0
    solved = linear.attempted(price, limits, sample, rows=extra)
    return _Slack(weights=solved.weights, slack=solved.value)


def outward(value: float, *, up: bool, digits: int = 8) -> float:
    """Round so that what is needed is still reached, unless a rounder number is meant."""
    scaled = value * 10.0**digits
    nearest = round(scaled)
    if abs(scaled - nearest) > _RATHER_MEANT:
        nearest = int(np.ceil(scaled) if up else np.floor(scaled))
    return float(nearest / 10.0**digits)


def _digits(value: float) -> int:
    """Return how many decimals make seven significant digits."""
    return 7 if value == 0 else int(np.clip(6 - np.floor(np.log10(abs(value))), 0, 15))


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.6g} %"
