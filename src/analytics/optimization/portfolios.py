"""Portfolios that are assets of another portfolio: what NCO and StackingOptimization optimise over."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from analytics.optimization import methods
from analytics.optimization.fit import CannotFit, Fit, Infeasible
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Ints, Sample

Options = Mapping[str, Mapping[str, Any]]
"""Options of methods by their names."""


@dataclass(slots=True)
class Inside:
    """Methods that run within another: their options, and what has to be said of them.

    options : keyword arguments of each method's fit; `risk_free` is not one of them, and goes before the sample's
    """

    options: Options
    fits: list[tuple[str, Fit]] = field(default_factory=list)

    def weights(self, method: str, sample: Sample, limits: Limits) -> Floats:
        """Return the weights of a method, which is remembered.

        Raises
        ------
        CannotFit
            As the method does, and by its name.
        """
        found = self.tried(method, sample, limits)
        self.fits.append((method, found))
        return found.weights

    def tried(self, method: str, sample: Sample, limits: Limits) -> Fit:
        """Return what a method chooses; it may see some of the assets only, or portfolios of them."""
        told = dict(self.options.get(method, {}))
        sample = replace(sample, risk_free=told.pop("risk_free", sample.risk_free))
        if told.get("clusters") is not None:
            told["clusters"] = min(told["clusters"], sample.size)
        if told.get("risk_budget") is not None:
            known = {name: share for name, share in told["risk_budget"].items() if name in sample.assets}
            told["risk_budget"] = known or None
        try:
            return methods.fit(method, sample, limits, told)
        except Infeasible:
            raise
        except CannotFit as refusal:
            raise CannotFit(refusal.code, f"{method}, inside: {refusal}", field=refusal.field) from refusal

    @property
    def solver(self) -> str:
        """What computed them."""
        return ", ".join(dict.fromkeys(found.solver for _, found in self.fits))

    @property
    def status(self) -> str:
        """`optimal` where all are."""
        return next((found.status for _, found in self.fits if found.status != "optimal"), "optimal")

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """What failed before, by method."""
        return tuple(
            dict.fromkeys(f"{name}: {reason}" for name, found in self.fits for reason in found.fallbacks)
        )


def of_portfolios(
    sample: Sample, names: Sequence[str], weights: Floats, predicted: Floats | None = None
) -> Sample:
    """Return the sample of portfolios of a sample's assets.

    weights : shape (n, k), a column for each portfolio
    predicted : their returns out of sample, shape (n_periods, k), from which moments are estimated anew; without them
        the moments are those of the weights, W'μ and W'ΣW
    """
    estimator = None if sample.estimator is None else sample.estimator.of_portfolios()
    if predicted is not None and estimator is not None:
        mean, covariance = estimator(predicted)
        returns: Floats | None = predicted
    else:
        mean, covariance = weights.T @ sample.mean, weights.T @ sample.covariance @ weights
        returns = None if sample.returns is None else sample.returns @ weights
    return replace(
        sample,
        assets=tuple(names),
        mean=mean,
        covariance=(covariance + covariance.T) / 2,
        returns=returns,
        estimator=estimator,
        current=None,
    )


def predicted(sample: Sample, folds: int, weigh: Callable[[Sample], Floats], *, option: str) -> Floats:
    """Return what portfolios returned in each fold, weighted by what was known from the other folds.

    Folds are stretches of periods, in order, of which the first may be one period longer; the others come before and
    after, so that this is no test of a strategy: it keeps the portfolios that fit their own past best from winning.

    weigh : returns weights, shape (n, k), for a sample of some of the periods
    option : the field of the request that `folds` came from

    Raises
    ------
    CannotFit
        `folds` for a single fold, `short_history` where a fold would leave less than two periods.
    """
    periods = len(sample.history)
    if folds == 1:
        raise CannotFit("folds", "A single fold leaves nothing to learn from; 0 is in sample.", field=option)
    if folds > periods or periods - -(-periods // folds) < 2:
        raise CannotFit("short_history", f"{periods} periods are too few for {folds} folds.", field=option)
    return np.concatenate(
        [sample.history[test] @ weigh(sample.during(train)) for train, test in _split(periods, folds)]
    )


def _split(periods: int, folds: int) -> Iterator[tuple[Ints, Ints]]:
    every = np.arange(periods)
    for test in np.array_split(every, folds):
        yield np.delete(every, test), test
