"""Trades that have a smallest size or a price of their own: on or off, never in between."""

import itertools

import numpy as np

from analytics.rebalance.columns import Columns, most_wanted, smallest_trade
from analytics.rebalance.fewest import polished
from analytics.rebalance.problem import Floats, Ints, Problem
from analytics.rebalance.programme import TOLERANCE, Point, Programme
from analytics.rebalance.stages import best_integers, score, smallest_trades

FREE_ROUNDS = 4  # in which a dropped trade may still be replaced by one not in use yet


def on_or_off(problem: Problem, single: Columns, group: Ints, amount: Floats) -> tuple[Floats, str, bool]:
    """Amount per single trade, the programme it came from, and whether it is proven to be the best.

    amount : array of shape (n_trades,)
        A plan without these restrictions, in basis points; its trades are considered first.

    An integer programme decides over the most wanted trades. Beside it, the plan is repaired by dropping its
    smallest trades one after another; the better of the two is returned.
    """
    repaired = _repaired(problem, single, group, amount)
    everything = np.ones(len(single), dtype=np.bool_)
    columns, complete = most_wanted(single, group, np.maximum(amount, repaired), everything)
    counted = Programme(problem, single.only(columns), counted=True)
    try:
        point = best_integers(counted).point
    except ArithmeticError:
        return repaired, "linear, repaired", False
    decided = np.zeros(len(single))
    decided[columns] = polished(counted, point)
    if _score(problem, single, repaired) < _score(problem, single, decided):
        return repaired, "linear, repaired", False
    return decided, "mixed-integer", point.proven and complete


def _repaired(problem: Problem, single: Columns, group: Ints, amount: Floats) -> Floats:
    """Drop the smaller half of the trades that are too small and solve again, until none is.

    With a trade go the unused ones of its group, which could only take its place; after a few rounds all unused
    ones go, so that the rounds are few.
    """
    kept, plan, smallest = np.ones(len(single), dtype=np.bool_), amount, smallest_trade(problem) - TOLERANCE
    for done in itertools.count():
        small = (plan > 0) & (plan < smallest)
        if not small.any():
            break
        dropped = group[small & (plan <= np.median(plan[small]))]
        kept &= ~(np.isin(group, dropped) & (plan < smallest))
        if done >= FREE_ROUNDS:
            kept &= plan > 0
        programme = Programme(problem, single.only(kept))
        plan = np.zeros(len(single))
        plan[kept] = programme.amounts(smallest_trades(programme).point)
    return _compelled(problem, single, plan)[0]


def _compelled(problem: Problem, single: Columns, plan: Floats) -> tuple[Floats, Programme, Point]:
    used = plan > 0
    programme = Programme(problem, single.only(used), counted=True, compelled=True)
    point = smallest_trades(programme).point
    again = np.zeros(len(single))
    again[used] = programme.amounts(point)
    return again, programme, point


def _score(problem: Problem, single: Columns, plan: Floats) -> tuple[float, ...]:
    _, programme, point = _compelled(problem, single, plan)
    return score(programme, point)
