"""The trades a programme may choose from, and how a trade in a group becomes trades in names."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.rebalance.problem import Bools, Floats, Ints, Problem

CHOICE = 60  # trades that an integer programme decides over; more would cost seconds for little
BASIS_POINTS = 1e4  # the solver's absolute tolerances are then a ten-billionth of total value


@dataclass(frozen=True, slots=True)
class Columns:
    """Possible trades: name, sign (+1 buys), cap and lot (0 = any amount), both in basis points of value."""

    name: Ints
    sign: Floats
    cap: Floats
    lot: Floats

    def __len__(self) -> int:
        return len(self.name)

    @property
    def unit(self) -> Floats:
        """Basis points of total value that one unit of the decision moves."""
        return np.where(self.lot > 0, self.lot, 1.0)

    def only(self, chosen: NDArray[np.bool_]) -> "Columns":
        """Keep some of the trades."""
        return Columns(self.name[chosen], self.sign[chosen], self.cap[chosen], self.lot[chosen])

    def net(self, amount: Floats, names: int) -> Floats:
        """Signed trade per name, shape (names,), from an amount per column."""
        net = np.bincount(self.name, weights=self.sign * amount, minlength=names)
        return np.asarray(net, dtype=np.float64)


def to_basis_points(problem: Problem, money: Floats) -> Floats:
    """Money as basis points of total value."""
    return np.asarray(money * (BASIS_POINTS / problem.total), dtype=np.float64)


def smallest_trade(problem: Problem) -> float:
    """Minimum trade value in basis points of total value."""
    return problem.min_trade * BASIS_POINTS / problem.total


def single_trades(problem: Problem) -> Columns:
    """Every buy and every sale that the portfolio permits, one name each, the preferred ones first."""
    sells = _order(problem, np.flatnonzero(_sale_caps(problem) > 0), largest_first=True)
    buys = _order(problem, np.flatnonzero(problem.may_buy & (problem.price > 0)), largest_first=False)
    name = np.concatenate([sells, buys])
    caps = np.concatenate([_sale_caps(problem)[sells], np.full(len(buys), _most(problem))])
    sign = np.concatenate([np.full(len(sells), -1.0), np.ones(len(buys))])
    return Columns(name, sign, caps, np.zeros(len(name)))


def group_trades(problem: Problem, single: Columns) -> tuple[Columns, Ints]:
    """One buy and one sale per group of names that no bucket tells apart, and the group of each single trade.

    In a group only the amounts matter to the buckets, so the linear programme need not see the names.
    The name of a grouped trade is that of its preferred single trade.
    """
    cells = groups_of(problem)[single.name] * 2 + (single.sign > 0)
    _, first, group = np.unique(cells, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    group = rank[group]
    first = first[order]
    total = np.bincount(group, weights=single.cap, minlength=len(first))
    cap = np.where(single.sign[first] > 0, single.cap[first], total)
    return Columns(single.name[first], single.sign[first], cap, np.zeros(len(first))), group


def spread(amount: Floats, group: Ints, single: Columns) -> Floats:
    """Amount per single trade: each group's amount fills its trades in order, so few are used."""
    left = amount.copy()
    filled = np.zeros(len(single))
    for column in np.flatnonzero(amount[group] > 0):
        filled[column] = min(left[group[column]], single.cap[column])
        left[group[column]] -= filled[column]
    return filled


def most_wanted(single: Columns, group: Ints, amount: Floats, allowed: Bools) -> tuple[Bools, bool]:
    """Trades an integer programme should choose from, at most `CHOICE`, and whether they are all that matter.

    One buy per group always suffices, and sales are needed in order of size only until they add up to the
    whole turnover. First come the trades in use (`amount`), then the first of every group, then the rest.
    """
    before, seen = np.zeros(len(single)), dict.fromkeys(group.tolist(), 0.0)
    for column, key in enumerate(group.tolist()):
        before[column] = seen[key]
        seen[key] += float(single.cap[column])
    useful = allowed & (before < np.where(single.sign > 0, 1e-12, max(float(amount.sum()), 1e-12)))
    order = np.lexsort((np.arange(len(single)), before > 0, amount <= 0))
    chosen = np.zeros(len(single), dtype=np.bool_)
    chosen[order[useful[order]][:CHOICE]] = True
    chosen |= amount > 0
    return chosen, bool(np.count_nonzero(useful) <= CHOICE)


def share_trades(problem: Problem, single: Columns) -> Columns:
    """The same trades in whole shares; a sale may not exceed the whole shares held."""
    price = to_basis_points(problem, problem.price)[single.name]
    held = np.floor(np.abs(problem.units[single.name]) + 1e-9)
    covered = (single.sign < 0) & (problem.units[single.name] > 0)
    shares = np.where(covered, held, np.floor(single.cap / price + 1e-9))
    columns = Columns(single.name, single.sign, shares * price, price)
    return columns.only(shares >= 1)


def groups_of(problem: Problem) -> Ints:
    """Group each name is in, shape (n,): names that no bucket tells apart share one."""
    if not len(problem.membership) or not len(problem.value):
        return np.zeros(len(problem.value), dtype=np.intp)
    return np.unique(problem.membership, axis=1, return_inverse=True)[1].reshape(-1).astype(np.intp)


def _order(problem: Problem, names: Ints, *, largest_first: bool) -> Ints:
    value = problem.value[names]
    keys = np.round(value / problem.total, 12)  # equal holdings tie whatever the unit of account
    return names[np.lexsort((names, -keys if largest_first else keys, problem.is_new[names]))]


def _sale_caps(problem: Problem) -> Floats:
    """Most that may be sold: a long down to zero; in a long-short portfolio a short may grow."""
    longs = np.maximum(to_basis_points(problem, problem.value), 0.0)
    shorts = np.where(problem.value < 0, 0.0 if problem.long_only else _most(problem), 0.0)
    return np.where(problem.may_sell & (problem.price > 0), longs + shorts, 0.0)


def _most(problem: Problem) -> float:
    """More than any sensible single trade, in basis points."""
    gross = float(np.abs(problem.value).sum()) + abs(problem.cash)
    return gross / problem.total * BASIS_POINTS * (1.0 if problem.long_only else 2.0)
