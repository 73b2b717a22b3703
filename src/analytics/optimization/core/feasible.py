"""Whether anything keeps to all limits, and what comes nearest."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from analytics.optimization.core import infeasible, quadratic
from analytics.optimization.core.programme import NoPoint, Solver
from analytics.optimization.core.solved import Solved
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import SLACK, Limits
from analytics.optimization.sample import Floats, Sample


def require(limits: Limits, sample: Sample) -> None:
    """Raise Infeasible with the smallest set of limits that cannot hold together, and what would help."""
    if limits.is_box and _box_holds(limits):
        return
    infeasible.explain(limits, sample)


def or_explained(
    attempt: Callable[[Sequence[Solver]], Solved], chain: Sequence[Solver], limits: Limits, sample: Sample
) -> Solved:
    """Return what an attempt answers; where a solver finds nothing within limits, find out whether that is so.

    Raises
    ------
    Infeasible
        It is so.
    CannotFit
        It is not, and the rest of the chain finds nothing either.
    """
    try:
        return attempt(chain)
    except NoPoint as first:
        require(limits, sample)
        try:
            solved = attempt(chain[1:])
        except NoPoint as second:
            raise CannotFit("solver_failed", f"no solver found an optimum: {first}; {second}") from second
        return replace(solved, fallbacks=(str(first), *solved.fallbacks))
    except CannotFit as failure:
        if failure.code == "solver_failed":  # limits that cannot hold may look like any difficult ones
            require(limits, sample)
        raise


def projected(weights: Floats, limits: Limits, sample: Sample) -> Floats:
    """Return the weights within the limits that are nearest in Euclidean distance.

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    """
    if limits.is_box and _box_holds(limits):
        return _in_box(weights, limits)
    return quadratic.minimise(np.eye(len(weights)), -weights, limits, sample).weights


def _box_holds(limits: Limits) -> bool:
    if (limits.lower > limits.upper).any():
        return False
    return bool(limits.lower.sum() <= limits.budget + SLACK and limits.upper.sum() >= limits.budget - SLACK)


def _in_box(weights: Floats, limits: Limits) -> Floats:
    """Return clip(w − λ), with λ found exactly between the points where another bound starts or ends to bind."""
    knots = np.unique(np.concatenate([weights - limits.lower, weights - limits.upper]))
    sums = np.clip(weights - knots[:, None], limits.lower, limits.upper).sum(axis=1)
    shift = float(np.interp(-limits.budget, -sums, knots))
    nearest: Floats = np.clip(weights - shift, limits.lower, limits.upper)
    return nearest
