"""From nearly optimal to exactly: once it is known which limits bind, the optimum solves linear equations.

The idea is that of the polishing step in B. Stellato et al., "OSQP: an operator splitting solver for quadratic
programs", Mathematical Programming Computation 12 (2020), 637-672, section 4; here the guess of what binds is mended
where it turns out wrong, and nothing counts as optimal that does not satisfy the Karush-Kuhn-Tucker conditions.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse  # type: ignore[import-untyped]

from analytics.optimization.core.conic import Conic
from analytics.optimization.core.programme import Programme
from analytics.optimization.sample import Floats

_ROUNDS: Final = 6
_MISSED: Final = 1e-10
_WRONG_SIGN: Final = 1e-9
_REGULAR: Final = 1e-9
_WIDEST: Final = 1_500
"""Dense equations are too slow beyond as many unknowns; the solver's own tolerance has to do there."""

Flags = NDArray[np.bool_]


def polished(programme: Programme, form: Conic, point: Floats, binds: Flags, scale: float) -> Floats | None:
    """Return the exact optimum near a point, None where it cannot be told.

    binds : which rows of the conic form are taken to hold with equality
    """
    within = programme.within
    if within.width > _WIDEST:
        return None
    if within.room(point) < 1e-6 * within.radius:
        return None
    guess = _Guess.of(programme, form, point, binds, scale)
    for _ in range(_ROUNDS):
        guess.solve()
        if not np.isfinite(guess.point).all():
            return None
        if guess.holds():
            return guess.point
        if not guess.mend():
            return None
    return None


@dataclass(slots=True)
class _Guess:
    """Which bounds and rows bind: lows and highs by variable, rows by their number; and what follows from it.

    at : value of each variable that sits at a bound, its sign in `side` (-1 low, 1 high, 0 free)
    rows, targets, signs : rows that bind (-1 from below, 1 from above, 0 always)
    """

    programme: Programme
    matrix: Floats | None
    vector: Floats
    dense: Floats
    side: NDArray[np.int8]
    signs: NDArray[np.int8]
    point: Floats
    slopes: Floats
    multipliers: Floats

    @classmethod
    def of(cls, programme: Programme, form: Conic, point: Floats, binds: Flags, scale: float) -> "_Guess":
        within = programme.within
        counts = np.cumsum([len(form.equal), len(form.above), len(form.below), len(form.high), len(form.low)])
        _, above, below, high, low = np.split(binds[: counts[-1]], counts[:-1])
        side = np.zeros(within.width, dtype=np.int8)
        side[form.high[high]] = 1
        side[form.low[low]] = -1
        pinned = within.lower == within.upper
        side[pinned] = -1
        signs = np.full(len(within.row_lower), 2, dtype=np.int8)
        signs[form.equal] = 0
        signs[form.above[above]] = 1
        signs[form.below[below]] = -1
        rows = within.rows.toarray() if sparse.issparse(within.rows) else within.rows
        return cls(
            programme=programme,
            matrix=None if programme.matrix is None else programme.matrix / scale,
            vector=programme.vector / scale,
            dense=rows,
            side=side,
            signs=signs,
            point=point.copy(),
            slopes=np.zeros(within.width),
            multipliers=np.zeros(len(signs)),
        )

    def solve(self) -> None:
        """Solve the equations that follow from what binds, by correcting the point we have."""
        within = self.programme.within
        fixed, free, active = self.side != 0, self.side == 0, self.signs != 2
        self.point[fixed] = np.where(self.side < 0, within.lower, within.upper)[fixed]
        target = np.where(self.signs == -1, within.row_lower, within.row_upper)[active]
        bound = self.dense[active][:, free]
        count, tied = int(free.sum()), int(active.sum())
        equations = np.zeros((count + tied, count + tied))
        if self.matrix is not None:
            head = np.flatnonzero(free[: len(self.matrix)])
            equations[: len(head), : len(head)] = self.matrix[np.ix_(head, head)]
        equations[count:, :count] = bound
        equations[:count, count:] = bound.T
        regular = equations.copy()
        diagonal = np.einsum("ii->i", regular)
        diagonal[:count] += _REGULAR
        diagonal[count:] -= _REGULAR
        factors = linalg.lu_factor(regular, check_finite=False)
        multipliers = np.zeros(tied)
        for _ in range(4):
            slopes = self._slopes()
            misses = np.concatenate([
                -(slopes[free] + bound.T @ multipliers), target - self.dense[active] @ self.point,
            ])  # fmt: skip
            step = linalg.lu_solve(factors, misses, check_finite=False)
            self.point[free] += step[:count]
            multipliers += step[count:]
        self.multipliers[:] = 0.0
        self.multipliers[active] = multipliers
        self.slopes = self._slopes() + self.dense[active].T @ multipliers

    def _slopes(self) -> Floats:
        slopes = self.vector.copy()
        if self.matrix is not None:
            size = len(self.matrix)
            slopes[:size] += self.matrix @ self.point[:size]
        return slopes

    def holds(self) -> bool:
        """Whether the point keeps to all limits and nothing could be won by leaving one of those that bind."""
        free = self.side == 0
        is_still = bool((np.abs(self.slopes[free]) <= _WRONG_SIGN).all())
        return is_still and not self._wrong()[0].any() and not self._wrong()[1].any() and self._keeps()

    def _keeps(self) -> bool:
        return self.programme.within.missed(self.point) <= _MISSED * max(1.0, float(np.abs(self.point).max()))

    def _wrong(self) -> tuple[Flags, Flags]:
        """Return bounds and rows that bind but push the wrong way."""
        within = self.programme.within
        pinned = within.lower == within.upper
        bounds = (self.side * self.slopes > _WRONG_SIGN) & ~pinned
        rows = ((self.signs == 1) & (self.multipliers < -_WRONG_SIGN)) | (
            (self.signs == -1) & (self.multipliers > _WRONG_SIGN)
        )
        return bounds, rows

    def mend(self) -> bool:
        """Let go what pushes the wrong way, hold what is broken; False if there is nothing to mend."""
        within = self.programme.within
        bounds, rows = self._wrong()
        values = self.dense @ self.point
        low, high = within.lower - self.point > _MISSED, self.point - within.upper > _MISSED
        under, over = within.row_lower - values > _MISSED, values - within.row_upper > _MISSED
        free, loose = self.side == 0, self.signs == 2
        if not (bounds.any() or rows.any() or ((low | high) & free).any() or ((under | over) & loose).any()):
            return False
        self.side[bounds] = 0
        self.side[low & free], self.side[high & free] = -1, 1
        self.signs[rows] = 2
        self.signs[under & loose], self.signs[over & loose] = -1, 1
        return True
