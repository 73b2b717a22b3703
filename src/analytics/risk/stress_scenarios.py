"""Bad times as shocks to mean, volatility and correlation, measured on 20 S&P 500 stocks from 1990 to 2022.

Each figure compares the days of a bad time with the calm ones, which are all days outside of the three, of daily simple
returns of the index and of its 20 bundled stocks (AAPL, AMD, … XOM):

- `volatility`: mean over the stocks of the deviation in the bad time over that in calm days.
- `drift`: change of the daily mean of the index, in units of the mean deviation of the stocks in calm days. The stocks
  themselves are survivors: from 2000 to 2002 they stood still while the index lost half.
- `correlation`: mean of the correlations of all pairs in the bad time, against CALM_CORRELATION in calm days.

All three belong to single stocks. An index fund's own volatility rose more (3.6 times instead of 2.5 times in 2008),
because what it holds moved together.

The days are those between closing levels of the S&P 500: from its peak on 2000-03-24 to its trough on 2002-10-09, from
its peak on 2020-02-19 to its trough on 2020-03-23, and the 127 trading days up to its trough on 2009-03-09. A test
computes all of it again.

References
----------
Closing levels of the S&P 500 and prices of its stocks, as in the data sets of skfolio 1.12. Moving a correlation matrix
towards one of ones: R. Rebonato and P. Jäckel, "The most general methodology to create a valid correlation matrix",
1999 (convex combinations of correlation matrices are correlation matrices).
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from analytics.risk.arrays import Floats

Scenario = Literal["GFC_2008", "COVID_2020", "DOTCOM_2000"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """What a bad time did, and how many trading days it took; `start` is the close that its first return is from."""

    start: str
    end: str
    days: int
    volatility: float
    drift: float
    correlation: float


CALM_CORRELATION: Final = 0.280
SHOCKS: Final[dict[Scenario, Shock]] = {
    "GFC_2008": Shock(
        start="2008-09-04", end="2009-03-09", days=127, volatility=2.488, drift=-0.242, correlation=0.598
    ),
    "COVID_2020": Shock(
        start="2020-02-19", end="2020-03-23", days=23, volatility=3.299, drift=-0.887, correlation=0.755
    ),
    "DOTCOM_2000": Shock(
        start="2000-03-24", end="2002-10-09", days=637, volatility=1.426, drift=-0.080, correlation=0.210
    ),
}


@dataclass(frozen=True, slots=True)
class Market:
    """Daily returns of assets: means and deviations of shape (n,), correlations of shape (n, n)."""

    mean: Floats
    volatility: Floats
    correlation: Floats


def shocked(market: Market, shock: Shock) -> Market:
    """Return the market as the bad time would have it.

    Means fall by `drift` calm deviations of their own asset, deviations are multiplied. Correlations move, all by the
    same share, as far towards 1 (or towards 0 where they fell) as the mean of the stocks did; either way the matrix
    stays positive semi-definite with a unit diagonal.
    """
    return Market(
        mean=market.mean + shock.drift * market.volatility,
        volatility=market.volatility * shock.volatility,
        correlation=_moved(market.correlation, shock.correlation),
    )


def _moved(correlation: Floats, to: float) -> Floats:
    if to >= CALM_CORRELATION:
        share = (to - CALM_CORRELATION) / (1 - CALM_CORRELATION)
        return correlation + share * (1 - correlation)
    fallen = correlation * (to / CALM_CORRELATION)
    np.fill_diagonal(fallen, 1.0)
    return fallen
