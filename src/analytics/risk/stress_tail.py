"""What simulated paths have in store: the worst twentieth of returns and of falls."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.risk.arrays import Floats
from analytics.risk.quantile import empirical_tail
from analytics.risk.stress_monte_carlo import Paths

TAIL: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Stress:
    """Fractions, negative for losses.

    var, cvar : the 5 % quantile of returns over all days, and the mean of the returns at or below it. drawdown : the
    mean of the deepest falls at or below their 5 % quantile. No path can fall less than it ends below its start, so
    drawdown ≤ cvar ≤ var wherever these are losses. expected_drawdown : the mean of the deepest falls of all paths.

    References
    ----------
    L. Goldberg and O. Mahmoud, "Drawdown: From Practice to Theory and Back Again", 2017 (conditional expected
    drawdown).
    """

    var: float
    cvar: float
    drawdown: float
    expected_drawdown: float


def stress_of(paths: Paths) -> Stress:
    """Return the figures of some paths, at least one."""
    var, cvar = _tail(paths.returns.astype(np.float64))
    falls = paths.drawdowns.astype(np.float64)
    _, drawdown = _tail(falls)
    return Stress(var=var, cvar=cvar, drawdown=drawdown, expected_drawdown=float(falls.mean()) + 0.0)


def _tail(figures: Floats) -> tuple[float, float]:
    """Return the quantile, and the mean of what is at or below it; equal figures have no rounded mean above them."""
    found = empirical_tail(figures, TAIL)
    return found.quantile + 0.0, min(float(figures[found.members].mean()), found.quantile) + 0.0
