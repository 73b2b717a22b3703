"""From nearly optimal to exactly: once it is known which limits bind, the optimum solves linear equations.

The idea is that of the polishing step in B. Stellato et al., "OSQP: an operator splitting solver for quadratic
programs", Mathematical Programming Computation 12 (2020), 637-672, section 4; here the guess of what binds is mended
where it turns out wrong, and nothing counts as optimal that does not satisfy the Karush-Kuhn-Tucker conditions.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]
from scipy.linalg import lapack  # type: ignore[import-untyped]

from analytics.optimization.core.conic import Conic
from analytics.optimization.core.polyhedron import Polyhedron
from analytics.optimization.core.programme import Programme
from analytics.optimization.sample import Floats, Ints

_ROUNDS: Final = 6
_MISSED: Final = 1e-10
_WRONG_SIGN: Final = 1e-9
_REGULAR: Final = 1e-9
_NEAR: Final = 1e-6
_STEPS: Final = 4
_WIDEST: Final = 1_500
"""Dense equations are too slow beyond as many unknowns; the solver's own tolerance has to do there."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Binding:
    """Which limits hold with equality.

    side : bounds of variables (-1 low, 1 high, 0 neither)
    signs : rows (-1 from below, 1 from above, 0 always, 2 not at all)
    """

    side: NDArray[np.int8]
    signs: NDArray[np.int8]

    @classmethod
    def told_by(cls, within: Polyhedron, form: Conic, binds: Flags) -> "Binding":
        """Return what a solver says: `binds` by row of its own form."""
        counts = np.cumsum([len(form.equal), len(form.above), len(form.below), len(form.high), len(form.low)])
        _, above, below, high, low = np.split(binds[: counts[-1]], counts[:-1])
        side = np.zeros(within.width, dtype=np.int8)
        side[form.high[high]] = 1
        side[form.low[low]] = -1
        side[within.lower == within.upper] = -1
        signs = np.full(len(within.row_lower), 2, dtype=np.int8)
        signs[form.equal] = 0
        signs[form.above[above]] = 1
        signs[form.below[below]] = -1
        return cls(side, signs)

    @classmethod
    def at(cls, within: Polyhedron, point: Floats) -> "Binding":
        """Return what binds at a point that was polished before."""
        side = np.zeros(within.width, dtype=np.int8)
        side[point >= within.upper] = 1
        side[point <= within.lower] = -1
        values = within.rows @ point
        signs = np.full(len(values), 2, dtype=np.int8)
        signs[values >= within.row_upper - _MISSED] = 1
        signs[values <= within.row_lower + _MISSED] = -1
        signs[within.row_lower == within.row_upper] = 0
        return cls(side, signs)


def polished(programme: Programme, point: Floats, binding: Binding, scale: float) -> Floats | None:
    """Return the exact optimum near a point, None where it cannot be told.

    binding : what is taken to bind; it is mended where it turns out wrong
    """
    within = programme.within
    if within.width > _WIDEST:
        return None
    guess = _Guess.of(programme, point, binding, scale)
    for _ in range(_ROUNDS):
        try:
            with np.errstate(all="ignore"):
                guess.solve()
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(guess.point).all():
            return None
        if guess.holds():
            return guess.point
        if not guess.mend():
            return None
    return None


@dataclass(slots=True)
class _Guess:
    """What binds, as in `Binding`, and what follows from it.

    ball : B where x'Bx = edge on the ball's surface and it binds, else None; `price` is its multiplier
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
    ball: Floats | None = None
    edge: float = 0.0
    price: float = 0.0

    @classmethod
    def of(cls, programme: Programme, point: Floats, binding: Binding, scale: float) -> "_Guess":
        within = programme.within
        rows = within.rows.toarray() if sparse.issparse(within.rows) else within.rows
        ball, edge = _surface(within) if within.room(point) < _NEAR * within.radius else (None, 0.0)
        return cls(
            programme=programme,
            matrix=None if programme.matrix is None else programme.matrix / scale,
            vector=programme.vector / scale,
            dense=rows,
            side=binding.side.copy(),
            signs=binding.signs.copy(),
            point=point.copy(),
            slopes=np.zeros(within.width),
            multipliers=np.zeros(len(binding.signs)),
            ball=ball,
            edge=edge,
        )

    def solve(self) -> None:
        """Solve the equations that follow from what binds, by correcting the point we have (Newton's method)."""
        within = self.programme.within
        fixed, free, active = self.side != 0, self.side == 0, self.signs != 2
        self.point[fixed] = np.where(self.side < 0, within.lower, within.upper)[fixed]
        target = np.where(self.signs == -1, within.row_lower, within.row_upper)[active]
        rows = self.dense[active]
        prices = self._first_prices(rows[:, free], free)
        factors = None
        for _ in range(_STEPS if self.ball is None else 2 * _STEPS):
            slopes, normal, miss = self._slopes(), rows[:, free], target - rows @ self.point
            if self.ball is not None:
                outward = self.ball @ self.point
                normal = np.vstack([normal, outward[free]])
                miss = np.append(miss, 0.5 * (self.edge - float(self.point @ outward)))
            if factors is None or self.ball is not None:
                factors = _factors(self._equations(free, normal, prices))
            wrong = np.concatenate([-(slopes[free] + normal.T @ prices), miss])
            step = lapack.dgetrs(*factors, wrong)[0] if len(wrong) else wrong
            self.point[free] += step[: free.sum()]
            prices = prices + step[free.sum() :]
        self._note(rows, active, prices)

    def _first_prices(self, rows: Floats, free: Flags) -> Floats:
        """Return multipliers to start from; only a curved limit needs more than zeros."""
        if self.ball is None:
            return np.zeros(len(rows))
        normal = np.vstack([rows, (self.ball @ self.point)[free]])
        return np.asarray(np.linalg.lstsq(normal.T, -self._slopes()[free], rcond=None)[0], dtype=np.float64)

    def _equations(self, free: Flags, normal: Floats, prices: Floats) -> Floats:
        count = int(free.sum())
        equations = np.zeros((count + len(normal),) * 2)
        if self.matrix is not None:
            head = np.flatnonzero(free[: len(self.matrix)])
            equations[: len(head), : len(head)] = self.matrix[np.ix_(head, head)]
        if self.ball is not None:
            equations[:count, :count] += prices[-1] * self.ball[np.ix_(free, free)]
        equations[count:, :count] = normal
        equations[:count, count:] = normal.T
        diagonal = np.einsum("ii->i", equations)
        diagonal[:count] += _REGULAR
        diagonal[count:] -= _REGULAR
        return equations

    def _note(self, rows: Floats, active: Flags, prices: Floats) -> None:
        self.slopes = self._slopes()
        if self.ball is not None:
            self.price = float(prices[-1])
            self.slopes += self.price * (self.ball @ self.point)
            prices = prices[:-1]
        self.multipliers[:] = 0.0
        self.multipliers[active] = prices
        self.slopes += rows.T @ prices

    def _slopes(self) -> Floats:
        slopes = self.vector.copy()
        if self.matrix is not None:
            size = len(self.matrix)
            slopes[:size] += self.matrix @ self.point[:size]
        return slopes

    def holds(self) -> bool:
        """Whether the point keeps to all limits and nothing could be won by leaving one of those that bind."""
        free = self.side == 0
        is_still = bool((np.abs(self.slopes[free]) <= _WRONG_SIGN).all()) and self.price >= -_WRONG_SIGN
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


def _factors(equations: Floats) -> tuple[Floats, Ints]:
    """Factorise by LAPACK itself: scipy's way around it takes as long as the work, and warns where we can tell."""
    if not len(equations):  # everything is at a bound; LAPACK would complain on standard error
        return equations, np.zeros(0, dtype=np.intp)
    factors, pivots, missing = lapack.dgetrf(equations, overwrite_a=1)
    if missing:
        raise np.linalg.LinAlgError("singular")
    return factors, pivots


def _surface(within: Polyhedron) -> tuple[Floats, float]:
    """Return B and c with x'Bx = c on the ball's surface, or on that of the cone over it."""
    assert within.spread is not None
    inner: Floats = within.spread.T @ within.spread / within.radius**2
    if within.is_cone:
        inner[-1, -1] -= 1.0
        return inner, 0.0
    return inner, 1.0
