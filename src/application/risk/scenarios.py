"""The days of the past as scenarios: what each holding returned, complete, with the weights of today."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np

from application.market.history import Days, Floats
from application.risk.proxies import ENOUGH_RETURNS, Proxy, filled, first_rows
from application.valuation.current_returns import CurrentReturns
from application.valuation.left_out import left_out
from domain.risk import Left, Proxied

OWN_SHARE = 0.5
"""Share of gross weight that must have returns of its own on the first day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One column: a position, or a balance of cash."""

    ticker: str
    position_id: UUID | None
    sector: str | None
    at: int | None
    """Its place in `CurrentReturns.positions`; None for cash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenarios:
    """Returns of shape (n_observations, n_holdings) without NaN, and weights that describe what they cover.

    weights : signed value over total value, scaled up for positions that are left out. coverage : gross value of
        the positions that are not over that of all.
    """

    holdings: tuple[Holding, ...]
    days: Days
    returns: Floats
    weights: Floats
    coverage: float
    first_day: int
    excluded: tuple[Left, ...]
    proxies: tuple[Proxied, ...]


def scenarios_of(current: CurrentReturns, benchmark: Floats | None, benchmark_name: str) -> Scenarios:
    """Leave out what has too little history, begin where half of the rest has its own, fill what is missing.

    What is left out is taken to behave like the positions that are not: their weights are scaled up, that of cash
    is not.

    benchmark : returns of the same days, NaN where unknown, to stand in where no peer does; None without one.
    """
    starts = first_rows(current.returns)
    enough = len(current.days) - starts >= min(ENOUGH_RETURNS, max(len(current.days), 1))
    kept = np.flatnonzero(enough)
    first = _first_day(starts[kept], np.abs(current.weights[kept]), len(current.days))
    own = current.returns[first:] if kept.size == len(enough) else current.returns[first:, kept]
    complete, proxies = filled(
        own,
        [current.positions[at].ticker for at in kept],
        [current.positions[at].sector for at in kept],
        None if benchmark is None else benchmark[first:],
        benchmark_name,
    )
    cash = np.flatnonzero(current.cash_weights)
    measured = float(np.abs(current.weights[kept]).sum())
    coverage = measured / current.gross if current.gross > 0 else 1.0
    positions = current.weights[kept] / (coverage or 1.0)
    return Scenarios(
        holdings=(*_positions(current, kept), *_balances(current, cash)),
        days=current.days[first:],
        returns=_beside(complete, current.cash_returns[first:, cash]),
        weights=np.concatenate([positions, current.cash_weights[cash]]),
        coverage=coverage,
        first_day=first,
        excluded=(*left_out(current.excluded), *_too_short(current, starts, ~enough)),
        proxies=tuple(_proxied(current, kept, one, first) for one in proxies),
    )


def _beside(positions: Floats, cash: Floats) -> Floats:
    """Join columns in the order of rows, always, so that sums run alike; without cash nothing is copied for it."""
    return np.hstack([positions, cash]) if cash.size else np.ascontiguousarray(positions)


def _first_day(starts: "np.ndarray[tuple[int], np.dtype[np.intp]]", gross: Floats, count: int) -> int:
    """First row on which half of the gross weight has returns of its own."""
    if not len(starts):
        return 0
    order = np.argsort(starts, kind="stable")
    reached = np.cumsum(gross[order]) >= OWN_SHARE * gross.sum() - 1e-12
    return min(int(starts[order][int(reached.argmax())]), count)


def _positions(current: CurrentReturns, kept: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> list[Holding]:
    return [
        Holding(
            ticker=current.positions[at].ticker,
            position_id=current.positions[at].position_id,
            sector=current.positions[at].sector,
            at=int(at),
        )
        for at in kept
    ]


def _balances(current: CurrentReturns, cash: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> list[Holding]:
    return [
        Holding(ticker=f"CASH:{current.cash_currencies[at]}", position_id=None, sector="cash", at=None)
        for at in cash
    ]


def _too_short(
    current: CurrentReturns,
    starts: "np.ndarray[tuple[int], np.dtype[np.intp]]",
    short: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
) -> list[Left]:
    return [
        Left(
            ticker=current.positions[at].ticker,
            code="no_history",
            detail=f"{len(current.days) - starts[at]} daily returns are known; {ENOUGH_RETURNS} are needed.",
        )
        for at in np.flatnonzero(short)
    ]


def _proxied(
    current: CurrentReturns, kept: "np.ndarray[tuple[int], np.dtype[np.intp]]", proxy: Proxy, first: int
) -> Proxied:
    return Proxied(
        ticker=current.positions[kept[proxy.at]].ticker,
        days=proxy.days,
        proxy=proxy.said,
        data_from=current.days[first + proxy.days].item(),
    )
