"""Money-weighted return: the annual rates at which dated cash flows are worth nothing together."""

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq, minimize_scalar  # type: ignore[import-untyped]

from analytics.performance.arrays import Floats

DAYS_PER_YEAR = 365.0
HIGHEST_RATE = 10.0
_LOWEST_LOG = math.log(2.0**-52)  # below, 1 + rate is no longer told from 0
_HIGHEST_LOG = math.log1p(HIGHEST_RATE)
_GRID = 4096
_CHUNK = 1 << 20
_NEAR = 0.5
_TOUCHING = 1e-13
_NOTHING = 1e-12
"""A rate below this in size is zero but for rounding."""


def xirr_roots(flows: Sequence[tuple[date, float]]) -> list[float]:
    """All annual rates in (-1, 10), ascending, at which sum of amount / (1 + rate)^(days / 365) is zero.

    flows : dated amounts in one currency and of one sign convention, in any order.

    With one change of sign over time there is at most one rate, with several there may be several: each is a
    solution, none is more right than another. Rates are bracketed on a fine grid of log(1 + rate) and found by
    Brent's method; a double root, which has no bracket, is found at the extremum that touches zero. Empty
    where no rate is a solution, or where all amounts are zero and every rate is one.

    References: Descartes' rule of signs for exponential sums; R. Brent, Algorithms for Minimization without
    Derivatives (1973).
    """
    years, amounts = _by_day(flows)
    if len(amounts) < 2 or not sign_changes(amounts):
        return []
    ends = [(log_rate, _worth(log_rate, years, amounts)) for log_rate in (_LOWEST_LOG, _HIGHEST_LOG)]
    if sign_changes(amounts) == 1:  # at most one root, and no grid needed to find it
        return _in_range([math.expm1(root) for root in _crossing(ends[0], ends[1], years, amounts)])
    grid = np.linspace(_LOWEST_LOG, _HIGHEST_LOG, _GRID)
    values = _worth_on(grid, years, amounts)
    found = [
        root for pair in pairwise(zip(grid, values, strict=True)) for root in _crossing(*pair, years, amounts)
    ]
    found += _touching(grid, values, years, amounts)
    rates = sorted(math.expm1(root) for root in found)
    return _in_range(_distinct(rates))


def _in_range(rates: list[float]) -> list[float]:
    return [0.0 if abs(rate) < _NOTHING else rate for rate in rates if -1.0 < rate < HIGHEST_RATE]


def sign_changes(amounts: Floats) -> int:
    """How often consecutive amounts differ in sign, zeros left out: the most roots there can be."""
    signs = np.sign(amounts[amounts != 0])
    return int(np.count_nonzero(signs[1:] != signs[:-1]))


def _by_day(flows: Sequence[tuple[date, float]]) -> tuple[Floats, Floats]:
    """Years since the first flow and net amount of each day; days that net to zero are left out."""
    net: dict[date, list[float]] = {}
    for day, amount in flows:
        net.setdefault(day, []).append(amount)
    days = sorted(day for day, each in net.items() if math.fsum(each))
    amounts = np.array([math.fsum(net[day]) for day in days])
    years = np.array([(day - days[0]).days / DAYS_PER_YEAR for day in days])
    return years, amounts


def _worth(log_rate: float, years: Floats, amounts: Floats) -> float:
    """Present value, scaled to stay finite: between -1 and 1, with the sign of the true one."""
    exponents = -log_rate * years
    terms = amounts * np.exp(exponents - exponents.max())
    return math.fsum(terms.tolist()) / float(np.abs(terms).sum())


def _worth_on(grid: Floats, years: Floats, amounts: Floats) -> Floats:
    rows = max(1, _CHUNK // len(years))
    chunks = [grid[start : start + rows] for start in range(0, len(grid), rows)]
    return np.concatenate([_worth_in(chunk, years, amounts) for chunk in chunks])


def _worth_in(chunk: Floats, years: Floats, amounts: Floats) -> Floats:
    exponents = -np.outer(chunk, years)
    terms = amounts * np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return np.asarray(terms.sum(axis=1) / np.abs(terms).sum(axis=1), dtype=np.float64)


def _crossing(
    left: tuple[float, float], right: tuple[float, float], years: Floats, amounts: Floats
) -> list[float]:
    (low, below), (high, above) = left, right
    if below == 0.0:
        return [float(low)]
    if below * above >= 0.0:
        return []
    if (
        _worth(low, years, amounts) * _worth(high, years, amounts) >= 0.0
    ):  # one of them is zero but for rounding
        return [float(low if abs(below) < abs(above) else high)]
    return [float(brentq(_worth, low, high, args=(years, amounts), xtol=1e-15, rtol=8.9e-16))]


def _touching(grid: Floats, values: Floats, years: Floats, amounts: Floats) -> list[float]:
    """Roots without a bracket: where the size of the value has a minimum between grid points.

    The grid may also step over two roots at once; then the minimum has the other sign, and both are bracketed.
    """
    size = np.abs(values)
    dips = np.flatnonzero((size[1:-1] < size[:-2]) & (size[1:-1] <= size[2:]) & (size[1:-1] < _NEAR)) + 1
    found: list[float] = []
    for dip in dips.tolist():
        low, high, sign = float(grid[dip - 1]), float(grid[dip + 1]), float(np.sign(values[dip]))
        if np.sign(values[dip - 1]) != sign or np.sign(values[dip + 1]) != sign:
            continue  # a crossing, found already
        found += _dip(low, high, sign, years, amounts)
    return found


def _dip(low: float, high: float, sign: float, years: Floats, amounts: Floats) -> list[float]:
    lowest = minimize_scalar(
        lambda log_rate: sign * _worth(log_rate, years, amounts),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-12},
    )
    at, depth = float(lowest.x), float(lowest.fun)
    if depth > _TOUCHING:
        return []
    if depth >= -_TOUCHING:
        return [at]
    ends = ((low, at), (at, high))
    return [float(brentq(_worth, *pair, args=(years, amounts), xtol=1e-15, rtol=8.9e-16)) for pair in ends]


def _distinct(rates: list[float]) -> list[float]:
    kept: list[float] = []
    for rate in rates:
        if not kept or rate - kept[-1] > 1e-9 * (1.0 + abs(rate)):
            kept.append(rate)
    return kept
