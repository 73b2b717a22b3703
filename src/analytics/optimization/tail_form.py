"""The programme of a tail in the form that conic solvers take: limits once, scenarios as they are found to matter."""

from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import clarabel  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from analytics.optimization.core.conic import conic
from analytics.optimization.core.polyhedron import Extra, Matrix, polyhedron
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Ints, Sample

RIDGE: Final = 1e-7
"""In units of risk: among portfolios of the same risk, the one with the least sum of squares is taken."""
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What no scenario changes: minimise ½x'curvature x + vector'x, offset − matrix @ x in the cones.

    size : how many of the variables are weights; they come first
    equal, rows : how many rows hold with equality, and how many from above; the other cones come after them
    others : the cones after them
    curvature : upper triangle, sparse
    may_leave_out : which weights may be taken for 0 without breaking a limit of their own, shape (size,)
    is_barred : which of them can be nothing else
    ridge : curvature of the weights: so little that it only chooses among equals
    """

    size: int
    vector: Floats
    matrix: Matrix
    offset: Floats
    equal: int
    rows: int
    others: tuple[Any, ...]
    curvature: Matrix
    may_leave_out: Flags
    is_barred: Flags
    ridge: float = RIDGE

    @property
    def width(self) -> int:
        """How many variables there are."""
        return len(self.vector)

    @property
    def is_linear(self) -> bool:
        """Whether there are linear rows only, and no curvature."""
        return not self.others and not self.curvature.nnz

    @property
    def cones(self) -> list[Any]:
        """The cones in the order of the rows."""
        first = [clarabel.ZeroConeT(self.equal)] if self.equal else []
        if self.rows:
            first.append(clarabel.NonnegativeConeT(self.rows))
        return [*first, *self.others]

    def of_assets(self, assets: Ints) -> tuple["Frame", Ints, Ints]:
        """Return the frame of some weights, the others being 0, with the numbers of its variables and rows."""
        columns = np.concatenate([assets, np.arange(self.size, self.width)])
        if len(columns) == self.width:
            return self, columns, np.arange(len(self.offset))
        matrix = self.matrix[:, columns]
        says = np.zeros(len(self.offset), dtype=bool)
        says[matrix.indices] = True
        says |= self.offset < 0  # nothing keeps to it, which has to be noticed
        says[: self.equal] = says[self.equal + self.rows :] = True
        kept = np.flatnonzero(says)
        frame = Frame(
            size=len(assets),
            vector=self.vector[columns],
            matrix=matrix[kept],
            offset=self.offset[kept],
            equal=self.equal,
            rows=int(says[self.equal : self.equal + self.rows].sum()),
            others=self.others,
            curvature=self.curvature[columns][:, columns],
            may_leave_out=self.may_leave_out[assets],
            is_barred=self.is_barred[assets],
            ridge=self.ridge,
        )
        return frame, columns, kept


def framed(
    limits: Limits, sample: Sample, *, vector: Floats, charge: float = 0.0, ball: float = 0.0
) -> Frame:
    """Return limits with the objective vector'w + charge · trading costs + ball · (largest absolute weight).

    Nothing is added for a price of 0.
    """
    within = polyhedron(without_idle_bounds(limits), sample, _largest(limits) if ball else None)
    form = conic(within)
    prices = within.padded(vector) + charge * within.cost
    if ball:
        prices[within.size] = ball
    # Weights on which other variables depend cannot be left out alone.
    is_separate = within.width == within.size + (1 if ball else 0)
    return Frame(
        size=within.size,
        vector=prices,
        matrix=form.matrix,
        offset=form.offset,
        equal=len(form.equal),
        rows=len(form.above) + len(form.below) + len(form.high) + len(form.low),
        others=tuple(cone for cone in form.cones if isinstance(cone, clarabel.SecondOrderConeT)),
        curvature=sparse.csc_matrix((within.width, within.width)),
        may_leave_out=(limits.lower == 0) & is_separate,
        is_barred=(limits.lower == 0) & (limits.upper == 0) & is_separate,
    )


def without_idle_bounds(limits: Limits) -> Limits:
    """Leave out upper bounds that long-only weights with this sum cannot pass: each would be a row."""
    if not limits.is_long_only:
        return limits
    return replace(limits, upper=np.where(limits.upper >= limits.budget, np.inf, limits.upper))


def _largest(limits: Limits) -> Extra:
    """Return a variable that is at least as large as every absolute weight."""
    size = len(limits.lower)
    upper_half = np.hstack([np.eye(size), -np.ones((size, 1))])
    rows = upper_half
    if not limits.is_long_only:
        rows = np.vstack([upper_half, np.hstack([-np.eye(size), -np.ones((size, 1))])])
    return Extra(rows=rows, lower=np.full(len(rows), -np.inf), upper=np.zeros(len(rows)), floor=np.zeros(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Master:
    """A frame and the scenarios that matter: the frame's variables first, then the threshold, then the excesses.

    equal : how many rows, the first, hold with equality
    """

    equal: int
    vector: Floats
    matrix: Matrix
    offset: Floats
    cones: list[Any]
    curvature: Matrix


def alone(frame: Frame) -> "Master":
    """Return the programme of a frame without scenarios."""
    return Master(
        equal=frame.equal,
        vector=frame.vector,
        matrix=frame.matrix,
        offset=frame.offset,
        cones=frame.cones,
        curvature=frame.curvature,
    )


def master(frame: Frame, vector: Floats, rows: Floats, owner: Ints, price: float) -> Master:
    """Return the programme: frame + threshold + price · Σ excess, excess >= 0, rows @ w <= threshold + owner's excess.

    vector : prices of the frame's variables, instead of its own
    rows : array of shape (n_rows, n_assets)
    owner : the number of the excess of each row, 0 and up without a gap, ascending
    """
    count, excesses = len(rows), int(owner[-1]) + 1
    height, width = frame.matrix.shape
    total = width + 1 + excesses
    tail = (*_weights(frame, rows), *_threshold_and_excesses(height, owner))
    data, indices, lengths = (np.concatenate([tail[at], tail[at + 3]]) for at in range(3))
    matrix = sparse.csc_matrix(
        (data, indices, np.concatenate([[0], np.cumsum(lengths)])), shape=(height + count + excesses, total)
    )
    ridges = np.zeros(total)
    ridges[: frame.size] = frame.ridge
    curvature = sparse.csc_matrix(sparse.diags_array(ridges))
    if frame.curvature.nnz:
        wide = frame.curvature.copy()
        wide.resize((total, total))
        curvature = sparse.csc_matrix(curvature + wide)
    return Master(
        equal=frame.equal,
        vector=np.concatenate([vector, [1.0], np.full(excesses, price)]),
        matrix=matrix,
        offset=np.concatenate([frame.offset, np.zeros(count + excesses)]),
        cones=[*frame.cones, clarabel.NonnegativeConeT(count + excesses)],
        curvature=curvature,
    )


def _weights(frame: Frame, rows: Floats) -> tuple[Floats, Ints, Ints]:
    """Return entries, their rows and their number per column of the frame's variables, scenarios included."""
    below, height = frame.matrix, frame.matrix.shape[0]
    numbers = np.arange(height, height + len(rows))
    ends = below.indptr
    data, indices = [], []
    for at in range(frame.size):
        column = slice(ends[at], ends[at + 1])
        data += [below.data[column], rows[:, at]]
        indices += [below.indices[column], numbers]
    data.append(below.data[ends[frame.size] :])
    indices.append(below.indices[ends[frame.size] :])
    lengths = np.diff(ends)
    lengths[: frame.size] += len(rows)
    return np.concatenate(data), np.concatenate(indices), lengths


def _threshold_and_excesses(height: int, owner: Ints) -> tuple[Floats, Ints, Ints]:
    """Return entries, rows and lengths of the columns that come after those of the frame; every entry is −1."""
    count, excesses = len(owner), int(owner[-1]) + 1
    lengths = np.bincount(owner, minlength=excesses) + 1
    indices = np.empty(count + excesses, dtype=np.intp)
    is_own = np.zeros(count + excesses, dtype=bool)
    is_own[np.cumsum(lengths) - 1] = True
    indices[is_own] = height + count + np.arange(excesses)
    indices[~is_own] = height + np.arange(count)
    threshold = np.arange(height, height + count)
    return (
        np.full(2 * count + excesses, -1.0),
        np.concatenate([threshold, indices]),
        np.concatenate([[count], lengths]),
    )
