"""Faults of figures that only show once they are looked at, each said where it can be mended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import qr  # type: ignore[import-untyped]  # it has no types

from application.market.history import Floats
from application.optimization.dataset import Dataset
from application.optimization.naming import inner_methods
from application.optimization.request import OptimizationRequest
from application.optimization.sampling import matrix, vector
from domain.errors import Violation

STILL: Final = 1e-12
"""Deviation of returns, relative to their size, below which only rounding differs."""
COLLINEAR: Final = 1e-10
"""Share of an asset's variance that the others leave unexplained, below which they explain it all."""
UNEVEN: Final = 1e-8
NEGATIVE: Final = 1e-8
"""How far an eigenvalue may lie below zero, relative to the largest: what rounding a matrix to eight digits does."""
SHOWN: Final = 5
BY_INVERSE: Final = frozenset({
    "MVO", "MinVol", "MaxQuadraticUtility", "CriticalLineAlgorithm", "MaximumDiversification", "BenchmarkTracker",
    "SparseMarkowitzL1", "HMMRegimeMVO", "BlackLitterman",
})  # fmt: skip
"""Methods that a singular covariance leaves without a single answer."""
SINGULAR: Final = frozenset({"empirical", "ewm"})


@dataclass(frozen=True, slots=True)
class Places:
    """The field of the request in which each asset stands."""

    fields: Sequence[str]
    names: Sequence[str]


def faults(dataset: Dataset, request: OptimizationRequest, places: Places) -> Iterator[Violation]:
    """Yield what is wrong with the figures of a dataset."""
    size = len(dataset.assets)
    returns = matrix(dataset.returns, size)
    if returns is None:
        mean, covariance = vector(dataset.expected_returns), matrix(dataset.covariance, size)
        assert mean is not None
        assert covariance is not None
        yield from _of_covariance(covariance, places)
        return
    still = list(_still(returns, places))
    yield from still
    if not still:
        yield from _collinear(returns, places)
    yield from _too_short(dataset, request)


def _still(returns: Floats, places: Places) -> Iterator[Violation]:
    spread, size = returns.std(axis=0), np.abs(returns).max(axis=0)
    for at in np.flatnonzero(spread <= STILL * np.maximum(size, STILL)).tolist():
        detail = f"The return of {places.names[at]} never changes: there is no risk to weigh."
        yield Violation(places.fields[at], "no_variation", detail)


def _collinear(returns: Floats, places: Places) -> Iterator[Violation]:
    """Assets whose returns others make up between them; where periods are few, only those alike.

    Two periods lie on one line whatever the assets are, which says nothing of them.
    """
    if len(returns) < 3:
        return
    centred = returns - returns.mean(axis=0)
    scaled = centred / np.linalg.norm(centred, axis=0)
    correlation = scaled.T @ scaled
    yield from (
        _twins(correlation, places)
        if len(returns) <= len(correlation)
        else _made_up(scaled, correlation, places)
    )


def _twins(correlation: Floats, places: Places) -> Iterator[Violation]:
    alike = np.argwhere(np.triu(np.abs(correlation) >= 1 - COLLINEAR, k=1))
    for one, other in alike.tolist():
        yield Violation(places.fields[other], "collinear", _made_of(other, [one], places))


def _made_up(scaled: Floats, correlation: Floats, places: Places) -> Iterator[Violation]:
    if float(np.linalg.eigvalsh(correlation)[0]) > COLLINEAR:
        return
    triangle, order = qr(scaled, mode="r", pivoting=True)
    triangle = triangle[: len(correlation)]
    rank = int((np.abs(np.diag(triangle)) ** 2 > COLLINEAR).sum())
    loads = np.linalg.solve(triangle[:rank, :rank], triangle[:rank, rank:])
    for column, load in zip(order[rank:].tolist(), loads.T, strict=True):
        used = [int(order[at]) for at in np.flatnonzero(np.abs(load) > 1e-6)]
        yield Violation(places.fields[column], "collinear", _made_of(column, sorted(used), places))


def _made_of(column: int, used: list[int], places: Places) -> str:
    name, others = places.names[column], [places.names[at] for at in used]
    if len(others) == 1:
        return f"The returns of {name} follow from those of {others[0]}: leave one of them out."
    told = ", ".join(others[:SHOWN]) + (f" and {len(others) - SHOWN} more" if len(others) > SHOWN else "")
    return f"The returns of {name} are made up of those of {told}: leave one of them out."


def _too_short(dataset: Dataset, request: OptimizationRequest) -> Iterator[Violation]:
    """Fewer periods than the covariance needs to be inverted."""
    size, periods = len(dataset.assets), dataset.periods
    if periods > size or request.estimators.covariance not in SINGULAR:
        return
    named = (*request.methods, *inner_methods(request))
    needing = [method for method in dict.fromkeys(named) if method in BY_INVERSE]
    if needing:
        detail = (
            f"{periods} periods cannot tell how {size} assets move together, which {', '.join(needing)} need: send "
            "more periods or fewer assets, or let `estimators.covariance` be ledoit_wolf, shrunk or denoised."
        )
        yield Violation("estimators.covariance", "short_history", detail)


def _of_covariance(covariance: Floats, places: Places) -> Iterator[Violation]:
    scale = float(np.abs(covariance).max())
    uneven = np.argwhere(np.triu(np.abs(covariance - covariance.T) > UNEVEN * scale, k=1))
    for row, column in uneven[:SHOWN].tolist():
        here, there = covariance[row, column], covariance[column, row]
        detail = (
            f"Expected a symmetric matrix; row {row}, column {column} is {here:.6g}, its mirror {there:.6g}."
        )
        yield Violation(f"covariance.{row}.{column}", "not_symmetric", detail)
    variances = np.diag(covariance)
    for at in np.flatnonzero(variances < 0).tolist():
        detail = f"The variance of {places.names[at]} is {variances[at]:.6g}; none is negative."
        yield Violation(f"covariance.{at}.{at}", "not_positive_semidefinite", detail)
    for at in np.flatnonzero((variances >= 0) & (variances <= STILL * scale)).tolist():
        detail = f"The variance of {places.names[at]} is 0: there is no risk to weigh."
        yield Violation(f"covariance.{at}.{at}", "no_variation", detail)
    if len(uneven) or (variances < 0).any():
        return
    yield from _indefinite(covariance, scale)


def _indefinite(covariance: Floats, scale: float) -> Iterator[Violation]:
    values = np.linalg.eigvalsh(covariance / scale) if scale > 0 else np.zeros(1)
    if values[0] < -NEGATIVE * max(float(values[-1]), 1e-300):
        detail = (
            f"Expected a positive semi-definite matrix; its lowest eigenvalue is {values[0] * scale:.6g}, so that "
            "some portfolio would have a negative variance."
        )
        yield Violation("covariance", "not_positive_semidefinite", detail)
