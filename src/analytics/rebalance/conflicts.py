"""Which edges cannot hold together, and the least by which they must give way."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analytics.rebalance.columns import BASIS_POINTS, group_trades, single_trades
from analytics.rebalance.problem import ConflictSet, Floats, Problem
from analytics.rebalance.programme import TOLERANCE, Programme
from analytics.rebalance.stages import smallest_trades

MISSED = 10 * TOLERANCE  # basis points below which an edge counts as kept
CASH = -1  # stands for the cash floor among the rows of a conflict


def find_conflicts(problem: Problem) -> tuple[ConflictSet, ...]:
    """Every independent minimal set of edges that cannot hold together, units being divisible.

    The least relaxation is the cheapest in total: a programme minimises the sum of all violations after
    the cash floor. Sets are found by a deletion filter on the remaining conflicts: an edge is dropped
    from the set while the rest stays infeasible. A set found is then relaxed by its share of the least
    relaxation, and the search goes on until all holds.

    References
    ----------
    J. W. Chinneck, E. W. Dravnieks, "Locating minimal infeasible constraint sets in linear programs", ORSA
    Journal on Computing 3 (1991), 157-168.
    """
    problem = replace(problem, to_target=False, whole_shares=False, min_trade=0.0, fixed_cost=0.0)
    miss, shortfall = _least_relaxation(_programme(problem))
    open_rows = [row for row in range(len(miss)) if miss[row] > MISSED]
    found: list[ConflictSet] = []
    if shortfall > MISSED:
        found.append(ConflictSet(rows=(), needs_cash=True, relaxation={}, shortfall=shortfall / BASIS_POINTS))
        problem = replace(problem, cash_floor=problem.cash_floor - shortfall / BASIS_POINTS * problem.total)
    while open_rows:
        programme = _programme(problem)
        rows = _minimal_set(programme, [*range(len(miss)), CASH])
        blamed = [row for row in rows if row in open_rows] or open_rows[:1]
        found.append(_described(programme, rows or blamed, blamed, miss))
        problem = _relaxed(problem, blamed, miss)
        open_rows = [row for row in open_rows if row not in blamed]
    return tuple(found)


def _programme(problem: Problem) -> Programme:
    return Programme(problem, group_trades(problem, single_trades(problem))[0])


def _least_relaxation(programme: Programme) -> tuple[Floats, float]:
    """Violation per bucket and of the cash floor, in basis points, with the least sum; cash goes first."""
    point = smallest_trades(programme).point
    miss = point.values[programme.under] + point.values[programme.over]
    return miss, float(point.values[programme.shortfall][0])


def _minimal_set(programme: Programme, rows: Sequence[int]) -> list[int]:
    """Rows that conflict although any one fewer would not; empty if they can all hold."""
    if not _clash(programme, rows):
        return []
    for row in rows:
        if _clash(programme, [row]):
            return [row]
    return _needed(programme, [], list(rows))


def _needed(programme: Programme, fixed: list[int], rows: list[int]) -> list[int]:
    """Part of `rows` that clashes with `fixed` and cannot be smaller; halves are dropped at a time."""
    if len(rows) == 1:
        return rows
    left, right = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    if _clash(programme, fixed + right):
        return _needed(programme, fixed, right)
    if _clash(programme, fixed + left):
        return _needed(programme, fixed, left)
    of_left = _needed(programme, fixed + right, left)
    of_right = _needed(programme, fixed + of_left, right) if _open(programme, fixed + of_left) else []
    return of_left + of_right


def _open(programme: Programme, rows: list[int]) -> bool:
    return not _clash(programme, rows)


def _clash(programme: Programme, rows: Sequence[int]) -> bool:
    """Return whether these rows cannot all be kept, all others being free."""
    objective = programme.missing([row for row in rows if row != CASH], cash=float(CASH in rows))
    point = programme.minimise(objective)
    return point is not None and bool(objective @ point.values > MISSED)


def _described(programme: Programme, rows: list[int], blamed: list[int], miss: Floats) -> ConflictSet:
    others = [row for row in rows if row != blamed[0]]
    return ConflictSet(
        rows=(blamed[0], *(row for row in others if row != CASH)),
        needs_cash=CASH in rows,
        relaxation={row: float(miss[row]) / BASIS_POINTS for row in blamed},
        reach=_reach(programme, blamed[0], others),
    )


def _reach(programme: Programme, row: int, others: list[int]) -> tuple[float, float] | None:
    """Lowest and highest weight of a bucket, as fractions, while the others keep their edges."""
    kept = programme.missing([one for one in others if one != CASH], cash=float(CASH in others))
    held = [(kept, MISSED)] if others else []
    problem = programme.problem
    start = float(problem.membership[row] @ problem.value + problem.holds_cash[row] * problem.cash)
    ends = []
    for sign in (1.0, -1.0):
        point = programme.minimise(sign * programme.weight(row), held)
        if point is None:
            return None
        moved = float(programme.weight(row) @ point.values) / BASIS_POINTS
        ends.append(start / problem.total + moved)
    return ends[0], ends[1]


def _relaxed(problem: Problem, rows: list[int], miss: Floats) -> Problem:
    more = np.zeros(len(miss))
    more[rows] = (miss[rows] + MISSED) / BASIS_POINTS
    return replace(problem, lower=problem.lower - more, upper=problem.upper + more)
