"""Value at risk and expected shortfall from four moments (Cornish and Fisher; Boudt, Peterson and Croux 2008).

Equation numbers are those of Boudt, Peterson and Croux, "Estimation and decomposition of downside risk for
portfolios with non-normal returns", Journal of Risk 11 (2008).
"""

from dataclasses import dataclass
from math import exp, pi, sqrt
from statistics import NormalDist

NORMAL = NormalDist()


def normal_density(at: float) -> float:
    """Return the standard normal density."""
    return exp(-at * at / 2) / sqrt(2 * pi)


@dataclass(frozen=True, slots=True)
class Moments:
    """Moments of one series; `m2` is its variance, `m3` and `m4` its third and fourth central moments."""

    mean: float
    m2: float
    m3: float
    m4: float

    @property
    def deviation(self) -> float:
        """Standard deviation."""
        return sqrt(self.m2)

    @property
    def skewness(self) -> float:
        """Third standardised moment."""
        return self.m3 / (self.m2 * self.deviation)

    @property
    def excess_kurtosis(self) -> float:
        """Fourth standardised moment less that of the normal distribution."""
        return self.m4 / self.m2**2 - 3


@dataclass(frozen=True, slots=True)
class Expansion:
    """The corrected quantile of a standardised return, and its slopes in skewness and excess kurtosis."""

    quantile: float
    by_skewness: float
    by_kurtosis: float


def expansion(tail: float, skewness: float, excess_kurtosis: float) -> Expansion:
    """Correct the normal quantile for skewness and kurtosis, to second order."""
    z = NORMAL.inv_cdf(tail)
    first, second, third = (z**2 - 1) / 6, (z**3 - 3 * z) / 24, (2 * z**3 - 5 * z) / 36
    quantile = z + first * skewness + second * excess_kurtosis - third * skewness**2
    return Expansion(quantile, first - 2 * third * skewness, second)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Expected shortfall of a standardised return, positive, and its slopes.

    `binds` says that the expansion would put it below the quantile, which then stands in for it.
    """

    value: float
    by_skewness: float
    by_kurtosis: float
    binds: bool


def expected_shortfall(tail: float, skewness: float, excess_kurtosis: float) -> Shortfall:
    """Integrate the Edgeworth expansion below the corrected quantile (equation 13), never above that quantile."""
    corrected = expansion(tail, skewness, excess_kurtosis)
    h = corrected.quantile
    density = normal_density(h) / tail
    in_skew, in_kurt = h**3 / 6, (h**4 - 2 * h**2 - 1) / 24
    in_square = (h**6 - 9 * h**4 + 9 * h**2 + 3) / 72
    inside = 1 + in_skew * skewness + in_kurt * excess_kurtosis + in_square * skewness**2
    value = density * inside
    if value < -h:
        return Shortfall(-h, -corrected.by_skewness, -corrected.by_kurtosis, binds=True)
    slope = (
        (h**2 / 2) * skewness
        + (h**3 - h) / 6 * excess_kurtosis
        + (6 * h**5 - 36 * h**3 + 18 * h) / 72 * skewness**2
    )
    by_quantile = density * (slope - h * inside)
    by_skewness = density * (in_skew + 2 * in_square * skewness) + by_quantile * corrected.by_skewness
    by_kurtosis = density * in_kurt + by_quantile * corrected.by_kurtosis
    return Shortfall(value, by_skewness, by_kurtosis, binds=False)
