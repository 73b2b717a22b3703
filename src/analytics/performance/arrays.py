"""The array type of this package, and what counts as no dispersion at all."""

import math
import sys
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
NAN = float("nan")
_HIGHEST_LOG = math.log(sys.float_info.max)
_ROUNDING = 16 * np.finfo(np.float64).eps


def mean(values: Floats) -> float:
    """Arithmetic mean, NaN of nothing."""
    return float(values.mean()) if len(values) else NAN


def standard_deviation(values: Floats, *, ddof: int) -> float:
    """Standard deviation over n - ddof, NaN where that is not positive, and 0 where only rounding differs.

    Equal returns do not subtract to zero in floating point; a ratio over what is left would be a huge number
    without a meaning.
    """
    if len(values) <= ddof:
        return NAN
    spread = float(np.std(values, ddof=ddof))
    return 0.0 if spread <= _ROUNDING * float(np.abs(values).max()) else spread


def covariation(centred: Floats, values: Floats) -> float:
    """Sum of products with a series whose mean is 0; 0 where what is left is only rounding."""
    products = float(centred @ values)
    size = float(np.linalg.norm(centred)) * float(np.linalg.norm(values))
    return 0.0 if abs(products) <= _ROUNDING * size else products


def quotient(numerator: float, denominator: float) -> float:
    """Ratio, NaN where the denominator is zero or either is no number."""
    return numerator / denominator if denominator else NAN


def over_time(rate: float, times: float) -> float:
    """(1 + rate)^times - 1: infinite beyond what a number can hold, NaN where nothing is left to grow."""
    if not rate > -1.0:
        return NAN
    exponent = math.log1p(rate) * times
    return math.expm1(exponent) if exponent < _HIGHEST_LOG else math.inf
