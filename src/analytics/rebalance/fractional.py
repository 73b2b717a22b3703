"""Fewest and smallest trades when units may be split: linear first, integer only if needed."""

import numpy as np

from analytics.rebalance.columns import (
    BASIS_POINTS,
    Columns,
    group_trades,
    single_trades,
    smallest_trade,
    spread,
)
from analytics.rebalance.fewest import has_fewest, with_fewer
from analytics.rebalance.problem import Floats, Problem, Solution
from analytics.rebalance.programme import TOLERANCE, Programme
from analytics.rebalance.restricted import on_or_off
from analytics.rebalance.stages import smallest_trades


def split_units(problem: Problem) -> Solution:
    """Solve with units of any size; see `analytics.rebalance.solve` for the order of objectives."""
    single = single_trades(problem)
    grouped, group = group_trades(problem, single)
    programme = Programme(problem, grouped)
    optimum = smallest_trades(programme)
    amount = spread(programme.amounts(optimum.point), group, single)
    trades = int(np.count_nonzero(amount))
    if (problem.fixed_cost > 0 and trades) or _too_small(problem, amount):
        return _solution(problem, single, *on_or_off(problem, single, group, amount))
    if has_fewest(problem, programme, optimum, trades):
        return _solution(problem, single, amount, "linear", optimum.point.proven)
    found = with_fewer(programme, optimum, single, group, amount)
    if found is not None and np.count_nonzero(found[0]) < trades and not _too_small(problem, found[0]):
        return _solution(problem, single, found[0], "mixed-integer", found[1])
    return _solution(problem, single, amount, "linear", found is not None and found[1])


def least_turnover(problem: Problem) -> Floats:
    """Signed money per name of a plan with the smallest trades, however many they are."""
    single = single_trades(problem)
    grouped, group = group_trades(problem, single)
    programme = Programme(problem, grouped)
    amount = spread(programme.amounts(smallest_trades(programme).point), group, single)
    return _solution(problem, single, amount, "linear", True).trade


def _too_small(problem: Problem, amount: Floats) -> bool:
    return bool(np.any((amount > 0) & (amount < smallest_trade(problem) - TOLERANCE)))


def _solution(problem: Problem, columns: Columns, amount: Floats, path: str, proven: bool) -> Solution:
    net = columns.net(amount, len(problem.value)) * (problem.total / BASIS_POINTS)
    return Solution(trade=net, shares=None, path=path, proven=proven)
