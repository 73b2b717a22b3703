"""Limits as rows for solvers: weights first, auxiliary variables after them."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

Matrix: TypeAlias = Any
"""An array, or a sparse one where zeros abound (scipy.sparse is not typed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """k variables beside the n weights, and what binds them together: lower <= rows @ [weights, extra] <= upper.

    rows : array or sparse array of shape (m, n + k)
    lower, upper : arrays of shape (m,)
    floor, ceiling : bounds of the extra variables, shape (k,); none without
    """

    rows: Matrix
    lower: Floats
    upper: Floats
    floor: Floats | None = None
    ceiling: Floats | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Polyhedron:
    """lower <= x <= upper, row_lower <= rows @ x <= row_upper and ‖spread @ x‖ <= radius (times the last variable of a
    cone).

    size : how many of the variables are weights; they come first, those of the caller next, our own last
    cost : what trading costs, as a price on each variable, shape (n_variables,)
    gross : the sum of absolute weights, as a price on each variable; None where nobody asked for it
    """

    size: int
    lower: Floats
    upper: Floats
    rows: Matrix
    row_lower: Floats
    row_upper: Floats
    cost: Floats
    gross: Floats | None = None
    spread: Floats | None = None
    radius: float = np.inf
    is_cone: bool = False

    @property
    def width(self) -> int:
        """How many variables there are."""
        return len(self.lower)

    def padded(self, values: Floats) -> Floats:
        """Return prices of the first variables as prices of all, 0 for the others."""
        wide = np.zeros(self.width)
        wide[: len(values)] = values
        return wide

    def missed(self, point: Floats) -> float:
        """By how much a point breaks the worst broken limit; 0 where it keeps to all."""
        rows = self.rows @ point
        misses = [self.lower - point, point - self.upper, self.row_lower - rows, rows - self.row_upper]
        worst = max(float(miss.max(initial=0.0)) for miss in misses)
        return max(worst, -self.room(point))

    def room(self, point: Floats) -> float:
        """Return how far a point is from the ball's surface, negative outside; infinite without a ball."""
        if self.spread is None:
            return np.inf
        radius = self.radius * float(point[-1]) if self.is_cone else self.radius
        return radius - float(np.linalg.norm(self.spread @ point))


@dataclass(slots=True)
class _Draft:
    """Rows as they come; each is as long as the variables known at that time."""

    width: int
    rows: list[Matrix] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)

    def add(self, rows: Matrix, lower: Floats | float, upper: Floats | float) -> None:
        rows = rows if sparse.issparse(rows) else np.atleast_2d(rows)
        self.rows.append(rows)
        self.lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), rows.shape[0]))
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), rows.shape[0]))

    def distances(self, size: int, origin: Floats) -> slice:
        """Add a variable for each weight that is at least its distance from the origin."""
        start, self.width = self.width, self.width + size
        near, far = np.eye(size, self.width), np.zeros((size, self.width))
        far[:, start:] = np.eye(size)
        self.add(near - far, -np.inf, origin)
        self.add(near + far, origin, np.inf)
        return slice(start, self.width)

    def stacked(self) -> Matrix:
        if not self.rows:
            return np.zeros((0, self.width))
        if any(sparse.issparse(rows) for rows in self.rows):
            return sparse.vstack([_widened(sparse.csr_array(rows), self.width) for rows in self.rows]).tocsr()
        wide = np.zeros((sum(len(rows) for rows in self.rows), self.width))
        at = 0
        for rows in self.rows:
            wide[at : at + len(rows), : rows.shape[1]] = rows
            at += len(rows)
        return wide


def _widened(rows: Matrix, width: int) -> Matrix:
    return sparse.csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], width))


def polyhedron(
    limits: Limits, sample: Sample, extra: Extra | None = None, *, with_gross: bool = False
) -> Polyhedron:
    """Return what weights keep to, except for the number of names (see `cardinality`); an infinite budget is none.

    Trading costs come off the expected return, also where it has a target. Distances from the current weights and
    from zero are variables of their own, where something depends on them.
    """
    size = len(limits.lower)
    draft = _Draft(size)
    lower, upper = [limits.lower], [limits.upper]
    if np.isfinite(limits.budget):
        draft.add(np.ones(size), limits.budget, limits.budget)
    for linear in limits.linear:
        draft.add(linear.coefficients, linear.lower, linear.upper)
    if extra is not None:
        count = extra.rows.shape[1] - size
        draft.width += count
        lower.append(np.full(count, -np.inf) if extra.floor is None else extra.floor)
        upper.append(np.full(count, np.inf) if extra.ceiling is None else extra.ceiling)
        draft.add(extra.rows, extra.lower, extra.upper)
    traded, held = _trades(draft, limits, sample), _gross(draft, limits, with_gross=with_gross)
    ours = draft.width - sum(len(part) for part in lower)
    cost = np.zeros(draft.width)
    if traded is not None and limits.cost is not None:
        cost[traded] = limits.cost
    if limits.target_return is not None:
        mean = np.zeros(draft.width)
        mean[:size] = sample.mean
        draft.add(mean - cost, limits.target_return, np.inf)
    gross = None
    if held is not None:
        gross = np.zeros(draft.width)
        gross[held] = 1.0
    return Polyhedron(
        size=size,
        lower=np.concatenate([*lower, np.zeros(ours)]),
        upper=np.concatenate([*upper, np.full(ours, np.inf)]),
        rows=draft.stacked(),
        row_lower=np.concatenate([np.zeros(0), *draft.lower]),
        row_upper=np.concatenate([np.zeros(0), *draft.upper]),
        cost=cost,
        gross=gross,
        spread=None if limits.target_volatility is None else _spread(sample, draft.width),
        radius=np.inf if limits.target_volatility is None else limits.target_volatility,
    )


def _trades(draft: _Draft, limits: Limits, sample: Sample) -> slice | None:
    if limits.max_turnover is None and (limits.cost is None or not limits.cost.any()):
        return None
    size = len(limits.lower)
    traded = draft.distances(size, current_weights(limits, sample))
    if limits.max_turnover is not None:
        total = np.zeros(draft.width)
        total[traded] = 0.5
        draft.add(total, -np.inf, limits.max_turnover)
    return traded


def _gross(draft: _Draft, limits: Limits, *, with_gross: bool) -> slice | None:
    size = len(limits.lower)
    if limits.max_gross is None and not with_gross:
        return None
    held = slice(0, size) if limits.is_long_only else draft.distances(size, np.zeros(size))
    if limits.max_gross is not None:
        total = np.zeros(draft.width)
        total[held] = 1.0
        draft.add(total, -np.inf, limits.max_gross)
    return held


def current_weights(limits: Limits, sample: Sample) -> Floats:
    """Return what turnover is measured from; nothing where nothing is held."""
    for held in (limits.current, sample.current):
        if held is not None:
            return held
    return np.zeros(len(limits.lower))


def _spread(sample: Sample, width: int) -> Floats:
    """Return a matrix whose product with the weights is as long as their volatility."""
    wide = np.zeros((sample.size, width))
    wide[:, : sample.size] = root(sample.covariance)
    return wide


def root(covariance: Floats) -> Floats:
    """Return G with G'G = covariance, also where the matrix is singular."""
    values, vectors = np.linalg.eigh(covariance)
    factor: Floats = np.sqrt(np.clip(values, 0.0, None))[:, None] * vectors.T
    return factor
