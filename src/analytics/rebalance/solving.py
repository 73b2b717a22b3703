"""One door to the optimiser."""

from dataclasses import replace

import numpy as np

from analytics.rebalance.conflicts import find_conflicts
from analytics.rebalance.fractional import least_turnover, split_units
from analytics.rebalance.problem import ConflictSet, Floats, Problem, Solution
from analytics.rebalance.whole_shares import whole_units

ROUNDS = 4
SETTLED = 1e-8  # fraction of total value to which costs are known in the end
KEPT = 1e-7  # fraction of total value below which an edge counts as kept


def solve(problem: Problem) -> Solution:
    """Best trades for a portfolio; it never answers just "infeasible".

    Objectives, each without giving up the ones before by more than a hundred-millionth of total value:

    1. the cash floor is kept (it goes before every band: a plan never spends what is not there);
    2. the sum over buckets of weight outside their edges is least, if possible nothing;
    3. where `to_target`: the sum over buckets of |weight - target| is least;
    4. two-way turnover, costs included, is least;
    5. trades are fewest;
    6. in names that no bucket tells apart, sales come from the largest holding and buys go to the
    smallest one held; then the order of names decides.

    Weights are taken of total value after costs. What the trades cost is found by repetition, not left to the
    programme: it would burn money on needless trades where a smaller total mends a missed edge. In whole shares,
    objectives 3 to 5 hold among the names that the divisible plan trades or that have a target of their own.
    Where trades have a smallest size or a fixed cost, 4 and 5 are weighed: one trade fewer is worth a millionth
    of total value in turnover, and a group of such names either buys or sells. Where the trades would cost all
    that is there, nothing is traded: no weight could be measured afterwards.

    Parameters
    ----------
    problem : Problem
        Total value must be positive; lower <= upper for every bucket.

    Returns
    -------
    Solution
        Signed money per name, shape (n,), buys positive, and the conflicts if edges cannot all be kept.

    Raises
    ------
    ValueError
        If total value is not positive, an array holds NaN, or a lower edge is above the upper one.

    References
    ----------
    H. Markowitz, A. Manne, "On the solution of discrete programming problems", Econometrica 25 (1957), 84-110
    (semi-continuous trades). Q. Huangfu, J. Hall, "Parallelizing the dual revised simplex method",
    Mathematical Programming Computation 10 (2018), 119-142 (HiGHS).
    """
    _check(problem)
    problem, solution = _planned(problem)
    missed = edges_missed(problem, solution)
    if missed.max(initial=0.0) <= KEPT and cash_missed(problem, solution) <= KEPT:
        return solution
    conflicts = find_conflicts(problem)
    short = cash_missed(problem, solution)
    return replace(solution, conflicts=conflicts + _granular(missed, short, conflicts))


def _expecting_costs(problem: Problem) -> Problem:
    """Find what a plan costs, to measure weights with; costs are a small share of trades, so few rounds do."""
    if not (problem.cost_rate or problem.fixed_cost):
        return problem
    for _ in range(ROUNDS):
        cost = trading_cost(problem, least_turnover(replace(problem, fixed_cost=0.0)))
        if abs(cost - problem.expected_cost) <= SETTLED * problem.total or _takes_all(problem, cost):
            break
        problem = replace(problem, expected_cost=cost)
    return problem


def _planned(problem: Problem) -> tuple[Problem, Solution]:
    """Plan, and once more if the number of trades made costs differ from those expected."""
    problem = _expecting_costs(problem)
    solution = _plan(problem)
    cost = trading_cost(problem, solution.trade)
    if abs(cost - problem.expected_cost) > KEPT * problem.total and not _takes_all(problem, cost):
        problem = replace(problem, expected_cost=cost)
        solution = _plan(problem)
    if _takes_all(problem, trading_cost(problem, solution.trade)):
        return replace(problem, expected_cost=0.0), _untraded(problem)
    return problem, solution


def _plan(problem: Problem) -> Solution:
    divisible = split_units(problem)
    return whole_units(problem, divisible) if problem.whole_shares else divisible


def _takes_all(problem: Problem, cost: float) -> bool:
    return problem.total - cost <= SETTLED * problem.total


def _untraded(problem: Problem) -> Solution:
    nothing = np.zeros(len(problem.value))
    shares = nothing if problem.whole_shares else None
    return Solution(trade=nothing, shares=shares, path="none", proven=False)


def weights_after(problem: Problem, trade: Floats) -> Floats:
    """Weight of every bucket after trading, shape (m,), as fractions of total value after costs (positive)."""
    cost = trading_cost(problem, trade)
    cash = problem.cash - float(trade.sum()) - cost
    money = problem.membership @ (problem.value + trade) + problem.holds_cash * cash
    return np.asarray(money / (problem.total - cost), dtype=np.float64)


def trading_cost(problem: Problem, trade: Floats) -> float:
    """Proportional and fixed costs of trades, in money."""
    return float(problem.cost_rate * np.abs(trade).sum() + problem.fixed_cost * np.count_nonzero(trade))


def edges_missed(problem: Problem, solution: Solution) -> Floats:
    """Weight outside its edges per bucket, shape (m,), as a fraction; 0 inside."""
    weight = weights_after(problem, solution.trade)
    return np.maximum(np.maximum(problem.lower - weight, weight - problem.upper), 0.0)


def cash_missed(problem: Problem, solution: Solution) -> float:
    """Fraction of total value by which cash after trading is below its floor."""
    cash = problem.cash - float(solution.trade.sum()) - trading_cost(problem, solution.trade)
    return max(problem.cash_floor - cash, 0.0) / problem.total


def _granular(missed: Floats, short: float, conflicts: tuple[ConflictSet, ...]) -> tuple[ConflictSet, ...]:
    """One conflict per bucket (and one for cash) that only whole shares, smallest sizes or costs keep out."""
    known = {row for conflict in conflicts for row in conflict.relaxation}
    cash = ConflictSet(rows=(), needs_cash=True, relaxation={}, shortfall=short, granular=True)
    explained = short <= KEPT or any(conflict.shortfall > 0 for conflict in conflicts)
    return (() if explained else (cash,)) + tuple(
        ConflictSet(rows=(row,), needs_cash=False, relaxation={row: float(missed[row])}, granular=True)
        for row in np.flatnonzero(missed > KEPT).tolist()
        if row not in known
    )


def _check(problem: Problem) -> None:
    if not problem.total > 0:
        raise ValueError(f"total value is {problem.total}, weights need a positive one")
    arrays = (problem.value, problem.price, problem.units, problem.lower, problem.upper, problem.target)
    if any(np.isnan(array).any() for array in arrays):
        raise ValueError("a value, price, quantity or weight is not a number")
    if (problem.lower > problem.upper).any():
        raise ValueError("a lower edge is above its upper edge")
