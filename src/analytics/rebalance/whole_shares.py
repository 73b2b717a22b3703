"""Nearest to target in whole shares: an integer programme over the names the divisible plan trades."""

import numpy as np

from analytics.rebalance.columns import Columns, share_trades, single_trades
from analytics.rebalance.problem import Bools, Floats, Problem, Solution
from analytics.rebalance.programme import TOLERANCE, Programme
from analytics.rebalance.stages import best_integers


def whole_units(problem: Problem, divisible: Solution) -> Solution:
    """Round a divisible plan to whole shares as well as integers allow.

    Only names that the divisible plan trades, in its direction, and names with a target of their own
    may trade: otherwise a bucket of many names would be brought to its target to the cent by a scatter
    of odd lots. If that misses an edge, every name may trade.
    """
    every = share_trades(problem, single_trades(problem))
    few = every.only(_wanted(problem, every, divisible.trade))
    solution, missed = _solve(problem, few, divisible)
    if missed > TOLERANCE and len(few) < len(every):
        wider, missed_wider = _solve(problem, every, divisible)
        if missed_wider < missed - TOLERANCE:
            return wider
    return solution


def _wanted(problem: Problem, columns: Columns, trade: Floats) -> Bools:
    same_way = np.sign(trade)[columns.name] == columns.sign
    return np.asarray(same_way | problem.own_target[columns.name])


def _solve(problem: Problem, columns: Columns, divisible: Solution) -> tuple[Solution, float]:
    programme = Programme(problem, columns, counted=True)
    try:
        point = best_integers(programme).point
    except ArithmeticError:
        return _rounded(problem, columns, divisible), 0.0
    shares = columns.net(np.round(point.values[programme.x]), len(problem.value))
    missed = float(programme.missing() @ point.values)
    return Solution(
        trade=shares * problem.price, shares=shares, path="whole shares", proven=point.proven
    ), missed


def _rounded(problem: Problem, columns: Columns, divisible: Solution) -> Solution:
    """Sales rounded up and buys rounded down, which can never overspend."""
    price = np.where(problem.price > 0, problem.price, np.inf)
    wanted = np.floor(divisible.trade / price + 1e-9)
    allowed = np.zeros(len(problem.value))
    sales = columns.sign < 0
    allowed[columns.name[sales]] = columns.cap[sales] / columns.unit[sales]
    shares = np.maximum(wanted, -allowed)
    return Solution(trade=shares * problem.price, shares=shares, path="rounded", proven=False)
