"""How the effects of periods add up to the active return of all of them, with no residual."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analytics.attribution.effects import Effects, refuse_total_loss

Floats = NDArray[np.float64]
Linking = Literal["carino", "menchero", "grap", "frongello", "geometric", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Effects over all periods by segment, shape (n_segments,), and what they add up to.

    total : of each segment; sums to `active_return`.
    allocation_total and the others : of all segments; sums, but factors of (1 + a)(1 + s)(1 + c) - 1 where linking is
        geometric.
    portfolio_return, benchmark_return : compounded over the periods.
    active_return : their difference; summed over periods where nothing is linked; (1 + Rp)/(1 + Rb) - 1 where
        linking is geometric.
    """

    allocation: Floats
    selection: Floats
    interaction: Floats
    currency: Floats
    total: Floats
    allocation_total: float
    selection_total: float
    interaction_total: float
    currency_total: float
    portfolio_return: float
    benchmark_return: float
    active_return: float


def link(effects: Effects, linking: Linking) -> Linked:
    """Add up arithmetic effects over periods, each weighted so that the sum is the active return.

    `geometric` is for effects that are geometric: see `link_geometric`. Raises NotLinkable.

    References
    ----------
    D. Cariño, "Combining Attribution Effects Over Time", Journal of Performance Measurement 3 (1999).
    J. Menchero, "An Optimized Approach to Linking Attribution Effects Over Time", same journal 5 (2000).
    GRAP, "Synthèse des modèles d'attribution de performance" (1997). A. Frongello, "Linking Single Period
    Attribution Results", same journal 6 (2002).
    """
    if linking == "geometric":
        return link_geometric(effects)
    own, other = compounded(effects.portfolio_return), compounded(effects.benchmark_return)
    # One period is the whole already, even one in which everything was lost.
    weigh = _unlinked if len(effects.portfolio_return) == 1 else _WEIGHTS[linking]
    weights = weigh(effects.portfolio_return, effects.benchmark_return)
    parts = {name: weights @ part for name, part in _parts(effects).items()}
    total = sum(parts.values(), np.zeros(effects.allocation.shape[1]))
    active = float(effects.active_return.sum()) if linking == "none" else own - other
    return _linked(
        parts, {name: float(part.sum()) for name, part in parts.items()}, total, own, other, active
    )


def link_geometric(effects: Effects) -> Linked:
    """Compound geometric effects over periods; a segment's share of each is kept in proportion to logarithms.

    Totals compound: 1 + A = Π (1 + A_t). A segment's total is a + s(1 + A) + c(1 + A)(1 + S), which sums to the
    active return. Raises NotLinkable.
    """
    refuse_total_loss(effects.portfolio_return, effects.benchmark_return)
    own, other = compounded(effects.portfolio_return), compounded(effects.benchmark_return)
    parts, totals = {}, {}
    for name, part in _parts(effects).items():
        by_period = part.sum(axis=1)
        refuse_total_loss(by_period)
        totals[name] = compounded(by_period)
        parts[name] = _log_slope(by_period, np.zeros_like(by_period)) @ part / _slope_of(totals[name], 0.0)
    after_allocation = 1 + totals["allocation"]
    after_selection = after_allocation * (1 + totals["selection"])
    total = parts["allocation"] + parts["selection"] * after_allocation + parts["currency"] * after_selection
    return _linked(parts, totals, total, own, other, (own - other) / (1 + other))


def compounded(returns: Floats) -> float:
    """Return Π (1 + r) - 1."""
    return float(np.prod(1 + returns) - 1)


def _parts(effects: Effects) -> dict[str, Floats]:
    return {
        "allocation": effects.allocation,
        "selection": effects.selection,
        "interaction": effects.interaction,
        "currency": effects.currency,
    }


def _linked(
    parts: dict[str, Floats], totals: dict[str, float], total: Floats, own: float, other: float, active: float
) -> Linked:
    return Linked(
        allocation=parts["allocation"],
        selection=parts["selection"],
        interaction=parts["interaction"],
        currency=parts["currency"],
        total=total,
        allocation_total=totals["allocation"],
        selection_total=totals["selection"],
        interaction_total=totals["interaction"],
        currency_total=totals["currency"],
        portfolio_return=own,
        benchmark_return=other,
        active_return=active,
    )


def _carino(portfolio: Floats, benchmark: Floats) -> Floats:
    """Slopes of the logarithm of each period over that of all."""
    refuse_total_loss(portfolio, benchmark)
    whole = _slope_of(compounded(portfolio), compounded(benchmark))
    weights: Floats = _log_slope(portfolio, benchmark) / whole
    return weights


def _menchero(portfolio: Floats, benchmark: Floats) -> Floats:
    """One factor for all periods, and the smallest corrections that leave no residual."""
    refuse_total_loss(portfolio, benchmark)
    active, periods = portfolio - benchmark, len(portfolio)
    own, other = compounded(portfolio), compounded(benchmark)
    natural = _natural(own, other, periods)
    squares = float(active @ active)
    rest = (own - other - natural * active.sum()) / squares if squares > 0 else 0.0
    weights: Floats = natural + rest * active
    return weights


def _natural(own: float, other: float, periods: int) -> float:
    """((R - B)/T) / ((1 + R)^(1/T) - (1 + B)^(1/T)), or its limit where both returns are equal."""
    roots = (1 + own) ** (1 / periods) - (1 + other) ** (1 / periods)
    if abs(own - other) < 1e-12 * (1 + abs(own)) or roots == 0:
        return float((1 + own) ** ((periods - 1) / periods))
    return float((own - other) / periods / roots)


def _grap(portfolio: Floats, benchmark: Floats) -> Floats:
    """An effect grows with the portfolio before its period and with the benchmark after it."""
    before = np.concatenate(([1.0], np.cumprod(1 + portfolio)[:-1]))
    after = np.concatenate((np.cumprod((1 + benchmark)[::-1])[::-1][1:], [1.0]))
    weights: Floats = before * after
    return weights


def _unlinked(portfolio: Floats, _: Floats) -> Floats:
    return np.ones(len(portfolio))


# Frongello's recursion F_t = e_t Π(1 + Rp) + Rb_t ΣF, unrolled, weighs each period as GRAP does.
_WEIGHTS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "carino": _carino,
    "menchero": _menchero,
    "grap": _grap,
    "frongello": _grap,
    "none": _unlinked,
}


def _log_slope(own: Floats, other: Floats) -> Floats:
    """(ln(1 + own) - ln(1 + other)) / (own - other), and 1/(1 + own) where they are equal."""
    step = (own - other) / (1 + other)
    small = np.abs(step) < 1e-9
    ratio = np.where(small, 1 - step / 2, np.log1p(step) / np.where(small, 1.0, step))
    slope: Floats = ratio / (1 + other)
    return slope


def _slope_of(own: float, other: float) -> float:
    return float(_log_slope(np.array([own]), np.array([other]))[0])
