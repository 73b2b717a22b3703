"""Limits as a cone, and the logarithms of weights in it: what risk budgets within limits are computed in.

A limit a'w <= b on weights w = x/τ turns into a'x <= bτ, so that x may be scaled as the risk measure likes.
"""

import clarabel  # type: ignore[import-untyped]
import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from analytics.optimization.core.conic import Conic, conic
from analytics.optimization.core.polyhedron import Matrix, polyhedron
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Ints, Sample
from analytics.optimization.tail_form import Frame, without_idle_bounds


def cone(
    limits: Limits, sample: Sample, budgets: Floats, reach: float, curvature: Floats | None = None
) -> Frame:
    """Return ½x'curvature x − Σ bᵢ ln xᵢ over the cone of the limits; where a budget is 0 there is no logarithm.

    Variables: x, those that limits need besides, τ, and a bound below each logarithm.

    reach : what the x add up to, at most: a programme that does not know all losses yet would go on for ever
    """
    within = polyhedron(without_idle_bounds(limits), sample)
    form = conic(within)
    shared = np.flatnonzero(budgets > 0)
    width = within.width + 1 + len(shared)
    linear = len(form.equal) + len(form.above) + len(form.below) + len(form.high) + len(form.low)
    rays = _rays(form, width)
    rows = [
        rays[:linear],
        _sum_of(shared, width),
        rays[linear:],
        _logarithms(shared, within.width + 1, width),
    ]
    beyond = np.zeros(len(form.offset) - linear)
    nothing = np.zeros(within.size, dtype=np.bool_)
    return Frame(
        size=within.size,
        vector=np.concatenate([np.zeros(within.width + 1), -budgets[shared]]),
        matrix=sparse.csc_matrix(sparse.vstack(rows)),
        offset=np.concatenate([np.zeros(linear), [reach], beyond, np.tile([0.0, 1.0, 0.0], len(shared))]),
        equal=len(form.equal),
        rows=linear - len(form.equal) + 1,
        others=(
            *(cone for cone in form.cones if isinstance(cone, clarabel.SecondOrderConeT)),
            *(clarabel.ExponentialConeT() for _ in shared),
        ),
        curvature=_square(curvature, width),
        may_leave_out=nothing,
        is_barred=nothing,
        ridge=0.0,
    )


def _square(curvature: Floats | None, width: int) -> Matrix:
    square = sparse.csc_matrix((0, 0) if curvature is None else np.triu(curvature))
    square.resize((width, width))
    return square


def _sum_of(shared: Ints, width: int) -> Matrix:
    return sparse.csc_matrix(
        (np.ones(len(shared)), (np.zeros(len(shared), dtype=np.intp), shared)), shape=(1, width)
    )


def _rays(form: Conic, width: int) -> Matrix:
    rays = sparse.csr_matrix(sparse.hstack([form.matrix, sparse.csc_matrix(-form.offset[:, None])]))
    rays.resize((rays.shape[0], width))
    return rays


def _logarithms(shared: Ints, start: int, width: int) -> Matrix:
    """Return rows of (bound, 1, x) for each x: the exponential cone says that exp(bound) <= x."""
    count = len(shared)
    first = 3 * np.arange(count)
    return sparse.csc_matrix(
        (
            np.full(2 * count, -1.0),
            (np.concatenate([first, first + 2]), np.concatenate([start + np.arange(count), shared])),
        ),
        shape=(3 * count, width),
    )
