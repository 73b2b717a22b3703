"""The mean of the largest losses as a linear programme that grows with what turns out to matter.

CVaR at confidence β over T scenarios is min over a of a + Σ max(loss − a, 0) / (T(1−β)) (Rockafellar, Uryasev). All but
about T(1−β) of the excesses are zero at the optimum, so the programme starts with few of them and takes in those that
turn out positive, until there is none: leaving an excess out makes the objective smaller, never larger, so the last
programme's optimum is that of the whole. What no longer matters is let go. Where assets abound, those that are held
at the optimum are found the same way: a weight that was left out, which is a weight of zero, comes in when its reduced
cost is negative.

R. T. Rockafellar, S. Uryasev, "Optimization of conditional value-at-risk", Journal of Risk 2 (2000), 21-41;
A. Künzi-Bay, J. Mayer, "Computational aspects of minimizing conditional value-at-risk", Computational Management
Science 3 (2006), 3-27; R. E. Bixby et al., "Very large-scale linear programming: a case study in combining interior
point and simplex methods", Operations Research 40 (1992), 885-897 (columns).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.optimization.core.programme import NoPoint
from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats, Ints
from analytics.optimization.tail_form import Frame, master
from analytics.optimization.tail_scenarios import Scenarios
from analytics.optimization.tail_solvers import Answer, solved

ROUNDS: Final = 400
MISSED: Final = 1e-9
"""By how much a loss may exceed what the programme counts, in units of risk; or a reduced cost be negative."""
NEAR: Final = 0.2
"""A function that is below what counts by less than this, as a share of the tail's mean, may soon matter again."""
DROPS: Final = 100
"""After so many rounds nothing is left out any more, so that the programme cannot go in circles."""
FEW_ASSETS: Final = 80
"""So many weights are not worth choosing among."""
_ASSETS_AT_ONCE: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """price · (mean of the largest losses at confidence `beta`)."""

    scenarios: Scenarios
    beta: float
    price: float = 1.0

    @property
    def mass(self) -> float:
        """How many scenarios the tail holds; at least one, since no mean is above the largest loss."""
        return max(self.scenarios.count * (1 - self.beta), 1.0)

    def mean(self, weights: Floats) -> float:
        """Return the mean of the largest losses, one of them in part where the tail holds no whole number."""
        losses = np.sort(self.scenarios.losses(weights)[0])[::-1]
        whole = min(int(self.mass), len(losses))
        part = self.mass - whole
        total = float(losses[:whole].sum()) + (part * float(losses[whole]) if whole < len(losses) else 0.0)
        return total / self.mass


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Values of the frame's variables, who found them, and the functions of losses that matter."""

    values: Floats
    solver: str
    exact: bool
    fallbacks: tuple[str, ...]
    keys: Ints


def least(frame: Frame, tail: Tail, *, start: Floats, keys: Ints) -> Found:
    """Return where frame + tail is least.

    start : a portfolio; the programme starts with its tail
    keys : functions it starts with besides

    Raises
    ------
    NoPoint
        Nothing keeps to the limits.
    Unbounded
        There is no least value.
    CannotFit
        Every solver failed.
    """
    begun = np.union1d(keys, _worst(tail, start))
    try:
        return _grown(_Growing(frame, tail, begun, _promising(frame, tail, start)))
    except NoPoint:
        # Some of the assets may be too few to keep to limits that all can keep to.
        return _grown(_Growing(frame, tail, begun, np.flatnonzero(~frame.is_barred)))


def _promising(frame: Frame, tail: Tail, start: Floats) -> Ints:
    """Return the weights to start with: all, or those that lose least in the tail of the start."""
    allowed = np.flatnonzero(~frame.is_barred)
    if len(allowed) <= FEW_ASSETS or not frame.may_leave_out.any():
        return allowed
    losses = tail.scenarios.rows(_worst(tail, start)).mean(axis=0)
    order = np.argsort(np.where(frame.may_leave_out, losses, -np.inf)[allowed], kind="stable")
    return np.sort(allowed[order[: max(FEW_ASSETS, int((~frame.may_leave_out).sum()))]])


def _worst(tail: Tail, weights: Floats) -> Ints:
    """Return keys of the largest losses, a few more than the tail holds."""
    losses, keys = tail.scenarios.losses(weights)
    return keys[np.argsort(-losses, kind="stable")[: int(np.ceil(1.2 * tail.mass)) + 1]]


def _grown(growing: "_Growing") -> Found:
    failed: tuple[str, ...] = ()
    for _ in range(ROUNDS):
        answer = growing.solved()
        failed = failed or answer.fallbacks
        if not growing.grow(answer):
            return Found(
                values=growing.values(answer),
                solver=answer.solver,
                exact=answer.exact,
                fallbacks=failed,
                keys=growing.binding(answer),
            )
    raise CannotFit("solver_failed", f"the tail still changed after {ROUNDS} rounds")


class _Growing:
    """The programme so far: which functions of which losses it holds, and which weights."""

    def __init__(self, frame: Frame, tail: Tail, keys: Ints, assets: Ints) -> None:
        self._whole, self._tail = frame, tail
        self._dropped = 0
        self._hold_losses(keys)
        self._scale = float(np.sqrt(np.mean(self._rows**2))) or 1.0
        self._prices = frame.vector / (self._scale * tail.price)
        self._hold_assets(assets)

    def _hold_losses(self, keys: Ints) -> None:
        self.keys, self._rows = keys, self._tail.scenarios.rows(keys)
        self._owners, self._owner = np.unique(self._tail.scenarios.owners(keys), return_inverse=True)

    def _hold_assets(self, assets: Ints) -> None:
        self._assets = assets
        self._frame, self._columns, self._kept = self._whole.of_assets(assets)

    def solved(self) -> Answer:
        """Return the optimum of the programme so far."""
        rows, prices = self._rows[:, self._assets] / self._scale, self._prices[self._columns]
        asked = master(self._frame, prices, rows, self._owner, 1 / self._tail.mass)
        return solved(asked, is_linear=self._frame.is_linear)

    def values(self, answer: Answer) -> Floats:
        """Return the values of all variables of the frame; 0 for weights that were left out."""
        values = np.zeros(self._whole.width)
        values[self._columns] = answer.values[: self._frame.width]
        return values

    def binding(self, answer: Answer) -> Ints:
        """Return the functions that hold the objective up."""
        rows = answer.multipliers[len(self._kept) : len(self._kept) + len(self.keys)]
        return np.asarray(self.keys[rows > MISSED], dtype=np.intp)

    def _still_near(self, answer: Answer) -> Ints:
        """Return the functions that matter or nearly do; the others would only make the programme slow."""
        self._dropped += 1
        if self._dropped > DROPS:
            return self.keys
        threshold, excess = answer.values[self._frame.width], answer.values[self._frame.width + 1 :]
        counted = threshold + np.maximum(excess, 0.0)[self._owner]
        slack = counted - self._rows[:, self._assets] @ answer.values[: len(self._assets)] / self._scale
        is_near = slack < NEAR * abs(threshold + excess.sum() / self._tail.mass)
        return np.union1d(self.keys[is_near], self.binding(answer))

    def grow(self, answer: Answer) -> bool:
        """Take in what the optimum so far is wrong about; False if there is nothing."""
        losses, assets = self._losses_missed(answer), self._assets_missed(answer)
        if len(losses):
            self._hold_losses(np.union1d(self._still_near(answer), losses))
        if len(assets):
            self._hold_assets(np.union1d(self._assets, assets))
        return len(losses) + len(assets) > 0

    def _losses_missed(self, answer: Answer) -> Ints:
        """Return the functions that are larger than counted, the worst of them."""
        losses, keys = self._tail.scenarios.losses(self.values(answer)[: self._whole.size])
        width = self._frame.width
        counted = np.full(len(losses), answer.values[width])
        counted[self._owners] += np.maximum(answer.values[width + 1 :], 0.0)
        missed = losses / self._scale - counted
        missed[np.isin(keys, self.keys)] = 0.0
        worst = np.argsort(-missed, kind="stable")[: int(self._tail.mass) + 4]
        return np.asarray(keys[worst[missed[worst] > MISSED]], dtype=np.intp)

    def _assets_missed(self, answer: Answer) -> Ints:
        """Return the weights that would make the objective smaller, the best of them."""
        if len(self._assets) == self._whole.size:
            return np.zeros(0, dtype=np.intp)
        left_out = np.setdiff1d(np.flatnonzero(~self._whole.is_barred), self._assets)
        in_frame, in_rows = np.split(answer.multipliers, [len(self._kept)])
        cost = self._prices[left_out] + self._whole.matrix[:, left_out][self._kept].T @ in_frame
        cost += self._rows[:, left_out].T @ in_rows[: len(self._rows)] / self._scale
        best = np.argsort(cost, kind="stable")[:_ASSETS_AT_ONCE]
        return np.asarray(left_out[best[cost[best] < -MISSED]], dtype=np.intp)
