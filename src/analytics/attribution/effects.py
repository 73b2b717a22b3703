"""Effects of single periods: Brinson-Fachler, Brinson-Hood-Beebower, and Bacon's geometric ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NO_WEIGHT = 1e-12
"""Below this a weight counts as none, and the return of its segment is nobody's."""


class NotLinkable(ValueError):
    """A return of -100 % or less has no logarithm; `period` is the first such period, from 0."""

    def __init__(self, period: int) -> None:
        super().__init__(f"period {period} lost everything or more, which this linking cannot express")
        self.period = period


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """What a portfolio and its benchmark held and earned: arrays of shape (n_periods, n_segments).

    portfolio_weights, benchmark_weights : fractions at the start of the period; each row sums to 1.
    portfolio_returns, benchmark_returns : fractions in the currency that effects of allocation and selection are
        measured in; NaN where the side holds nothing.
    portfolio_unweighted : contributions to the return of segments whose weights net to 0 while they earn something
        (a long and a short position); None where there is nothing of the kind.
    portfolio_currency, benchmark_currency : contributions of exchange rates, which the returns above leave out;
        None where everything is in one currency.

    Where only one side holds a segment, the other side's missing return is taken to be the same: what the portfolio
    leaves out is all allocation, and so is what only the portfolio holds.
    """

    portfolio_weights: Floats
    benchmark_weights: Floats
    portfolio_returns: Floats
    benchmark_returns: Floats
    portfolio_unweighted: Floats | None = None
    portfolio_currency: Floats | None = None
    benchmark_currency: Floats | None = None

    def filled(self) -> tuple[Floats, Floats]:
        """Return portfolio and benchmark returns without gaps."""
        own, other = self.portfolio_returns, self.benchmark_returns
        portfolio = np.where(np.isnan(own), np.nan_to_num(other), own)
        benchmark = np.where(np.isnan(other), np.nan_to_num(own), other)
        return portfolio, benchmark


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Effects of each period and segment, shape (n_periods, n_segments), and the returns they explain.

    They add up to the active return of their period: the difference of the returns, or in geometric attribution
    what (1 + allocation)(1 + selection)(1 + currency) - 1 makes of the sums of each.
    portfolio_return, benchmark_return : shape (n_periods,), currency included.
    """

    allocation: Floats
    selection: Floats
    interaction: Floats
    currency: Floats
    portfolio_return: Floats
    benchmark_return: Floats

    @property
    def active_return(self) -> Floats:
        """Difference of the returns of each period; shape (n_periods,)."""
        return self.portfolio_return - self.benchmark_return


def brinson_fachler(segments: Segments) -> Effects:
    """Split active returns into allocation (wp - wb)(rb - Rb), selection wb(rp - rb), interaction (wp - wb)(rp - rb).

    References: G. Brinson, N. Fachler, "Measuring Non-US Equity Portfolio Performance", Journal of Portfolio
    Management 11 (1985). Exchange rates, where they are apart, add what they contributed to the portfolio less what
    they contributed to the benchmark (E. Ankrim, C. Hensel, "Multicurrency Performance Attribution", Financial
    Analysts Journal 50 (1994), without forward premia).
    """
    _, other = segments.filled()
    local = (segments.benchmark_weights * other).sum(axis=1, keepdims=True)
    return _arithmetic(segments, other - local)


def bhb(segments: Segments) -> Effects:
    """Split active returns as `brinson_fachler` does, but with allocation (wp - wb) rb.

    References: G. Brinson, L. Hood, G. Beebower, "Determinants of Portfolio Performance", Financial Analysts
    Journal 42 (1986).
    """
    return _arithmetic(segments, segments.filled()[1])


def geometric(segments: Segments) -> Effects:
    """Split (1 + Rp)/(1 + Rb) - 1 by way of the semi-notional return bs = Σ wp rb.

    Allocation (wp - wb)((1 + rb)/(1 + Rb) - 1), selection with interaction in it wp(rp - rb)/(1 + bs), so that
    (1 + Σ allocation)(1 + Σ selection) - 1 is the geometric active return. Exchange rates make a third factor.

    Raises NotLinkable where a return is -100 % or less.

    References: C. Bacon, "Practical Portfolio Performance Measurement and Attribution", geometric excess return.
    """
    own, other = segments.filled()
    wp, wb = segments.portfolio_weights, segments.benchmark_weights
    portfolio, benchmark = wp * own + _unweighted(segments), wb * other
    local = benchmark.sum(axis=1, keepdims=True)
    semi_notional = (wp * other).sum(axis=1, keepdims=True)
    refuse_total_loss(portfolio.sum(axis=1), local[:, 0], semi_notional[:, 0])
    return Effects(
        allocation=(wp - wb) * ((1 + other) / (1 + local) - 1),
        selection=(portfolio - wp * other) / (1 + semi_notional),
        interaction=np.zeros(wp.shape),
        currency=_geometric_currency(segments, portfolio.sum(axis=1), local[:, 0]),
        portfolio_return=_with_currency(portfolio, segments.portfolio_currency),
        benchmark_return=_with_currency(benchmark, segments.benchmark_currency),
    )


def refuse_total_loss(*returns: Floats) -> None:
    """Raise NotLinkable for the first period in which one of the returns is -100 % or less."""
    lost = np.flatnonzero(np.any([one <= -1 for one in returns], axis=0))
    if lost.size:
        raise NotLinkable(int(lost[0]))


def _arithmetic(segments: Segments, allocated: Floats) -> Effects:
    own, other = segments.filled()
    wp, wb = segments.portfolio_weights, segments.benchmark_weights
    beside = _unweighted(segments)
    return Effects(
        allocation=(wp - wb) * allocated,
        selection=wb * (own - other) + beside,
        interaction=(wp - wb) * (own - other),
        currency=_or_zeros(segments.portfolio_currency, wp) - _or_zeros(segments.benchmark_currency, wp),
        portfolio_return=_with_currency(wp * own + beside, segments.portfolio_currency),
        benchmark_return=_with_currency(wb * other, segments.benchmark_currency),
    )


def _geometric_currency(segments: Segments, portfolio_local: Floats, benchmark_local: Floats) -> Floats:
    """Return what exchange rates add to each return over its local one, the benchmark's taken off as a ratio."""
    own = _or_zeros(segments.portfolio_currency, segments.portfolio_weights)
    other = _or_zeros(segments.benchmark_currency, segments.portfolio_weights)
    own, other = own / (1 + portfolio_local)[:, None], other / (1 + benchmark_local)[:, None]
    currency: Floats = (own - other) / (1 + other.sum(axis=1, keepdims=True))
    return currency


def _unweighted(segments: Segments) -> Floats:
    return _or_zeros(segments.portfolio_unweighted, segments.portfolio_weights)


def _or_zeros(values: Floats | None, like: Floats) -> Floats:
    return np.zeros(like.shape) if values is None else values


def _with_currency(contributions: Floats, currency: Floats | None) -> Floats:
    total: Floats = contributions.sum(axis=1)
    return total if currency is None else total + currency.sum(axis=1)
