"""What a portfolio can lose: one loss per period, each the largest of some linear functions of the weights."""

from typing import Protocol

import numpy as np

from analytics.optimization.sample import Floats, Ints


class Scenarios(Protocol):
    """`count` losses. Each is the largest of several linear functions of the weights, which are numbered by keys."""

    count: int

    def losses(self, weights: Floats) -> tuple[Floats, Ints]:
        """Return the losses, shape (count,), and the key of the function that gives each."""
        ...

    def rows(self, keys: Ints) -> Floats:
        """Return the coefficients of functions, shape (n_keys, n_assets)."""
        ...

    def owners(self, keys: Ints) -> Ints:
        """Return which loss each function belongs to; in the order of the keys."""
        ...


class PeriodLosses:
    """The loss of each period: the return with its sign turned. One function each."""

    def __init__(self, returns: Floats) -> None:
        self.count = len(returns)
        self._returns = returns
        self._keys = np.arange(self.count)

    def losses(self, weights: Floats) -> tuple[Floats, Ints]:
        """Return the losses and their periods."""
        return -(self._returns @ weights), self._keys

    def rows(self, keys: Ints) -> Floats:
        """Return the returns of periods, their signs turned."""
        return -self._returns[keys]

    def owners(self, keys: Ints) -> Ints:
        """Return the periods."""
        return keys


class Drawdowns:
    """The fall from the highest point so far, the start included, to the end of each period.

    Returns are added up, not compounded, so that a fall is linear in the weights: d_t = max over s <= t of
    (C_s − C_t)'w, C the cumulative returns. The function from peak s to period t has the key t · (n_periods + 1) + s.
    """

    def __init__(self, returns: Floats) -> None:
        self.count = len(returns)
        start = np.zeros((1, returns.shape[1]))
        self._levels = np.concatenate([start, np.cumsum(returns, axis=0)])

    def losses(self, weights: Floats) -> tuple[Floats, Ints]:
        """Return the drawdowns and their peaks."""
        level = self._levels @ weights
        highest = np.maximum.accumulate(level)
        is_peak = level == highest
        peak = np.maximum.accumulate(np.where(is_peak, np.arange(len(level)), 0))
        period = np.arange(1, len(level))
        return (highest - level)[1:], period * len(level) + peak[1:]

    def rows(self, keys: Ints) -> Floats:
        """Return what each asset lost from peak to period."""
        period, peak = np.divmod(keys, len(self._levels))
        fall: Floats = self._levels[peak] - self._levels[period]
        return fall

    def owners(self, keys: Ints) -> Ints:
        """Return the periods, counted from 0."""
        return keys // len(self._levels) - 1
