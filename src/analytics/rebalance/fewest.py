"""Fewest trades among the smallest: a lower bound, and a small integer programme where it is not met."""

from dataclasses import replace

import numpy as np

from analytics.rebalance.columns import BASIS_POINTS, Columns, most_wanted, to_basis_points
from analytics.rebalance.problem import Floats, Ints, Problem
from analytics.rebalance.programme import TOLERANCE, Point, Programme
from analytics.rebalance.stages import Optimum, best_face, is_perfect, objectives, smallest_trades


def has_fewest(problem: Problem, programme: Programme, optimum: Optimum, trades: int) -> bool:
    """Whether no plan as good has fewer trades: buckets of one family share no trade.

    A bucket that must move by more than its k largest holdings needs more than k sales. Where not every
    target is reached, only what lies outside its edges must move.
    """
    if not trades or not len(problem.target):
        return True
    exact = problem.to_target and is_perfect(programme, optimum.point)
    low, high = (problem.target, problem.target) if exact else (problem.lower, problem.upper)
    slack = 10 * TOLERANCE + float(optimum.point.values[programme.cost][0])
    needed = np.array([_needed(problem, row, low[row], high[row], slack) for row in range(len(low))])
    return trades <= max(int(needed[problem.family == one].sum()) for one in np.unique(problem.family))


def with_fewer(
    programme: Programme, optimum: Optimum, single: Columns, group: Ints, amount: Floats
) -> tuple[Floats, bool] | None:
    """Amounts per single trade of a plan as good with the fewest trades, and whether that is proven.

    The search is confined to the face of best points, so no other objective can be given up. None if the
    limits of the solver were hit before any plan was found.
    """
    face = best_face(programme, optimum)
    if face is None:
        return None
    columns, complete = most_wanted(single, group, amount, ~face.idle[group])
    counted = Programme(programme.problem, single.only(columns), counted=True)
    caps = list(zip(objectives(counted), optimum.held, strict=False))
    face = replace(face, full=face.full[group][columns])
    point = counted.minimise(counted.trade_count(), caps, face=face)
    if point is None:
        return None
    fewer = np.zeros(len(single))
    fewer[columns] = polished(counted, point)
    return fewer, point.proven and complete


def polished(counted: Programme, point: Point) -> Floats:
    """The same trades solved again as a linear programme: switches are integers only to a tolerance."""
    amounts = counted.amounts(point)
    used = amounts > 0
    again = Programme(counted.problem, counted.columns.only(used), counted=True, compelled=True)
    amounts[used] = again.amounts(smallest_trades(again).point)
    return amounts


def _needed(problem: Problem, row: int, low: float, high: float, slack: float) -> int:
    """Trades without which a bucket does not come within `slack` basis points of its edges."""
    if problem.holds_cash[row]:
        return 0
    weight = float(problem.membership[row] @ problem.value) / problem.total * BASIS_POINTS
    if weight < low * BASIS_POINTS - slack:
        return 1
    excess = weight - high * BASIS_POINTS - slack
    if excess <= 0:
        return 0
    holdings = to_basis_points(problem, problem.value[problem.membership[row] & (problem.value > 0)])
    enough = np.cumsum(np.sort(holdings)[::-1]) >= excess
    return int(np.argmax(enough)) + 1 if enough.any() else 1
