"""What stands in for an instrument on days before it existed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.risk.ratios import beta
from application.market.history import Floats

ENOUGH_RETURNS = 60
"""Daily returns of its own without which an instrument says nothing about its risk: a quarter."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Column `at` has no return of its own on its first `days` rows; `said` names what stands in."""

    at: int
    days: int
    said: str


def first_rows(returns: Floats) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Return the row of each column's first return; the number of rows where there is none."""
    if not np.isnan(returns[:1]).any():
        return np.zeros(returns.shape[1], dtype=np.intp)
    known = ~np.isnan(returns)
    return np.where(known.any(axis=0), known.argmax(axis=0), len(returns))


def filled(
    returns: Floats,
    tickers: Sequence[str],
    sectors: Sequence[str | None],
    benchmark: Floats | None,
    benchmark_name: str = "",
) -> tuple[Floats, list[Proxy]]:
    """Fill what lies before each column's first return, and say with what.

    returns : shape (n_observations, n_assets), NaN only before a column's first return.
    benchmark : returns of the same days, NaN where unknown; None without one.

    The mean of the holdings of the same sector that have a return of their own on the day; else the benchmark's
    return times the instrument's beta to it; else the mean of all holdings with a return of their own.
    """
    starts = first_rows(returns)
    late = np.flatnonzero(starts > 0)
    if not late.size:
        return returns, []
    complete, proxies = returns.copy(), []
    for at in late:
        rows, sources = slice(0, int(starts[at])), []
        for source, name in _sources(
            returns, int(at), rows, starts, tickers, sectors, benchmark, benchmark_name
        ):
            gaps = np.isnan(complete[rows, at]) & ~np.isnan(source)
            if gaps.any():
                complete[rows, at][gaps] = source[gaps]
                sources.append(name)
        proxies.append(Proxy(int(at), int(starts[at]), "; ".join(sources)))
    return complete, proxies


def _sources(
    returns: Floats,
    at: int,
    rows: slice,
    starts: "np.ndarray[tuple[int], np.dtype[np.intp]]",
    tickers: Sequence[str],
    sectors: Sequence[str | None],
    benchmark: Floats | None,
    benchmark_name: str,
) -> list[tuple[Floats, str]]:
    """What may stand in, the best first: returns on the rows, and what they are."""
    earlier: list[int] = np.flatnonzero(starts < starts[at]).tolist()
    peers = [one for one in earlier if sectors[at] is not None and sectors[one] == sectors[at]]
    found = []
    if peers:
        names = ", ".join(sorted({tickers[one] for one in peers}))
        found.append((_mean(returns[rows, peers]), f"mean of {names} ({sectors[at]})"))
    if benchmark is not None:
        slope = own_beta(returns[:, at], benchmark)
        found.append((benchmark[rows] * slope, f"{benchmark_name} times {slope:.4g}"))
    if earlier:
        found.append((_mean(returns[rows][:, earlier]), "mean of all holdings"))
    return found


def own_beta(returns: Floats, benchmark: Floats) -> float:
    """Return the slope on the benchmark where both are known; 1 where that is on too few days."""
    both = ~np.isnan(returns) & ~np.isnan(benchmark)
    slope = beta(returns[both], benchmark[both]) if both.sum() >= ENOUGH_RETURNS else None
    return 1.0 if slope is None else slope


def _mean(returns: Floats) -> Floats:
    """Mean of each row over what is known; NaN where nothing is."""
    known = ~np.isnan(returns)
    count = known.sum(axis=1)
    total = np.where(known, returns, 0.0).sum(axis=1)
    mean: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean
