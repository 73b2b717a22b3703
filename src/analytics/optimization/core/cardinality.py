"""At most so many names: branch and bound over which assets may be held.

D. Bienstock, "Computational study of a family of mixed-integer quadratic programming problems", Mathematical
Programming 74 (1996), 121-140.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analytics.optimization.core.programme import NoPoint
from analytics.optimization.core.solved import Solved
from analytics.optimization.fit import CannotFit, Note
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Ints

NODES_MAX: Final = 600
NODES_LEAST: Final = 40
USUAL: Final = 30
"""Programmes solved before the best found is taken, fewer if there are more assets than usual; a number, not a time, so
that every machine answers alike."""
_SHRINKS: Final = 0.7
_HELD: Final = 1e-7
_CLOSE: Final = 1e-9

Solve: TypeAlias = Callable[[Limits], Solved]


def best(solve: Solve, limits: Limits) -> Solved:
    """Return the best weights with at most `limits.max_names` names.

    solve : minimises under limits without a number of names; it is called for smaller and smaller sets of assets

    Each node of the search forbids some assets and keeps others; what `solve` answers for the assets not forbidden
    is a bound for everything below. The first answers come from keeping the largest weights.

    Raises
    ------
    NoPoint, CannotFit
        As `solve` does for all assets, or for the first set that it refused where it answered none; NoPoint also if no
        set of so many names was found.
    """
    assert limits.max_names is not None
    search = _Search(solve=solve, limits=replace(limits, max_names=None), names=limits.max_names)
    root = solve(search.limits)
    if len(_held(root.weights)) <= search.names:
        return root
    search.run(root)
    if search.best is None and search.refusal is not None:
        raise search.refusal
    if search.best is None:
        raise NoPoint(f"no {search.names} names were found that keep to all limits", is_empty=True)
    return search.result()


def _held(weights: Floats) -> Ints:
    return np.flatnonzero(np.abs(weights) > _HELD * max(1e-300, float(np.abs(weights).max(initial=0.0))))


@dataclass(order=True, slots=True)
class _Node:
    """Everything that may still be held, and what is kept for good; `bound` is what cannot be beaten below."""

    bound: float
    number: int
    allowed: frozenset[int] = field(compare=False)
    kept: frozenset[int] = field(compare=False)
    weights: Floats = field(compare=False)


@dataclass(slots=True)
class _Search:
    """Best first, with a count of what was solved."""

    solve: Solve
    limits: Limits
    names: int
    best: Solved | None = None
    refusal: CannotFit | None = None
    solved: int = 0
    open: list[_Node] = field(default_factory=list)
    seen: dict[frozenset[int], Solved | None] = field(default_factory=dict)

    def run(self, root: Solved) -> None:
        size = len(self.limits.lower)
        everything = frozenset(range(size))
        self._try_largest(everything, root.weights)
        self._shrink(root)
        self._push(root, everything, frozenset())
        most = max(NODES_LEAST, min(NODES_MAX, NODES_MAX * USUAL // size))
        while self.open and self.solved < most and not self._is_closed():
            self._branch(heapq.heappop(self.open))

    def _shrink(self, found: Solved | None) -> None:
        """Leave out the smallest weights, a share of them at a time.

        Where all weights are 0, what a solver leaves of them looks held, even of those left out before.
        """
        allowed = np.arange(len(self.limits.lower))
        while found is not None:
            held = np.intersect1d(_held(found.weights), allowed)
            if len(held) <= self.names:
                break
            kept = max(self.names, int(_SHRINKS * len(held)))
            allowed = held[np.argsort(-np.abs(found.weights[held]), kind="stable")][:kept]
            found = self._under(frozenset(allowed.tolist()))
        self._offer(found)

    def _branch(self, node: _Node) -> None:
        undecided = [at for at in _held(node.weights) if at not in node.kept]
        asset = int(max(undecided, key=lambda at: (abs(node.weights[at]), -at)))
        fewer = node.allowed - {asset}
        without = self._under(fewer)
        if without is not None:
            self._try_largest(fewer, without.weights)
            self._push(without, fewer, node.kept)
        kept = node.kept | {asset}
        if len(kept) == self.names:
            self._offer(self._under(kept))
        else:
            heapq.heappush(self.open, _Node(node.bound, self.solved, node.allowed, kept, node.weights))

    def _push(self, relaxed: Solved, allowed: frozenset[int], kept: frozenset[int]) -> None:
        if len(_held(relaxed.weights)) <= self.names:
            self._offer(relaxed)
        elif self._could_win(relaxed.value) and len(kept) < self.names < len(allowed):
            heapq.heappush(self.open, _Node(relaxed.value, self.solved, allowed, kept, relaxed.weights))

    def _try_largest(self, allowed: frozenset[int], weights: Floats) -> None:
        by_size = sorted(allowed, key=lambda at: (-abs(weights[at]), at))
        self._offer(self._under(frozenset(by_size[: self.names])))

    def _under(self, allowed: frozenset[int]) -> Solved | None:
        """Solve for some assets, all others being left out; None if they cannot keep to the limits."""
        if allowed in self.seen:
            return self.seen[allowed]
        chosen = np.zeros(len(self.limits.lower), dtype=np.bool_)
        chosen[list(allowed)] = True
        barred = ~chosen & ((self.limits.lower > 0) | (self.limits.upper < 0))
        answer = None
        if not barred.any():
            self.solved += 1
            answer = self._attempt(chosen)
        self.seen[allowed] = answer
        return answer

    def _attempt(self, chosen: NDArray[np.bool_]) -> Solved | None:
        lower, upper = np.where(chosen, self.limits.lower, 0.0), np.where(chosen, self.limits.upper, 0.0)
        budget = self.limits.budget
        if np.isfinite(budget) and (lower.sum() > budget or upper.sum() < budget):
            return None
        try:
            return self.solve(replace(self.limits, lower=lower, upper=upper))
        except NoPoint:
            return None
        except CannotFit as refusal:
            self.refusal = self.refusal or refusal
            return None

    def _offer(self, found: Solved | None) -> None:
        if found is not None and (self.best is None or found.value < self.best.value):
            self.best = found

    def _could_win(self, bound: float) -> bool:
        return self.best is None or bound < self.best.value - _CLOSE * abs(self.best.value)

    def _is_closed(self) -> bool:
        return not self._could_win(self.open[0].bound)

    def result(self) -> Solved:
        """Return the best found, and how far from the bound it may be."""
        assert self.best is not None
        if not self.open or self._is_closed():
            return self.best
        gap = abs(self.best.value - self.open[0].bound) / max(abs(self.best.value), 1e-300)
        note = Note(
            code="search_stopped",
            detail=(
                f"the best {self.names} names were searched for among {self.solved} sets; what was found is at most "
                f"{gap:.2%} worse than the best there could be"
            ),
        )
        return replace(self.best, status="inexact", notes=(*self.best.notes, note))
