"""The optimiser against exhaustive search over which names are bought and sold."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from analytics.rebalance import Problem, Solution, solve
from analytics.rebalance.conflicts import find_conflicts
from analytics.rebalance.fractional import least_turnover
from analytics.rebalance.solving import edges_missed, trading_cost, weights_after

Floats = NDArray[np.float64]


def a_problem(
    value: list[float], rows: list[list[int]], target: list[float], cash: float = 0.0, **rules: object
) -> Problem:
    """Each row lists the names of a bucket; edges are 0.05 around the target unless given."""
    held, goal = np.array(value, dtype=np.float64), np.array(target, dtype=np.float64)
    membership = np.zeros((len(rows), len(held)), dtype=np.bool_)
    for row, members in enumerate(rows):
        membership[row, members] = True
    facts: dict[str, object] = {
        "value": held,
        "units": held / 10,
        "price": np.full(len(held), 10.0),
        "may_buy": np.ones(len(held), dtype=np.bool_),
        "may_sell": np.ones(len(held), dtype=np.bool_),
        "is_new": np.zeros(len(held), dtype=np.bool_),
        "own_target": np.zeros(len(held), dtype=np.bool_),
        "membership": membership,
        "family": np.arange(len(rows), dtype=np.intp),
        "holds_cash": np.zeros(len(rows), dtype=np.bool_),
        "lower": np.maximum(goal - 0.05, 0.0),
        "upper": np.minimum(goal + 0.05, 1.0),
        "target": goal,
        "cash": cash,
    }
    return Problem(**(facts | rules))  # type: ignore[arg-type]


def a_random_problem(seed: int, names: int = 4, **rules: object) -> Problem:
    """Two families of two buckets over a few names, all cash to be spent or kept as targets say."""
    draw = np.random.default_rng(seed)
    corners = draw.permutation(4)  # every combination of buckets is held, so that targets can be met
    label = [np.resize(corners // 2, names), np.resize(corners % 2, names)]
    rows = [np.flatnonzero(one == bucket).tolist() for one in label for bucket in (0, 1)]
    target = [share * 0.95 for one in draw.uniform(0.2, 0.8, 2).round(2) for share in (one, 1 - one)]
    value = draw.integers(5, 60, names) * 100.0
    problem = a_problem(value.tolist(), rows, target, cash=float(draw.integers(0, 20)) * 100.0, **rules)
    return replace(problem, family=np.array([0, 0, 1, 1], dtype=np.intp))


def figures(problem: Problem, solution: Solution) -> tuple[float, float, float, int]:
    """Missed, distance to target, turnover with costs, and number of trades."""
    weights = weights_after(problem, solution.trade)
    distance = np.abs(weights - problem.target).sum() if problem.to_target else 0.0
    turnover = np.abs(solution.trade).sum() + trading_cost(problem, solution.trade)
    missed = float(edges_missed(problem, solution).sum())
    return missed, float(distance), float(turnover / problem.total), int(np.count_nonzero(solution.trade))


def best_by_trying(problem: Problem) -> tuple[float, float, float, int]:
    """The same figures by one linear programme per objective and pattern of buys and sales."""
    patterns = itertools.product((-1, 0, 1), repeat=len(problem.value))
    found = [result for one in patterns if (result := _best_of_pattern(problem, np.array(one))) is not None]
    best = min(found, key=lambda one: (round(one[0], 6), round(one[1], 6), round(one[2], 6)))
    ties = [one for one in found if all(abs(a - b) < 2e-6 for a, b in zip(one[:3], best[:3], strict=True))]
    return (*best[:3], min(one[3] for one in ties))


def _best_of_pattern(problem: Problem, pattern: NDArray[np.intp]) -> tuple[float, float, float, int] | None:
    """Variables: amount per traded name, then missed and distance per bucket; all as fractions of the total."""
    used = np.flatnonzero(pattern)
    sign, total, rows = pattern[used].astype(float), problem.total, len(problem.target)
    fixed = problem.fixed_cost * len(used) / total
    cost = np.concatenate([np.full(len(used), problem.cost_rate), np.zeros(2 * rows)])
    unequal, limits = [np.concatenate([sign, np.zeros(2 * rows)]) + cost], []
    limits.append((problem.cash - problem.cash_floor) / total - fixed)
    start = problem.membership @ problem.value / total
    for row in range(rows):
        inside = np.concatenate([sign * problem.membership[row, used], np.zeros(2 * rows)])
        slack, away = np.zeros(len(inside)), np.zeros(len(inside))
        slack[len(used) + row], away[len(used) + rows + row] = 1.0, 1.0
        for edge, direction, free in (
            (problem.upper[row], 1.0, slack),
            (problem.lower[row], -1.0, slack),
            (problem.target[row], 1.0, away),
            (problem.target[row], -1.0, away),
        ):
            unequal.append(direction * (inside + edge * cost) - free)
            limits.append(direction * (edge * (1 - fixed) - start[row]))
    room = np.where(sign < 0, problem.value[used] / total, 2.0)
    bounds = [(problem.min_trade / total, cap) for cap in room] + [(0.0, None)] * (2 * rows)
    if any(low > high for low, high in bounds[: len(used)]):
        return None
    missed = np.concatenate([np.zeros(len(used)), np.ones(rows), np.zeros(rows)])
    away_all = np.concatenate([np.zeros(len(used) + rows), np.ones(rows)])
    turnover = np.concatenate([np.ones(len(used)) + problem.cost_rate, np.zeros(2 * rows)])
    values: list[float] = []
    for objective in (missed, away_all, turnover) if problem.to_target else (missed, turnover):
        result = linprog(objective, A_ub=np.array(unequal), b_ub=np.array(limits), bounds=bounds)
        if result.status != 0:
            return None
        values.append(float(result.fun))
        unequal.append(objective)
        limits.append(float(result.fun) + 1e-9)
    if not problem.to_target:
        values.insert(1, 0.0)
    return values[0], values[1], values[2] + fixed, len(used)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rules", [{}, {"to_target": False}, {"cost_rate": 0.002}], ids=str)
def test_no_pattern_of_trades_is_better(seed: int, rules: dict[str, object]) -> None:
    problem = a_random_problem(seed, **rules)
    ours, best = figures(problem, solve(problem)), best_by_trying(problem)
    assert ours[:3] == pytest.approx(best[:3], abs=5e-6)
    assert ours[3] <= best[3]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "rules", [{"min_trade": 700.0}, {"fixed_cost": 20.0}, {"min_trade": 1500.0, "to_target": False}], ids=str
)
def test_no_pattern_of_trades_with_a_smallest_size_or_price_is_better(
    seed: int, rules: dict[str, object]
) -> None:
    problem = a_random_problem(seed, **rules)
    ours, best = figures(problem, solve(problem)), best_by_trying(problem)
    assert ours[:2] == pytest.approx(best[:2], abs=5e-6)
    assert ours[2] <= best[2] + 1e-3 * best[2] + 5e-6


def test_no_money_is_burnt_to_mend_an_edge_that_cannot_be_mended() -> None:
    problem = a_problem([6000.0, 4000.0], [[0, 1], []], [0.5, 0.5], cost_rate=0.01, fixed_cost=1.0)
    problem = replace(problem, family=np.zeros(2, dtype=np.intp))
    solution = solve(problem)
    assert np.count_nonzero(solution.trade) == 1
    assert solution.trade.sum() == pytest.approx(-5000.0, rel=0.02)


@pytest.mark.parametrize("seed", range(20))
def test_a_conflict_is_minimal_and_its_relaxation_least(seed: int) -> None:
    problem = a_random_problem(seed, may_buy=np.array([True, False, False, True]))
    problem = replace(problem, lower=problem.target - 0.001, upper=problem.target + 0.001)
    conflicts = find_conflicts(problem)
    least = best_by_trying_edges(problem)
    relaxed = {row: fraction for one in conflicts for row, fraction in one.relaxation.items()}
    assert sum(relaxed.values()) == pytest.approx(least, abs=1e-5)
    for conflict in conflicts[:1]:
        assert best_by_trying_edges(problem, conflict.rows) > 1e-6
        for left_out in conflict.rows:
            rest = tuple(row for row in conflict.rows if row != left_out)
            assert best_by_trying_edges(problem, rest) < 1e-6


def best_by_trying_edges(problem: Problem, rows: tuple[int, ...] | None = None) -> float:
    """Least total weight outside the edges of some buckets, by one plain linear programme."""
    chosen = range(len(problem.target)) if rows is None else rows
    names, total = len(problem.value), problem.total
    cap_buy = np.where(problem.may_buy, 2.0, 0.0)
    cap_sell = np.where(problem.may_sell, problem.value / total, 0.0)
    miss = len(list(chosen))
    unequal = [np.concatenate([np.ones(names), -np.ones(names), np.zeros(miss)])]
    limits = [(problem.cash - problem.cash_floor) / total]
    for at, row in enumerate(chosen):
        moved = np.concatenate([problem.membership[row], -1.0 * problem.membership[row], np.zeros(miss)])
        slack = np.zeros(2 * names + miss)
        slack[2 * names + at] = 1.0
        start = problem.membership[row] @ problem.value / total
        unequal += [moved - slack, -moved - slack]
        limits += [problem.upper[row] - start, start - problem.lower[row]]
    bounds = [(0.0, cap) for cap in (*cap_buy, *cap_sell)] + [(0.0, None)] * miss
    objective = np.concatenate([np.zeros(2 * names), np.ones(miss)])
    return float(linprog(objective, A_ub=np.array(unequal), b_ub=np.array(limits), bounds=bounds).fun)


def test_the_named_tie_is_broken_by_the_order_of_names() -> None:
    problem = a_problem([1000.0, 1000.0, 2000.0], [[0, 1]], [0.4])
    assert np.flatnonzero(solve(problem).trade).tolist() == [0]


def test_proceeds_pay_their_own_costs() -> None:
    problem = a_problem([6000.0, 4000.0], [[0], [1]], [0.5, 0.5], cost_rate=0.01)
    problem = replace(problem, family=np.zeros(2, dtype=np.intp))
    solution = solve(problem)
    assert solution.trade.sum() + trading_cost(problem, solution.trade) == pytest.approx(0.0, abs=1e-3)
    assert weights_after(problem, solution.trade) == pytest.approx([0.5, 0.5], abs=1e-6)


def test_without_targets_nothing_is_traded() -> None:
    assert not solve(a_problem([100.0], [], [], cash=50.0)).trade.any()


def test_a_portfolio_without_names_keeps_its_cash_and_reports_the_conflict() -> None:
    (conflict,) = solve(a_problem([], [[]], [0.5], cash=100.0)).conflicts
    assert conflict.relaxation == {0: pytest.approx(0.45)}
    assert conflict.reach == pytest.approx((0.0, 0.0))


@pytest.mark.parametrize(
    "rules",
    [{"cash": -100.0}, {"lower": np.array([0.9])}, {"target": np.array([np.nan])}],
    ids=["no value", "crossed edges", "not a number"],
)
def test_a_question_without_sense_is_refused(rules: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"total value|lower edge|not a number"):
        solve(replace(a_problem([100.0], [[0]], [0.5]), **rules))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(6))
def test_whole_shares_are_never_worse_than_filling_the_largest_gap(seed: int) -> None:
    draw = np.random.default_rng(seed)
    names, price = 12, draw.uniform(20, 400, 12).round(2)
    target = draw.dirichlet(np.ones(names)) * 0.99
    problem = a_problem([0.0] * names, [[at] for at in range(names)], target.tolist(), cash=20_000.0)
    problem = replace(
        problem,
        price=price,
        units=np.zeros(names),
        lower=np.zeros(names),
        upper=np.ones(names),
        whole_shares=True,
        own_target=np.ones(names, dtype=np.bool_),
        family=np.zeros(names, dtype=np.intp),
    )
    solution = solve(problem)
    greedy = _greedy(price, target, problem.cash)
    distance = np.abs(weights_after(problem, solution.trade) - target).sum()
    assert solution.shares is not None
    assert solution.shares == pytest.approx(np.round(solution.shares))
    assert solution.trade.sum() <= problem.cash
    assert distance <= np.abs(greedy * price / problem.cash - target).sum() + 1e-6


def _greedy(price: Floats, target: Floats, cash: float) -> Floats:
    """Floor, then buy a share of the largest deficit as long as cash lasts."""
    shares = np.floor(target * cash / price)
    while True:
        left = cash - float(shares @ price)
        gap = np.where(price <= left, target * cash - shares * price, -np.inf)
        if not gap.max() > 0:
            return np.asarray(shares, dtype=np.float64)
        shares[int(np.argmax(gap))] += 1


@pytest.mark.parametrize("seed", range(8))
def test_fewer_trades_are_not_bought_with_turnover_or_distance(seed: int) -> None:
    problem = a_random_problem(seed, names=24)
    fewest = solve(problem)
    smallest = Solution(trade=least_turnover(problem), shares=None, path="linear", proven=True)
    assert figures(problem, fewest)[:3] == pytest.approx(figures(problem, smallest)[:3], abs=1e-6)
    assert np.count_nonzero(fewest.trade) <= np.count_nonzero(smallest.trade)
