"""The two sides of a factor regression on the same days."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from application.market.history import Days, FactorSeries, Flag, Floats
from application.valuation.current_returns import CurrentReturns


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependent:
    """Daily returns of current holdings at current weights; shape (n_days,), no NaN.

    coverage : gross value of the positions counted over that of all that have a value; None where nothing has.
    excluded : tickers left out, and why.
    """

    days: Days
    returns: Floats
    coverage: float | None
    excluded: tuple[tuple[str, str], ...]
    flags: tuple[Flag, ...]


def dependent_of(current: CurrentReturns, *, window: int) -> Dependent:
    """Return what the holdings of today would have returned, rebalanced daily to today's weights.

    A position with returns on fewer than half of the days, or with none, is left out, and the others are scaled up to
    its gross weight; days before any of the rest has returns are left out too. Cash counts with what its rate
    returned.
    """
    known = ~np.isnan(current.returns)
    enough = np.asarray(2 * known.sum(axis=0) >= max(len(current.days), 1))
    gross, kept = current.gross, float(np.abs(current.weights[enough]).sum())
    rows = known[:, enough].all(axis=1) if kept > 0 else np.zeros(len(current.days), dtype=np.bool_)
    scaled = current.weights[enough] * (gross / kept if kept > 0 else 0.0)
    returns = current.returns[:, enough][rows] @ scaled + current.cash_returns[rows] @ current.cash_weights
    young = [one.ticker for one, has in zip(current.positions, enough, strict=True) if not has]
    return Dependent(
        days=current.days[rows][-window:],
        returns=returns[-window:],
        coverage=kept / gross if gross > 0 else None,
        excluded=(*current.excluded, *((ticker, "no_history") for ticker in young)),
        flags=current.flags,
    )


def aligned(series: FactorSeries, names: Sequence[str], days: Days) -> Floats:
    """Return factors' returns from each day to the next, compounded over days between; NaN where one is missing.

    Shape (n_days, n_names). The first day has the factor's return of that day.
    """
    columns = {name: at for at, name in enumerate(series.names)}
    known = [at for at, name in enumerate(names) if name in columns]
    found = np.full((len(days), len(names)), np.nan)
    end = np.searchsorted(series.days, days, side="right")
    start = np.concatenate((np.searchsorted(series.days, days[:1], side="left"), end[:-1]))
    found[:, known] = _compounded(series.returns[:, [columns[names[at]] for at in known]], start, end)
    return found


def _compounded(returns: Floats, start: np.ndarray, end: np.ndarray) -> Floats:
    """Return Π(1 + r) - 1 of each column over [start, end) for each pair; NaN where there is none or a gap in it."""
    none = np.zeros((1, returns.shape[1]))
    grown = np.concatenate((none + 1, np.cumprod(1 + np.nan_to_num(returns), axis=0)))
    gaps = np.concatenate((none, np.cumsum(np.isnan(returns), axis=0)))
    whole = (end > start)[:, None] & (gaps[end] == gaps[start])
    found: Floats = np.where(whole, grown[end] / grown[start] - 1, np.nan)
    return found
