"""Ordinary least squares with classical, White or Newey-West standard errors."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr  # type: ignore[import-untyped]

Floats = NDArray[np.float64]
Errors = Literal["ols", "white", "hac"]

SAME_DIRECTION = 1e-10
"""A column of which less than this share is new, beside the columns before it, says nothing of its own."""

NOISE = 1e-28
"""A sum of squares about the mean below this share of the whole is rounding."""


class TooFewObservations(ValueError):
    """A regression needs more observations than it has parameters."""

    def __init__(self, observations: int, parameters: int) -> None:
        super().__init__(f"{observations} observations cannot tell {parameters} parameters")
        self.observations, self.parameters = observations, parameters


class Collinear(ValueError):
    """A factor that the factors before it explain completely; `column` counts from 0, `others` are what it repeats.

    `others` is empty where the factor does not vary at all.
    """

    def __init__(self, column: int, others: tuple[int, ...]) -> None:
        super().__init__(f"column {column} is a combination of {others or 'constants'}")
        self.column, self.others = column, others


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A coefficient; t_stat and p_value are NaN where the standard error is 0."""

    value: float
    std_error: float
    t_stat: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A fitted regression; `loadings` in the order of the factors' columns.

    r_squared : share of variance explained; of the sum of squares where there is no intercept. NaN where there is
        nothing to explain. residual_std_error : √(residual sum of squares / (n - k)), in units of the dependent.
    lags : of the Newey-West estimator, None otherwise.
    """

    intercept: Estimate | None
    loadings: tuple[Estimate, ...]
    r_squared: float
    adj_r_squared: float
    residual_std_error: float
    n_observations: int
    degrees_of_freedom: int
    lags: int | None
    residuals: Floats


def default_lags(n_observations: int) -> int:
    """Return ⌊4 (n/100)^(2/9)⌋, the usual rule for the Bartlett kernel."""
    return int(4 * (n_observations / 100) ** (2 / 9))


def regress(
    dependent: Floats,
    factors: Floats,
    *,
    errors: Errors = "ols",
    lags: int | None = None,
    intercept: bool = True,
) -> Regression:
    """Regress a series on factors by least squares.

    dependent : shape (n,). factors : shape (n, n_factors). No NaN.
    errors : `ols` assumes residuals alike and independent; `white` allows their variance to differ (HC1); `hac` allows
        them to be correlated as well (Bartlett kernel). Both carry the factor n/(n - k), k parameters in all.
    p-values are two-sided, from Student's t with n - k degrees of freedom.

    Raises TooFewObservations, Collinear.

    References
    ----------
    H. White, "A Heteroskedasticity-Consistent Covariance Matrix Estimator", Econometrica 48 (1980). W. Newey,
    K. West, "A Simple, Positive Semi-Definite, Heteroskedasticity and Autocorrelation Consistent Covariance
    Matrix", Econometrica 55 (1987).
    """
    n, given = factors.shape
    design = np.column_stack([np.ones(n), factors]) if intercept else factors
    if n <= design.shape[1]:
        raise TooFewObservations(n, design.shape[1])
    factored = _factored(design, intercept)
    coefficients, residuals = _fitted(dependent, design, factored)
    used = None if errors != "hac" else default_lags(n) if lags is None else lags
    deviations = _standard_errors(factored, residuals, errors, used)
    freedom = n - design.shape[1]
    estimates = [_estimate(*pair, freedom) for pair in zip(coefficients, deviations, strict=True)]
    left = float(residuals @ residuals)
    explained = _r_squared(dependent, left, intercept)
    return Regression(
        intercept=estimates[0] if intercept else None,
        loadings=tuple(estimates[-given:]) if given else (),
        r_squared=explained,
        adj_r_squared=1 - (1 - explained) * (n - int(intercept)) / freedom,
        residual_std_error=float(np.sqrt(left / freedom)),
        n_observations=n,
        degrees_of_freedom=freedom,
        lags=used,
        residuals=residuals,
    )


class _Factored(NamedTuple):
    """Lengths of the columns, and the QR factors of the columns at unit length."""

    scale: Floats
    basis: Floats
    triangle: Floats

    def solved(self, dependent: Floats) -> Floats:
        """Return the coefficients that leave the least."""
        found: Floats = np.linalg.solve(self.triangle, self.basis.T @ dependent) / self.scale
        return found


def _fitted(dependent: Floats, design: Floats, factored: _Factored) -> tuple[Floats, Floats]:
    """Return the coefficients and the residuals."""
    coefficients = factored.solved(dependent)
    # a second pass over what is left wins back the digits that nearly collinear columns cost
    coefficients = coefficients + factored.solved(dependent - design @ coefficients)
    return coefficients, dependent - design @ coefficients


def _factored(design: Floats, intercept: bool) -> _Factored:
    lengths = np.linalg.norm(design, axis=0)
    if not lengths.all():
        raise Collinear(int(np.flatnonzero(lengths == 0)[0]) - int(intercept), ())
    basis, triangle = np.linalg.qr(design / lengths)
    new = np.abs(np.diag(triangle))
    repeated = np.flatnonzero(new < SAME_DIRECTION)
    if repeated.size:
        raise _collinear(design / lengths, int(repeated[0]), intercept)
    return _Factored(lengths, basis, triangle)


def _collinear(columns: Floats, at: int, intercept: bool) -> Collinear:
    """Say which of the columns before it a column is made of."""
    before = columns[:, :at]
    weights = np.linalg.lstsq(before, columns[:, at], rcond=None)[0]
    first = int(intercept)
    others = tuple(int(one) - first for one in np.flatnonzero(np.abs(weights) > 1e-6) if one >= first)
    return Collinear(at - first, others)


def _standard_errors(factored: _Factored, residuals: Floats, errors: Errors, lags: int | None) -> Floats:
    """Standard errors from (X'X)⁻¹ = bread bread' and the middle of the sandwich in the basis' coordinates."""
    basis = factored.basis
    bread = np.linalg.inv(factored.triangle) / factored.scale[:, None]
    n, k = basis.shape
    if errors == "ols":
        deviations: Floats = np.sqrt((bread**2).sum(axis=1) * float(residuals @ residuals) / (n - k))
        return deviations
    spread = _windows(basis * residuals[:, None], lags or 0) @ bread.T
    found: Floats = np.sqrt((spread**2).sum(axis=0) / ((lags or 0) + 1) * n / (n - k))
    return found


def _windows(scores: Floats, lags: int) -> Floats:
    """Sums over every stretch of lags + 1 observations, those that begin before the first or end after the last too.

    Two observations share lags + 1 - distance of them, which is the Bartlett weight. So the squares of these sums add
    up to the middle of the sandwich: many lags cost no more than few, and no variance is negative.
    """
    if not lags:
        return scores
    nothing = np.zeros((lags, scores.shape[1]))
    running = np.cumsum(np.concatenate((nothing[:1], nothing, scores, nothing)), axis=0)
    windows: Floats = running[lags + 1 :] - running[: -(lags + 1)]
    return windows


def _estimate(value: float, deviation: float, freedom: int) -> Estimate:
    if deviation <= 0:
        return Estimate(value=float(value), std_error=0.0, t_stat=float("nan"), p_value=float("nan"))
    t_stat = float(value / deviation)
    return Estimate(
        value=float(value),
        std_error=float(deviation),
        t_stat=t_stat,
        p_value=float(2 * stdtr(freedom, -abs(t_stat))),
    )


def _r_squared(dependent: Floats, left: float, intercept: bool) -> float:
    centred = dependent - dependent.mean() if intercept else dependent
    whole = float(centred @ centred)
    return 1 - left / whole if whole > NOISE * float(dependent @ dependent) else float("nan")
