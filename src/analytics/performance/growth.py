"""Growth and drawdowns of a series of simple returns (fractions per period, greater than or equal to -1)."""

from dataclasses import dataclass

import numpy as np

from analytics.performance.arrays import NAN, Floats


def wealth(returns: Floats) -> Floats:
    """What 1 has grown to after each period; shape (n,)."""
    return np.asarray(np.cumprod(1.0 + returns), dtype=np.float64)


def until_ruin(returns: Floats) -> Floats:
    """Return what is left to compound of returns that may lose more than everything, as with borrowed money.

    Where wealth is gone the return is -1, and 0 from then on: what is owed does not grow back by another loss.
    """
    gone = returns <= -1
    if not gone.any():
        return returns
    first = int(gone.argmax())
    return np.concatenate((returns[:first], [-1.0], np.zeros(len(returns) - first - 1)))


def total_return(returns: Floats) -> float:
    """Compounded return over all periods, a fraction; NaN of nothing."""
    return float(np.prod(1.0 + returns)) - 1.0 if len(returns) else NAN


def annual_return(returns: Floats, periods_per_year: float) -> float:
    """Compounded return per year, a fraction: (1 + total)^(periods_per_year / n) - 1."""
    if not len(returns):
        return NAN
    growth = float(np.prod(1.0 + returns))
    return float(np.power(growth, periods_per_year / len(returns))) - 1.0 if growth >= 0 else NAN


def drawdowns_by_period(returns: Floats) -> Floats:
    """Distance from the highest wealth so far, the 1 at the start included; shape (n,), zero or negative."""
    path = wealth(returns)
    highest = np.maximum.accumulate(np.maximum(path, 1.0))
    return np.asarray(path / highest - 1.0, dtype=np.float64)


def max_drawdown(returns: Floats) -> float:
    """Deepest drawdown as a negative fraction, 0 where wealth never fell; NaN of nothing."""
    return float(drawdowns_by_period(returns).min()) if len(returns) else NAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """One stretch below an earlier peak; periods count from 0.

    depth : negative fraction. start : first period below the peak. trough : the lowest period.
    end : first period that has the peak back, None where none has.
    length : start to end, both counted, to the last period where there is no end. to_trough : start to trough,
    both counted. recovery : length - to_trough, None where there is no end.

    References: PerformanceAnalytics, findDrawdowns and table.Drawdowns (which count an open drawdown one longer).
    """

    depth: float
    start: int
    trough: int
    end: int | None
    length: int
    to_trough: int
    recovery: int | None


def drawdown_table(returns: Floats) -> list[Drawdown]:
    """All drawdowns, the deepest first; of equal ones the earlier first."""
    below = drawdowns_by_period(returns)
    under = np.concatenate(([False], below < 0, [False]))
    edges = np.flatnonzero(under[1:] != under[:-1])
    table = [_drawdown(below, start, stop) for start, stop in edges.reshape(-1, 2).tolist()]
    return sorted(table, key=lambda one: (one.depth, one.start))


def _drawdown(below: Floats, start: int, stop: int) -> Drawdown:
    """`stop` is the first period that is no longer below the peak, or one beyond the last."""
    trough = start + int(np.argmin(below[start:stop]))
    end = stop if stop < len(below) else None
    last = len(below) - 1 if end is None else end
    return Drawdown(
        depth=float(below[trough]),
        start=start,
        trough=trough,
        end=end,
        length=last - start + 1,
        to_trough=trough - start + 1,
        recovery=None if end is None else end - trough,
    )


def ulcer_index(returns: Floats) -> float:
    """Root of the mean squared drawdown, a positive fraction.

    References: P. Martin, B. McCann, The Investor's Guide to Fidelity Funds (1989).
    """
    return float(np.sqrt(np.mean(np.square(drawdowns_by_period(returns))))) if len(returns) else NAN
