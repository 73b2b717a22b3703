"""What the optimiser is asked, and what it answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A portfolio of n names and m buckets with targets; money in one currency, weights as fractions.

    Names come in the order in which ties are broken. No array may hold NaN, and total value must be positive.

    value, units, price : arrays of shape (n,)
        Signed market value, signed quantity, and price per unit (positive where the name may be traded).
    may_buy, may_sell, held_before_universe : see below
        `may_buy` and `may_sell`, shape (n,), say what may be traded at all; `is_new`, shape (n,), marks names
        that are not held yet and are bought only where no held name serves as well.
    own_target : bool array of shape (n,)
        Names with a target for themselves alone.
    membership : bool array of shape (m, n)
        Which names a bucket holds; buckets of one `family` (shape (m,)) share no name.
    holds_cash : bool array of shape (m,)
        Buckets that cash itself belongs to.
    lower, upper, target : arrays of shape (m,)
        Edges a bucket's weight must keep, and the weight wanted, as fractions of total value after costs.
    cash_floor, min_trade, fixed_cost : money; cost_rate : fraction of traded value
    expected_cost : money
        What the trades are taken to cost where weights are measured; see `solve`.
    """

    value: Floats
    units: Floats
    price: Floats
    may_buy: Bools
    may_sell: Bools
    is_new: Bools
    own_target: Bools
    membership: Bools
    family: Ints
    holds_cash: Bools
    lower: Floats
    upper: Floats
    target: Floats
    cash: float
    cash_floor: float = 0.0
    long_only: bool = True
    to_target: bool = True
    whole_shares: bool = False
    min_trade: float = 0.0
    cost_rate: float = 0.0
    fixed_cost: float = 0.0
    expected_cost: float = 0.0

    @property
    def total(self) -> float:
        """Value of everything held, cash included, in money."""
        return float(self.value.sum()) + self.cash


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictSet:
    """Buckets whose edges cannot hold together, though without any one of them the others could.

    rows : indices of the buckets; needs_cash : whether the cash floor is part of the conflict.
    relaxation : row -> fraction by which that bucket's edge must give way, in the cheapest way to let
    all hold.
    shortfall : fraction of total value by which the cash floor itself is missed.
    reach : lowest and highest weight, as fractions, the first row can have while the others hold.
    granular : True where only whole shares, minimum sizes, costs or rounding are in the way.
    """

    rows: tuple[int, ...]
    needs_cash: bool
    relaxation: dict[int, float]
    shortfall: float = 0.0
    reach: tuple[float, float] | None = None
    granular: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Signed value to trade per name, shape (n,), in money; buys are positive.

    shares : the same in whole units, or None where units may be split.
    path : which programme gave the answer; proven : whether it is the best by the whole order of objectives.
    """

    trade: Floats
    shares: Floats | None
    path: str
    proven: bool
    conflicts: tuple[ConflictSet, ...] = ()
