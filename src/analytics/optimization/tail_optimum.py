"""The least mean of the largest losses, within all limits."""

from dataclasses import dataclass, field

import numpy as np

from analytics.optimization.core import cardinality, feasible
from analytics.optimization.core.programme import NoPoint
from analytics.optimization.core.solved import Solved
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Ints, Sample
from analytics.optimization.tail_form import framed
from analytics.optimization.tail_programme import Tail, least
from analytics.optimization.tail_solvers import Unbounded


def least_tail(
    tail: Tail,
    limits: Limits,
    sample: Sample,
    *,
    vector: Floats | None = None,
    charge: float = 0.0,
    ball: float = 0.0,
) -> Solved:
    """Minimise tail + vector'w + charge · trading costs + ball · (largest absolute weight) within limits.

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    CannotFit
        Every solver failed.
    """
    asked = _Asked(
        tail=tail,
        sample=sample,
        vector=np.zeros(sample.size) if vector is None else vector,
        charge=charge,
        ball=ball,
        start=calm(sample),
    )
    try:
        return asked.within(limits) if limits.max_names is None else cardinality.best(asked.within, limits)
    except NoPoint as refusal:
        feasible.require(limits, sample)
        raise CannotFit("solver_failed", f"no solver found an optimum: {refusal}") from refusal
    except Unbounded as refusal:
        raise CannotFit("unbounded", "the limits leave weights without bounds") from refusal


@dataclass(slots=True, kw_only=True)
class _Asked:
    """An objective, which is least somewhere else under other limits; `keys` say which losses mattered last."""

    tail: Tail
    sample: Sample
    vector: Floats
    charge: float
    ball: float
    start: Floats
    keys: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.intp))

    def within(self, limits: Limits) -> Solved:
        frame = framed(limits, self.sample, vector=self.vector, charge=self.charge, ball=self.ball)
        found = least(frame, self.tail, start=self.start, keys=self.keys)
        self.keys = found.keys
        weights = found.values[: self.sample.size]
        return Solved(
            weights=weights,
            solver=found.solver,
            status="optimal" if found.exact else "inexact",
            fallbacks=found.fallbacks,
            value=float(frame.vector @ found.values) + self.tail.price * self.tail.mean(weights),
        )


def calm(sample: Sample) -> Floats:
    """Return weights in inverse proportion to variances: their tail is much like that of the optimum."""
    variance = np.var(needed(sample), axis=0)
    smallest = float(variance[variance > 0].min(initial=1.0))
    inverse = smallest / np.maximum(variance, smallest)
    return np.asarray(inverse / inverse.sum(), dtype=np.float64)


def needed(sample: Sample) -> Floats:
    """Return the returns.

    Raises
    ------
    CannotFit
        Code `needs_returns`: only moments are known.
    """
    if sample.returns is None:
        raise CannotFit("needs_returns", "the tail of losses is in returns; moments do not tell it")
    return sample.returns
