"""The linear and mixed-integer programme of one rebalance, solved one objective after another by HiGHS."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp  # type: ignore[import-untyped]
from scipy.sparse import coo_array  # type: ignore[import-untyped]

from analytics.rebalance.columns import BASIS_POINTS, Columns, groups_of, smallest_trade, to_basis_points
from analytics.rebalance.problem import Bools, Floats, Ints, Problem

TOLERANCE = 1e-4  # basis points of total value that a later objective may take from an earlier one
NODES = 50  # of the search tree per integer programme: a limit that gives the same answer on every machine
TIME_LIMIT = 0.4  # seconds per integer programme, should a node take very long
DUAL_TOLERANCE = 1e-7
RELATIVE_GAP = 1e-4  # share of an integer optimum that is not worth proving further
SOLVE_ERROR = 4
LIMITS = {"time_limit": TIME_LIMIT, "node_limit": NODES, "mip_rel_gap": RELATIVE_GAP}


@dataclass(frozen=True, slots=True)
class Point:
    """Values of all variables, and whether they are proven to be the best."""

    values: Floats
    proven: bool


@dataclass(frozen=True, slots=True)
class Face:
    """All best points of a linear programme, by complementary slackness.

    idle, full : trades that no best point makes, or that all make up to their cap;
    closed : slacks (shortfall, under, over, deviation) that are zero in all;
    tight, tight_caps : rows and capped objectives that hold with equality in all.
    """

    idle: Bools
    full: Bools
    closed: Bools
    tight: Bools
    tight_caps: Bools


class Programme:
    """Trades x, a switch per counted trade, cost, cash shortfall, and under, over, deviation per bucket.

    All amounts are basis points of total value V; K is what the trades cost and E what they are expected to.
    With w the weights after trading: lower (V - E) <= w + under,  w - over <= upper (V - E),
    |w - target (V - E)| <= deviation,  cash - bought + sold - K + shortfall >= floor,
    smallest * switch <= x <= cap * switch.
    """

    def __init__(
        self, problem: Problem, columns: Columns, *, counted: bool = False, compelled: bool = False
    ) -> None:
        self.problem, self.columns, self.counted, self.compelled = problem, columns, counted, compelled
        count, buckets = len(columns), len(problem.target)
        self.group = groups_of(problem)[columns.name] if counted and not compelled else np.zeros(0, np.intp)
        groups = int(self.group.max(initial=-1)) + 1
        ends = np.cumsum([count, count if counted else 0, groups, 1, 1, buckets, buckets, buckets])
        parts = np.split(np.arange(ends[-1]), ends[:-1])
        self.x, self.switch, self.sells, self.cost, self.shortfall, self.under, self.over, self.deviation = (
            parts
        )
        self.slacks = np.concatenate([self.shortfall, self.under, self.over, self.deviation])
        self.size = int(ends[-1])
        self._entries: list[tuple[Ints, Ints, Floats]] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self._rows = 0
        self._add_costs_and_cash()
        self._add_buckets()
        if counted:
            self._add_switches()
            self._add_directions()

    # objectives -----------------------------------------------------------------------------------------

    def missing(self, rows: Sequence[int] | None = None, *, cash: float = 1.0) -> Floats:
        """Sum by which edges are missed (of some buckets or all), plus `cash` times the cash shortfall."""
        chosen = np.arange(len(self.under)) if rows is None else np.asarray(rows, dtype=np.intp)
        return self._sum((self.under[chosen], 1.0), (self.over[chosen], 1.0), (self.shortfall, cash))

    def off_target(self) -> Floats:
        """Sum over buckets of the distance to target."""
        return self._sum((self.deviation, 1.0))

    def turnover(self, *, preference: float = 0.0) -> Floats:
        """Bought plus sold plus costs; `preference` makes later columns dearer by up to that share."""
        rank = np.arange(len(self.x)) / max(len(self.x), 1)
        return self._sum((self.x, self.columns.unit * (1 + preference * rank)), (self.cost, 1.0))

    def trade_count(self) -> Floats:
        """Number of trades; nothing where they are not counted."""
        return self._sum((self.switch, 1.0))

    def weight(self, row: int) -> Floats:
        """Change of one bucket by trading, before costs."""
        moved = self.columns.sign * self.columns.unit
        members = self.problem.membership[row, self.columns.name]
        return self._sum((self.x, moved * (members - float(self.problem.holds_cash[row]))))

    # solving --------------------------------------------------------------------------------------------

    def minimise(
        self, objective: Floats, caps: Sequence[tuple[Floats, float]] = (), *, face: Face | None = None
    ) -> Point | None:
        """Best point for one objective while each capped objective stays at or below its cap."""
        low, high = self._sides_of_rows(caps, face)
        rows = LinearConstraint(self._matrix([vector for vector, _ in caps]), low, high)
        for presolve in (True, False):  # HiGHS now and then fails in its presolve ("solve error")
            options = LIMITS | {"presolve": presolve}
            bounds = Bounds(*self._bounds(face))
            found = milp(
                objective,
                integrality=self._integrality(),
                bounds=bounds,
                constraints=rows,
                options=options,
            )
            if found.status != SOLVE_ERROR:
                break
        return None if found.x is None else Point(np.asarray(found.x, dtype=np.float64), found.status == 0)

    def face(self, objective: Floats, caps: Sequence[tuple[Floats, float]] = ()) -> Face | None:
        """Describe all best points for an objective; only for programmes without counted trades."""
        matrix = self._matrix([vector for vector, _ in caps]).tocsr()
        low, high = self._sides_of_rows(caps, None)
        equal = low == high
        sign = np.where(np.isfinite(low), -1.0, 1.0)
        found = linprog(
            objective,
            A_ub=(matrix * sign[:, None]).tocsr()[~equal],
            b_ub=np.where(np.isfinite(low), -low, high)[~equal],
            A_eq=matrix[equal],
            b_eq=low[equal],
            bounds=np.column_stack(self._bounds(None)),
            method="highs",
        )
        if found.status != 0:
            return None
        tight = equal.copy()
        tight[~equal] = np.abs(found.ineqlin.marginals) > DUAL_TOLERANCE
        costly = np.asarray(found.lower.marginals) > DUAL_TOLERANCE
        full = np.asarray(found.upper.marginals) < -DUAL_TOLERANCE
        return Face(
            costly[self.x], full[self.x], costly[self.slacks], tight[: self._rows], tight[self._rows :]
        )

    def amounts(self, point: Point) -> Floats:
        """Traded value per column in basis points; numerical dust and what is switched off are nothing."""
        x = point.values[self.x]
        amount = np.where(self.columns.lot > 0, np.round(x), x) * self.columns.unit
        if self.counted:
            amount = np.where(point.values[self.switch] > 0.5, amount, 0.0)
        return np.where(amount > TOLERANCE, amount, 0.0)

    # building -------------------------------------------------------------------------------------------

    def _add_costs_and_cash(self) -> None:
        problem, unit = self.problem, self.columns.unit
        money = BASIS_POINTS / problem.total
        fixed = -problem.fixed_cost * money
        self._row((self.x, -problem.cost_rate * unit), (self.switch, fixed), (self.cost, 1.0), high=0.0)
        spare = (problem.cash - problem.cash_floor) * money
        self._row((self.x, -self.columns.sign * unit), (self.cost, -1.0), (self.shortfall, 1.0), low=-spare)

    def _add_buckets(self) -> None:
        problem = self.problem
        cash = problem.holds_cash * (problem.cash - problem.expected_cost)
        held = problem.membership @ problem.value + cash
        spent = problem.expected_cost * BASIS_POINTS / problem.total
        money = to_basis_points(problem, held)
        for row in range(len(problem.target)):
            change = self.weight(row)[self.x]
            for edge, slack, sign in self._sides(row):
                rest = edge * (BASIS_POINTS - spent) - money[row]
                self._row((self.x, sign * change), (slack, 1.0), low=sign * rest)

    def _sides(self, row: int) -> list[tuple[float, Ints, float]]:
        problem, one = self.problem, slice(row, row + 1)
        sides = [
            (float(problem.lower[row]), self.under[one], 1.0),
            (float(problem.upper[row]), self.over[one], -1.0),
        ]
        if problem.to_target:
            sides += [(float(problem.target[row]), self.deviation[one], sign) for sign in (1.0, -1.0)]
        return sides

    def _add_switches(self) -> None:
        """Tie each trade to its switch: smallest * switch <= x <= cap * switch."""
        smallest, unit, count = smallest_trade(self.problem), self.columns.unit, len(self.x)
        for factor, low, high in (
            (-self.columns.cap, -np.inf, 0.0),
            (np.full(count, -smallest), 0.0, np.inf),
        ):
            if not factor.any():
                continue
            rows = np.arange(count) + self._rows
            self._entries += [(rows, self.x, unit), (rows, self.switch, factor)]
            self._low.append(np.full(count, low))
            self._high.append(np.full(count, high))
            self._rows += count

    def _add_directions(self) -> None:
        """Let a group either buy or sell: otherwise a wash within it would get around the smallest trade."""
        if not len(self.group):
            return
        rows, buys = np.arange(len(self.x)) + self._rows, self.columns.sign > 0
        self._entries += [
            (rows, self.switch, np.ones(len(rows))),
            (rows, self.sells[self.group], self.columns.sign),
        ]
        self._low.append(np.full(len(rows), -np.inf))
        self._high.append(np.where(buys, 1.0, 0.0))
        self._rows += len(rows)

    def _row(self, *terms: tuple[Ints, Floats | float], low: float = 0.0, high: float = np.inf) -> None:
        for at, factor in terms:
            values = np.broadcast_to(np.asarray(factor, dtype=np.float64), at.shape)
            used = np.flatnonzero(values)
            self._entries.append((np.full(len(used), self._rows), at[used], values[used]))
        self._low.append(np.array([low]))
        self._high.append(np.array([high]))
        self._rows += 1

    def _matrix(self, capped: Sequence[Floats]) -> Any:
        entries = list(self._entries)
        for row, vector in enumerate(capped, start=self._rows):
            used = np.flatnonzero(vector)
            entries.append((np.full(len(used), row), used, vector[used]))
        rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
        shape = (self._rows + len(capped), self.size)
        return coo_array((values, (rows.astype(np.int32), columns.astype(np.int32))), shape=shape).tocsc()

    def _sum(self, *terms: tuple[Ints, Floats | float]) -> Floats:
        objective = np.zeros(self.size)
        for at, factor in terms:
            objective[at] = factor
        return objective

    def _integrality(self) -> Floats:
        kind = np.zeros(self.size)
        kind[self.x] = self.columns.lot > 0
        kind[self.switch] = not self.compelled
        kind[self.sells] = 1
        return kind

    def _bounds(self, face: Face | None) -> tuple[Floats, Floats]:
        low, high = np.zeros(self.size), np.full(self.size, np.inf)
        high[self.x] = self.columns.cap / self.columns.unit
        high[self.switch] = 1
        high[self.sells] = 1
        low[self.switch] = float(self.compelled)
        if face is not None:
            high[self.slacks[face.closed]] = 0.0
            low[self.x[face.full]] = high[self.x[face.full]]
        return low, high

    def _sides_of_rows(
        self, caps: Sequence[tuple[Floats, float]], face: Face | None
    ) -> tuple[Floats, Floats]:
        low = np.concatenate([*self._low, np.full(len(caps), -np.inf)])
        high = np.concatenate([*self._high, [cap for _, cap in caps]])
        if face is not None:
            tight = np.flatnonzero(face.tight)
            high[tight] = low[tight]
            tight = self._rows + np.flatnonzero(face.tight_caps)
            low[tight] = high[tight]
        return low, high
